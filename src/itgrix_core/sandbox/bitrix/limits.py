"""The two limits of the cloud: a leaky bucket that answers 503, and execution time that answers 429."""

from __future__ import annotations

import threading

from itgrix_core.sandbox.bitrix.errors import operation_time_limit, query_limit_exceeded
from itgrix_core.sandbox.bitrix.settings import Clock, Limits

WINDOW_SECONDS = 600
_SLOT_SECONDS = 60


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


class OperatingTime:
    """How long each method was executed by each caller in the last ten minutes, in slots of one minute.

    The call that crosses the limit still runs; the next one is refused until the oldest slot has left.
    """

    def __init__(self, limits: Limits | None, clock: Clock) -> None:
        self._most = limits.operating_seconds if limits else None
        self._clock = clock
        self._slots: dict[tuple[str, str], list[tuple[float, float]]] = {}
        self._lock = threading.Lock()

    def check(self, caller: str, method: str) -> None:
        """Raise OPERATION_TIME_LIMIT when this caller has used this method's time up."""
        if self._most is not None and self.used(caller, method)[0] >= self._most:
            raise operation_time_limit()

    def charge(self, caller: str, method: str, seconds: float) -> None:
        """Count an execution; it falls into a slot that began less than a minute ago, or begins one."""
        if self._most is None or seconds <= 0:
            return
        with self._lock:
            slots = self._slots.setdefault((caller, method), [])
            if slots and self._clock() - slots[-1][0] < _SLOT_SECONDS:
                slots[-1] = (slots[-1][0], slots[-1][1] + seconds)
            else:
                slots.append((self._clock(), seconds))

    def used(self, caller: str, method: str) -> tuple[float, int]:
        """Seconds used (`time.operating`) and when the oldest slot leaves (`operating_reset_at`, Unix)."""
        now = self._clock()
        with self._lock:
            slots = self._slots.get((caller, method), [])
            slots[:] = [slot for slot in slots if now - slot[0] < WINDOW_SECONDS]
            oldest = slots[0][0] if slots else now
            return sum(seconds for _, seconds in slots), int(oldest) + WINDOW_SECONDS
