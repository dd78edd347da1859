"""CDR and CEL out of real servers: tables as FreePBX has them, filled with the recorded files."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from itgrix_core.app.outward import call_as_json
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema_asterisk import HistorySettings, HistoryTable
from itgrix_core.errors import HistoryError
from itgrix_core.history.looking import findings
from itgrix_core.history.reading import open_history
from itgrix_core.jobs.backfill import Backfill
from itgrix_core.wire.rows import CDR_COLUMNS, CEL_COLUMNS

pytestmark = pytest.mark.databases

RECORDED = Path(__file__).parents[1] / "recorded"
FOLDERS = sorted({path.parent.name for path in RECORDED.glob("*/*.cel.csv")})
UTC = ZoneInfo("UTC")
SINCE, UNTIL = 1_700_000_000.0, 1_900_000_000.0
TABLES = sa.MetaData()
_text = sa.String(255)
CEL = sa.Table(
    "cel",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("eventtype", sa.String(30)),
    sa.Column("eventtime", sa.DateTime),
    *(sa.Column(name, _text) for name in ("cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid")),
    *(sa.Column(name, _text) for name in ("exten", "context", "channame", "appname", "appdata")),
    sa.Column("amaflags", sa.Integer),
    *(sa.Column(name, _text) for name in ("accountcode", "uniqueid", "linkedid", "peer", "userdeftype")),
    sa.Column("extra", sa.String(512)),
)
"""As in FreePBX's asteriskcdrdb."""
CDR = sa.Table(
    "cdr",
    TABLES,
    sa.Column("calldate", sa.DateTime),
    *(sa.Column(name, _text) for name in ("clid", "src", "dst", "dcontext", "channel", "dstchannel")),
    *(sa.Column(name, _text) for name in ("lastapp", "lastdata")),
    sa.Column("duration", sa.Integer),
    sa.Column("billsec", sa.Integer),
    sa.Column("disposition", sa.String(45)),
    *(sa.Column(name, _text) for name in ("uniqueid", "did", "recordingfile", "cnum", "cnam", "linkedid")),
)
"""As in FreePBX's asteriskcdrdb; no `answer`, no `end`."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_recorded_files_give_the_same_calls_out_of_a_server(database, folder):
    """All recordings of a folder in one table: what the CSV files give, word for word."""
    files = sorted((RECORDED / folder).glob("*.cel.csv"), key=_first_line_at)
    settings = _filled(database, *files)
    assert _calls(settings) == sorted((call for path in files for call in _calls(_of_files(path))), key=_key)


def test_a_call_is_found_by_its_linkedid(database):
    """With the consultation that joined it, although that had a Linkedid of its own."""
    settings = _filled(database, RECORDED / "ast22" / "attended_transfer_refer.cel.csv")
    history = open_history(settings, UTC)
    first = next(iter(history.of_period(SINCE, UNTIL))).linkedids
    assert len(first) > 1
    (whole,) = history.of_linkedids(first[-1:])
    assert set(whole.linkedids) == set(first)


def test_a_period_leaves_out_what_was_before_and_after(database):
    """The server is asked for the period's rows only."""
    settings = _filled(database, RECORDED / "ast22" / "inbound_answered.cel.csv")
    history = open_history(settings, UTC)
    assert list(history.of_period(SINCE, SINCE + 86_400)) == []
    assert history.rows_read == 0


def test_check_names_what_a_server_lacks(database):
    """Another table, a column that is called otherwise: a sentence with the way out, no password."""
    settings = _filled(database, RECORDED / "ast22" / "inbound_answered.cel.csv")
    lines = list(findings(settings, UTC, 1795379457.0))
    assert [is_fine for is_fine, _ in lines] == [True, True]
    assert "newest row 0 min old" in lines[0][1]
    wrong = HistorySettings(cel=HistoryTable(url=database, table="cels"))
    ((_, sentence),) = list(findings(wrong, UTC, 0.0))
    assert "there is no such table" in sentence
    assert "secret" not in sentence


def test_a_wrong_password_is_a_sentence_without_it(database):
    """Who reads the log learns where, what and how to mend it, not the password."""
    url = database.replace("itgrix-lab-secret", "wrong-password")
    with pytest.raises(HistoryError) as caught:
        list(open_history(HistorySettings(cel=HistoryTable(url=url)), UTC).of_period(SINCE, UNTIL))
    assert "cannot be read" in str(caught.value)
    assert "wrong-password" not in str(caught.value)


# ---- filling ----------------------------------------------------------------------------------------------
def _of_files(path: Path) -> HistorySettings:
    cdr = path.with_name(path.name.replace(".cel.", ".cdr."))
    return HistorySettings(cel=HistoryTable(file=path), cdr=HistoryTable(file=cdr))


def _calls(settings: HistorySettings) -> list[dict[str, object]]:
    past = open_history(settings, UTC).of_period(SINCE, UNTIL)
    calls = Backfill("lab", Topology(), "UTC", None).understand(past)
    return sorted((call_as_json(call.call) for call in calls), key=_key)


def _key(call: dict[str, object]) -> str:
    """Its key, and its kind of end: a merged call has an entry of its own."""
    return f"{call['key']} {call['disposition']}"


def _first_line_at(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition(",")[2][:21]


def _filled(url: str, *paths: Path) -> HistorySettings:
    """The server's tables with the rows of these recordings' files."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    TABLES.drop_all(engine)
    TABLES.create_all(engine)
    with engine.begin() as connection:
        for path in paths:
            settings = _of_files(path)
            for table, file, names in (
                (CEL, settings.cel.file, CEL_COLUMNS),
                (CDR, settings.cdr.file, CDR_COLUMNS),
            ):
                if rows := list(_rows(file, names, table)):
                    connection.execute(sa.insert(table), rows)
    return HistorySettings(cel=HistoryTable(url=url), cdr=HistoryTable(url=url))


def _rows(path, names, table):
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.reader(file):
            row = dict(zip(names, line, strict=False))
            row["calldate"] = row.get("start")
            yield {name: _value(name, row[name]) for name in table.columns.keys() & row.keys()}


def _value(name: str, text: str):
    return datetime.fromisoformat(text) if name in ("eventtime", "calldate") else text
