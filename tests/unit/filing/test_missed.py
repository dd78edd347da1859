"""Until when somebody has to call back, and whom a missed call finds: each rule a line."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.filing import plan
from itgrix_core.filing.missed import MissedRules, WorkingHours, is_late
from itgrix_core.filing.rules import Rules
from itgrix_hooks.testing import make_call
from itgrix_hooks.values import Owner, User

MOSCOW = "Europe/Moscow"


def at(text, zone=MOSCOW):
    """A time of the clock on the wall as Unix seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("missed", "minutes", "until"),
    [
        ("2025-10-09 12:00", 15, "2025-10-09 12:15"),
        ("2025-10-09 17:50", 15, "2025-10-10 09:05"),
        ("2025-10-09 17:45", 15, "2025-10-09 18:00"),
        ("2025-10-09 03:00", 15, "2025-10-09 09:15"),
        ("2025-10-10 17:59", 15, "2025-10-13 09:14"),
        ("2025-10-11 12:00", 15, "2025-10-13 09:15"),
        ("2025-10-09 12:00", 600, "2025-10-10 13:00"),
    ],
    ids=["by day", "over night", "to the minute", "before work", "over the weekend", "on it", "a long day"],
)
def test_the_deadline_lies_in_working_time(missed, minutes, until):
    """Nine to six, Monday to Friday, where the call came in."""
    rules = MissedRules(minutes=minutes, hours=WorkingHours())
    assert rules.deadline(at(missed), MOSCOW) == at(until)


def test_without_hours_all_time_counts():
    """Sunday night, too."""
    assert MissedRules(minutes=15).deadline(1000.0, MOSCOW) == 1900.0


def test_a_night_on_which_the_clocks_change_gives_and_takes_nothing():
    """Berlin, 26 October 2025: the hour from two to three comes twice."""
    hours = WorkingHours(datetime.min.time(), datetime.max.time(), frozenset(range(7)))
    start = at("2025-10-26 00:00", "Europe/Berlin")
    assert MissedRules(minutes=300, hours=hours).deadline(start, "Europe/Berlin") == start + 300 * 60


def test_hours_without_a_day_do_not_keep_us_for_ever():
    """Then all time counts."""
    rules = MissedRules(minutes=15, hours=WorkingHours(days=frozenset()))
    assert rules.deadline(1000.0, "UTC") == 1900.0


def test_an_old_missed_call_asks_nobody():
    """After an outage of hours everybody has called elsewhere."""
    rules = MissedRules(late_minutes=60)
    assert not is_late(rules, 1000.0, 1000.0 + 3600)
    assert is_late(rules, 1000.0, 1000.0 + 3601)


@pytest.mark.parametrize("strategy", ["responsible", "last", "default", "turn", "free"])
def test_whoever_is_picked_gets_the_missed_call_and_no_other_call(strategy):
    """He has the client's last one, or his line, or it is his turn."""
    rules, picked = Rules(missed_owner=strategy), Owner(13, "missed before")
    users, boss = {"101": User(11)}, User(17)
    assert plan.owner_of(make_call("missed"), users, boss, rules, picked) == picked
    assert plan.owner_of(make_call("answered"), users, boss, rules, picked).user_id == 11
    assert plan.owner_of(make_call("outbound"), users, boss, rules, picked).user_id == 11


@pytest.mark.parametrize("strategy", ["turn", "free", "default"])
def test_without_members_the_default_user_gets_it(strategy):
    """`itgrix check` names that."""
    rules = replace(Rules(), missed_owner=strategy)
    assert plan.owner_of(make_call("missed"), {"101": User(11)}, None, rules) == Owner(1, "default")
