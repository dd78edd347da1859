"""Whole calls out of a period, and by Linkedid."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.config.schema_asterisk import HistorySettings, HistoryTable
from itgrix_core.errors import HistoryError
from itgrix_core.history.reading import open_history

RECORDED = Path(__file__).parents[2] / "recorded" / "ast22"
UTC = ZoneInfo("UTC")
EVER = (0.0, 4e9)


def history(name, folder=RECORDED):
    """The history of one recording."""
    cel, cdr = (HistoryTable(file=folder / f"{name}.{log}.csv") for log in ("cel", "cdr"))
    return open_history(HistorySettings(cel=cel, cdr=cdr), UTC)


def test_a_call_that_reaches_over_an_edge_of_the_period_is_read_whole():
    """A second of it is enough."""
    (whole,) = history("inbound_answered").of_period(*EVER)
    middle = whole.rows[0].at + 2
    (found,) = history("inbound_answered").of_period(middle, middle)
    assert found == whole


def test_a_stop_is_heard_at_the_next_row():
    """A service that ends does not wait for a file of a gigabyte; nothing half read is taken for whole."""
    settings = HistorySettings(cel=HistoryTable(file=RECORDED / "load_30_mixed.cel.csv"))
    past = open_history(settings, UTC, lambda: past.rows_read > 100)
    with pytest.raises(HistoryError, match="stopped"):
        list(past.of_period(*EVER))
    assert past.rows_read == 101


def test_a_period_without_calls_has_none():
    """Whatever is in the file."""
    assert list(history("inbound_answered").of_period(0.0, 1.0)) == []


def test_any_linkedid_of_a_call_finds_all_of_it():
    """The consultation's as well as the client's."""
    (whole,) = history("attended_transfer_refer").of_period(*EVER)
    assert len(whole.linkedids) == 2
    for linkedid in whole.linkedids:
        (found,) = history("attended_transfer_refer").of_linkedids([linkedid])
        assert found == whole


def test_an_unknown_linkedid_finds_nothing():
    """And none at all reads nothing."""
    past = history("inbound_answered")
    assert list(past.of_linkedids(["1.2"])) == []
    rows = past.rows_read
    assert list(past.of_linkedids([])) == []
    assert past.rows_read == rows


def test_each_call_has_the_cdrs_of_its_channels_however_late_they_were_written():
    """In a crowd, with the two files read side by side."""
    past = list(history("load_30_mixed").of_period(*EVER))
    assert len(past) == 30
    assert all({cdr.uniqueid for cdr in each.cdrs} == {each.linkedids[0]} for each in past)


def test_a_call_without_an_end_is_not_over(tmp_path):
    """The file may end in the middle of it."""
    lines = (RECORDED / "inbound_answered.cel.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "half.cel.csv").write_text("".join(lines[:9]), encoding="utf-8")
    (tmp_path / "half.cdr.csv").write_text("", encoding="utf-8")
    (found,) = history("half", tmp_path).of_period(*EVER)
    assert (found.is_over, found.is_cut) == (False, False)


def test_cdrs_without_that_of_the_first_channel_are_of_a_call_that_may_be_going_on(tmp_path):
    """A queue's Local legs are written down while the client still talks."""
    lines = (RECORDED / "queue_answered.cdr.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    file = tmp_path / "cdr.csv"
    file.write_text("".join(line for line in lines if "Local/101@from-queue-0000000c;2" in line))
    (found,) = open_history(HistorySettings(cdr=HistoryTable(file=file)), UTC).of_period(*EVER)
    assert not found.is_over


def test_cdrs_of_a_call_that_reaches_over_an_edge_are_taken_together():
    """The leg that ended before belongs to it."""
    settings = HistorySettings(cdr=HistoryTable(file=RECORDED / "queue_answered.cdr.csv"))
    (whole,) = open_history(settings, UTC).of_period(*EVER)
    last = max(cdr.end for cdr in whole.cdrs)
    (found,) = open_history(settings, UTC).of_period(last, last)
    assert found == whole


@pytest.mark.parametrize("name", ["queue_answered", "ringgroup_local", "outbound_failover"])
def test_cdrs_alone_come_together_by_the_channels_that_they_share(name):
    """One call, whatever the number of its CDRs."""
    settings = HistorySettings(cdr=HistoryTable(file=RECORDED / f"{name}.cdr.csv"))
    assert len(list(open_history(settings, UTC).of_period(*EVER))) == 1
