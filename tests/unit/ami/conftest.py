"""A scripted Asterisk on the loopback address: banner, answers to actions, and what a test makes it say."""

import contextlib
import hashlib
import hmac
import select
import socket
import threading
import time

import pytest

from itgrix_core.ami.client import AmiClient

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
ALLOWED = (
    "CoreShowChannels: List. (Priv: system,reporting,all)\r\n"
    "Getvar: Get.\r\nOriginate: Call.\r\nPing: Alive.\r\nStatus: Channels.\r\n"
    "DBGet: Entry.\r\nFilter: Add.\r\n"
)
CHALLENGE = "840415273"


def eventually(condition, seconds=5.0):
    """Whether the condition holds within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.005)
    return bool(condition())


class ScriptedAsterisk:
    """Answers actions as Asterisk does; `answers` overrides by name with functions (server, action) -> text.

    A text of `None` means no answer. `actions` holds the headers of each action that came.
    """

    def __init__(self, banner=BANNER, port=0, answers=None, receive_buffer=0, host="127.0.0.1", tls=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.bind((host, port))
        self.listener.listen(8)
        self.port = self.listener.getsockname()[1]
        self.tls = tls
        self.banner = banner
        self.answers = answers or {}
        self.channels = []
        self.connections = []
        self.actions = []
        self.received = 0
        self.may_read = threading.Event()
        self.may_read.set()
        self.turn = threading.RLock()
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def say(self, text, encoding="utf-8"):
        """Send an event or anything else (lines ended by LF here) on the newest connection."""
        self.say_bytes((text.replace("\n", "\r\n") + "\r\n\r\n").encode(encoding, "surrogateescape"))

    def say_bytes(self, data):
        """Send bytes on the newest connection."""
        self._send(self.connections[-1], data)

    def count(self, name):
        """How many actions of this name came."""
        return sum(action.get("Action") == name for action in self.actions)

    def hang_up(self):
        """Close all connections, but listen on."""
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def stop(self):
        """Close everything; nobody can connect any more."""
        self.may_read.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.hang_up()
        for thread in self.threads:
            thread.join(5)
        for connection in self.connections:
            connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            if self.tls is not None:
                try:
                    connection = self.tls.wrap_socket(connection, server_side=True)
                except OSError:
                    connection.close()
                    continue
            with contextlib.suppress(OSError):
                if self.banner is not None:
                    connection.sendall(self.banner)
            self.connections.append(connection)  # now: what a test says to it comes behind the banner
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection):
        held = b""
        with contextlib.suppress(OSError):
            if self.banner is None:
                connection.shutdown(socket.SHUT_RDWR)
                return
            while True:
                self.may_read.wait()
                data = self._receive(connection)
                if not data:
                    return
                self.received += len(data)
                held += data
                if b"\r\n\r\n" in data[-4:] or b"\r\n\r\n" in held[-70000:]:
                    *whole, held = held.split(b"\r\n\r\n")
                    for raw in whole:
                        self._act(connection, raw)

    def _send(self, connection, data):
        if self.tls is None:
            connection.sendall(data)
            return
        with self.turn:
            connection.sendall(data)

    def _receive(self, connection):
        """The next bytes. OpenSSL forbids to read in one thread while another writes, hence the turn."""
        if self.tls is None:
            return connection.recv(1 << 16)
        if not connection.pending():
            select.select([connection], [], [])
        with self.turn:
            return connection.recv(1 << 16)

    @staticmethod
    def proves(action, secret):
        """Whether the login shows the secret by MD5."""
        key = hashlib.md5((CHALLENGE + secret).encode(), usedforsecurity=False).hexdigest()
        return action.get("AuthType") == "MD5" and hmac.compare_digest(action.get("Key", ""), key)

    def _act(self, connection, raw):
        lines = raw.decode("utf-8", "replace").split("\r\n")
        action = dict(line.split(": ", 1) for line in lines if ": " in line)
        self.actions.append(action)
        name = action.get("Action", "")
        text = self.answers[name](self, action) if name in self.answers else self.usual(action)
        if text is not None:
            self._send(connection, text.encode("utf-8", "surrogateescape"))

    def usual(self, action):
        """What Asterisk answers to this action."""
        name, action_id = action.get("Action", ""), action.get("ActionID", "")
        if name == "Challenge":
            return f"Response: Success\r\nActionID: {action_id}\r\nChallenge: {CHALLENGE}\r\n\r\n"
        if name in ("PJSIPShowEndpoints", "SIPpeers"):
            return self.response(action, "Invalid/unknown command", "Error")
        if name == "Login":
            return self.response(action, "Authentication accepted") + (
                "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
            )
        if name == "ListCommands":
            return f"Response: Success\r\nActionID: {action_id}\r\n{ALLOWED}\r\n"
        if name == "Logoff":
            return f"Response: Goodbye\r\nActionID: {action_id}\r\nMessage: Thanks for all the fish.\r\n\r\n"
        if name == "CoreShowChannels":
            items = "".join(
                f"Event: CoreShowChannel\r\nActionID: {action_id}\r\nUniqueid: {channel}\r\n\r\n"
                for channel in self.channels
            )
            begin = (
                f"Response: Success\r\nActionID: {action_id}\r\nEventList: start\r\nMessage: follows\r\n\r\n"
            )
            end = f"Event: CoreShowChannelsComplete\r\nActionID: {action_id}\r\nEventList: Complete\r\n"
            return f"{begin}{items}{end}ListItems: {len(self.channels)}\r\n\r\n"
        return self.response(action, "Ok")

    @staticmethod
    def response(action, message, status="Success"):
        """A response to the action."""
        return f"Response: {status}\r\nActionID: {action.get('ActionID', '')}\r\nMessage: {message}\r\n\r\n"


@pytest.fixture
def make_asterisk():
    """Start scripted Asterisks; they are stopped at the end."""
    started = []

    def make(**options):
        started.append(ScriptedAsterisk(**options))
        return started[-1]

    yield make
    for asterisk in started:
        asterisk.stop()


@pytest.fixture
def asterisk(make_asterisk):
    """A scripted Asterisk."""
    return make_asterisk()


@pytest.fixture
def make_client():
    """Make clients of a scripted Asterisk that note what they are told; they are disconnected at the end."""
    made = []

    def make(asterisk, *, is_logged_in=True, **options):
        client = AmiClient("127.0.0.1", asterisk.port, **({"timeout": 3.0} | options))
        client.seen, client.ends = [], []
        client.add_event_listener(lambda event, source: client.seen.append(event))
        client.add_listener(on_disconnect=lambda source, error=None: client.ends.append(error))
        made.append(client)
        if is_logged_in:
            assert client.login("itgrix", "secret").response.status == "Success"
        return client

    yield make
    for client in made:
        client.disconnect()
        assert client.join(5)


@pytest.fixture
def wait():
    """`wait(condition)`: whether the condition holds soon."""
    return eventually
