"""For which calls a row of the table of rules is."""

from dataclasses import replace
from datetime import time

import pytest

from itgrix_core.filing.conditions import Condition, Row, RuleTable
from itgrix_core.filing.missed import WorkingHours
from itgrix_hooks.testing import make_call
from itgrix_hooks.values import Call, Direction, Entity, Filed

INBOUND = replace(make_call("answered"), queue="700")
MISSED, OUTBOUND, INTERNAL = make_call("missed"), make_call("outbound"), make_call("internal")
CONTACT = Entity("contact", 3)
# made calls begin on Thursday, 9 October 2025, at 08:53:20 UTC
MORNING, NOON = WorkingHours(time(8), time(9)), WorkingHours(time(12), time(13))
WEEKEND = WorkingHours(time(0), time(23, 59), frozenset({5, 6}))


@pytest.mark.parametrize(
    ("call", "conditions", "holds"),
    [
        (INBOUND, {}, True),
        (OUTBOUND, {}, True),
        (INTERNAL, {}, False),
        (INTERNAL, {"directions": frozenset({"internal"})}, True),
        (OUTBOUND, {"directions": frozenset({"inbound"})}, False),
        (INBOUND, {"lines": ("8 (555) 010-09-01", "fax")}, False),
        (INBOUND, {"lines": ("+1 (555) 010-09-00",)}, True),
        (INBOUND, {"lines": ("fax", "trunk")}, True),
        (OUTBOUND, {"lines": ("trunk",)}, True),
        (INBOUND, {"queues": ("600", "700")}, True),
        (MISSED, {"queues": ("700",)}, False),
        (INBOUND, {"extensions": ("101",)}, True),
        (OUTBOUND, {"extensions": ("1*",)}, True),
        (INBOUND, {"extensions": ("2*", "102")}, False),
        (INBOUND, {"numbers": ("+1 555 010 02 00",)}, True),
        (INBOUND, {"numbers": ("+1 555*",)}, True),
        (INBOUND, {"numbers": ("+1 556*",)}, False),
        (INTERNAL, {"directions": frozenset({"internal"}), "numbers": ("1*",)}, False),
        (INBOUND, {"is_answered": True}, True),
        (INBOUND, {"is_answered": False}, False),
        (MISSED, {"is_answered": False}, True),
        (INBOUND, {"during": MORNING}, True),
        (INBOUND, {"during": NOON}, False),
        (INBOUND, {"outside": MORNING}, False),
        (INBOUND, {"outside": NOON}, True),
        (INBOUND, {"during": WEEKEND}, False),
        (replace(INBOUND, timezone="Asia/Dubai"), {"during": NOON}, True),
        (INBOUND, {"lines": ("trunk",), "queues": ("701",)}, False),
    ],
    ids=lambda each: each.direction.value if isinstance(each, Call) else str(each),
)
def test_all_conditions_of_a_row_have_to_hold(call, conditions, holds):
    """What is left out holds for all; hours are those of the PBX's wall."""
    assert Condition(**conditions).holds(call, None) is holds


@pytest.mark.parametrize(
    ("filed", "known", "unknown"),
    [
        (None, False, False),
        (Filed(call_id="1"), False, True),
        (Filed(call_id="1", entity=CONTACT), True, False),
        (Filed(call_id="1", entity=CONTACT, created=(Entity("deal", 9),)), True, False),
        (Filed(call_id="1", entity=CONTACT, created=(CONTACT,)), False, True),
    ],
    ids=["not registered", "bound to nothing", "bound", "a deal was made for him", "he was made"],
)
def test_who_was_there_before_the_call_is_known(filed, known, unknown):
    """As long as the call is not registered nobody can say, and then neither holds."""
    assert Condition(client="known").holds(INBOUND, filed) is known
    assert Condition(client="unknown").holds(INBOUND, filed) is unknown


def test_the_first_row_that_fits_counts_for_each_effect_by_itself():
    """`file: false` is an effect, an empty list is none."""
    lost = Row("lost", Condition(is_answered=False), owners=(7,), description="lost")
    out = Row("out", Condition(directions=frozenset({"outbound"})), file=False)
    table = RuleTable((lost, out, Row("all", owners=(8,), subject="a call", file=True)))
    assert [table.first("owners", call).name for call in (MISSED, INBOUND, OUTBOUND)] == [
        "lost",
        "all",
        "all",
    ]
    assert [table.first("file", call).name for call in (MISSED, OUTBOUND)] == ["all", "out"]
    assert table.first("description", INBOUND) is None
    assert table.first("task_text", MISSED) is None


def test_directions_are_those_of_calls():
    """A row for all names each."""
    assert Condition().directions | {"internal"} == {each.value for each in Direction}
