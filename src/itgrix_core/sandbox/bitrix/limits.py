"""The leaky bucket that answers 503: what a burst may hold, how fast it drains."""

from __future__ import annotations

import threading

from itgrix_core.sandbox.bitrix.errors import query_limit_exceeded
from itgrix_core.sandbox.bitrix.settings import Clock, Limits


class Bucket:
    """One bucket per source address, as the cloud counts it; without `limits` nothing is ever refused."""

    def __init__(self, limits: Limits | None, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def pour(self, address: str) -> None:
        """Count one request; raises QUERY_LIMIT_EXCEEDED when it would overflow (then it is not counted)."""
        if self._limits is None:
            return
        with self._lock:
            level = self._level(address, self._limits)
            if level + 1 > self._limits.capacity:
                raise query_limit_exceeded()
            self._levels[address] = (level + 1, self._clock())

    def _level(self, address: str, limits: Limits) -> float:
        level, at = self._levels.get(address, (0.0, 0.0))
        return max(0.0, level - (self._clock() - at) * limits.leaks_per_second)
