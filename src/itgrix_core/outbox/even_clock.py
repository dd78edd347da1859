"""The outbox's time: when somebody sets the machine's clock it goes on evenly, until all jobs were moved.

A job waits until a time on the clock. Were that clock simply read, an hour put on by hand would end all
waiting at once, before anybody could have noticed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

JUMP_SECONDS: Final = 60.0
"""A smaller difference is a clock that is being put right; nothing waits so exactly."""


def boot_clock() -> float:
    """Seconds that go on while the machine sleeps, too; where the system has no such clock, without that."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class EvenClock:
    """Called, it tells Unix seconds: the clock's own, or while a jump is not made good, what they would be.

    Args:
        wall: the clock that may jump.
        steady: the one that cannot.

    Attributes:
        jumped: set by a reading that finds a jump; whoever makes it good clears it.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = boot_clock
    ) -> None:
        self.wall = wall
        self.steady = steady
        self.jumped = threading.Event()
        self._difference = wall() - steady()

    def __call__(self) -> float:
        """The time by which jobs get due."""
        wall, even = self.wall(), self.steady() + self._difference
        if abs(wall - even) <= JUMP_SECONDS:
            return wall
        self.jumped.set()
        return even

    def jump(self) -> float:
        """By how many seconds the clock is off its even course; 0 for what is no jump, which is followed."""
        difference = self.wall() - self.steady()
        found = difference - self._difference
        if abs(found) > JUMP_SECONDS:
            return found
        self._difference = difference
        return 0.0

    def follow(self, seconds: float) -> None:
        """Go on by the clock that has jumped so far."""
        self._difference += seconds
