"""What a request executes: its method, and of a batch the methods inside, whose time is counted by each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from itgrix_core.crm.bitrix24.answers import mapping


@dataclass(frozen=True, slots=True)
class Errand:
    """A request about to be sent; methods in small letters.

    Attributes:
        method: of the request.
        inner: of a batch, by the keys of its commands.
    """

    method: str
    inner: Mapping[str, str] = field(default_factory=dict)

    @property
    def methods(self) -> tuple[str, ...]:
        """All that it executes."""
        return (self.method, *self.inner.values())

    def times(self, body: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
        """The `time` blocks in an answer's envelope, with their methods; empty where it tells nothing."""
        told = mapping(mapping(body.get("result")).get("result_time")) if self.inner else {}
        inner = [(method, mapping(told.get(key))) for key, method in self.inner.items()]
        return [(self.method, mapping(body.get("time"))), *inner]


def errand_of(method: str, params: Mapping[str, Any] = MappingProxyType({})) -> Errand:
    """A request's errand, from its method and what is sent with it."""
    name = method.casefold()
    commands = params.get("cmd") if name == "batch" else None
    if isinstance(commands, list | tuple):
        commands = {str(number): command for number, command in enumerate(commands)}
    inner = {
        str(key): str(command).partition("?")[0].casefold() for key, command in mapping(commands).items()
    }
    return Errand(name, inner)
