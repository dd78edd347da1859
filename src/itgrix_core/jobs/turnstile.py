"""How many may be at something long at a time: the others come back when it is likely to be their turn.

A worker that uploads for a minute files no call meanwhile. So recordings have a part of the workers only,
and who finds no place is not kept standing in one: each gets a time of his own, so that thousands after an
outage do not all ask again every second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

_SHORTEST_SECONDS = 0.5
_WEIGHT = 0.2
"""Of the last passage in what a passage usually takes."""


class Turnstile:
    """Safe to share between threads.

    Args:
        places: how many are let in at a time.
    """

    def __init__(self, places: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._places = places
        self._clock = clock
        self._lock = Lock()
        self._inside = 0
        self._usual_seconds = 1.0
        self._booked_until = 0.0

    def enter(self) -> float:
        """0 lets in, and `leave` has to follow; else after how many seconds to ask again."""
        now = self._clock()
        with self._lock:
            if self._inside < self._places:
                self._inside += 1
                return 0.0
            self._booked_until = max(now, self._booked_until) + self._usual_seconds / self._places
            return max(_SHORTEST_SECONDS, self._booked_until - now)

    def leave(self, seconds: float) -> None:
        """Out again after so long."""
        with self._lock:
            self._inside -= 1
            self._usual_seconds += (seconds - self._usual_seconds) * _WEIGHT
