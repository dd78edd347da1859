"""The time of the stream: how late something is, is judged by the clock of whoever told of it.

A replayed log lies in the past, and a PBX's clock may be wrong by minutes; compared with our own clock every
card would be stale. So lateness counts from the newest message: its time, and what has passed here since.
Answers and list items bear no time: they are put onto the PBX's clock by what the last stamped event differed
from ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class StreamClock:
    """Unix seconds as the PBX counts them; our own until the first message was seen."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._newest: tuple[float, float] | None = None
        self._skew: float | None = None

    def time_of(self, stamp: float | None, received_at: float) -> float:
        """The stream's time of a message.

        Args:
            stamp: the time that it bears, if any.
            received_at: when it came, by our clock.
        """
        if stamp is None:
            return received_at + (self._skew or 0.0)
        if self._skew is None:
            self._newest = None  # until now we took our own clock for the PBX's
        self._skew = stamp - received_at
        return stamp

    def seen(self, at: float) -> None:
        """A message of this time has just come."""
        if self._newest is None or at >= self._newest[0]:
            self._newest = (at, self._steady())

    def now(self) -> float:
        """The stream's time now."""
        if self._newest is None:
            return self._wall()
        at, then = self._newest
        return at + self._steady() - then
