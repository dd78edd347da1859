"""Answers that are worth keeping for a moment: the portal gives two a second."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """A bounded map whose entries are forgotten after a time; safe to share between threads."""

    def __init__(self, seconds: float, clock: Callable[[], float], size: int = 1000) -> None:
        """Entries live `seconds` of `clock`; beyond `size` the oldest go."""
        self._seconds = seconds
        self._clock = clock
        self._size = size
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._lock = Lock()

    def recall(self, key: K) -> tuple[V] | None:
        """What is kept, in a tuple because `None` may be kept too; `None` if nothing is."""
        with self._lock:
            found = self._kept.get(key)
            return (found[1],) if found and self._clock() - found[0] < self._seconds else None

    def keep(self, key: K, value: V) -> V:
        """Keep and hand back."""
        with self._lock:
            self._kept[key] = (self._clock(), value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return value
