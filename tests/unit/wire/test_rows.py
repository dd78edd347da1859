"""Rows of CEL and CDR by name, and the local times in them."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.wire.rows import LocalTimes, cdr_row, cel_row

BERLIN = ZoneInfo("Europe/Berlin")
AT = 1795379452.0
TEXT = "2026-11-22 20:30:52"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (TEXT, AT),
        (f"{TEXT}.250000", AT + 0.25),
        ("1795379452.25", AT + 0.25),
        (1795379452, AT),
        (datetime(2026, 11, 22, 20, 30, 52), AT),
        (datetime(2026, 11, 22, 20, 30, 52, tzinfo=UTC), AT),
    ],
)
def test_a_time_may_be_written_in_many_ways(value, seconds):
    """Local text, with or without fractions, Unix seconds, and what drivers make of a column."""
    assert LocalTimes(ZoneInfo("UTC")).unix(value) == seconds


@pytest.mark.parametrize("value", ["", None, "yesterday", "nan", "inf"])
def test_what_is_no_time_is_none(value):
    """The row is then left out."""
    assert LocalTimes(BERLIN).unix(value) is None


def test_the_hour_that_comes_twice_is_told_apart_by_the_order_of_the_rows():
    """25 October 2026 in Berlin: 2:59 is followed by 2:00, an hour of the same name later."""
    times = LocalTimes(BERLIN)
    texts = ["01:59:59", "02:00:00", "02:30:00", "02:59:58", "02:00:01", "02:30:00", "02:59:59", "03:00:00"]
    seconds = [times.unix(f"2026-10-25 {text}") for text in texts]
    assert seconds == sorted(seconds)
    assert [b - a for a, b in pairwise(seconds)] == [1, 1800, 1798, 3, 1799, 1799, 1]


def test_rows_of_one_moment_may_come_in_any_order_in_that_hour():
    """A second back is no clock set back."""
    times = LocalTimes(BERLIN)
    first = times.unix("2026-10-25 02:30:05")
    assert times.unix("2026-10-25 02:30:03") == first - 2


def test_a_period_is_told_in_local_time():
    """What a database's column is compared with."""
    assert LocalTimes(BERLIN).text(AT) == "2026-11-22 21:30:52"


def test_a_damaged_row_is_left_out_and_a_damaged_extra_is_empty():
    """Neither stops the others."""
    times = LocalTimes(BERLIN)
    whole = {"eventtype": "HANGUP", "eventtime": TEXT, "uniqueid": "1.2", "channame": "PJSIP/101-00000001"}
    assert cel_row({**whole, "eventtime": "?"}, times) is None
    assert cel_row({**whole, "uniqueid": None}, times) is None
    row = cel_row({**whole, "extra": '{"hangupcause":1'}, times)
    assert (row.extra, row.linkedid) == ({}, "1.2")
    assert cel_row(whole, times).extra is None


def test_a_cdr_of_a_table_has_its_end_from_its_duration():
    """FreePBX's table has calldate, duration and billsec, and neither answer nor end."""
    columns = {
        "calldate": TEXT, "duration": 9, "billsec": 5, "disposition": "ANSWERED", "uniqueid": "1.2",
        "channel": "PJSIP/a-00000001", "dstchannel": "", "recordingfile": "in-1.wav", "cnum": "101",
    }  # fmt: skip
    row = cdr_row(columns, LocalTimes(ZoneInfo("UTC")))
    assert (row.start, row.answer, row.end) == (AT, AT + 4, AT + 9)
    assert (row.recordingfile, row.src) == ("2026/11/22/in-1.wav", "101")


def test_a_cdr_that_nobody_answered_has_no_answer():
    """Whatever its billsec is."""
    columns = {"start": TEXT, "end": TEXT, "disposition": "NO ANSWER", "uniqueid": "1.2", "channel": "a"}
    assert cdr_row(columns, LocalTimes(BERLIN)).answer is None
