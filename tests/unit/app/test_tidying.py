"""Jumps of the clock are made good while the service runs and over a restart; old rows go by the hour."""

import threading
from dataclasses import dataclass

import pytest
from stand import PATIENCE, until

from itgrix_core.app.tidying import Tidying
from itgrix_core.config.schema_rules import OutboxSettings
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import Desk
from itgrix_core.outbox.engine import Done, Job, Later
from itgrix_core.outbox.even_clock import EvenClock
from itgrix_core.outbox.lane_engine import Held
from itgrix_core.outbox.sqlite import SqliteEngine, SqliteShelf

NOW, DAY = 1_790_000_000.0, 86_400.0


@dataclass
class Clocks:
    """One that may be set, one that cannot."""

    wall: float = NOW
    steady: float = 100.0

    def passes(self, seconds):
        """Time itself."""
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def clocks():
    """Both begin."""
    return Clocks()


@pytest.fixture
def database(tmp_path):
    """An empty one."""
    with Database(tmp_path / "var") as opened:
        yield opened


def tidying(database, clocks, boot=1, **settings):
    """With the clocks of the test, on a machine that was started so many times."""
    clock = EvenClock(lambda: clocks.wall, lambda: clocks.steady)
    return Tidying(database, SqliteEngine(database, clock), OutboxSettings(**settings), clock, boot=boot)


def waits(database, now):
    """For how long the head of the lane still waits."""
    (head,) = SqliteShelf(database).heads(None).values()
    return head.not_before - now


def put(database, clocks):
    """A job that waits ten minutes."""
    job = Job("a/1", "a", "CallEnded", b"{}", clocks.wall, clocks.wall + 600)
    SqliteShelf(database).put([job])
    return job


@pytest.mark.parametrize("years", [-10, 10])
def test_a_jump_of_the_clock_changes_no_waiting(database, clocks, years):
    """Forwards nothing comes at once, backwards nothing waits for years."""
    tidy = tidying(database, clocks)
    put(database, clocks)
    clocks.passes(60)
    clocks.wall += years * 365 * DAY
    tidy.look()
    assert waits(database, clocks.wall) == pytest.approx(540)
    clocks.passes(60)
    tidy.look()
    assert waits(database, clocks.wall) == pytest.approx(480)


def test_a_clock_put_forward_ends_no_waiting_before_it_is_noticed_either(database, clocks):
    """The thread is woken by whoever reads the clock, and nobody takes a job too early meanwhile."""
    clock, stopping = EvenClock(lambda: clocks.wall, lambda: clocks.steady), threading.Event()
    engine = SqliteEngine(database, clock)
    tidy = Tidying(database, engine, OutboxSettings(), clock, boot=1)
    put(database, clocks)
    clocks.wall += 1800
    assert clock() == clocks.wall - 1800
    assert engine.wait_until_idle(0.0)
    tidy.start(stopping)
    until(lambda: clock() == clocks.wall, "the jump is made good")
    assert waits(database, clock()) == pytest.approx(600)
    stopping.set()
    tidy.stop(PATIENCE)


@pytest.mark.parametrize("jump", [-7200, 1800])
def test_what_is_put_off_before_a_jump_is_noticed_waits_as_long_as_it_was_told(database, clocks, jump):
    """A minute stays a minute."""
    clock = EvenClock(lambda: clocks.wall, lambda: clocks.steady)
    engine = SqliteEngine(database, clock)
    tidy = Tidying(database, engine, OutboxSettings(), clock, boot=1)
    job = put(database, clocks)
    clocks.wall += jump
    SqliteShelf(database).settle([Held(job, 1, 0)], Later(60.0, "the portal is away"), clock(), 0)
    tidy.look()
    assert waits(database, clocks.wall) == pytest.approx(60)


def test_what_ended_by_a_wrong_clock_is_remembered_as_long_as_anything(database, clocks):
    """The machine has begun a year too early, and is put right while we run."""
    tidy = tidying(database, clocks, keep_days=7)
    job = put(database, clocks)
    clocks.passes(60)
    SqliteShelf(database).settle([Held(job, 1, 0)], Done(), clocks.wall, 0)
    clocks.passes(60)
    clocks.wall += 365 * DAY
    tidy.look()
    (found,) = Desk(database).find("a/1")
    assert found.ended_at == pytest.approx(clocks.wall - 60)
    assert SqliteShelf(database).counts()["done"] == 1


def test_a_clock_that_is_put_right_by_seconds_is_no_jump(database, clocks):
    """Nothing is written for that."""
    tidy = tidying(database, clocks)
    put(database, clocks)
    clocks.wall += 30
    tidy.look()
    assert waits(database, clocks.wall) == pytest.approx(570)


@pytest.mark.parametrize("days", [-365, 365])
def test_a_jump_while_we_were_off_is_noticed(database, clocks, days):
    """By the note of both clocks, which a life of a second leaves, too."""
    tidying(database, clocks).make_good()
    put(database, clocks)
    clocks.passes(60)
    clocks.wall += days * DAY
    tidying(database, clocks).make_good()
    assert waits(database, clocks.wall) == pytest.approx(540, abs=2)


@pytest.mark.parametrize("boots", [(1, 2), (0, 0)])
def test_over_a_start_of_the_machine_only_the_way_back_is_noticed(database, clocks, boots):
    """Or where nobody can say whether it was started: forwards it may just have been off."""
    tidying(database, clocks, boots[0]).make_good()
    put(database, clocks)
    clocks.wall -= 365 * DAY
    clocks.steady = 5.0
    tidying(database, clocks, boots[1]).make_good()
    assert waits(database, clocks.wall) == pytest.approx(600, abs=2)
    clocks.wall += 365 * DAY
    tidying(database, clocks, boots[1] + bool(boots[1])).make_good()
    assert waits(database, clocks.wall) < 0


def test_old_rows_go_at_the_start_and_then_by_the_hour(database, clocks):
    """As `outbox.keep_days` says."""
    job = put(database, clocks)
    SqliteShelf(database).settle([Held(job, 1, 0)], Done(), clocks.wall, 0)
    tidy = tidying(database, clocks, keep_days=7)
    clocks.passes(7 * DAY - 10)
    tidy.look()
    clocks.passes(20)
    tidy.look()
    assert SqliteShelf(database).counts()["done"] == 1
    clocks.passes(3600)
    tidy.look()
    assert SqliteShelf(database).counts()["done"] == 0


def test_its_thread_ends_with_the_service(database, clocks):
    """At once, not with its next look."""
    tidy, stopping = tidying(database, clocks), threading.Event()
    tidy.start(stopping)
    stopping.set()
    tidy.stop(PATIENCE)
    assert not [thread for thread in threading.enumerate() if thread.name == "tidying"]
