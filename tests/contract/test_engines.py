"""What every delivery engine does: one text, each engine in turn.

Time is a clock of ours wherever it matters; `engine.wake()` tells an engine that it was put forward. A kill
-9 of a process is tried where there is one, in tests/unit/outbox/test_kill.py; here a process is left behind.
"""
# ruff: noqa: D102, D103 - the names of the tests are their sentences

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier, Event, Lock, Thread

import pytest

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Attempt, Dead, Done, Job, Later, Result, Trouble
from itgrix_core.outbox.lane_engine import LaneEngine
from itgrix_core.outbox.memory import MemoryShelf
from itgrix_core.outbox.sqlite import SqliteEngine

NOW = 1_790_000_000.0
PATIENCE = 20.0
YEAR = 365 * 86_400.0


@dataclass
class Clock:
    """Unix seconds that move when a test says so."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Ledger:
    """A handler that notes the jobs it gets and answers what the test laid out for a key, else `Done()`."""

    answers: dict[str, list[Result | BaseException]] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)
    handed: list[list[str]] = field(default_factory=list)
    payloads: dict[str, bytes] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)

    def __call__(self, jobs: Sequence[Job], attempt: Attempt) -> Result:
        self.heads.append(jobs[0].key)
        self.handed.append([job.key for job in jobs])
        self.payloads[jobs[0].key] = jobs[0].payload
        self.attempts.append(attempt)
        planned = self.answers.get(jobs[0].key)
        answer = planned.pop(0) if planned else Done()
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def make_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., LaneEngine]]:
    """Engines over one store, as processes that follow each other have it."""
    if request.param == "memory":
        shelf = MemoryShelf()
        yield lambda clock=time.time: LaneEngine(shelf, clock)
        return
    with Database(tmp_path) as database:
        yield lambda clock=time.time: SqliteEngine(database, clock)


@pytest.fixture
def engine(make_engine: Callable[..., LaneEngine], clock: Clock) -> LaneEngine:
    return make_engine(clock)


@contextmanager
def running(engine: LaneEngine, handler: Callable, workers: int = 1) -> Iterator[None]:
    """The engine at work in a thread, stopped at the end."""
    stop = Event()
    thread = Thread(target=engine.run, args=(handler, stop), kwargs={"workers": workers})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the engine does not stop"


def work(engine: LaneEngine, handler: Callable, workers: int = 1) -> None:
    """Let the engine do whatever is due now."""
    with running(engine, handler, workers):
        assert engine.wait_until_idle(PATIENCE)


def job(key: str, lane: str = "", *, payload: bytes = b"{}", **more: float) -> Job:
    """A job `L/1` of the lane `L`, old unless told otherwise."""
    return Job(key, lane or key.partition("/")[0], "CallEnded", payload, **{"born_at": NOW - 3600, **more})


def jobs(*keys: str) -> list[Job]:
    """Old, ordinary jobs of these keys."""
    return [job(key) for key in keys]


def test_a_lane_is_worked_in_the_order_of_its_puts(engine):
    ledger = Ledger()
    engine.put(jobs("a/2", "a/1"))
    engine.put(jobs("a/0"))
    work(engine, ledger, workers=3)
    assert ledger.heads == ["a/2", "a/1", "a/0"]


def test_put_tells_how_many_jobs_were_new(engine):
    assert engine.put(jobs("a/1", "a/2")) == 2
    assert engine.put(jobs("a/2", "a/3", "a/3")) == 1
    assert engine.put([]) == 0


@pytest.mark.parametrize("fate", [Done(), Dead("no"), Later(9.0)])
def test_a_repeat_of_a_key_is_ignored_whatever_became_of_the_first(engine, fate):
    ledger = Ledger({"a/1": [fate]})
    engine.put(jobs("a/1"))
    work(engine, ledger)
    before = engine.counts()
    assert engine.put([job("a/1", payload=b"other")]) == 0
    work(engine, ledger)
    assert ledger.heads == ["a/1"]
    assert engine.counts() == before


def test_a_delayed_retry_blocks_its_lane_and_no_other(engine, clock):
    ledger = Ledger({"a/1": [Later(60.0, "quota")]})
    engine.put(jobs("a/1", "a/2", "b/1", "b/2"))
    with running(engine, ledger):
        assert engine.wait_until_idle(PATIENCE)
        assert ledger.heads == ["a/1", "b/1", "b/2"]
        clock.now += 59.0
        engine.put(jobs("a/3"))
        assert engine.wait_until_idle(PATIENCE)
        assert ledger.heads == ["a/1", "b/1", "b/2"]
        clock.now += 1.0
        engine.wake()
        assert engine.wait_until_idle(PATIENCE)
    assert ledger.heads == ["a/1", "b/1", "b/2", "a/1", "a/2", "a/3"]


def test_a_delayed_job_holds_up_those_behind_it(engine, clock):
    ledger = Ledger()
    engine.put([job("a/1", not_before=NOW + 5), job("a/2")])
    with running(engine, ledger):
        assert engine.wait_until_idle(PATIENCE)
        assert ledger.heads == []
        clock.now += 5
        engine.wake()
        assert engine.wait_until_idle(PATIENCE)
    assert ledger.heads == ["a/1", "a/2"]


def test_a_delayed_job_starts_by_itself_when_it_gets_due(make_engine):
    engine = make_engine()
    ledger = Ledger()
    with running(engine, ledger, workers=2):
        engine.put([job("a/1", not_before=time.time() + 0.15), job("b/1", not_before=time.time() + 0.05)])
        assert engine.wait_until_drained(5.0)
    assert ledger.heads == ["b/1", "a/1"]


def test_a_handler_gets_the_due_jobs_up_to_the_first_that_is_not(engine):
    ledger = Ledger({"a/1": [Later(0.0)]})
    engine.put([job("a/1"), job("a/2"), job("a/3", not_before=NOW + 1), job("a/4"), job("b/1")])
    work(engine, ledger)
    assert ledger.handed == [["a/1", "a/2"], ["b/1"], ["a/1", "a/2"], ["a/2"]]


def test_a_handler_may_answer_for_the_first_few_jobs(engine):
    ledger = Ledger({"a/1": [Done(2)]})
    engine.put(jobs("a/1", "a/2", "a/3"))
    work(engine, ledger)
    assert ledger.handed == [["a/1", "a/2", "a/3"], ["a/3"]]
    assert engine.counts() == {"waiting": 0, "running": 0, "dead": 0, "dropped": 0, "done": 3}


def test_a_handler_is_told_the_number_of_its_try_and_the_time(engine, clock):
    ledger = Ledger({"a/1": [Later(7.0), Later(1.0), RuntimeError("down")]})
    engine.put(jobs("a/1"))
    with running(engine, ledger):
        for seconds in (7.0, 1.0, 1.0):
            assert engine.wait_until_idle(PATIENCE)
            clock.now += seconds
            engine.wake()
        assert engine.wait_until_drained(PATIENCE)
    assert ledger.attempts == [
        Attempt(1, NOW),
        Attempt(2, NOW + 7),
        Attempt(3, NOW + 8),
        Attempt(4, NOW + 9, failures=1),
    ]


def test_a_handler_that_raises_is_asked_again_after_growing_pauses(engine, clock, caplog):
    ledger = Ledger({"a/1": [OSError("cut")] * 11})
    engine.put(jobs("a/1", "b/1"))
    pauses = []
    with running(engine, ledger):
        assert engine.wait_until_idle(PATIENCE)
        while not engine.drained():
            started = clock.now
            tries = len(ledger.heads)
            while len(ledger.heads) == tries:
                clock.now += 1.0 if clock.now - started < 299.0 else 0.5
                engine.wake()
                assert engine.wait_until_idle(PATIENCE)
            pauses.append(clock.now - started)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert ledger.heads == ["a/1", "b/1"] + ["a/1"] * 11
    assert "Filing a/1 failed (try 3); again in 4 s." in caplog.text
    assert caplog.records[0].exc_info is not None


def test_tries_in_vain_are_counted_until_one_is_not(engine):
    answers = [Later(0.0, "", Trouble.AWAY), Later(0.0, "", Trouble.UNKNOWN), Later(0.0, "", Trouble.BUSY)]
    ledger = Ledger({"a/1": answers})
    engine.put(jobs("a/1"))
    work(engine, ledger)
    assert [attempt.failures for attempt in ledger.attempts] == [0, 1, 2, 0]


def test_a_job_is_taken_when_its_time_has_come_although_the_clock_was_put_back(engine, clock):
    ledger = Ledger({"a/1": [Later(60.0)]})
    engine.put(jobs("a/1"))
    with running(engine, ledger):
        assert engine.wait_until_idle(PATIENCE)
        clock.now -= 10 * YEAR
        engine.shift(-10 * YEAR, clock.now + 5 * YEAR)
        assert engine.wait_until_idle(PATIENCE)
        assert ledger.heads == ["a/1"]
        clock.now += 60
        engine.wake()
        assert engine.wait_until_drained(PATIENCE)
    assert ledger.heads == ["a/1", "a/1"]


def test_a_clock_put_forward_ends_no_waiting(engine, clock):
    ledger = Ledger({"a/1": [Later(60.0)]})
    engine.put([job("a/1"), job("b/1", not_before=NOW + 900)])
    with running(engine, ledger):
        assert engine.wait_until_idle(PATIENCE)
        clock.now += 10 * YEAR
        engine.shift(10 * YEAR, clock.now - 5 * YEAR)
        engine.wake()
        assert engine.wait_until_idle(PATIENCE)
        assert ledger.heads == ["a/1"]
        clock.now += 900
        engine.wake()
        assert engine.wait_until_drained(PATIENCE)
    assert sorted(ledger.heads) == ["a/1", "a/1", "b/1"]


@pytest.mark.parametrize("jump", [-YEAR, 120.0, YEAR])
def test_what_was_stored_before_a_jump_was_noticed_keeps_its_time(engine, clock, jump):
    ledger = Ledger()
    engine.put([job("old/1", born_at=NOW, not_before=NOW + 900)])
    clock.now += jump
    engine.put([job("new/1", born_at=clock.now, not_before=clock.now + 60)])
    engine.shift(jump, clock.now - jump / 2)
    with running(engine, ledger):
        assert engine.wait_until_idle(PATIENCE)
        assert not ledger.heads
        clock.now += 60
        engine.wake()
        assert engine.wait_until_idle(PATIENCE)
        assert ledger.heads == ["new/1"]
        clock.now += 840
        engine.wake()
        assert engine.wait_until_drained(PATIENCE)
    assert ledger.heads == ["new/1", "old/1"]


def test_after_a_jump_of_the_clock_what_was_old_is_no_younger(engine, clock):
    ledger = Ledger()
    engine.put([job(f"{n}/1", born_at=NOW - 60) for n in range(3)])
    clock.now -= YEAR
    engine.shift(-YEAR, clock.now + YEAR / 2)
    engine.put([job("live/1", born_at=clock.now)])
    work(engine, ledger)
    assert ledger.heads[0] == "live/1"


def test_one_lane_is_never_in_two_hands_and_lanes_go_in_parallel(engine):
    seen: dict[str, list[str]] = {}
    in_hand: set[str] = set()
    met_twice: list[str] = []
    both_there = Barrier(2, timeout=PATIENCE)
    lock = Lock()

    def handler(jobs, _):
        lane = jobs[0].lane
        with lock:
            met_twice.extend([lane] if lane in in_hand else [])
            in_hand.add(lane)
        both_there.wait()
        with lock:
            seen.setdefault(lane, []).append(jobs[0].key)
            in_hand.discard(lane)
        return Done()

    engine.put(jobs(*(f"{lane}/{n}" for n in range(20) for lane in "ab")))
    with running(engine, handler, workers=2):
        assert engine.wait_until_drained(PATIENCE)
    assert met_twice == []
    assert seen == {lane: [f"{lane}/{n}" for n in range(20)] for lane in "ab"}


def test_a_worker_that_never_comes_back_holds_up_its_own_lane_alone(engine):
    ledger, released = Ledger(), Event()

    def handler(jobs, attempt):
        if jobs[0].key == "stuck/1":
            released.wait(PATIENCE)
        return ledger(jobs, attempt)

    engine.put(jobs("stuck/1", "stuck/2", *(f"{lane}/{n}" for lane in "abc" for n in range(5))))
    with running(engine, handler, workers=2):
        deadline = time.monotonic() + PATIENCE
        while engine.counts()["done"] < 15 and time.monotonic() < deadline:
            time.sleep(0.005)
        assert sorted(ledger.heads) == sorted(f"{lane}/{n}" for lane in "abc" for n in range(5))
        assert engine.counts()["running"] == 2
        released.set()
        assert engine.wait_until_drained(PATIENCE)
    assert ledger.heads[-2:] == ["stuck/1", "stuck/2"]


def test_what_was_in_hand_when_a_process_died_is_handed_to_the_next_and_in_order(make_engine, clock):
    ledger, began, released, stop = Ledger(), Event(), Event(), Event()

    def dying(*_):
        began.set()
        released.wait(PATIENCE)
        stop.set()
        raise SystemExit

    dead = make_engine(clock)
    dead.put(jobs("a/1", "a/2", "a/3"))
    process = Thread(target=dead.run, args=(dying, stop), kwargs={"workers": 1})
    process.start()
    assert began.wait(PATIENCE)
    work(make_engine(clock), ledger)
    assert ledger.heads == ["a/1", "a/2", "a/3"]
    assert ledger.attempts[0].number == 2
    released.set()
    process.join(PATIENCE)


def test_a_young_lane_goes_before_a_backlog_of_10_000(engine, clock):
    ledger = Ledger()
    stop = Event()

    def handler(jobs, attempt):
        if len(ledger.heads) == 9:
            engine.put([job("live/1", born_at=clock.now - 29), job("late/1", born_at=clock.now - 31)])
        if len(ledger.heads) == 99:
            stop.set()
        return ledger(jobs, attempt)

    engine.put([job(f"{n}/1", born_at=NOW - 20_000 + n) for n in range(10_000)])
    engine.run(handler, stop, workers=1)
    assert ledger.heads.index("live/1") == 10
    assert "late/1" not in ledger.heads
    assert ledger.heads[:10] + ledger.heads[11:100] == [f"{n}/1" for n in range(99)]


def test_what_was_young_when_it_was_put_is_old_when_it_is_taken(engine, clock):
    ledger = Ledger()
    engine.put([job(f"{n}/1", born_at=NOW) for n in range(5)])
    clock.now += 60
    engine.put([job("live/1", born_at=clock.now)])
    work(engine, ledger)
    assert ledger.heads[0] == "live/1"


def test_among_old_lanes_the_one_that_is_due_longest_goes_first(engine, clock):
    ledger = Ledger()
    engine.put(
        [job("c/1", not_before=NOW + 3), job("a/1", not_before=NOW + 1), job("b/1", not_before=NOW + 2)]
    )
    clock.now += 100
    work(engine, ledger)
    assert ledger.heads == ["a/1", "b/1", "c/1"]


def test_a_dead_job_is_kept_with_its_reason_and_the_lane_goes_on(engine, clock):
    ledger = Ledger({"a/1": [Later(0.0), Dead("the portal says no")]})
    engine.put([job("a/1", payload=b"1"), job("a/2")])
    work(engine, ledger)
    assert ledger.heads == ["a/1", "a/1", "a/2"]
    (dead,) = engine.dead()
    assert (dead.job.key, dead.job.payload, dead.reason) == ("a/1", b"1", "the portal says no")
    assert (dead.died_at, dead.attempts) == (NOW, 2)
    assert engine.counts() == {"waiting": 0, "running": 0, "dead": 1, "dropped": 0, "done": 1}


def test_the_dead_are_told_oldest_first(engine, clock):
    ledger = Ledger({"a/1": [Dead("late")], "b/1": [Dead("early")]})
    engine.put([job("a/1", not_before=NOW + 1), job("b/1")])
    work(engine, ledger)
    clock.now += 1
    work(engine, ledger)
    assert [dead.reason for dead in engine.dead()] == ["early", "late"]


def test_a_revived_job_returns_to_its_place_in_the_lane(engine, clock):
    ledger = Ledger({"a/1": [Dead("no")], "a/2": [Later(60.0)]})
    engine.put([job("a/1", payload=b"1"), job("a/2"), job("b/1")])
    with running(engine, ledger):
        assert engine.wait_until_idle(PATIENCE)
        assert engine.revive(["a/1", "b/1", "unknown"]) == 1
        assert engine.wait_until_idle(PATIENCE)
        assert ledger.heads == ["a/1", "a/2", "b/1", "a/1"]
        assert ledger.attempts[-1].number == 1
        assert ledger.payloads["a/1"] == b"1"
        clock.now += 60
        engine.wake()
        assert engine.wait_until_drained(PATIENCE)
    assert ledger.heads[-1] == "a/2"
    assert list(engine.dead()) == []


def test_a_provisional_job_is_replaced_and_its_lane_woken(engine):
    ledger = Ledger()
    with running(engine, ledger):
        engine.put([job("a/1"), job("a/2", payload=b"guess", not_before=NOW + 900, is_provisional=True)])
        assert engine.wait_until_idle(PATIENCE)
        assert engine.put([job("a/2", payload=b"truth")]) == 0
        assert engine.wait_until_idle(PATIENCE)
    assert ledger.heads == ["a/1", "a/2"]
    assert ledger.payloads["a/2"] == b"truth"


def test_a_provisional_job_is_the_last_of_its_lane_whatever_comes(engine):
    """A call that was given up and is there again: what it does now is filed before its end."""
    ledger = Ledger()
    with running(engine, ledger):
        engine.put([job("a/end", not_before=NOW + 900, is_provisional=True), job("b/1")])
        engine.put([job("a/1")])
        engine.put([job("a/2"), job("c/1")])
        assert engine.wait_until_idle(PATIENCE)
        assert [key for key in ledger.heads if key[0] == "a"] == ["a/1", "a/2"]
        engine.put([job("a/end"), job("a/3")])
        assert engine.wait_until_idle(PATIENCE)
    assert [key for key in ledger.heads if key[0] == "a"] == ["a/1", "a/2", "a/end", "a/3"]


def test_a_provisional_job_may_be_replaced_by_a_provisional_one_once_more(engine):
    ledger = Ledger()
    engine.put([job("a/1", payload=b"1", not_before=NOW + 900, is_provisional=True)])
    engine.put([job("a/1", payload=b"2", not_before=NOW + 900, is_provisional=True)])
    engine.put([job("a/1", payload=b"3")])
    engine.put([job("a/1", payload=b"4", is_provisional=True)])
    work(engine, ledger)
    assert ledger.payloads["a/1"] == b"3"


def test_a_provisional_job_that_was_begun_is_not_replaced(engine, clock):
    ledger = Ledger({"a/1": [Later(5.0)]})
    engine.put([job("a/1", payload=b"guess", is_provisional=True)])
    work(engine, ledger)
    engine.put([job("a/1", payload=b"truth")])
    clock.now += 5
    work(engine, ledger)
    assert ledger.heads == ["a/1", "a/1"]
    assert ledger.payloads["a/1"] == b"guess"


def test_a_provisional_job_in_hand_is_not_replaced(engine):
    ledger = Ledger()

    def handler(jobs, attempt):
        engine.put([job("a/1", payload=b"truth")])
        return ledger(jobs, attempt)

    engine.put([job("a/1", payload=b"guess", is_provisional=True)])
    work(engine, handler)
    assert ledger.heads == ["a/1"]
    assert ledger.payloads["a/1"] == b"guess"


def test_a_handler_may_put_jobs_into_the_lane_that_it_holds(engine):
    ledger = Ledger()

    def handler(jobs, attempt):
        engine.put([job("a/filed"), job("b/filed")])
        return ledger(jobs, attempt)

    engine.put(jobs("a/1", "a/2"))
    work(engine, handler)
    assert [key for key in ledger.heads if key.startswith("a")] == ["a/1", "a/2", "a/filed"]
    assert ledger.heads.count("b/filed") == 1


def test_jobs_in_hand_count_as_running(engine):
    counted = []

    def handler(jobs, _):
        counted.append(engine.counts())
        return Done(len(jobs))

    engine.put([job("a/1"), job("a/2"), job("a/3", not_before=NOW + 1)])
    work(engine, handler)
    assert counted == [{"waiting": 1, "running": 2, "dead": 0, "dropped": 0, "done": 0}]
    assert engine.counts() == {"waiting": 1, "running": 0, "dead": 0, "dropped": 0, "done": 2}


def test_stopping_lets_the_handler_answer_and_leaves_the_rest_for_the_next_run(engine):
    stop = Event()
    ledger = Ledger()

    def handler(jobs, attempt):
        stop.set()
        return ledger(jobs, attempt)

    engine.put(jobs("a/1", "a/2"))
    engine.run(handler, stop, workers=1)
    assert ledger.heads == ["a/1"]
    assert engine.counts() == {"waiting": 1, "running": 0, "dead": 0, "dropped": 0, "done": 1}
    work(engine, ledger)
    assert ledger.heads == ["a/1", "a/2"]
