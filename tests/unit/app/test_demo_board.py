"""What the demo shows of a call."""

import pytest
from rich.console import Console

from itgrix_core.app.demo_board import Board
from itgrix_core.calls.events import CallEnded, CallMerged, CallStarted, Oddity
from itgrix_core.crm.adapter import Done, Refused, Step, Unknown
from itgrix_core.filing.commands import HideCard
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_hooks.trace import Asked, Entry, Outcome, ValueChanged

CALL = make_call("missed")
STEP = Step("k", HideCard(CALL.key, (1,)), {})


@pytest.fixture
def board():
    """An empty board."""
    return Board(lambda _event: None)


def test_an_event_is_handed_on_before_it_is_filed():
    """The demo writes its audio then."""
    seen = []
    Board(seen.append).happened(CallStarted(CALL, BEGAN))
    assert [event.kind for event in seen] == ["CallStarted"]


def test_a_row_follows_its_call(board):
    """Stage, what was filed, which hook changed what."""
    board.happened(CallStarted(CALL, BEGAN))
    board.asked(CALL, Asked("h", 1, trace=(Entry("fair", Outcome.ANSWERED, change=ValueChanged(1, 7)),)))
    board.performed(CALL, STEP, Done())
    board.performed(CALL, STEP, Unknown("lost"))
    board.happened(CallEnded(CALL, BEGAN))
    (row,) = board.rows
    assert row.cells() == (
        "08:53:20", "inbound", "+15550100200", "101", "missed", "hide", "fair: 1 → 7",
    )  # fmt: skip
    assert board.changes == {"fair": 1}


def test_refusals_and_failures_are_kept_for_the_summary(board):
    """With the CRM's text and the hook's name."""
    board.performed(CALL, STEP, Refused("params", "no such field"))
    board.asked(CALL, Asked("h", 1, trace=(Entry("bad", Outcome.FAILED, reason="oops"),)))
    board.odd(Oddity("unknown channel", "Hangup", BEGAN))
    assert board.refused == [f"{CALL.key}: hide: no such field"]
    assert board.failures == ["h: bad: failed in 0 ms, oops"]


def test_a_call_that_is_not_filed_says_why(board):
    """And the row is told on once."""
    rows = []
    board.on_row = rows.append
    board.skipped(CALL, "a hook said no")
    assert [row.cells()[5] for row in rows] == ["not filed: a hook said no"]


def test_a_filed_call_is_told_on(board):
    """For who reads lines."""
    rows = []
    board.on_row = rows.append
    board.happened(CallEnded(CALL, BEGAN))
    board.closed(CALL)
    assert rows == board.rows


def test_a_merged_call_is_known(board):
    """It is a part of another."""
    board.happened(CallMerged(CALL, BEGAN, into="main/0"))
    assert board.rows[0].is_merged


def test_the_employee_of_a_row_is_who_called_answered_or_was_rung(board):
    """In this order."""
    for shape in ("outbound", "answered", "missed"):
        board.happened(CallStarted(make_call(shape, key=shape, conversations=CALL.conversations), BEGAN))
    assert [row.who for row in board.rows] == ["101", "101", "101"]


def test_the_table_shows_the_newest_calls(board):
    """Older ones leave at the top."""
    for number in range(3):
        board.happened(CallStarted(make_call("missed", key=f"{number}", dialled="x"), BEGAN))
    table = board.table(rows=2)
    assert table.row_count == 2
    Console(quiet=True).print(table)
