"""What the listening side commits: all or nothing."""
# ruff: noqa: D103 - the names of the tests are their sentences

from threading import Event, Thread

import pytest
from sqlalchemy.exc import StatementError

from itgrix_core.outbox.engine import Done, Job
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteEngine


def job(key, **more):
    return Job(key, key.split("/")[0], "CallEnded", b"{}", 0.0, **more)


@pytest.fixture
def woken():
    return []


@pytest.fixture
def spool(database, woken):
    return Spool(database, lambda lanes: woken.append(set(lanes)))


def test_a_new_database_knows_no_calls_and_no_position(spool):
    assert spool.calls("main") == {}
    assert spool.position("main") is None


def test_jobs_calls_and_position_are_there_after_a_commit(spool, database, woken):
    assert spool.commit("main", [job("a/1"), job("b/1")], {"a": b"1", "b": b"2"}, "log:17") == 2
    assert spool.calls("main") == {"a": b"1", "b": b"2"}
    assert spool.position("main") == "log:17"
    assert SqliteEngine(database).counts()["waiting"] == 2
    assert woken == [{"a", "b"}]


def test_a_later_commit_replaces_changed_calls_and_deletes_those_that_are_over(spool):
    spool.commit("main", [], {"a": b"1", "b": b"2", "c": b"3"}, "1")
    spool.commit("main", [], {"a": b"9", "b": None, "unknown": None}, "2")
    assert spool.calls("main") == {"a": b"9", "c": b"3"}
    assert spool.position("main") == "2"


def test_no_position_leaves_it_as_it_was(spool):
    spool.commit("main", [], {}, "1")
    spool.commit("main", [], {"a": b"1"}, None)
    assert spool.position("main") == "1"


def test_each_pbx_has_calls_and_a_position_of_its_own(spool):
    spool.commit("main", [], {"a": b"1"}, "1")
    spool.commit("branch", [], {"a": b"2"}, "2")
    spool.commit("branch", [], {"a": None}, None)
    assert (spool.calls("main"), spool.calls("branch")) == ({"a": b"1"}, {})
    assert (spool.position("main"), spool.position("branch")) == ("1", "2")


def test_a_repeat_is_ignored_and_a_provisional_job_replaced(spool):
    assert spool.commit("main", [job("a/1", is_provisional=True, not_before=5e9)], {}, None) == 1
    assert spool.commit("main", [job("a/1"), job("a/2"), job("a/2")], {}, None) == 1


def test_an_error_in_the_middle_leaves_nothing(spool, database, woken):
    spool.commit("main", [], {"a": b"1"}, "1")
    with pytest.raises(StatementError):
        spool.commit("main", [job("a/1")], {"a": None, "b": object()}, "2")
    assert spool.calls("main") == {"a": b"1"}
    assert spool.position("main") == "1"
    assert SqliteEngine(database).counts()["waiting"] == 0
    assert woken == []


def test_nothing_to_commit_writes_nothing(spool, database, woken):
    with database.write():
        assert spool.commit("main", [], {}, None) == 0
    assert woken == []


def test_an_idle_engine_starts_on_what_the_spool_commits(database):
    engine = SqliteEngine(database)
    stop, seen = Event(), Event()
    thread = Thread(target=engine.run, args=(lambda *_: seen.set() or Done(), stop))
    thread.start()
    assert engine.wait_until_drained(5.0)
    Spool(database, engine.wake).commit("main", [job("a/1")], {}, "1")
    assert seen.wait(5.0)
    stop.set()
    thread.join()
