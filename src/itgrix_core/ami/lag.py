"""How old events are when they are understood, and how many come: the figures of a line.

Two things may be slow. *We*: from an event's receipt until it is understood. *Asterisk*: from an event until
it reaches us; its queue for AMI falls behind at some fifty calls a second (docs/facts/asterisk.md, part 2).
Where a block carries Asterisk's own time (a Pong always does, events with `timestampevents`), that shows. Two
machines' clocks differ, so the smallest difference of a connection counts as none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from itgrix_core.wire.messages import Message

WINDOW_SECONDS = 10.0
LONGEST_LAG = 3600.0
"""A greater difference is no lag but a clock that was set."""
_TIMESTAMP = b"\r\nTimestamp: "


class Lag:
    """The ages of one client's events. `read` is the reader's, `begin` and `end` are the consumer's.

    Args:
        clock: Unix time.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """A new connection."""
        self._working_on: float | None = None
        self._ours = 0.0
        self._theirs = 0.0
        self._nearest: float | None = None

    def read(self, block: bytes, received_at: float) -> None:
        """The last block of a read, and when it came."""
        if _TIMESTAMP not in block:
            return
        said_at = Message(block).timestamp
        if said_at is None:
            return
        difference = received_at - said_at
        if self._nearest is None or abs(difference - self._nearest) > LONGEST_LAG:
            self._nearest = difference
        self._nearest = min(self._nearest, difference)
        self._theirs = difference - self._nearest

    def begin(self, received_at: float) -> None:
        """The consumer takes what was received then."""
        self._working_on = received_at

    def end(self, received_at: float) -> None:
        """The consumer has done with it."""
        self._ours = max(0.0, self._clock() - received_at)
        self._working_on = None

    @property
    def ours(self) -> float:
        """Seconds from receipt to being understood, of the last chunk or of the one that is in hand."""
        began = self._working_on
        return self._ours if began is None else max(self._ours, self._clock() - began)

    @property
    def asterisks(self) -> float:
        """Seconds by which Asterisk is later than it was at its best."""
        return self._theirs


class Pace:
    """Events and bytes per second over the last ten seconds, from totals that are noted now and then."""

    def __init__(self) -> None:
        self._noted: deque[tuple[float, int, int]] = deque()

    def note(self, now: float, events: int, size: int) -> None:
        """The totals at `now` (any steady seconds)."""
        self._noted.append((now, events, size))
        while len(self._noted) > 1 and self._noted[1][0] <= now - WINDOW_SECONDS:
            self._noted.popleft()

    @property
    def per_second(self) -> tuple[float, float]:
        """(events, bytes) per second; zeros before the second note."""
        if len(self._noted) < 2:  # noqa: PLR2004 - a pace needs two points
            return 0.0, 0.0
        (began, events, size), (now, more_events, more_size) = self._noted[0], self._noted[-1]
        seconds = max(now - began, 1e-9)
        return (more_events - events) / seconds, (more_size - size) / seconds
