"""A replayed PBX, a plain AMI client for it, and tiny recordings."""

from __future__ import annotations

import socket

import pytest

from itgrix_core.sandbox.pbx import SECRET, USERNAME, run_pbx
from itgrix_core.sandbox.recordings import RecordedLog
from itgrix_core.wire.messages import Message


class AmiClient:
    """A plain AMI client: sends actions, collects messages."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.raw = b""
        self.banner = self.read_until(b"\r\n")
        self.seen = []

    def read_until(self, mark):
        """What comes before the mark; waits for it."""
        while mark not in self.raw:
            piece = self.sock.recv(65536)
            if not piece:
                raise EOFError
            self.raw += piece
        head, _, self.raw = self.raw.partition(mark)
        return head

    def message(self):
        """The next block."""
        message = Message(self.read_until(b"\r\n\r\n"))
        self.seen.append(message)
        return message

    def until(self, fits):
        """The next block that fits."""
        while True:
            message = self.message()
            if fits(message):
                return message

    def send(self, action, **headers):
        """Send an action."""
        lines = [f"Action: {action}"] + [f"{name}: {value}" for name, value in headers.items()]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())

    def ask(self, action, **headers):
        """Send an action and wait for its answer."""
        self.send(action, ActionID="ask", **headers)
        return self.until(lambda m: not m.is_event and m.get("ActionID") == "ask")

    def login(self, events="on", secret=SECRET, **more):
        """Log in."""
        return self.ask("Login", Username=USERNAME, Secret=secret, Events=events, **more)

    def channels(self):
        """Ask for the live channels."""
        self.send("CoreShowChannels", ActionID="list")
        mark = len(self.seen)
        self.until(lambda m: m.name == "CoreShowChannelsComplete")
        return [m for m in self.seen[mark:] if m.name == "CoreShowChannel"]

    def events(self):
        """The events of recordings heard so far."""
        return [m for m in self.seen if m.is_event and "," in m.get("Privilege") and m.name != "FullyBooted"]

    def hear(self, pbx):
        """Everything until the PBX has served all and nothing more lies in the line."""
        self.sock.settimeout(0.05)
        while True:
            is_over = pbx.finished.is_set()
            try:
                self.message()
            except TimeoutError:
                if is_over:
                    return self.events()

    def close(self):
        """Hang up."""
        self.sock.close()


@pytest.fixture
def pbx_of():
    """Starts PBXs that are closed at the end; quick to count a recording as served."""
    running = []

    def start(*logs, **more):
        pbx = run_pbx(logs, **{"settle": 0.05, "grace": 60, **more})
        running.append(pbx)
        return pbx

    yield start
    for pbx in running:
        pbx.close()


@pytest.fixture
def client_of():
    """Connects clients that are closed at the end."""
    clients = []

    def connect(pbx):
        client = AmiClient(pbx.port)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


def _said(log):
    """Events of a recording by our own reading: what lies between banner and end and has a class."""
    blocks = (Message(raw.strip(b"\r\n")) for raw in log.data.partition(b"\r\n")[2].split(b"\r\n\r\n"))
    return [m for m in blocks if m.get("Privilege").endswith(",all") and m.name not in ("", "FullyBooted")]


def _tiny(name, *blocks):
    """A recording of these blocks, one second apart."""
    data, chunks = b"Asterisk Call Manager/11.0.0\r\n", [(0, 100.0)]
    for number, text in enumerate(blocks, 1):
        chunks.append((len(data), 100.0 + number))
        data += text.replace("\n", "\r\n").encode() + b"\r\n\r\n"
    return RecordedLog(name, data, tuple(chunks))


def _newchannel(uniqueid, name="PJSIP/101-01"):
    return f"Event: Newchannel\nPrivilege: call,all\nChannel: {name}\nUniqueid: {uniqueid}"


def _plain(message):
    """The event without its time stamp, which stands behind the class."""
    assert message.raw.split(b"\r\n")[2].startswith(b"Timestamp: "), message.raw
    return b"\r\n".join(line for line in message.raw.split(b"\r\n") if not line.startswith(b"Timestamp: "))


@pytest.fixture
def plain():
    """Takes away the time that the PBX adds to an event."""
    return _plain


@pytest.fixture
def ami_client():
    """The class of the plain AMI client, for a PBX that is a process of its own."""
    return AmiClient


@pytest.fixture
def said():
    """Reads the events of a recording by our own reading."""
    return _said


@pytest.fixture
def tiny():
    """Makes a recording of a few blocks, one second apart."""
    return _tiny


@pytest.fixture
def newchannel():
    """Writes the text of a Newchannel."""
    return _newchannel
