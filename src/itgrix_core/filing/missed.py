"""A missed call's way back: until when somebody has to call, in whose hours. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Form = Literal["nothing", "task", "todo"]
"""How somebody is asked to call back: not at all, by a task, by a to-do at the client."""

_LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When people work, in the call's time zone: on `days` (0 is Monday) from begin to end."""

    begin: time = time(9)
    end: time = time(18)
    days: frozenset[int] = frozenset(range(5))

    def holds(self, at: datetime) -> bool:
        """Whether a moment of the wall clock is in them."""
        return at.weekday() in self.days and self.begin <= at.time() < self.end


@dataclass(frozen=True, slots=True)
class MissedRules:
    """What follows on a missed call.

    Attributes:
        form: how somebody is asked.
        minutes: of working time until he has to have called.
        hours: the working time; `None` for all day and every day.
        title, text: with the call's values.
        remind_minutes: so long before that time he is reminded; 0 for never.
        escalate_minutes: so long after it the department's head gets it; 0 for never.
        late_minutes: an older missed call asks nobody any more.
        owners: DID or trunk to the user who gets its missed calls.
        members: users among whom `turn` and `free` choose.
    """

    form: Form = "nothing"
    minutes: float = 15.0
    hours: WorkingHours | None = None
    title: str = "Call back {number}"
    text: str = ""
    remind_minutes: float = 0.0
    escalate_minutes: float = 0.0
    late_minutes: float = 120.0
    owners: Mapping[str, int] = field(default_factory=dict)
    members: tuple[int, ...] = ()

    def deadline(self, at: float, timezone: str) -> float:
        """Until when somebody has to have called (Unix seconds) who learned of it at `at`."""
        if self.hours is None:
            return at + self.minutes * 60
        return worked(datetime.fromtimestamp(at, ZoneInfo(timezone)), self.minutes * 60, self.hours)


def worked(start: datetime, seconds: float, hours: WorkingHours) -> float:
    """The Unix time at which so many seconds of working time have passed since `start` (with its zone).

    Days are walked by the clock on the wall, and what passes inside them is counted in true seconds, so that
    a night on which the clocks change neither gives nor takes time.
    """
    day, left = start.date(), seconds
    for _ in range(_LONGEST_DAYS):
        begin = datetime.combine(day, hours.begin, start.tzinfo).timestamp()
        end = datetime.combine(day, hours.end, start.tzinfo).timestamp()
        begin = max(begin, start.timestamp())
        if day.weekday() in hours.days and begin < end:
            if left <= end - begin:
                return begin + left
            left -= end - begin
        day += timedelta(days=1)
    return start.timestamp() + seconds


def is_late(rules: MissedRules, ended_at: float, now: float) -> bool:
    """Whether a missed call is too old to ask anybody: after an outage, or out of the call history."""
    return now - ended_at > rules.late_minutes * 60
