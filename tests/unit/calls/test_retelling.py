"""Past calls are understood with what is known of the PBX; whole recordings are in tests/recorded."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.calls.events import CallEnded
from itgrix_core.calls.learnt import Learnt, dump
from itgrix_core.calls.retelling import NO_END, retell
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema_asterisk import HistorySettings, HistoryTable
from itgrix_core.history.reading import open_history

RECORDED = Path(__file__).parents[2] / "recorded" / "ast22"


@pytest.fixture
def rows():
    """The CEL of a call that 101 answered."""
    settings = HistorySettings(cel=HistoryTable(file=RECORDED / "inbound_answered.cel.csv"))
    (past,) = open_history(settings, ZoneInfo("UTC")).of_period(0.0, 4e9)
    return past.rows


def ended(told):
    """The call at its end."""
    return next(event.call for event in told if isinstance(event, CallEnded))


def test_what_a_pbx_said_of_its_endpoints_counts_for_past_calls_too(rows):
    """A phone that is named by a word is its user's."""
    named = [replace(row, channel=row.channel.replace("PJSIP/101", "PJSIP/alice")) for row in rows]
    learnt = dump(Learnt(phones={"alice": "101"}))
    call = ended(retell("lab", named, [], Topology(), "UTC", learnt))
    assert (call.answered_by, call.direction) == ("101", "inbound")
    assert ended(retell("lab", named, [], Topology(), "UTC", b"")).answered_by != "101"


def test_a_damaged_row_of_that_knowledge_is_none(rows):
    """It is asked for again by whoever listens."""
    assert ended(retell("lab", rows, [], Topology(), "UTC", b"{")).answered_by == "101"


def test_rows_that_stop_in_the_middle_are_lost_sight_of(rows):
    """The call ends where they do, provisionally, and says so."""
    (end,) = (e for e in retell("lab", rows[:9], [], Topology(), "UTC") if isinstance(e, CallEnded))
    assert (end.is_provisional, end.call.lost_sight, end.at) == (True, NO_END, rows[8].at)


def test_rows_that_begin_in_the_middle_do_not_know_when(rows):
    """`started_at` is then the first row's."""
    told = retell("lab", rows[4:], [], Topology(), "UTC")
    assert all("started_at" in event.call.untold for event in told)
