"""CSV files as Asterisk writes them, and as people keep them."""

import pytest

from itgrix_core.errors import HistoryError
from itgrix_core.history.files import CsvTable
from itgrix_core.wire.rows import CEL_COLUMNS

ORDER = ("eventtype", "eventtime", "uniqueid")


@pytest.fixture
def file(tmp_path):
    """`file("text")`: a file of this text."""

    def write(text):
        path = tmp_path / "cel.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_without_a_header_columns_are_taken_in_order(file):
    """Those of the settings, or Asterisk's own."""
    table = CsvTable(file('"HANGUP","2026-11-22 20:30:52","1.2"\n'), ORDER, {})
    (row,) = table.period("", "")
    assert row == {"eventtype": "HANGUP", "eventtime": "2026-11-22 20:30:52", "uniqueid": "1.2"}
    assert CsvTable(file(""), CEL_COLUMNS, {}).columns() == list(CEL_COLUMNS)


def test_a_header_line_names_the_columns_and_aliases_rename_them(file):
    """In whatever order."""
    table = CsvTable(file("id,kind,uniqueid,eventtime\n7,HANGUP,1.2,now\n"), ORDER, {"eventtype": "kind"})
    assert table.columns() == ["id", "eventtype", "uniqueid", "eventtime"]
    assert [row["eventtype"] for row in table.period("", "")] == ["HANGUP"]


def test_a_line_that_is_being_written_is_left_for_the_next_time(file):
    """Half a row is no row."""
    table = CsvTable(file('"A","1","1"\n"B","2'), ORDER, {})
    assert [row["eventtype"] for row in table.period("", "")] == ["A"]
    assert table.newest()["eventtype"] == "A"


def test_the_newest_row_is_read_from_the_end(file):
    """However long the file is; a header alone has none."""
    table = CsvTable(file("".join(f'"E{n}","{n}","{"x" * 90}"\n' for n in range(5000))), ORDER, {})
    assert table.newest()["eventtype"] == "E4999"
    assert CsvTable(file("eventtype,eventtime,uniqueid\n"), ORDER, {}).newest() is None


def test_rows_are_chosen_by_a_column(file):
    """As a database would."""
    table = CsvTable(file('"A","1","1"\n"B","2","2"\n"C","3","1"\n'), ORDER, {})
    assert [row["eventtype"] for row in table.having("uniqueid", ["1"])] == ["A", "C"]


def test_bytes_that_are_no_text_stop_nobody(tmp_path):
    """NUL after a crash, a name in another code."""
    path = tmp_path / "cel.csv"
    path.write_bytes(b'"A\0","\xcf\xb8\xf2\xf0","1"\n"B","2","2"\n')
    assert [row["eventtype"] for row in CsvTable(path, ORDER, {}).period("", "")] == ["A", "B"]


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    """With the way out."""
    with pytest.raises(HistoryError, match=r"cannot be read .*Correct the path under `history`"):
        CsvTable(tmp_path / "none.csv", ORDER, {}).columns()
