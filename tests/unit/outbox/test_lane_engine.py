"""The workers of an engine: who sleeps, who is woken, what an answer must be. The shelf does not matter."""
# ruff: noqa: D103 - the names of the tests are their sentences

import time
from contextlib import contextmanager
from threading import Barrier, Event, Thread

import pytest

from itgrix_core.errors import DataFolderError
from itgrix_core.outbox import lane_engine
from itgrix_core.outbox.engine import Done, Job
from itgrix_core.outbox.lane_engine import LaneEngine
from itgrix_core.outbox.memory import MemoryEngine, MemoryShelf

NOW = 1_790_000_000.0
PATIENCE = 10.0


def jobs(*keys, not_before=0.0):
    return [Job(key, key.partition("/")[0], "CallEnded", b"{}", 0.0, not_before) for key in keys]


@pytest.fixture
def engine():
    """Its clock stands still."""
    return MemoryEngine(lambda: NOW)


@contextmanager
def running(engine, handler, workers=1):
    stop = Event()
    thread = Thread(target=engine.run, args=(handler, stop), kwargs={"workers": workers})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the engine does not stop"


def answering(first):
    """A handler that gives or raises `first` for the first job it gets, `Done()` after; and its heads."""
    heads, answers = [], [first]

    def handler(jobs, _):
        heads.append(jobs[0].key)
        answer = answers.pop() if answers else Done()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return handler, heads


def test_lanes_put_together_are_started_by_as_many_idle_workers(engine):
    all_there = Barrier(3, timeout=5.0)

    def handler(*_):
        all_there.wait()
        return Done()

    with running(engine, handler, workers=3):
        assert engine.wait_until_idle(PATIENCE)
        engine.put(jobs("a/1", "b/1", "c/1"))
        assert engine.wait_until_idle(PATIENCE)
    assert engine.counts()["done"] == 3


def test_a_delayed_job_starts_in_time_although_another_worker_is_busy():
    engine = MemoryEngine()
    is_seen = Event()

    def handler(jobs, _):
        if jobs[0].key == "slow/1":
            assert is_seen.wait(5.0)
        is_seen.set()
        return Done()

    with running(engine, handler, workers=2):
        engine.put(jobs("soon/1", not_before=time.time() + 0.1))
        engine.put(jobs("slow/1"))
        assert engine.wait_until_drained(PATIENCE)
    assert engine.counts()["done"] == 2


@pytest.mark.parametrize("nonsense", [None, True, Done(0), Done(3), SystemExit(1)])
def test_an_answer_that_cannot_be_meant_settles_nothing_and_costs_no_worker(engine, nonsense, caplog):
    handler, heads = answering(nonsense)
    engine.put(jobs("a/1", "a/2", "b/1"))
    with running(engine, handler):
        assert engine.wait_until_idle(PATIENCE)
    assert heads == ["a/1", "b/1"]
    assert engine.counts() == {"waiting": 2, "running": 0, "dead": 0, "dropped": 0, "done": 1}
    assert "Filing a/1 failed (try 1); again in 1 s." in caplog.text


def test_an_idle_engine_stops_at_once(engine):
    handler, heads = answering(Done())
    stop = Event()
    stop.set()
    engine.run(handler, stop, workers=2)
    with running(engine, handler, workers=2):
        pass
    assert heads == []


def test_idle_means_nothing_due_and_drained_means_nothing_open(engine):
    assert engine.drained()
    engine.put(jobs("a/1", not_before=NOW + 1))
    assert not engine.drained()
    assert engine.wait_until_idle(0.0)
    assert not engine.wait_until_drained(0.0)
    engine.put(jobs("b/1"))
    assert not engine.wait_until_idle(0.0)


class Trying(MemoryShelf):
    """A shelf on a disk that is full for a while."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def begin(self, lane, now):
        """As `Shelf.begin`, after so many failures."""
        if self.times:
            self.times -= 1
            raise DataFolderError("The database x cannot grow: the disk is full.")
        return super().begin(lane, now)


def test_a_store_that_fails_is_told_once_and_worked_on_when_it_is_back(monkeypatch, caplog):
    monkeypatch.setattr(lane_engine, "TROUBLE_SECONDS", 0.01)
    engine = LaneEngine(Trying(5), time.time)
    handler, heads = answering(Done())
    engine.put(jobs("a/1", "b/1"))
    with running(engine, handler):
        assert engine.wait_until_drained(PATIENCE)
    assert sorted(heads) == ["a/1", "b/1"]
    assert [record.getMessage() for record in caplog.records] == [
        "The database x cannot grow: the disk is full. Nothing is filed meanwhile and nothing is lost.",
        "The outbox can be read and written again.",
    ]
    assert not any(record.exc_info for record in caplog.records)


def test_a_store_that_fails_while_a_job_is_in_hand_counts_as_no_try_of_it(monkeypatch, caplog):
    monkeypatch.setattr(lane_engine, "TROUBLE_SECONDS", 0.01)
    engine = LaneEngine(MemoryShelf(), time.time)
    handler, heads = answering(DataFolderError("full"))
    engine.put(jobs("a/1"))
    with running(engine, handler):
        assert engine.wait_until_drained(PATIENCE)
    assert heads == ["a/1", "a/1"]
    assert "Traceback" not in caplog.text
