"""One AMI connection to a replayed PBX: the login, the class mask, the answers.

A session knows its client and nothing of the recordings. Everything that is sent goes out under the PBX's one
desk, so that a channel list and the events around it never contradict each other.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING

from itgrix_core.sandbox.pbx import answers
from itgrix_core.wire.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from itgrix_core.sandbox.pbx.programme import RecordedEvent
    from itgrix_core.sandbox.pbx.switchboard import Switchboard

MAX_ACTION = 64 * 1024
WRITE_TIMEOUT = 30
ALL = frozenset({"all"})


class Session:
    """A client from its connection to its end.

    Args:
        sock: the connection.
        board: what the PBX knows.
        account: the user name and secret that may log in.
        desk: entered while anything is sent; clients come before the player there.
        changed: called (inside the desk) when the session logs in or asks for the channels.
        list_late: seconds by which the list of channels is late; `None`: it never comes.

    Attributes:
        logged_in_at: `time.monotonic()` of the login; `None` before it.
        asked_channels: whether it has read the channel list, as a client does that is ready for events.
        mask: the classes it wants to hear, `ALL`, or empty for none.
    """

    def __init__(
        self,
        sock: socket.socket,
        board: Switchboard,
        account: tuple[str, str],
        desk: Callable[[], AbstractContextManager[None]],
        changed: Callable[[], None],
        list_late: float | None = 0.0,
    ) -> None:
        self._sock = sock
        self._board = board
        self._account = account
        self._desk = desk
        self._last = b"Event: Newchannel"
        self._closed = False
        self._changed = changed
        self._list_late = list_late
        self._challenge = ""
        self.logged_in_at: float | None = None
        self.asked_channels = False
        self.mask: frozenset[str] = ALL
        # a client that stops reading is dropped, as Asterisk does, instead of stopping the PBX for all
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", WRITE_TIMEOUT, 0))

    def talk(self) -> None:
        """Answers the client until it leaves, logs off or is thrown out."""
        with self._desk():
            self.send(f"Asterisk Call Manager/{answers.AMI_VERSION}\r\n".encode())
        for action in self._actions():
            with self._desk():
                goes_on = self._answer(action)
            if not goes_on:
                break

    def deliver(self, event: RecordedEvent) -> None:
        """Sends the event if the session is logged in and its mask lets the event through."""
        if (
            not self._closed
            and self.logged_in_at is not None
            and (self.mask == ALL or self.mask & event.classes)
        ):
            self._last = event.message.raw
            self.send(self._last + b"\r\n\r\n")

    def break_off(self) -> None:
        """Begins an event and ends the connection in the middle of it."""
        if self.logged_in_at is not None:
            self.send(self._last[: len(self._last) // 2])
        self.close()

    def send(self, raw: bytes) -> None:
        """Sends these bytes; a connection that does not take them is closed."""
        try:
            self._sock.sendall(raw)
        except OSError:
            self.close()

    def close(self) -> None:
        """Ends the connection; `talk` returns."""
        self._closed = True
        with contextlib.suppress(OSError):  # it may be gone already
            self._sock.shutdown(socket.SHUT_RDWR)

    def ready_at(self, grace: float) -> float | None:
        """When (`time.monotonic()`) serving may begin for this session; `None` if it listens to nothing."""
        if self._closed or self.logged_in_at is None or not self.mask:
            return None
        return self.logged_in_at if self.asked_channels else self.logged_in_at + grace

    def _actions(self) -> Iterator[Message]:
        buffer = b""
        while len(buffer) < MAX_ACTION:
            try:
                piece = self._sock.recv(65536)
            except OSError:
                return
            if not piece:
                return
            *blocks, buffer = (buffer + piece).split(b"\r\n\r\n")
            yield from (Message(raw.strip(b"\r\n")) for raw in blocks if raw.strip(b"\r\n"))

    def _answer(self, action: Message) -> bool:
        """Answers one action; `False` ends the connection."""
        match action.get("Action").lower():
            case "login":
                return self._log_in(action)
            case "challenge":
                self._challenge = str(secrets.randbelow(10**9))
                self.send(answers.response(action, "Success", ("Challenge", self._challenge)))
            case "logoff":
                self.send(answers.response(action, "Goodbye", ("Message", "Thanks for all the fish.")))
                return False
            case _ if self.logged_in_at is None:
                self.send(answers.error(action, "Permission denied"))
            case "events":
                self.mask = mask_of(action.get("EventMask"))
                self.send(answers.response(action, "Success", ("Events", "On" if self.mask else "Off")))
            case "coreshowchannels":
                self._list(action)
                self.asked_channels = True
            case _:
                self.send(answers.answer(action, self._board))
        self._changed()
        return True

    def _list(self, action: Message) -> None:
        """The list of channels: now, later as it is then, or never."""
        if self._list_late == 0.0:
            self.send(answers.answer(action, self._board))
        elif self._list_late is not None:
            late = threading.Timer(self._list_late, self._list_now, (action,))
            late.daemon = True
            late.start()

    def _list_now(self, action: Message) -> None:
        with self._desk():
            if not self._closed:
                self.send(answers.answer(action, self._board))

    def _log_in(self, action: Message) -> bool:
        if not self._knows(action):
            self.send(answers.error(action, "Authentication failed"))
            return False
        self.mask = mask_of(action.get("Events", "on"))
        self.logged_in_at = time.monotonic()
        self.send(answers.response(action, "Success", ("Message", "Authentication accepted")))
        self.send(answers.block(*FULLY_BOOTED))
        self._changed()
        return True

    def _knows(self, action: Message) -> bool:
        user, secret = self._account
        if action.get("Username") != user:
            return False
        if action.get("AuthType").upper() != "MD5":
            return hmac.compare_digest(action.get("Secret").encode(), secret.encode())
        key = hashlib.md5((self._challenge + secret).encode(), usedforsecurity=False).hexdigest()
        return bool(self._challenge) and hmac.compare_digest(action.get("Key").encode(), key.encode())


def mask_of(words: str) -> frozenset[str]:
    """The classes that `Events`/`EventMask` asks for: `ALL` for on, none for off, else those in the list."""
    classes = frozenset(word.strip().lower() for word in words.split(",")) - {""}
    if classes & {"on", "all", "1", "true", "yes"}:
        return ALL
    return classes - {"off", "0", "false", "no", "none"}


FULLY_BOOTED = (
    ("Event", "FullyBooted"),
    ("Privilege", "system,all"),
    ("Uptime", "60"),
    ("LastReload", "60"),
    ("Status", "Fully Booted"),
)
