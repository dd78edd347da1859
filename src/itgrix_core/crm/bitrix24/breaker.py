"""A breaker: opens when the portal fails again and again, then lets one request at a time try it.

While it is open, old jobs are sent home without a request. Live ones try the portal every other second, so
that the first card after an outage is not late; what they find counts for all.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from itgrix_core.crm.bitrix24.appointments import next_appointment

FAILURES = 5
"""So many in a row open it; one bad request is no outage."""

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
"""Between the probes of the backlog; each that fails doubles it."""

LIVE_PAUSE_SECONDS = 2.0
"""Between the probes of live calls, and how long one that hangs keeps the next away."""

HANGING_SECONDS = 60.0
"""A backlog's probe that has not come back by then was lost with its thread."""

PACE_SECONDS = 0.5
"""Between those who come back, as long as nobody knows how fast the portal will be."""

State = Literal["closed", "open", "probing"]


@dataclass(slots=True)
class Breaker:
    """One breaker; not safe to share between threads (its owner holds a lock). Times are the caller's clock.

    Attributes:
        why: the failure that opened it, "" while it is closed; `kind` is its `Blocked.why`.
    """

    chance: Callable[[], float] = random.random
    why: str = ""
    kind: str = ""
    _failures: int = 0
    _pause: float = 0.0
    _failed_at: float = 0.0
    _live_from: float = 0.0
    _probe_since: float | None = None
    _row: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether only probes are let through."""
        return bool(self.why)

    def state(self, now: float) -> State:
        """In one word."""
        if not self.is_open:
            return "closed"
        return "probing" if self._is_probed(now, HANGING_SECONDS) else "open"

    def probe_seconds(self, now: float) -> float:
        """How long until the backlog may probe."""
        return min(max(0.0, self._failed_at + self._pause - now), self._pause)

    def ask(self, now: float, *, is_live: bool) -> float:
        """0.0 lets a request through; else the seconds after which to ask again."""
        if not self.is_open:
            return 0.0
        seconds = self._live_wait(now) if is_live else self._backlog_wait(now)
        if seconds <= 0:
            return 0.0
        if not is_live:
            self._row, seconds = next_appointment(self._row, now, now + seconds, PACE_SECONDS, self.chance)
        return seconds

    def begin(self, now: float) -> None:
        """A request that was let through is sent; while the breaker is open it is the probe."""
        if self.is_open:
            self._probe_since = now

    def passed(self) -> None:
        """A request came back with a word of the portal: all may pass."""
        self.why, self._failures, self._pause, self._probe_since = "", 0, 0.0, None

    def failed(self, now: float, why: str) -> None:
        """A request did not get through; `why` is the sentence for those who are sent home meanwhile."""
        self._failures += 1
        if self.is_open or self._failures >= FAILURES:
            pause = min(max(FIRST_PAUSE_SECONDS, 2.0 * self._pause), LONGEST_PAUSE_SECONDS)
            self.trip(now, "unreachable", why, pause)

    def trip(self, now: float, kind: str, why: str, pause_seconds: float) -> None:
        """Open it at once, for so long to the backlog; a live call tries the portal at once, then seldom."""
        self._live_from = now + (LIVE_PAUSE_SECONDS if self.is_open else 0.0)
        self.kind, self.why, self._pause = kind, why, pause_seconds
        self._failed_at, self._probe_since = now, None

    def _live_wait(self, now: float) -> float:
        if self._is_probed(now, LIVE_PAUSE_SECONDS):
            return LIVE_PAUSE_SECONDS
        return min(LIVE_PAUSE_SECONDS, self._live_from - now)

    def _backlog_wait(self, now: float) -> float:
        waiting = self.probe_seconds(now)
        if self._is_probed(now, HANGING_SECONDS):
            return max(waiting, FIRST_PAUSE_SECONDS)
        return waiting

    def _is_probed(self, now: float, longest: float) -> bool:
        """Whether a probe is under way that may still come back; a clock that was put back ends it."""
        return self._probe_since is not None and 0.0 <= now - self._probe_since < longest
