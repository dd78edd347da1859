"""One reader in a process of its own: readers.py NAME PORT.

Reads the stream that `pbx` says, and at its end prints one line of JSON: the CPU time of all its threads from
the first event on, and what it raised. Each reader does its best, and the same: read name,
Uniqueid, Linkedid and Channel of the events that it is given. Those that track calls track them.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SENTINEL = "UserEvent"
READ_BYTES = 64 * 1024
CHOSEN = frozenset(
    b"Newchannel Newstate NewConnectedLine DialBegin DialState DialEnd BridgeCreate BridgeEnter BridgeLeave"
    b" BridgeDestroy Hangup LocalBridge Cdr UserEvent".split()
)
"""The events of calls, for a lower limit that parses nothing else."""


class Meter:
    """Measures from the first event to the sentinel."""

    def __init__(self) -> None:
        self.begun: float | None = None
        self.told = 0
        self.raised = 0
        self.why = ""

    def begin(self) -> None:
        """The first bytes of the stream are here."""
        if self.begun is None:
            self.begun = time.process_time()

    def read(self, name: str | None, get: Callable[[str], Any]) -> None:
        """An event was delivered: look at it as a user of a library would."""
        if name == "FullyBooted":
            return
        self.begin()
        get("Uniqueid"), get("Linkedid"), get("Channel")
        self.told += 1
        self.look(name, get)

    def look(self, name: str | None, get: Callable[[str], Any]) -> None:
        """End at the sentinel; recordings hold user events of their own."""
        if name == SENTINEL and get("UserEvent") == "BenchDone":
            self.end()

    def fail(self, error: Exception) -> None:
        """The reader raised, and is let go on."""
        self.raised += 1
        self.why = self.why or f"{type(error).__name__}: {error}"[:90]

    def end(self) -> None:
        """Say what was measured, and be gone without tidying up."""
        report = {
            "cpu": time.process_time() - (self.begun or 0.0),
            "told": self.told,
            "raised": self.raised,
            "why": self.why,
        }
        print(json.dumps(report), flush=True)
        os._exit(0)


METER = Meter()


def _connection(port: int) -> socket.socket:
    """Logged in by hand, FullyBooted read."""
    line = socket.create_connection(("127.0.0.1", port))
    line.sendall(b"Action: Login\r\nUsername: u\r\nSecret: s\r\nActionID: 1\r\n\r\n")
    said = b""
    while b"Fully Booted\r\n\r\n" not in said:
        said += line.recv(READ_BYTES)
    return line


# ---- the limits -------------------------------------------------------------------------------------------
def splitter(port: int) -> None:
    """Frames and a dict for each event: what every parser does at least."""
    _split(port, None)


def limit(port: int) -> None:
    """Frames and a filter by name, a dict for the events of calls alone, and nothing tracked."""
    _split(port, CHOSEN)


def _split(port: int, chosen: frozenset[bytes] | None) -> None:
    line, rest = _connection(port), b""
    while data := line.recv(READ_BYTES):
        METER.begin()
        blocks = (rest + data).split(b"\r\n\r\n")
        rest = blocks.pop()
        for block in blocks:
            if chosen is None or block[7 : block.find(b"\r\n")] in chosen:
                lines = block.decode("utf-8", "replace").split("\r\n")
                event = dict([header.split(": ", 1) for header in lines if ": " in header])
                METER.read(event["Event"], event.get)


# ---- ours -------------------------------------------------------------------------------------------------
def itgrix(port: int) -> None:
    """Wire, filter and tracker, whole, on a bare socket."""
    from itgrix_core.calls.tracker import WANTED, Tracker
    from itgrix_core.wire.frames import Framer, Sieve
    from itgrix_core.wire.messages import Message

    line, framer, tracker = _connection(port), Framer(), Tracker("bench")
    sieve = Sieve(WANTED | {SENTINEL.encode(): b""})
    while data := line.recv(READ_BYTES):
        METER.begin()
        received_at = time.time()
        for block in sieve.pick(framer.feed(data), framer.taken):
            message = Message(block)
            at = message.timestamp
            METER.told += len(tracker.feed(message, received_at if at is None else at))
            METER.look(message.name, message.get)


def itgrix_client(port: int) -> None:
    """The same behind the real client: its reading thread, the backlog, the consumer."""
    from itgrix_core.ami.client import AmiClient
    from itgrix_core.calls.tracker import WANTED, Tracker
    from itgrix_core.wire.frames import Sieve, read_blocks
    from itgrix_core.wire.messages import Message

    tracker, sieve = Tracker("bench"), Sieve(WANTED | {SENTINEL.encode(): b""})

    def understand(data: bytes, received_at: float) -> None:
        for block in sieve.pick(read_blocks(data), data):
            message = Message(block)
            at = message.timestamp
            METER.told += len(tracker.feed(message, received_at if at is None else at))
            METER.look(message.name, message.get)

    _connect(AmiClient("127.0.0.1", port, on_chunk=understand))


def itgrix_service(port: int) -> None:
    """The service's whole listening: client, backlog, recorded log, tracker, a commit in SQLite per chunk."""
    from itgrix_core.ami.client import AmiClient

    listening, _, _ = listening_in(Path(tempfile.mkdtemp()))

    def understand(data: bytes, received_at: float) -> None:
        listening.on_chunk(data, received_at)
        if b"BenchDone" in data:
            METER.end()

    _connect(AmiClient("127.0.0.1", port, on_chunk=understand))


def listening_in(folder: Path) -> tuple[Any, Any, Any]:
    """A `Listening` on this data folder, its tracker, and the database, which is to be closed."""
    from types import SimpleNamespace

    from itgrix_core.ami.recorder import Recorder
    from itgrix_core.calls.tracker import Tracker
    from itgrix_core.jobs.clock import StreamClock
    from itgrix_core.jobs.listening import Listening, catch_up
    from itgrix_core.outbox.database import Database
    from itgrix_core.outbox.spool import Spool

    database = Database(folder)
    database.upgrade()
    spool = Spool(database, lambda lanes: None)
    quiet = SimpleNamespace(happened=lambda event: None, odd=lambda oddity: None)
    tracker = Tracker("bench")
    recorder = Recorder(folder / "recorded", "bench")
    listening = Listening("bench", tracker, recorder, spool, StreamClock(), quiet, lambda action: None)
    catch_up([listening])
    return listening, tracker, database


def _connect(client: Any) -> None:
    client.open_session("u", "s")
    METER.begin()
    client.finished.wait()


# ---- theirs -----------------------------------------------------------------------------------------------
def asterisk_ami(port: int) -> None:
    """asterisk-ami as shipped, each event to a listener."""
    from asterisk.ami import AMIClient

    client = AMIClient(address="127.0.0.1", port=port)
    client.add_event_listener(lambda event, source: METER.read(event.name, event.keys.get))
    client.login(username="u", secret="s")
    time.sleep(3600)


def basicami(port: int) -> None:
    """basicami, events taken from its queue."""
    import asyncio

    from basicami import BasicAMI

    async def read() -> None:
        client = await BasicAMI.connect("127.0.0.1", port, "u", "s")
        while True:
            event = await client._event_queue.get()
            METER.read(event["Event"], event.get)

    asyncio.run(read())


def panoramisk(port: int) -> None:
    """panoramisk, a callback for every event."""
    import asyncio

    from panoramisk import Manager

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    manager = Manager(loop=loop, host="127.0.0.1", port=port, username="u", secret="s")
    manager.register_event("*", lambda _, event: METER.read(event["Event"], event.get))
    manager.connect()
    loop.run_forever()


def cacofonisk(port: int) -> None:
    """The runner of cacofonisk: panoramisk and its tracker, the events that it handles.

    As shipped the first exception ends its connection; here it is counted and the runner goes on.
    """
    import asyncio
    import logging

    logging.disable(logging.CRITICAL)
    from cacofonisk import AmiRunner, BaseReporter
    from cacofonisk.handlers import EventHandler

    class Reporter(BaseReporter):
        def on_event(self, event: Mapping[str, str]) -> None:
            METER.read(event["Event"], event.get)

    class Handler(EventHandler):
        def on_event(self, event: Mapping[str, str]) -> None:
            try:
                super().on_event(event)
            except Exception as error:
                METER.fail(error)

    asyncio.set_event_loop(asyncio.new_event_loop())
    runner = AmiRunner([f"tcp://u:s@127.0.0.1:{port}"], Reporter(), handler=Handler)
    runner.attach_all()
    runner.loop.run_forever()


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
