"""Which differences can be mended."""

from dataclasses import replace

import pytest

from itgrix_core.filing.mending import ActivityState, judged, needs_activity
from itgrix_core.filing.sheet import Entry, Expected, Fault, Finding, Remedy
from itgrix_hooks.values import Direction, Entity

RIGHT, WRONG, DEAL = Entity("contact", 1), Entity("contact", 2), Entity("deal", 3)
CALL = Expected("main/1.1", Direction.INBOUND, "+7916", 1.0, 60, 12, "200", RIGHT, "c1")
ENTRY = Entry(7, "c1", "main/1.1", Direction.INBOUND, "7916", 1.0, 60, 13, "200", WRONG, 77)


def finding(fault):
    """A difference of that call."""
    return Finding(fault, CALL.key, "this", "that", call=CALL, entry=ENTRY)


@pytest.mark.parametrize(
    ("fault", "activity", "remedy"),
    [
        (Fault.ABSENT, None, Remedy.POSSIBLE),
        (Fault.RECORDING, None, Remedy.POSSIBLE),
        (Fault.DURATION, None, Remedy.NONE),
        (Fault.RESULT, None, Remedy.NONE),
        (Fault.TWICE, None, Remedy.NONE),
        (Fault.PERSON, ActivityState(13), Remedy.POSSIBLE),
        (Fault.PERSON, ActivityState(12), Remedy.DONE),
        (Fault.PERSON, ActivityState(14), Remedy.NONE),
        (Fault.PERSON, None, Remedy.NONE),
        (Fault.ENTITY, ActivityState(13, (WRONG, DEAL)), Remedy.POSSIBLE),
        (Fault.ENTITY, ActivityState(13, (WRONG, RIGHT)), Remedy.POSSIBLE),
        (Fault.ENTITY, ActivityState(13, (RIGHT, DEAL)), Remedy.DONE),
        (Fault.ENTITY, ActivityState(13, (DEAL,)), Remedy.NONE),
        (Fault.ENTITY, None, Remedy.NONE),
    ],
)
def test_an_activity_is_mended_while_it_says_what_the_list_wrongly_says(fault, activity, remedy):
    """Right already: repaired. A third thing: a person was at it."""
    told = judged(finding(fault), activity)
    assert told.remedy is remedy
    assert told.way_out


def test_a_row_without_an_activity_is_not_asked_for_one():
    """And what the list alone has needs none."""
    without = replace(finding(Fault.PERSON), entry=replace(ENTRY, activity_id=None))
    assert [needs_activity(each) for each in (finding(Fault.PERSON), without, finding(Fault.DURATION))] == [
        True,
        False,
        False,
    ]
