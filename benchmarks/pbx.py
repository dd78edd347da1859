"""A fake Asterisk that says one stream as fast as it is read."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Self

from itgrix_core.wire.frames import read_blocks
from itgrix_core.wire.messages import Message

BANNER = b"Asterisk Call Manager/9.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
DONE = b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: BenchDone\r\nUniqueid: 1.1\r\n\r\n"
"""The stream's end, as an event that every reader is given, also those that choose."""
SETTLING_SECONDS = 0.3
"""Between the login's response and the stream, so that logging in is not measured."""
PIECE = 64 * 1024


class Pbx:
    """One connection's Asterisk on a free loopback port, in a thread of its own.

    Args:
        stream: what it says after the login.
        channels: the items and the end of its channel list.

    Attributes:
        longest_wait: the longest time, in seconds, that one piece waited for the reader.
        is_done: set when all of it was sent.
    """

    def __init__(self, stream: bytes, *, channels: bytes = b"") -> None:
        self.longest_wait = 0.0
        self.is_done = threading.Event()
        self._stream = stream
        self._channels = channels
        self._door = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._door.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the reader has gone
            line, _ = self._door.accept()
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with line:
                line.sendall(BANNER)
                self._answer(line)
                line.sendall(BOOTED)
                threading.Thread(target=self._listen, args=(line,), daemon=True).start()
                time.sleep(SETTLING_SECONDS)
                self._say(line)
                line.sendall(DONE)
                self.is_done.set()
                threading.Event().wait(600)

    def _listen(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while self._answer(line):
                pass

    def _answer(self, line: socket.socket) -> bool:
        """Say Success to the next actions, and the channels to whom asks for them; whether there were any."""
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            piece = line.recv(PIECE)
            if not piece:
                return False
            asked += piece
        for action in map(Message, read_blocks(asked)):
            said = b"Response: Success\r\nActionID: %b\r\n" % action.get("ActionID").encode()
            if action.get("Action") == "CoreShowChannels":
                said += b"EventList: start\r\nMessage: Channels will follow\r\n\r\n" + self._channels
            else:
                said += b"Message: Authentication accepted\r\n\r\n"
            line.sendall(said)
        return True

    def _say(self, line: socket.socket) -> None:
        for start in range(0, len(self._stream), PIECE):
            before = time.monotonic()
            line.sendall(self._stream[start : start + PIECE])
            self.longest_wait = max(self.longest_wait, time.monotonic() - before)
