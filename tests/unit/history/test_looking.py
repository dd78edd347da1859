"""What `itgrix check` finds out about CEL and CDR."""

from zoneinfo import ZoneInfo

import pytest

from itgrix_core.config.schema_asterisk import HistorySettings, HistoryTable
from itgrix_core.history.looking import findings

UTC = ZoneInfo("UTC")
AT = 1795379452.0
HEADER = "eventtype,eventtime,channame,uniqueid,linkedid,appdata,extra\n"
ROW = "HANGUP,2026-11-22 20:30:52,PJSIP/101-00000001,1.2,1.2,,{}\n"


@pytest.fixture
def look(tmp_path):
    """`look("text of the CEL file", now)`: the findings."""

    def at(text, now=AT + 60.0, zone=UTC):
        file = tmp_path / "cel.csv"
        file.write_text(text, encoding="utf-8")
        return list(findings(HistorySettings(cel=HistoryTable(file=file)), zone, now))

    return at


def test_a_log_that_is_written_is_fine(look):
    """With the age of its newest row."""
    ((is_fine, sentence),) = look(HEADER + ROW)
    assert is_fine
    assert sentence.endswith("CEL, newest row 1 min old")


@pytest.mark.parametrize(
    ("text", "now", "words"),
    [
        (HEADER, AT, "Switch CEL on: cel.conf"),
        (HEADER.replace("linkedid", "x") + ROW, AT, "lacks columns: linkedid"),
        (HEADER + ROW.replace("2026", "x"), AT, "no readable time"),
        (HEADER + ROW, AT + 10 * 86_400, "10.0 days old"),
        (HEADER + ROW, AT - 3 * 3600, "3.0 hours in the future: `timezone`"),
        (HEADER.replace("extra", "x") + ROW, AT, "has no column extra: who hung up"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(look, text, now, words):
    """Each finding once, and not as fine."""
    assert [is_fine for is_fine, sentence in look(text, now) if words in sentence] == [False]


def test_a_missing_file_does_not_stop_the_other_log(tmp_path):
    """Both are told."""
    missing = HistoryTable(file=tmp_path / "none")
    assert len(list(findings(HistorySettings(cel=missing, cdr=missing), UTC, AT))) == 2


def test_cdr_alone_is_named_as_poor(tmp_path):
    """It does not tell the half."""
    only = HistorySettings(cdr=HistoryTable(file=tmp_path / "none"))
    assert "there is no CEL" in next(sentence for _, sentence in findings(only, UTC, AT))
