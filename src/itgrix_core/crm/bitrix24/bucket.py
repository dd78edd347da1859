"""The portal's limit of requests, counted on our side so that it is seldom met on theirs.

Bitrix24 counts a leaky bucket per portal and source address: 50 requests may come at once, 2 a second run out
(250 and 5 on Enterprise; apidocs.bitrix24.com/limits.html). Whoever finds it full is told how long to stay
away instead of being put to sleep: the outbox has other calls to file meanwhile.

What is kept is one number, the moment at which the bucket will be empty (GCRA), and when those who wait come
back; docs/decisions/0014 says why, and why it is no library.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol
from weakref import WeakValueDictionary

from itgrix_core.crm.bitrix24.appointments import next_appointment
from itgrix_core.crm.urgency import Urgency

RESERVE = 0.2
"""The share of the bucket that live calls alone may use: 10 of 50 requests."""

BEGUN = 0.1
"""The share on top of it for work that has begun: its later requests need not wait for others' first ones."""


@dataclass(frozen=True, slots=True)
class Level:
    """How full the bucket is; times by the bucket's clock.

    Attributes:
        empty_at: when everything will have run out.
        live_at: the last appointment that was handed out to a live request that found no room.
        backlog_at: the same of the backlog.
    """

    empty_at: float = 0.0
    live_at: float = 0.0
    backlog_at: float = 0.0


Rule = Callable[[Level], tuple[Level, float]]
"""From the level as it is to the level as it will be, and an answer."""


class Shelf(Protocol):
    """Where the level lies; nobody else changes it while a rule is applied."""

    is_shared: bool

    def apply(self, rule: Rule) -> float:
        """Apply a rule; its answer."""


class InMemory:
    """A shelf for the threads of one process."""

    is_shared = False

    def __init__(self) -> None:
        self._level = Level()
        self._lock = Lock()

    def apply(self, rule: Rule) -> float:
        """As `Shelf.apply`."""
        with self._lock:
            self._level, answer = rule(self._level)
            return answer


class Bucket:
    """A leaky bucket; safe to share between threads, and between processes as far as its shelf is."""

    def __init__(
        self,
        capacity: float = 50.0,
        drain: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        shelf: Shelf | None = None,
    ) -> None:
        """`drain` is in requests per second; `clock` in seconds, from anywhere that all sharers have alike.

        Linux counts `time.monotonic` from the machine's start, for all processes.
        """
        self.capacity = capacity
        self.drain = drain
        self._clock = clock
        self._shelf = shelf or InMemory()

    @classmethod
    def of_portal(
        cls,
        portal: str,
        capacity: float,
        drain: float,
        clock: Callable[[], float] = time.monotonic,
        make_shelf: Callable[[], Shelf] = InMemory,
    ) -> Bucket:
        """The one bucket of a portal in this process: two accounts of one portal share what it allows."""
        with _finding:
            known = _known.get((portal, clock))
            if known is None:
                known = _known[portal, clock] = cls(capacity, drain, clock, make_shelf())
            return known

    @property
    def is_shared(self) -> bool:
        """Whether all processes of this machine count in it."""
        return self._shelf.is_shared

    def now(self) -> float:
        """The time by its clock."""
        return self._clock()

    def take(self, urgency: Urgency | None = None) -> float:
        """Count one request: 0.0 if it may be sent, else the seconds after which to ask again, uncounted."""
        urgency = urgency or Urgency(is_live=True)
        seconds = self._shelf.apply(lambda level: self._taken(level, urgency))
        urgency.has_begun = urgency.has_begun or not seconds
        return seconds

    def charge(self) -> None:
        """Count a request that is sent without asking: the same one once more."""
        self._shelf.apply(lambda level: (self._filled(level, 1.0), 0.0))

    def fill(self) -> None:
        """The portal says that it is full (others share it): believe the portal."""
        self._shelf.apply(lambda level: (self._filled(level, self.capacity), 0.0))

    def left(self, *, is_live: bool = True) -> float:
        """How many requests could be sent now."""
        room = self._room(Urgency(is_live=is_live))
        return self._shelf.apply(lambda level: (level, max(0.0, room - self._used(level, self._clock()))))

    def _taken(self, level: Level, urgency: Urgency) -> tuple[Level, float]:
        now = self._clock()
        used, room = self._used(level, now) + 1.0, self._room(urgency)
        over = used - room
        if used <= room / 2:  # those with appointments would have come: the rows are empty
            level = replace(level, live_at=0.0, backlog_at=0.0)
        if over <= _ROUNDING:
            return self._filled(level, 1.0), 0.0
        level = self._filled(level, 0.0)
        earliest = now + over / self.drain
        if urgency.is_live:
            at, seconds = next_appointment(level.live_at, now, earliest, 1.0 / self.drain)
            return replace(level, live_at=at), seconds
        at, seconds = next_appointment(level.backlog_at, now, earliest, 1.0 / self.drain)
        return replace(level, backlog_at=at), seconds

    def _room(self, urgency: Urgency) -> float:
        """Up to where a request of this urgency may fill it; the smallest bucket has room for one."""
        kept = 0.0 if urgency.is_live else RESERVE + (0.0 if urgency.has_begun else BEGUN)
        return max(1.0, self.capacity * (1.0 - kept))

    def _used(self, level: Level, now: float) -> float:
        """Requests in the bucket; where the clock was put back it is full at most, and drains from there."""
        return min(self.capacity, max(0.0, (level.empty_at - now) * self.drain))

    def _filled(self, level: Level, more: float) -> Level:
        """The level with so many requests more in it."""
        now = self._clock()
        used = min(self._used(level, now) + more, self.capacity)
        return replace(level, empty_at=now + used / self.drain)


_ROUNDING = 1e-3
"""Requests: sums of floats do not meet the brim exactly."""

_known: WeakValueDictionary[tuple[str, Callable[[], float]], Bucket] = WeakValueDictionary()
_finding = Lock()
