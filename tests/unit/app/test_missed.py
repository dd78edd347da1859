"""`itgrix missed` for people."""

import time

from itgrix_core.app.cli.missed import table
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.missed import Figures, MissedCalls


def test_the_table_says_how_many_and_how_fast():
    """Minutes, or hours; a dash where nobody was talked with."""
    rows = table(
        [Figures("bitrix", 12, 9, 1, 272.4), Figures("b", 1, 0, 1, None), Figures("c", 1, 1, 0, 7380.0)]
    )
    assert rows[0].split() == ["crm", "missed", "talked", "with", "open", "half", "within"]
    assert rows[1].endswith("4 min 32 s")
    assert rows[2].endswith("-")
    assert rows[3].endswith("2 h 03 min")


def test_before_the_first_serve_there_is_nothing(itgrix, tmp_path):
    """And no folder is made."""
    result = itgrix("missed", config="data_folder: none-yet\n")
    assert result.exit_code == 0
    assert "Nothing yet" in result.output
    assert not (tmp_path / "none-yet").exists()


def test_it_reads_what_serve_has_kept(itgrix, tmp_path):
    """Within the days that were asked for."""
    with Database(tmp_path / "var") as database:
        missed = MissedCalls(database)
        missed.open("bitrix", "9160000001", "call 1", 11, time.time() - 3600)
        missed.open("bitrix", "9160000002", "call 2", 11, time.time() - 30 * 86_400)
    assert itgrix("missed", config="data_folder: var\n").output.split()[-5:] == ["bitrix", "1", "0", "1", "-"]
    days = itgrix("missed", "--days", "60", config="data_folder: var\n").output.split()
    assert days[-5:] == ["bitrix", "2", "0", "2", "-"]
