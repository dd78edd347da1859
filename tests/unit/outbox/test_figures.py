"""How much waits, since when, and why something went aside."""

import sqlite3

import pytest

from itgrix_core.errors import DataFolderError
from itgrix_core.outbox import database as database_module
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Dead, Done, Job, Later
from itgrix_core.outbox.figures import Depth, OutboxFigures, oldest_seconds
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteEngine, SqliteShelf


@pytest.fixture
def database(tmp_path):
    """An open database in an empty folder."""
    with Database(tmp_path / "var") as opened:
        yield opened


def job(key, lane, born_at, not_before=0.0, kind="CallEnded"):
    """A job of a lane."""
    return Job(f"{lane}/{key}", lane, kind, b"{}", born_at, not_before)


def settle(database, lane, result, now=200.0):
    """Take a lane and end its head so."""
    shelf = SqliteShelf(database)
    shelf.settle(shelf.begin(lane, now), result, now, 0)


def test_jobs_of_a_call_that_goes_on_are_live(database):
    """Committed with its call; as soon as the call is over, they are the backlog."""
    spool = Spool(database, lambda lanes: None)
    spool.commit("main", [job("1", "main/1", 100.0)], {"main/1": b"row"}, None)
    spool.commit("main", [job("1", "main/2", 90.0)], {}, None)
    depths = OutboxFigures(database).depths()
    assert sorted(depths, key=lambda each: each.oldest_at) == [
        Depth("CallEnded", "waiting", False, 1, 90.0),
        Depth("CallEnded", "waiting", True, 1, 100.0),
    ]
    assert oldest_seconds(depths, 130.0, is_live=True) == 30.0
    assert oldest_seconds(depths, 130.0, is_live=False) == 40.0
    spool.commit("main", [], {"main/1": None}, None)
    assert {each.is_live for each in OutboxFigures(database).depths()} == {False}


def test_a_job_of_one_that_runs_is_as_old_as_one_that_waits(database):
    """A hook that hangs is a trouble, too."""
    SqliteEngine(database).put([job("1", "a", 100.0)])
    SqliteShelf(database).begin("a", 150.0)
    depths = OutboxFigures(database).depths()
    assert [each.state for each in depths] == ["running"]
    assert oldest_seconds(depths, 160.0, is_live=False) == 60.0


def test_what_was_put_off_on_purpose_is_not_old_before_its_time(database):
    """An end that waits for CDR, a reminder; what was tried in vain is as old as it is."""
    SqliteEngine(database).put([job("1", "a", 100.0, not_before=1000.0), job("1", "b", 100.0)])
    settle(database, "b", Later(5000.0, "the portal is away"))
    depths = OutboxFigures(database).depths()
    assert depths == [Depth("CallEnded", "waiting", False, 2, 100.0)]
    assert oldest_seconds(depths, 400.0, is_live=False) == 300.0
    settle(database, "b", Done(), now=9000.0)
    assert OutboxFigures(database).depths() == [Depth("CallEnded", "waiting", False, 1, 1000.0)]


def test_what_is_done_is_not_counted_and_what_went_aside_is_by_its_reason(database):
    """The commonest first."""
    SqliteEngine(database).put([job("1", lane, 100.0) for lane in "abcd"])
    settle(database, "a", Done())
    settle(database, "b", Dead("no such line"))
    settle(database, "c", Dead("no right"))
    settle(database, "d", Dead("no right"))
    figures = OutboxFigures(database)
    assert [(each.state, each.jobs) for each in figures.depths()] == [("dead", 3)]
    assert list(figures.reasons().items()) == [("no right", 2), ("no such line", 1)]
    assert oldest_seconds(figures.depths(), 400.0, is_live=False) == 0.0


def test_a_database_that_can_be_written_is_left_as_it_was(database):
    """The look writes what was there."""
    SqliteEngine(database).put([job("1", "a", 100.0)])
    before = OutboxFigures(database).depths()
    OutboxFigures(database).write()
    assert OutboxFigures(database).depths() == before
    database.upgrade()  # the version is what it was


def test_a_database_that_cannot_be_written_says_so(tmp_path, monkeypatch):
    """Somebody holds it; it can be read all the same."""
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.01)
    with Database(tmp_path) as database:
        holder = sqlite3.connect(database.file, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DataFolderError, match="is held by another program"):
            OutboxFigures(database).write()
        assert OutboxFigures(database).depths() == []
        holder.close()
