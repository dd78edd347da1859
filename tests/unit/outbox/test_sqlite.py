"""What only the durable engine can show: restarts, other processes, a database in trouble."""
# ruff: noqa: D103 - the names of the tests are their sentences

import logging
import time
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from itgrix_core.errors import DataFolderError
from itgrix_core.outbox import lane_engine
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import Desk
from itgrix_core.outbox.engine import Dead, Done, Job, Later
from itgrix_core.outbox.packing import unpacked
from itgrix_core.outbox.sqlite import OTHER_TROUBLES, TROUBLES, SqliteEngine, SqliteShelf


def job(key, **more):
    return Job(key, key.split("/")[0], "CallEnded", b"{}", 0.0, **more)


@contextmanager
def at_work(engine, handler):
    stop = Event()
    thread = Thread(target=engine.run, args=(handler, stop), kwargs={"workers": 1})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10.0)
        assert not thread.is_alive()


def test_a_job_that_was_in_hand_when_the_process_died_is_taken_again_at_once(database):
    """A dead process is one that began jobs and never settled them."""
    SqliteEngine(database).put([job("a/1"), job("a/2")])
    assert len(SqliteShelf(database).begin("a", time.time())) == 2
    assert SqliteEngine(database).counts()["running"] == 2
    seen = []

    def handler(jobs, attempt):
        seen.append((jobs[0].key, attempt.number))
        return Done()

    engine = SqliteEngine(database)
    with at_work(engine, handler):
        assert engine.wait_until_drained(5.0)
    assert seen == [("a/1", 2), ("a/2", 1)]


def test_a_done_job_keeps_its_key_its_payload_packed_and_its_note(database):
    engine = SqliteEngine(database)
    engine.put([job("a/1")])
    with at_work(engine, lambda *_: Done(note="an internal call")):
        assert engine.wait_until_drained(5.0)
    with database.read() as connection:
        ((key, payload, state, reason),) = connection.exec_driver_sql(
            "SELECT key, payload, state, reason FROM job"
        ).all()
    assert (key, unpacked(payload), state, reason) == ("a/1", b"{}", "done", "an internal call")
    assert payload.startswith(b"\x78")


def test_what_a_job_waited_for_is_counted_by_reason_and_bounded(database):
    engine, desk = SqliteEngine(database), Desk(database)
    engine.put([job("a/1")])
    reasons = ["the portal is away", "the portal is away", *(f"again in {n} s" for n in range(20))]
    answers = [Later(0.0, reason) for reason in reasons] + [Done()]
    with at_work(engine, lambda *_: answers.pop(0)):
        assert engine.wait_until_drained(30.0)
    first, *others = desk.troubles("a/1")
    assert (first.reason, first.count) == ("the portal is away", 2)
    assert first.first_at <= first.last_at
    assert len(others) == TROUBLES
    assert (others[-1].reason, others[-1].count) == (OTHER_TROUBLES, 11)


def test_a_job_revived_by_another_process_is_noticed(database, monkeypatch):
    monkeypatch.setattr(lane_engine, "BELL_SECONDS", 0.02)
    engine = SqliteEngine(database)
    engine.put([job("a/1")])
    answers = [Dead("no"), Done()]
    with at_work(engine, lambda *_: answers.pop(0)):
        assert engine.wait_until_drained(5.0)
        with Database(database.folder) as second:
            assert SqliteEngine(second).revive(["a/1"]) == 1
        deadline = time.monotonic() + 5.0
        while answers and time.monotonic() < deadline:
            time.sleep(0.01)
        assert answers == []


def test_a_database_in_trouble_is_logged_and_tried_again(database, monkeypatch, caplog):
    monkeypatch.setattr(lane_engine, "TROUBLE_SECONDS", 0.02)
    troubles = [DataFolderError("the disk is full"), DataFolderError("the disk is full")]
    settle = SqliteShelf.settle

    def failing(self, *args):
        if troubles:
            raise troubles.pop()
        settle(self, *args)

    monkeypatch.setattr(SqliteShelf, "settle", failing)
    engine = SqliteEngine(database)
    engine.put([job("a/1"), job("a/2")])
    seen = []
    with caplog.at_level(logging.ERROR), at_work(engine, lambda jobs, _: seen.append(jobs[0].key) or Done()):
        assert engine.wait_until_drained(5.0)
    assert seen == ["a/1", "a/1", "a/1", "a/2"]
    assert caplog.text.count("the disk is full Nothing is filed meanwhile") == 1


@pytest.mark.parametrize("number", [1, 600])
def test_many_lanes_at_once_are_as_well_as_one(database, number):
    engine = SqliteEngine(database)
    assert engine.drained()
    engine.put([job(f"{n}/1", not_before=5e9) for n in range(number)])
    assert not engine.drained()
    assert engine.wait_until_idle(0.0)


def test_the_head_of_a_lane_is_found_without_reading_what_is_done(database):
    with database.read() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT min(seq) FROM job WHERE state IN ('waiting', 'running') AND lane = 'a'"
        ).all()
    assert "job_open" in str(plan)


def test_upgrading_what_is_up_to_date_changes_nothing(database):
    engine = SqliteEngine(database)
    engine.put([job("a/1")])
    engine.upgrade()
    assert engine.counts()["waiting"] == 1
