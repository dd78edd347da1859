"""The time of the stream."""

import pytest

from itgrix_core.jobs.clock import StreamClock


class Steady:
    """Seconds that a test moves."""

    at = 100.0

    def __call__(self):
        """Seconds."""
        return self.at


@pytest.fixture
def steady():
    """The clock that never jumps."""
    return Steady()


@pytest.fixture
def clock(steady):
    """Our own clock says 5000."""
    return StreamClock(wall=lambda: 5000.0, steady=steady)


def test_before_the_first_message_our_own_clock_counts(clock):
    """There is no other."""
    assert clock.now() == 5000.0


def test_a_message_sets_it_and_time_goes_on_from_there(clock, steady):
    """A PBX may be wrong by years: cards are judged by its own clock."""
    clock.seen(1000.0)
    steady.at += 7
    assert clock.now() == 1007.0


def test_an_older_message_does_not_set_it_back(clock, steady):
    """Messages of several threads of Asterisk come a little out of order."""
    clock.seen(1000.0)
    clock.seen(999.0)
    assert clock.now() == 1000.0


def test_the_newest_message_counts_though_time_went_on(clock, steady):
    """It is nearer to what the PBX's clock says."""
    clock.seen(1000.0)
    steady.at += 60
    clock.seen(1001.0)
    assert clock.now() == 1001.0


def test_a_message_without_a_time_is_put_onto_the_clock_of_the_others(clock):
    """Answers bear none; the last stamped event says by how much that clock differs from ours."""
    assert clock.time_of(None, 5000.0) == 5000.0
    assert clock.time_of(1000.0, 5001.0) == 1000.0
    assert clock.time_of(None, 5003.0) == 1002.0


def test_the_first_stamp_takes_the_place_of_our_own_clock(clock, steady):
    """Until then we took ours for the PBX's, though it may be ahead by years."""
    clock.seen(clock.time_of(None, 5000.0))
    clock.seen(clock.time_of(1000.0, 5001.0))
    assert clock.now() == 1000.0


def test_a_message_without_a_time_is_put_onto_the_clock_of_those_with_one(clock):
    """Answers and list items bear none; a PBX may be wrong by years."""
    assert clock.time_of(None, 5000.0) == 5000.0
    assert clock.time_of(1000.0, 5001.0) == 1000.0
    assert clock.time_of(None, 5003.0) == 1002.0


def test_our_own_clock_counts_no_more_once_the_pbx_has_told_its_time(clock):
    """An answer right after the login must not make every card of a slow PBX too late."""
    clock.seen(clock.time_of(None, 5000.0))
    clock.seen(clock.time_of(1000.0, 5000.0))
    assert clock.now() == 1000.0
