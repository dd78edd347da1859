"""Try hooks without a telephone, a CRM or the service: calls, a store and a CRM in memory, and `ask`.

    from itgrix_hooks.testing import ask, make_call, MemoryStore

    def test_missed_calls_take_turns():
        asked = ask("process_final_params", my_plugin, call=make_call("missed"), settings={"users": [7]})
        assert asked.answer["USER_ID"] == 7

`ask` is the service's own asking: the same copies, checks and limits, and the same trace.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from itgrix_hooks import asking
from itgrix_hooks.numbers import DialStyle
from itgrix_hooks.reading import Implementation, implementation, module_of, read
from itgrix_hooks.table import EXTRAS, HOOKS
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import (
    Call,
    Conversation,
    Direction,
    Disposition,
    Entity,
    Filed,
    Owner,
    PhoneNumber,
    Recording,
    Result,
    Stage,
    User,
)
from itgrix_hooks.wishes import OriginateRequest, RouteAnswer, RouteQuestion

Shape = Literal["answered", "missed", "outbound", "internal"]

BEGAN = 1_760_000_000.0
"""When made calls start: 9 October 2025, 08:53:20 UTC."""

CLIENT = PhoneNumber("+15550100200")


def make_call(shape: Shape = "answered", **changes: Any) -> Call:
    """A whole, ended call.

    Args:
        shape: `answered`: a client waits 12 s and talks 60 s with 101. `missed`: the client waits 25 s, 101
            rings and nobody answers. `outbound`: 101 dials a client, who answers after 8 s, 60 s. `internal`:
            101 talks with 102.
        changes: any fields of `Call`, in place of those of the shape.
    """
    return replace(_SHAPES[shape](), **changes)


def _talk(
    extension: str, rang: float, answered: float, ended: float, *, is_caller: bool = False
) -> Conversation:
    """A conversation by seconds after the start."""
    return Conversation(
        key=f"{BEGAN:.0f}.{extension}",
        extension=extension,
        is_caller=is_caller,
        rang_at=None if is_caller else BEGAN + rang,
        answered_at=BEGAN + answered,
        ended_at=BEGAN + ended,
        result=Result.ANSWERED,
    )


def _call(direction: Direction, **fields: Any) -> Call:
    linkedid = f"{BEGAN:.0f}.1"
    return Call(f"main/{linkedid}", "main", linkedid, direction, BEGAN, **fields)


def _answered() -> Call:
    return _call(
        Direction.INBOUND,
        client_number=CLIENT,
        did="+15550100900",
        trunk="trunk",
        answered_at=BEGAN + 12,
        ended_at=BEGAN + 72,
        conversations=(_talk("101", 1, 12, 72),),
        disposition=Disposition.ANSWERED,
        hangup_by="external",
    )


def _missed() -> Call:
    rang = _talk("101", 1, 0, 25)
    return replace(
        _answered(),
        answered_at=None,
        ended_at=BEGAN + 25,
        conversations=(replace(rang, answered_at=None, result=Result.NO_ANSWER),),
        disposition=Disposition.MISSED,
    )


def _outbound() -> Call:
    return _call(
        Direction.OUTBOUND,
        client_number=CLIENT,
        trunk="trunk",
        extension="101",
        dialled="915550100200",
        answered_at=BEGAN + 8,
        ended_at=BEGAN + 68,
        conversations=(_talk("101", 0, 8, 68, is_caller=True),),
        disposition=Disposition.ANSWERED,
        hangup_by="external",
    )


def _internal() -> Call:
    return _call(
        Direction.INTERNAL,
        extension="101",
        dialled="102",
        answered_at=BEGAN + 5,
        ended_at=BEGAN + 35,
        conversations=(_talk("101", 0, 5, 35, is_caller=True), _talk("102", 1, 5, 35)),
        disposition=Disposition.ANSWERED,
        hangup_by="101",
    )


_SHAPES: Mapping[str, Callable[[], Call]] = {
    "answered": _answered,
    "missed": _missed,
    "outbound": _outbound,
    "internal": _internal,
}


@dataclass(frozen=True, slots=True)
class FakePbx:
    """A `pbx`."""

    name: str = "main"
    timezone: str = "UTC"
    region: str = ""
    dial_style: DialStyle = "as given"
    dial_prefix: str = ""


class MemoryStore:
    """A `store` that forgets at the end. `of(call)` is the same memory, seen from another call."""

    def __init__(self, call: Call | str = "main/1") -> None:
        self._call = call if isinstance(call, str) else call.key
        self._values: dict[str, str] = {}
        self._turns: dict[str, dict[str, str]] = {}
        self._lock = Lock()

    def of(self, call: Call | str) -> MemoryStore:
        """This store as a hook of another call gets it."""
        store = MemoryStore(call)
        vars(store).update({**vars(self), "_call": vars(store)["_call"]})
        return store

    def get(self, name: str, default: Any = None) -> Any:
        """The value kept under `name`, or `default`."""
        return json.loads(self._values[name]) if name in self._values else default

    def set(self, name: str, value: Any) -> None:
        """Keep a value; `TypeError` if it is not JSON data, as the service's store would say."""
        self._values[name] = json.dumps(value)

    def delete(self, name: str) -> None:
        """Forget `name`."""
        self._values.pop(name, None)

    def turn(self, name: str, members: Sequence[str]) -> str:
        """The member who waited longest, one who never had a turn first; once per call."""
        if not members:
            raise ValueError(f"turn '{name}' has no members")
        with self._lock:
            taken = self._turns.setdefault(name, {})
            if self._call not in taken:
                last = {member: at for at, member in enumerate(taken.values())}
                taken[self._call] = min(members, key=lambda member: last.get(member, -1))
            return taken[self._call]


class FakeCrm:
    """A `crm` that answers from a table and remembers what was asked and written.

    Args:
        answers: method to its result, or to a function of the params.
        users: extension to employee.
        clients: number (compared by its last ten digits) to entities.

    Attributes:
        reads: (method, params) of each read.
        writes: (method, params) of each write.
    """

    def __init__(
        self,
        answers: Mapping[str, Any] | None = None,
        users: Mapping[str, User] | None = None,
        clients: Mapping[str, Sequence[Entity]] | None = None,
    ) -> None:
        self._answers = answers or {}
        self._users = users or {}
        self._clients = clients or {}
        self.reads: list[tuple[str, dict[str, Any]]] = []
        self.writes: list[tuple[str, dict[str, Any]]] = []

    def read(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The table's answer; `ValueError` for a writing method, `LookupError` for one that it lacks."""
        if method.rsplit(".", 1)[-1].lower() in WRITING:
            raise ValueError(f"{method} writes; use crm.write")
        self.reads.append((method, dict(params or {})))
        if method not in self._answers:
            raise LookupError(f"FakeCrm has no answer to {method}: give one in answers={{'{method}': …}}")
        return self._answer(method, params)

    def write(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The table's answer, or `None`."""
        self.writes.append((method, dict(params or {})))
        return self._answer(method, params)

    def user_of_extension(self, extension: str) -> User | None:
        """From `users`."""
        return self._users.get(extension)

    def clients_of(self, number: PhoneNumber | str) -> Sequence[Entity]:
        """From `clients`."""
        wanted = PhoneNumber(str(number))
        same = (found for known, found in self._clients.items() if PhoneNumber(known).same_as(wanted))
        return tuple(next(same, ()))

    def _answer(self, method: str, params: Mapping[str, Any] | None) -> Any:
        answer = self._answers.get(method)
        return answer(dict(params or {})) if callable(answer) else copy.deepcopy(answer)


WRITING = frozenset({"add", "update", "delete", "set", "register", "finish", "show", "hide", "attachrecord"})
"""Last words of methods that write, as Bitrix24 names them."""


def load(path: str | Path) -> Any:
    """A single-file plugin as a module; its name may begin with a digit."""
    path = Path(path)
    return module_of(path, f"itgrix_tested.{path.stem}")


def ask(hook: str, plugin: Any, **arguments: Any) -> Asked:
    """Ask one hook of a function, or of a plugin (module or object), as the service would.

    Args:
        hook: its name.
        plugin: a function (decorated or not), a module, or an object with methods.
        arguments: those of the spec; what is left out gets a sensible default (`make_call()`, an empty dict,
            no clients). Also `settings`, `pbx`, `store`, `crm`, and `limit_seconds` (5).

    Raises:
        ValueError: the plugin has faults, or no such hook; all are named.
    """
    limit = arguments.pop("limit_seconds", 5.0)
    unknown = [name for name in arguments if name not in HOOKS[hook].arguments]
    if unknown:
        raise ValueError(f"'{hook}' has no argument {', '.join(map(repr, unknown))}")
    given = {**_defaults(arguments), **arguments}
    extras = {name: _always(given.pop(name)) for name in EXTRAS}
    return asking.ask(hook, [_implementation(hook, plugin)], given, extras=extras, limit_seconds=limit)


def _always(value: Any) -> Callable[[str], Any]:
    return lambda _plugin: value


def _implementation(hook: str, plugin: Any) -> Implementation:
    if callable(plugin) and not isinstance(plugin, type):
        return implementation(hook, plugin)
    name = getattr(plugin, "__name__", type(plugin).__name__)
    reading = read(name, plugin)
    if reading.faults:
        raise ValueError(f"{name}: {'; '.join(reading.faults)}")
    if hook not in reading.implementations:
        raise ValueError(f"{name} has no '{hook}'; it has {', '.join(reading.implementations)}")
    return reading.implementations[hook]


def _defaults(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """An argument of each name, fitting to those that are given."""
    call = arguments.get("call") or make_call()
    return {
        "number": CLIENT,
        "party": "client",
        "use": "search",
        "call": call,
        "conversation": next(iter(call.conversations), None),
        "stage": Stage.CONVERSATION_REQUESTED,
        "params": {},
        "fields": {},
        "user": None,
        "clients": (),
        "request": OriginateRequest(CLIENT, user_id=1),
        "owner": Owner(1, "default"),
        "filed": Filed(),
        "path": None,
        "recording": Recording("call.wav", call.linkedid, call.started_at),
        "activity": None,
        "entity": None,
        "kind": getattr(arguments.get("entity"), "kind", None),
        "role": "none",
        "answer": RouteAnswer(),
        "question": RouteQuestion(CLIENT),
        "settings": {},
        "pbx": FakePbx(call.pbx, call.timezone),
        "store": MemoryStore(call),
        "crm": FakeCrm(),
    }
