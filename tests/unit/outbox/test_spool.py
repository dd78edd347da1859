"""What the listening side commits: all or nothing."""
# ruff: noqa: D103 - the names of the tests are their sentences

from threading import Event, Thread

import pytest
from sqlalchemy.exc import StatementError

from itgrix_core.outbox.engine import Done, Job
from itgrix_core.outbox.spool import Spool, Standing
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


# ---- calls that are told afterwards -----------------------------------------------------------------------
def told(*keys):
    """A call `a` with these events, the last one its end."""
    return {"a": [job(f"a/{key}") for key in keys]}


def test_an_unknown_call_is_stored_whole(spool, database, woken):
    assert spool.complete("main", told("1", "2", "end")) == {"a": Standing.NEW}
    assert SqliteEngine(database).counts()["waiting"] == 3
    assert woken == [{"a"}]


def test_a_known_call_is_left_alone_also_when_it_was_filed(spool, database, woken):
    spool.commit("main", told("end")["a"], {}, None)
    assert spool.complete("main", told("1", "end")) == {"a": Standing.KNOWN}
    finish_all(database)
    assert spool.complete("main", told("1", "end")) == {"a": Standing.KNOWN}
    assert SqliteEngine(database).counts() == {"waiting": 0, "running": 0, "dead": 0, "dropped": 0, "done": 1}


def test_of_a_provisional_end_only_the_end_is_replaced(spool, database):
    provisional = job("a/end", is_provisional=True, not_before=9e9)
    spool.commit("main", [job("a/1"), provisional], {}, None)
    assert spool.provisional("main") == []
    assert spool.complete("main", told("1", "2", "end")) == {"a": Standing.PROVISIONAL}
    assert SqliteEngine(database).counts()["waiting"] == 2
    assert spool.complete("main", told("1", "2", "end")) == {"a": Standing.KNOWN}


def test_a_call_that_is_tracked_is_left_to_its_tracker(spool, database):
    spool.commit("main", [], {"a": b"1"}, None)
    assert spool.complete("main", told("end")) == {"a": Standing.GOING_ON}
    assert spool.complete("branch", told("end")) == {"a": Standing.NEW}


def test_a_call_without_an_end_gets_what_is_missing(spool, database):
    spool.commit("main", [job("a/1")], {}, None)
    assert spool.complete("main", told("1", "2", "end")) == {"a": Standing.TORN}
    assert SqliteEngine(database).counts()["waiting"] == 3


def test_provisional_ends_are_listed_by_pbx(spool):
    lost = Job("main/1.2/end", "main/1.2", "CallEnded", b"{}", 0.0, 9e9, is_provisional=True)
    spool.commit("main", [lost], {}, None)
    assert (spool.provisional("main"), spool.provisional("mai")) == (["main/1.2"], [])


def finish_all(database):
    """A worker does all that waits."""
    engine, stop = SqliteEngine(database), Event()
    worker = Thread(target=engine.run, args=(lambda jobs, _attempt: Done(len(jobs)), stop))
    worker.start()
    assert engine.wait_until_drained(10)
    stop.set()
    worker.join()
