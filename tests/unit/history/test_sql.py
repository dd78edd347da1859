"""A table of a database, here SQLite's; MariaDB and PostgreSQL are in tests/databases."""

import sqlite3

import pytest

from itgrix_core.errors import HistoryError
from itgrix_core.history.sql import SqlTable

TIMES = ("eventtime",)
DAY = "2026-10-25"


@pytest.fixture
def url(tmp_path):
    """A database with one table `cel` of three rows, written out of the order of their times."""
    with sqlite3.connect(tmp_path / "asterisk.db") as database:
        database.execute(
            "CREATE TABLE cel (id INTEGER PRIMARY KEY, kind TEXT, eventtime TEXT, uniqueid TEXT)"
        )
        rows = [
            ("A", "2026-10-25 02:59:59", "1"),
            ("B", "2026-10-25 02:00:00", "2"),
            ("C", "2026-10-26", "1"),
        ]
        database.executemany("INSERT INTO cel (kind, eventtime, uniqueid) VALUES (?, ?, ?)", rows)
    database.close()
    return f"sqlite:///{tmp_path}/asterisk.db"


def kinds(rows):
    """The rows by their first letter."""
    return [row["eventtype"] for row in rows]


def test_rows_come_as_they_were_written_under_our_names(url):
    """Not by their times, which run back in autumn."""
    table = SqlTable(url, "cel", {"eventtype": "kind"}, TIMES)
    assert table.columns() == ["id", "eventtype", "eventtime", "uniqueid"]
    assert kinds(table.period("2026-10-25 00:00:00", "2026-10-25 23:59:59")) == ["A", "B"]
    assert kinds(table.having("uniqueid", ["1", "7"])) == ["A", "C"]
    assert table.newest()["eventtype"] == "C"


def test_more_values_than_a_statement_takes_are_asked_for_in_parts(url):
    """All of them are found."""
    table = SqlTable(url, "cel", {"eventtype": "kind"}, TIMES)
    found = kinds(table.having("uniqueid", ["1", *map(str, range(1000, 2000)), "2"]))
    assert found == ["A", "C", "B"]


def test_a_column_that_is_not_there_has_no_values(url):
    """Older tables have no Linkedid."""
    assert list(SqlTable(url, "cel", {}, TIMES).having("linkedid", ["1"])) == []


@pytest.mark.parametrize(
    ("address", "table", "words"),
    [
        (None, "cels", "there is no such table"),
        ("mysql+nodriver://u:s3cret@h/x", "cel", "not an address of a database"),
        ("nonsense", "cel", "not an address of a database"),
        ("sqlite:////nowhere/at/all.db", "cel", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_with_the_way_out(url, address, table, words):
    """And without a password."""
    with pytest.raises(HistoryError) as caught:
        SqlTable(address or url, table, {}, TIMES).columns()
    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_table_without_a_time_names_what_it_has(url):
    """The operator sees what to write under `aliases`."""
    with pytest.raises(HistoryError, match="has no column calldate; it has id, kind, eventtime, uniqueid"):
        SqlTable(url, "cel", {}, ("calldate",)).columns()
