"""What counts now, replaced while it is in use: who has begun with the one before ends with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Current(Generic[T]):
    """Holds one; several threads may hold it.

    Args:
        first: what counts at first.
        end: called once for each one that was replaced, when the last of those who hold it has let go.
    """

    def __init__(self, first: T, end: Callable[[T], None]) -> None:
        self._lock = threading.Lock()
        self._lease = _Lease(first)
        self._end = end

    @contextmanager
    def held(self) -> Iterator[T]:
        """What counts now; it is not ended before this block is."""
        with self._lock:
            lease = self._lease
            lease.holders += 1
        try:
            yield lease.what
        finally:
            with self._lock:
                lease.holders -= 1
                is_over = lease is not self._lease and not lease.holders
            if is_over:
                self._end(lease.what)

    def replace(self, new: T) -> None:
        """From now on this counts."""
        with self._lock:
            old, self._lease = self._lease, _Lease(new)
            is_over = not old.holders
        if is_over:
            self._end(old.what)


class _Lease(Generic[T]):
    """One of them, and how many hold it."""

    def __init__(self, what: T) -> None:
        self.what = what
        self.holders = 0
