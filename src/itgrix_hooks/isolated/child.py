"""The process of one plugin: it imports the plugin, says what it holds, and asks it on demand.

It ends when the service does: the line is closed then, and the end of the second descriptor is a signal from
the system that ends it even while the plugin is busy.
"""

from __future__ import annotations

import copy
import fcntl
import os
import resource
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from itgrix_hooks.answers import GiveUp, RetryLater
from itgrix_hooks.asking import ElsewhereError, told
from itgrix_hooks.importing import imported
from itgrix_hooks.isolated.words import (
    METHODS,
    Answer,
    Ask,
    Failed,
    Held,
    Line,
    Ready,
    Reply,
    Start,
    Want,
    pack,
    unpack,
)
from itgrix_hooks.lazy import LazySequence
from itgrix_hooks.numbers import DialStyle
from itgrix_hooks.reading import Fault, Implementation, Reading, module_of
from itgrix_hooks.table import HOOKS, Kind
from itgrix_hooks.worker import RevokedError

SITE = "itgrix_site."
STACK_BYTES = 2 * 1024 * 1024
"""A thread's; the usual eight would count as memory that is taken."""


def main(line: int, life: int) -> None:
    """Serve until the service hangs up.

    Args:
        line: descriptor of the connection.
        life: descriptor of a pipe into which nobody ever writes; its end ends the process.
    """
    _end_with(life)
    talk = Line(socket.socket(fileno=line), is_child=True)
    start = talk.hear()
    if isinstance(start, Start):
        child = _Child(talk)
        if child.load(start):
            child.serve()
    os._exit(0)


def _end_with(life: int) -> None:
    """Have the system end this process (SIGIO) as soon as the service is gone, however it went."""
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)


@dataclass(frozen=True, slots=True)
class _Pbx:
    """`pbx`, as it was when the hook was asked."""

    name: str = ""
    timezone: str = ""
    region: str = ""
    dial_style: DialStyle = "as given"
    dial_prefix: str = ""


class _Desk:
    """Of one asking: where replies come in, to one thread of the hook at a time."""

    def __init__(self) -> None:
        self.inbox: SimpleQueue[Reply | Failed] = SimpleQueue()
        self.lock = threading.Lock()


class _Child:
    """What the process knows."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._held: Mapping[str, Implementation] = {}
        self._desks: dict[int, _Desk] = {}

    def load(self, start: Start) -> bool:
        """Import the plugin and say what it holds; whether it can be asked."""
        if start.memory_mb:
            most = start.memory_mb * 1024 * 1024
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        threading.stack_size(STACK_BYTES)
        got = imported(start.plugin, lambda: _holder(start), start.file)
        self._held = got.reading.implementations
        self._line.say(_ready(got.reading, is_error=got.is_error))
        return not got.reading.faults

    def serve(self) -> None:
        """Each asking on a thread of its own; `Reply` and `Failed` go to the one that waits for them."""
        while (message := self._line.hear()) is not None:
            if isinstance(message, Ask):
                self._desks[message.number] = _Desk()
                threading.Thread(target=self._asked, args=(message,), daemon=True).start()
            elif isinstance(message, Reply | Failed) and message.number in self._desks:
                self._desks[message.number].inbox.put(message)

    def _asked(self, ask: Ask) -> None:
        try:
            self._say(self._answer(ask), ask.number)
        finally:
            over = Failed(ask.number, "revoked", "the hook has ended")
            self._desks.pop(ask.number).inbox.put(over)

    def _say(self, message: Answer | Failed, number: int) -> None:
        try:
            self._line.say(message)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            self._line.say(Failed(number, "failed", f"its answer cannot be sent: {error}"))

    def _answer(self, ask: Ask) -> Answer | Failed:
        number, implementation = ask.number, self._held[ask.hook]
        try:
            named = self._named(ask)
            value = HOOKS[ask.hook].value
            before = copy.deepcopy(named.get(value))
            answer = implementation.function(**named)
            left = named.get(value)
            is_forgotten = answer is None and HOOKS[ask.hook].kind is Kind.CHAIN and left != before
            return Answer(number, pack(answer), pack(left) if is_forgotten else None)
        except RetryLater as error:
            return Failed(number, "retry", str(error), _seconds(error.seconds))
        except GiveUp as error:
            return Failed(number, "give up", str(error))
        except MemoryError as error:
            return Failed(number, "memory", told(error, implementation))
        except BaseException as error:  # noqa: BLE001 - strangers' code, `sys.exit()` included
            return Failed(number, "failed", told(error, implementation))

    def _named(self, ask: Ask) -> dict[str, Any]:
        named = {name: unpack(value) for name, value in ask.arguments.items()}
        if "pbx" in named:
            named["pbx"] = _Pbx(**named["pbx"])
        for name in ask.lazy:
            named[name] = LazySequence(_Fetch(self, ask.number, name))
        for name in ask.tools:
            named[name] = _Tool(self, ask.number, name)
        return named

    def want(self, number: int, what: str, method: str = "", *arguments: Any, **named: Any) -> Any:
        """Have the service do something for a hook that is being asked, and wait for it."""
        desk = self._desks.get(number)
        if desk is None:
            raise RevokedError(f"'{what}' is no longer yours: the hook has ended")
        packed = {name: pack(each) for name, each in named.items()}
        with desk.lock:
            self._line.say(Want(number, what, method, [pack(each) for each in arguments], packed))
            reply = desk.inbox.get()
        if isinstance(reply, Reply):
            return unpack(reply.value)
        raise _error(reply)


@dataclass(frozen=True, slots=True)
class _Fetch:
    """Fetches a lazy argument."""

    child: _Child
    number: int
    name: str

    def __call__(self) -> Any:
        return self.child.want(self.number, self.name)


class _Tool:
    """`store` or `crm`, at the other end of the line."""

    __slots__ = ("_child", "_number", "_what")

    def __init__(self, child: _Child, number: int, what: str) -> None:
        self._child, self._number, self._what = child, number, what

    def __getattr__(self, method: str) -> Any:
        if method not in METHODS[self._what]:
            raise AttributeError(f"'{self._what}' has no '{method}'")
        if method == "kind":
            return self._child.want(self._number, self._what, method)
        return partial(self._child.want, self._number, self._what, method)


def _holder(start: Start) -> object:
    if start.file:
        path = Path(start.file)
        return module_of(path, f"{SITE}{path.stem}", start.source)
    point = next((each for each in entry_points(group=start.group) if each.name == start.plugin), None)
    if point is None:
        raise ImportError(f"no package here names a plugin '{start.plugin}' in its entry points")
    return point.load()


def _ready(reading: Reading, *, is_error: bool) -> Ready:
    held = [Held(hook, list(one.names), one.place) for hook, one in reading.implementations.items()]
    return Ready(held, [_fault(each) for each in reading.faults], is_error)


def _fault(fault: Fault) -> tuple[str, str, int]:
    return str(fault), fault.file, fault.line


def _error(failed: Failed) -> Exception:
    """What the service's side raised, as what it means to a hook."""
    if failed.kind == "retry":
        return RetryLater(failed.seconds, failed.text)
    kinds: dict[str, type[Exception]] = {"value": ValueError, "revoked": RevokedError}
    return kinds.get(failed.kind, ElsewhereError)(failed.text)


def _seconds(seconds: Any) -> float:
    """As a number; what is none, as one that no asking accepts."""
    return float(seconds) if isinstance(seconds, int | float) else -1.0
