"""Rows of a stream that belong together by any of several keys, however late it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Self, TypeVar

_SWEEPS = 12
"""How often in the time that a group is waited for we look whether it is too old."""


@dataclass(slots=True)
class Group:
    """What belongs together.

    Attributes:
        keys: what it is found by.
        last_at: time of its newest row, Unix seconds.
    """

    keys: set[str] = field(default_factory=set)
    last_at: float = 0.0

    def unite(self, other: Self) -> None:
        """Take what is in the other one, which is the same as it now turns out."""
        self.keys |= other.keys
        self.last_at = max(self.last_at, other.last_at)


_Group = TypeVar("_Group", bound=Group)


class Joining(Generic[_Group]):
    """The groups that are open.

    Args:
        make: an empty group.
        patience_seconds: a group that got no row for so long, by the stream's time, is too old.
    """

    def __init__(self, make: Callable[[], _Group], patience_seconds: float) -> None:
        self._make = make
        self._patience = patience_seconds
        self._by_key: dict[str, _Group] = {}
        self._open: dict[int, _Group] = {}
        self._swept_at = 0.0

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def of(self, keys: Iterable[str]) -> _Group:
        """The group of these keys: an open one, several that are one from now on, or a new one."""
        keys = list(keys)
        found = {id(known): known for key in keys if (known := self._by_key.get(key))}
        group, *others = found.values() or [self._make()]
        self._open[id(group)] = group
        for other in others:
            group.unite(other)
            self._by_key |= dict.fromkeys(other.keys, group)
            del self._open[id(other)]
        group.keys.update(keys)
        self._by_key |= dict.fromkeys(keys, group)
        return group

    def release(self, group: _Group) -> _Group:
        """Forget an open group; returns it."""
        del self._open[id(group)]
        for key in group.keys:
            del self._by_key[key]
        return group

    def too_old(self, now: float) -> Iterator[_Group]:
        """Those that will get no row any more, by the stream's time; still open."""
        if now - self._swept_at < self._patience / _SWEEPS:
            return
        self._swept_at = now
        yield from [one for one in self._open.values() if now - one.last_at > self._patience]

    def rest(self) -> list[_Group]:
        """Those that are open, oldest first."""
        return list(self._open.values())
