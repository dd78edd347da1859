"""Execution time: what the portal tells of each method, and how fast it may go on.

Bitrix24 adds up how long a method was executed for one application or webhook within ten minutes, in slots of
a minute; at the limit it answers 429 until the oldest slot has left (apidocs.bitrix24.com/limits.html). Every
answer tells the sum. So from a share of the limit on, what is left is spread over the time until a slot
leaves. The limit itself is a guess, corrected by what the portal does: ours never closes a method, only 429.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from itgrix_core.crm.bitrix24.appointments import next_appointment
from itgrix_core.crm.quota import MethodState

LIMIT_SECONDS = 480.0
"""The documentation's example."""

WINDOW_SECONDS = 600.0
BACKLOG_SHARES = (0.7, 0.98)
LIVE_SHARES = (0.9, 1.0)
"""Of the limit: from where on a method is slowed down, and what is never exceeded but by the slowest pace."""

SLOWEST_SECONDS = 60.0
"""Between two executions of a method whose time seems used up: whether it is, the portal knows."""

USUAL_COST_SECONDS = 1.0
"""Of one execution, until the sums tell; what other services execute between two of ours counts as ours, so
that each slows down for all."""

FORGIVING = 1.1
"""A limit that was passed unpunished is taken to be higher by this."""

_TOLD = ("operating", "operating_reset_at", "finish")
"""Of an answer's `time`; the portal's own `finish` is the clock that its `operating_reset_at` goes by."""


@dataclass(slots=True)
class _Method:
    """One method; times are our clock's."""

    used: float | None = None
    limit: float = LIMIT_SECONDS
    cost: float = USUAL_COST_SECONDS
    relief_at: float = 0.0
    last_at: float = float("-inf")
    under_way: int = 0
    closed_until: float = 0.0
    live_row: float = 0.0
    backlog_row: float = 0.0

    def pause(self, now: float, *, is_live: bool) -> float:
        """Between two executions: what is left, spread evenly over the time until a slot leaves."""
        slow_from, most = (share * self.limit for share in (LIVE_SHARES if is_live else BACKLOG_SHARES))
        used = (self.used or 0.0) + self.cost * self.under_way
        relief = self.relief_at - now
        if used < slow_from or relief <= 0:
            return 0.0
        left = most - used
        return min(relief * self.cost / left, SLOWEST_SECONDS) if left > 0 else SLOWEST_SECONDS

    def hear(self, now: float, told: Mapping[str, Any], *, is_refused: bool) -> None:
        """What the portal tells of it after an execution, or instead of one."""
        used, reset, finish = (_seconds(told.get(name)) for name in _TOLD)
        if used is None:
            return
        if self.used is not None and used > self.used:
            self.cost = (3 * self.cost + min(used - self.used, 4 * self.cost)) / 4
        if is_refused and used > 0:
            self.limit = min(self.limit, used)
        elif used - self.cost * (self.under_way + 1) >= self.limit:
            self.limit = used * FORGIVING
        self.used = used
        left = WINDOW_SECONDS if reset is None or finish is None else reset - finish
        self.relief_at = now + min(max(left, 0.0), WINDOW_SECONDS)


class OperatingTimes:
    """All methods of one application or webhook; its owner holds a lock. Times are the caller's clock.

    Methods are named in small letters.
    """

    def __init__(
        self, chance: Callable[[], float] = random.random, limit_seconds: float = LIMIT_SECONDS
    ) -> None:
        """`limit_seconds` is what the portal allows a method, as far as is known; it is corrected."""
        self._methods: dict[str, _Method] = {}
        self._chance = chance
        self._limit = limit_seconds

    def ask(self, method: str, now: float, *, is_live: bool) -> float:
        """0.0 if it may be executed, else the seconds after which to ask again."""
        known = self._methods.get(method)
        if known is None:
            return 0.0
        pause = known.pause(now, is_live=is_live)
        is_closed = known.closed_until > now
        earliest = known.closed_until if is_closed else min(known.last_at, now) + pause
        if earliest <= now:
            return 0.0
        earliest = min(earliest, now + WINDOW_SECONDS)
        pace = known.cost if is_closed else pause
        if is_live:
            known.live_row, seconds = next_appointment(known.live_row, now, earliest, pace, self._chance)
        else:
            known.backlog_row, seconds = next_appointment(
                known.backlog_row, now, earliest, pace, self._chance
            )
        return seconds

    def begin(self, method: str, now: float) -> None:
        """It is sent."""
        known = self._methods.setdefault(method, _Method(limit=self._limit))
        known.last_at = now
        known.under_way += 1

    def end(self, method: str, now: float, time: Mapping[str, Any], *, is_refused: bool = False) -> None:
        """It has ended; `time` is the block of the portal's answer, an empty one tells nothing.

        `is_refused` (429) shows that the limit is not higher than what it tells.
        """
        known = self._methods.setdefault(method, _Method(limit=self._limit))
        known.under_way = max(0, known.under_way - 1)
        known.hear(now, time, is_refused=is_refused)

    def close(self, method: str, now: float, seconds: float) -> None:
        """The portal has closed it (429) for so long."""
        known = self._methods.setdefault(method, _Method(limit=self._limit))
        known.closed_until = known.relief_at = now + min(seconds, WINDOW_SECONDS)

    def state(self, now: float) -> dict[str, MethodState]:
        """What was told of each method that has cost anything."""
        return {
            name: MethodState(each.used or 0.0, each.limit, max(0.0, each.closed_until - now))
            for name, each in self._methods.items()
            if each.used or each.closed_until > now
        }


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
