"""When a plugin rests, for how long, and how it comes back."""

import pytest
from structlog.testing import capture_logs

from itgrix_core.config.schema import BreakerSettings
from itgrix_core.plugins.breaker import Breakers
from itgrix_hooks.trace import Entry, Outcome

FAILED = Entry("fair", Outcome.FAILED, reason="ValueError: no")
ANSWERED = Entry("fair", Outcome.ANSWERED)


class World:
    """A clock that is put forward by hand, threads that do not come back, and the breakers."""

    def __init__(self, **settings):
        self.now = 100.0
        self.leaking = set()
        self.breakers = Breakers(
            BreakerSettings(**settings), self.leaking.__contains__, clock=lambda: self.now
        )

    def fails(self, times):
        """So often in a row."""
        for _ in range(times):
            self.breakers.note(FAILED)

    @property
    def rests(self):
        """Why; "" if it is to be asked."""
        return self.breakers.rests("fair")


@pytest.fixture
def world():
    """With the settings that everybody has."""
    return World()


def test_four_failures_are_borne_the_fifth_is_not(world):
    """The sentence says for how long, how often and what."""
    world.fails(4)
    assert world.rests == ""
    world.fails(1)
    assert world.rests == "not asked for another 30 s: 5 failures in a row, ValueError: no"
    assert world.breakers.rests("other") == ""
    assert list(world.breakers.resting()) == ["fair"]


def test_an_answer_between_two_failures_begins_the_count_anew(world):
    """Also one that changed nothing."""
    world.fails(4)
    world.breakers.note(Entry("fair", Outcome.LEFT_IT))
    world.fails(4)
    assert world.rests == ""


@pytest.mark.parametrize("outcome", [Outcome.NO_TIME, Outcome.RESTING])
def test_who_was_not_asked_has_neither_failed_nor_answered(world, outcome):
    """Others have used up the time."""
    world.fails(4)
    for _ in range(9):
        world.breakers.note(Entry("fair", outcome))
    assert world.rests == ""
    world.fails(1)
    assert world.rests


def test_after_the_pause_one_asking_tries_it(world):
    """The next ones wait for what comes of it; one that ends without a word gives way after a pause."""
    world.fails(5)
    world.now += 30
    assert [world.rests != "" for _ in range(3)] == [False, True, True]
    world.now += 30
    assert world.rests == ""


def test_a_try_in_vain_doubles_the_pause_up_to_the_longest():
    """One failure is enough then."""
    world = World(pause_seconds=30, longest_pause_seconds=100)
    world.fails(5)
    for pause in (60, 100, 100):
        world.now += 1000
        assert world.rests == ""
        world.fails(1)
        assert f"another {pause} s" in world.rests


def test_failures_of_askings_that_were_under_way_do_not_lengthen_the_rest(world):
    """Eight calls that wait for a hanging plugin at once are one outage; it is told once and lasts 30 s."""
    with capture_logs() as logs:
        world.fails(8)
        world.breakers.trip("fair", "3 of its threads did not come back")
    assert [log["event"] for log in logs] == [
        "plugin fair: it is not asked for 30 s (5 failures in a row, ValueError: no)"
    ]
    assert world.rests == "not asked for another 30 s: 3 of its threads did not come back"
    world.now += 30
    assert world.rests == ""
    world.fails(2)
    assert "another 60 s" in world.rests


def test_a_try_that_is_answered_ends_it(world):
    """With a word in the log; the next failures are counted anew."""
    world.fails(5)
    world.now += 30
    assert world.rests == ""
    with capture_logs() as logs:
        world.breakers.note(ANSWERED)
    assert [log["event"] for log in logs] == ["plugin fair: it answers and is asked again"]
    world.fails(4)
    assert world.rests == ""
    assert world.breakers.resting() == {}


def test_who_holds_stuck_threads_is_not_tried_before_they_are_back(world):
    """However long that takes."""
    world.leaking.add("fair")
    world.breakers.trip("fair", "3 of its threads did not come back")
    world.now += 1000
    assert "3 of its threads" in world.rests
    world.leaking.clear()
    world.now += 1000
    assert world.rests == ""


def test_a_first_failure_after_such_a_rest_lengthens_it(world):
    """It was not a failure that began it, so none was counted before."""
    world.breakers.trip("fair", "3 of its threads did not come back")
    world.now += 30
    assert world.rests == ""
    world.fails(1)
    assert world.rests == "not asked for another 60 s: 1 failure in a row, ValueError: no"


def test_without_a_number_of_failures_nobody_rests():
    """For who would rather wait each time."""
    world = World(failures=0)
    world.fails(100)
    assert world.rests == ""


def test_the_rest_is_told_once(world):
    """Not with each call that it is left out of."""
    with capture_logs() as logs:
        world.fails(5)
        world.rests, world.rests  # noqa: B018 - asked twice
    assert [log["event"] for log in logs] == [
        "plugin fair: it is not asked for 30 s (5 failures in a row, ValueError: no)"
    ]
