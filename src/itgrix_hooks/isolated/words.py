"""What the service and a plugin's process say to each other: messages of msgpack behind their length.

Nothing in them makes an object of a class that the other side chose: values are plain data and those
of our own dataclasses that a hook can meet, each under its name. So what comes from an untrusted process is
read without running anything of it.
"""

from __future__ import annotations

import os
import reprlib
import socket
import struct
import threading
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

import msgspec

from itgrix_hooks import answers, values, wishes
from itgrix_hooks.answers import CANCEL

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a message; who sends more speaks nonsense."""

METHODS: Final[Mapping[str, frozenset[str]]] = {
    "store": frozenset({"get", "set", "delete", "turn"}),
    "crm": frozenset({"kind", "read", "write", "user_of_extension", "clients_of"}),
}
"""What of an extra argument can be used from there."""

_TAG, _VALUE = "~", "="
_KINDS: Final[Mapping[str, type]] = {
    kind.__name__: kind
    for kind in (
        *(values.PhoneNumber, values.Conversation, values.Transfer, values.Recording, values.Call),
        *(values.User, values.Owner, values.Entity, values.Activity, values.Filed),
        *(values.Direction, values.Stage, values.Result, values.Disposition, values.TransferKind),
        *(wishes.OriginateRequest, wishes.RouteQuestion, wishes.RouteAnswer),
        *(answers.Link, answers.Create, answers.Update, answers.Bind, answers.Comment),
        *(date, datetime, time),
    )
}


# ---- to the process ---------------------------------------------------------------------------------------
class Start(msgspec.Struct, frozen=True, tag=True):
    """The first word: what to import.

    `file` and `source` of a single file, as it was when the service loaded it; else `group` of a package's
    entry point. `memory_mb`: how much it may take, 0 for as much as there is.
    """

    plugin: str
    group: str = ""
    file: str = ""
    source: bytes = b""
    memory_mb: int = 0


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Ask a hook. `lazy` and `tools`: arguments that are fetched, or act, through this line."""

    number: int
    hook: str
    arguments: dict[str, Any]
    lazy: list[str]
    tools: list[str]


class Reply(msgspec.Struct, frozen=True, tag=True):
    """What a `Want` has brought."""

    number: int
    value: Any


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A `Want`, or an `Ask`, has raised something: `kind` says what that means, `text` is for people."""

    number: int
    kind: str
    text: str
    seconds: float = 0.0


# ---- from the process -------------------------------------------------------------------------------------
class Held(msgspec.Struct, frozen=True):
    """One implementation, as `itgrix_hooks.reading.Implementation`."""

    hook: str
    names: list[str]
    place: int


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The answer to `Start`; faults are sentence, file and line; `is_error`: it could not be imported."""

    held: list[Held]
    faults: list[tuple[str, str, int]]
    is_error: bool = False


class Want(msgspec.Struct, frozen=True, tag=True):
    """A hook that is being asked uses `store` or `crm`, or looks into a lazy argument (no method then)."""

    number: int
    what: str
    method: str
    arguments: list[Any]
    named: dict[str, Any]


class Answer(msgspec.Struct, frozen=True, tag=True):
    """What it answered; `left`: its copy of the value, where it changed that and answered nothing."""

    number: int
    value: Any
    left: Any = None


_TO_CHILD = msgspec.msgpack.Decoder(Start | Ask | Reply | Failed)
_FROM_CHILD = msgspec.msgpack.Decoder(Ready | Want | Answer | Failed)
_ENCODER = msgspec.msgpack.Encoder()


class Line:
    """One end of the line; `say` may be called by several threads, `hear` by one.

    Args:
        end: of a connected pair.
        is_child: whether this is the process' end.
    """

    def __init__(self, end: socket.socket, *, is_child: bool = False) -> None:
        self._end = end
        self._file = end.makefile("rb")
        self._decoder: msgspec.msgpack.Decoder[Any] = _TO_CHILD if is_child else _FROM_CHILD
        self._lock = threading.Lock()

    def say(self, message: msgspec.Struct) -> None:
        """Send one.

        Raises:
            OSError: nobody is at the other end.
            TypeError, ValueError, OverflowError: it cannot be written down.
        """
        data = _ENCODER.encode(message)
        if len(data) > LARGEST:
            raise ValueError(f"{len(data)} bytes are too much for the line; the most are {LARGEST}")
        with self._lock:
            self._end.sendall(struct.pack("!I", len(data)) + data)

    def hear(self) -> Any:
        """The next message, `None` when the other end is closed; `ValueError` for nonsense."""
        head = self._read(4)
        length = struct.unpack("!I", head)[0] if head else 0
        if length > LARGEST:
            raise ValueError(f"a message of {length} bytes")
        data = self._read(length) if head else b""
        if not data:
            return None
        try:
            return self._decoder.decode(data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise ValueError(f"no message: {error}") from None

    def _read(self, length: int) -> bytes:
        try:
            data = self._file.read(length)
        except OSError:
            return b""
        return data if len(data) == length else b""

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._end.close()


class Foreign:
    """Stands for what cannot go over the line; looks like it in a sentence."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def pack(value: Any) -> Any:
    """A value as plain data; what cannot go over the line as its description."""
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    kind = type(value).__name__
    if value is CANCEL:
        return {_TAG: "CANCEL"}
    if _KINDS.get(kind) is type(value):
        return _packed(kind, value)
    if isinstance(value, os.PathLike):
        return pack(os.fspath(value))
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        inner = {str(key): pack(each) for key, each in value.items()}
        return {_TAG: "dict", _VALUE: inner} if _TAG in inner else inner
    if isinstance(value, list | tuple):
        return [pack(each) for each in value]
    return str(value) if isinstance(value, str) else _foreign(value)


def unpack(value: Any) -> Any:
    """The value again; a list stands for a tuple, too."""
    if isinstance(value, list):
        return [unpack(each) for each in value]
    if not isinstance(value, dict):
        return value
    tag = value.get(_TAG)
    if tag is None:
        return {key: unpack(each) for key, each in value.items()}
    inner = value.get(_VALUE)
    if tag == "CANCEL":
        return CANCEL
    if tag == "dict" and isinstance(inner, dict):
        return {key: unpack(each) for key, each in inner.items()}
    kind = _KINDS.get(tag) if isinstance(tag, str) else None
    try:
        return msgspec.convert(inner, kind) if kind else Foreign(str(inner))
    except msgspec.ValidationError as error:
        return Foreign(f"<{tag}: {error}>")


def _packed(kind: str, value: Any) -> Any:
    """One of our own values; its fields may hold what a hook has put in there."""
    try:
        return {_TAG: kind, _VALUE: msgspec.to_builtins(value)}
    except (TypeError, ValueError):
        return _foreign(value)


def _foreign(value: Any) -> Any:
    try:
        text = reprlib.repr(value)
    except Exception:  # noqa: BLE001 - a stranger's object may refuse to be shown
        text = "…"
    return {_TAG: "foreign", _VALUE: text if text.startswith("<") else f"<{type(value).__name__} {text}>"}
