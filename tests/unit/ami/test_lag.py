"""How late we are, how late Asterisk is, and how much comes."""

import pytest

from itgrix_core.ami.lag import LONGEST_LAG, Lag, Pace


class Clock:
    """A clock that is set."""

    now = 1000.0

    def __call__(self):
        """Unix time."""
        return self.now


def said(at):
    """A block that tells its own time."""
    return f"Response: Success\r\nPing: Pong\r\nTimestamp: {at:.6f}".encode()


def test_our_lag_is_the_age_of_what_was_understood_last():
    """Receipt to done; a chunk that is still in hand counts as it grows."""
    clock = Clock()
    lag = Lag(clock)
    assert lag.ours == 0.0
    lag.begin(998.0)
    assert lag.ours == 2.0
    clock.now = 1003.0
    assert lag.ours == 5.0
    lag.end(998.0)
    clock.now = 1100.0
    assert lag.ours == 5.0
    lag.begin(1100.0)
    lag.end(1100.0)
    assert lag.ours == 0.0


def test_asterisks_lag_is_measured_from_the_best_of_the_connection():
    """So clocks that differ are no lag; without times there is none."""
    lag = Lag(Clock())
    lag.read(b"Event: Hangup\r\nUniqueid: 1", 1000.0)
    assert lag.asterisks == 0.0
    lag.read(said(400.0), 1000.0)
    assert lag.asterisks == 0.0
    lag.read(said(400.0), 1003.0)
    assert lag.asterisks == pytest.approx(3.0)
    lag.read(said(405.0), 1004.0)
    lag.read(said(406.0), 1006.0)
    assert lag.asterisks == pytest.approx(1.0)
    lag.read(b"Event: Hangup\r\nTimestamp: soon", 1010.0)
    assert lag.asterisks == pytest.approx(1.0)


def test_a_clock_that_was_set_is_no_lag():
    """Hours of difference are never a queue."""
    lag = Lag(Clock())
    lag.read(said(5000.0), 5000.0)
    lag.read(said(5001.0 - 2 * LONGEST_LAG), 5001.0)
    assert lag.asterisks == 0.0


def test_a_new_connection_begins_anew():
    """Its best is its own."""
    lag = Lag(Clock())
    lag.read(said(1000.0), 1000.0)
    lag.read(said(1000.0), 1060.0)
    lag.restart()
    lag.read(said(1000.0), 1060.0)
    assert (lag.ours, lag.asterisks) == (0.0, 0.0)


def test_the_pace_is_that_of_the_last_ten_seconds():
    """Totals noted now and then; an old burst is forgotten."""
    pace = Pace()
    assert pace.per_second == (0.0, 0.0)
    pace.note(100.0, 0, 0)
    pace.note(102.0, 20, 2000)
    assert pace.per_second == (10.0, 1000.0)
    for second in range(103, 123):
        pace.note(float(second), 20, 2000)
    assert pace.per_second == (0.0, 0.0)
