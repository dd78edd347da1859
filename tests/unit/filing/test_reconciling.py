"""What was filed beside what the CRM has."""

from dataclasses import replace

import pytest

from itgrix_core.filing.reconciling import Tolerance, compare
from itgrix_core.filing.sheet import Entry, Expected, Fault, merged
from itgrix_hooks.values import Direction, Entity

SINCE, UNTIL = 1_000_000.0, 1_086_400.0
AT = SINCE + 600
LEAD = Entity("lead", 5)

CALL = Expected("main/1.1", Direction.INBOUND, "+79161234567", AT, 60, 12, "200", LEAD, "c1", True)
ENTRY = Entry(
    7, "c1", "main/1.1", Direction.INBOUND, "79161234567", AT, 60, 12, "200", LEAD, 77, has_recording=True
)


def faults(calls, entries, tolerance=Tolerance()):  # noqa: B008 - never changed
    """Fault and call of each finding."""
    sheet = compare(calls, entries, SINCE, UNTIL, tolerance)
    return [(finding.fault, finding.key) for finding in sheet.findings]


def test_equal_accounts_have_no_faults():
    """One call compared, nothing wrong."""
    sheet = compare([CALL], [ENTRY], SINCE, UNTIL)
    assert (sheet.figure, sheet.findings, sheet.is_clean) == ("1 call compared, 0 lost or wrong", (), True)


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (replace(ENTRY, user_id=13), Fault.PERSON),
        (replace(ENTRY, user_id=None), Fault.PERSON),
        (replace(ENTRY, talk_seconds=62), Fault.DURATION),
        (replace(ENTRY, code="304"), Fault.RESULT),
        (replace(ENTRY, entity=Entity("lead", 6)), Fault.ENTITY),
        (replace(ENTRY, entity=Entity("contact", 5)), Fault.ENTITY),
        (replace(ENTRY, entity=None), Fault.ENTITY),
        (replace(ENTRY, has_recording=False), Fault.RECORDING),
    ],
)
def test_each_difference_is_a_fault_of_its_own(entry, fault):
    """And no other is named."""
    assert faults([CALL], [entry]) == [(fault, CALL.key)]


def test_several_differences_of_a_call_make_one_wrong_call():
    """The figure counts calls, not differences."""
    sheet = compare([CALL], [replace(ENTRY, user_id=13, talk_seconds=99)], SINCE, UNTIL)
    assert len(sheet.faults) == 2
    assert sheet.bad_calls == 1


def test_what_is_not_known_is_not_compared():
    """Of a call that only CDR told of there is neither employee nor client."""
    call = Expected(CALL.key, Direction.INBOUND, CALL.number, AT)
    assert faults([call], [replace(ENTRY, user_id=99, talk_seconds=999, entity=None)]) == []


def test_a_second_more_or_less_is_the_same_length():
    """Two are not."""
    assert faults([CALL], [replace(ENTRY, talk_seconds=61)]) == []
    assert faults([CALL], [replace(ENTRY, talk_seconds=58)]) == [(Fault.DURATION, CALL.key)]
    assert faults([CALL], [replace(ENTRY, talk_seconds=58)], Tolerance(talk_seconds=2)) == []


def test_a_call_without_a_row_is_absent_and_says_what_the_outbox_knows():
    """Why it may be."""
    sheet = compare(
        [CALL, replace(CALL, key="main/2.1", call_id="", lost="put aside: full")], [], SINCE, UNTIL
    )
    assert [(each.fault, each.found) for each in sheet.findings] == [
        (Fault.ABSENT, "no row"),
        (Fault.ABSENT, "put aside: full"),
    ]


def test_a_clicks_call_is_recognised_by_the_crms_own_id():
    """The CRM registered it without a key of ours."""
    assert faults([CALL], [replace(ENTRY, external_id="")]) == []


def test_two_rows_of_a_call_are_told_once_and_the_right_one_is_compared():
    """That of the CRM's id which we were given."""
    twin = replace(ENTRY, row_id=6, call_id="c0", talk_seconds=3)
    assert faults([CALL], [twin, ENTRY]) == [(Fault.TWICE, CALL.key)]


def test_another_connectors_account_of_a_call_is_recognised_by_number_direction_and_time():
    """Spelt otherwise, begun within the tolerance, with an id of its own."""
    other = replace(ENTRY, call_id="x1", external_id="theirs-1", number="8 916 123-45-67", began_at=AT + 59)
    assert faults([CALL], [other]) == []
    assert faults([CALL], [replace(other, began_at=AT + 61)])[0] == (Fault.ABSENT, CALL.key)
    assert faults([CALL], [replace(other, direction=Direction.OUTBOUND)])[0] == (Fault.ABSENT, CALL.key)
    assert faults([CALL], [replace(other, direction=None)]) == []


def test_of_two_calls_of_a_number_each_gets_the_row_nearest_to_it():
    """And none both."""
    first = replace(CALL, key="main/1.1", call_id="")
    second = replace(CALL, key="main/2.1", call_id="", began_at=AT + 40, talk_seconds=5)
    rows = [
        replace(ENTRY, row_id=2, call_id="x2", external_id="", began_at=AT + 38, talk_seconds=5),
        replace(ENTRY, row_id=1, call_id="x1", external_id="", began_at=AT + 2),
    ]
    assert faults([first, second], rows) == []
    assert faults([first, second], rows[:1]) == [(Fault.ABSENT, "main/1.1")]


def test_a_row_of_which_nothing_is_known_is_told_and_is_no_fault():
    """Only within the period; the edges are read for calls that were begun just so."""
    stranger = replace(ENTRY, call_id="x", external_id="theirs", number="74950000000")
    sheet = compare([], [stranger, replace(stranger, began_at=SINCE - 5)], SINCE, UNTIL)
    assert [(each.fault, each.key) for each in sheet.findings] == [(Fault.UNKNOWN, "theirs")]
    assert sheet.is_clean


def test_sheets_of_several_accounts_add_up():
    """Their figures and their findings."""
    one = compare([CALL], [], SINCE, UNTIL)
    both = merged([one, compare([CALL], [ENTRY], SINCE, UNTIL)])
    assert both.figure == "2 calls compared, 1 lost or wrong"
