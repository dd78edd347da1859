"""The portal's limit of requests, counted on our side so that it is seldom met on theirs.

Bitrix24 counts a leaky bucket per portal and source address: 50 requests may come at once, 2 a second run out
(250 and 5 on Enterprise; apidocs.bitrix24.com/limits.html). Whoever finds it full is told how long to stay
away instead of being put to sleep: the outbox has other calls to file meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from weakref import WeakValueDictionary


class Bucket:
    """A leaky bucket; safe to share between threads."""

    def __init__(
        self, capacity: float = 50.0, drain: float = 2.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`drain` is in requests per second, `clock` in seconds from anywhere."""
        self._capacity = capacity
        self._drain = drain
        self._clock = clock
        self._level = 0.0
        self._at = clock()
        self._lock = Lock()

    @classmethod
    def of_portal(
        cls, portal: str, capacity: float, drain: float, clock: Callable[[], float] = time.monotonic
    ) -> Bucket:
        """The one bucket of a portal in this process: two accounts of one portal share what it allows."""
        with _finding:
            known = _known.get((portal, clock))
            if known is None:
                known = _known[portal, clock] = cls(capacity, drain, clock)
            return known

    def take(self) -> float:
        """Count one request: 0.0 if it may be sent, else the seconds after which it may, uncounted."""
        with self._lock:
            self._leak()
            over = self._level + 1.0 - self._capacity
            if over > 0:
                return over / self._drain
            self._level += 1.0
            return 0.0

    def fill(self) -> None:
        """The portal says that it is full (others share it): believe the portal."""
        with self._lock:
            self._leak()
            self._level = self._capacity

    def _leak(self) -> None:
        """Let run out what has run out since the last look."""
        now = self._clock()
        self._level = max(0.0, self._level - (now - self._at) * self._drain)
        self._at = now


_known: WeakValueDictionary[tuple[str, Callable[[], float]], Bucket] = WeakValueDictionary()
_finding = Lock()
