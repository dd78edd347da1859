"""When to come back: whoever has to wait gets an appointment, so that a thousand do not come at once.

Appointments are handed out somewhat closer than the portal serves them: somebody is always there, and who
comes in vain waits once more. They are hints, no promises; whoever comes while there is room is let through.
"""

from __future__ import annotations

import random
from collections.abc import Callable

OVERBOOKED = 1.25
"""Appointments per request that the portal takes."""

LONGEST_SECONDS = 900.0
"""So many appointments stand in a row; those that find no place are strewn over the later half of it."""


def next_appointment(
    last: float,
    now: float,
    earliest: float,
    pace_seconds: float,
    chance: Callable[[], float] = random.random,
) -> tuple[float, float]:
    """An appointment for one more who waits.

    Args:
        last: the appointment that was handed out last; nonsense (a clock that jumped) counts as none.
        now: the time, on the same clock.
        earliest: before this nobody needs to come.
        pace_seconds: how long the portal takes for one request.
        chance: 0.0 to 1.0, for those that find no place in the row.

    Returns:
        The appointment handed out last from now on, and the seconds that this one waits.
    """
    pace = pace_seconds / OVERBOOKED
    if last > now + LONGEST_SECONDS + pace:
        last = now
    at = max(earliest, last + pace)
    if at > now + LONGEST_SECONDS:
        return last, max(earliest - now, LONGEST_SECONDS * (1.0 + chance()) / 2.0)
    return at, at - now
