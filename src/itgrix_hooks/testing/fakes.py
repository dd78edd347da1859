"""Stand-ins for what a hook gets besides its own arguments: `pbx`, `store`, `crm`."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from itgrix_hooks.numbers import DialStyle
from itgrix_hooks.values import Call, Entity, PhoneNumber, User


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
        answers, users, clients: those tables; they may be filled later.
        reads: (method, params) of each read.
        writes: (method, params) of each write.
    """

    def __init__(
        self,
        answers: Mapping[str, Any] | None = None,
        users: Mapping[str, User] | None = None,
        clients: Mapping[str, Sequence[Entity]] | None = None,
    ) -> None:
        self.answers = dict(answers or {})
        self.users = dict(users or {})
        self.clients = dict(clients or {})
        self.reads: list[tuple[str, dict[str, Any]]] = []
        self.writes: list[tuple[str, dict[str, Any]]] = []

    def read(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The table's answer; `ValueError` for a writing method, `LookupError` for one that it lacks."""
        if method.rsplit(".", 1)[-1].lower() in WRITING:
            raise ValueError(f"{method} writes; use crm.write")
        self.reads.append((method, dict(params or {})))
        if method not in self.answers:
            raise LookupError(f"FakeCrm has no answer to {method}: give one in answers={{'{method}': …}}")
        return self._answer(method, params)

    def write(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The table's answer, or `None`."""
        self.writes.append((method, dict(params or {})))
        return self._answer(method, params)

    def user_of_extension(self, extension: str) -> User | None:
        """From `users`."""
        return self.users.get(extension)

    def clients_of(self, number: PhoneNumber | str) -> Sequence[Entity]:
        """From `clients`."""
        wanted = PhoneNumber(str(number))
        same = (found for known, found in self.clients.items() if PhoneNumber(known).same_as(wanted))
        return tuple(next(same, ()))

    def _answer(self, method: str, params: Mapping[str, Any] | None) -> Any:
        answer = self.answers.get(method)
        return answer(dict(params or {})) if callable(answer) else copy.deepcopy(answer)


WRITING = frozenset({"add", "update", "delete", "set", "register", "finish", "show", "hide", "attachrecord"})
"""Last words of methods that write, as Bitrix24 names them."""
