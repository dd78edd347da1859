import pytest

from itgrix_core.crm.bitrix24.appointments import LONGEST_SECONDS, OVERBOOKED, next_appointment


def test_the_first_waits_as_long_as_needed_and_the_next_a_pace_longer():
    """In the order in which they ask."""
    last, seconds = next_appointment(0.0, 100.0, 103.0, 1.0)
    assert seconds == 3.0
    last, seconds = next_appointment(last, 100.0, 103.0, 1.0)
    assert seconds == pytest.approx(3.0 + 1.0 / OVERBOOKED)


def test_appointments_that_have_passed_keep_nobody():
    """An idle hour later nobody waits behind those of then."""
    last, _ = next_appointment(0.0, 100.0, 103.0, 1.0)
    assert next_appointment(last, 3700.0, 3701.0, 1.0)[1] == 1.0


def test_a_row_that_is_full_stays_as_it_is():
    """Chance finds a place in its later half, but none before the earliest."""
    full = 100.0 + LONGEST_SECONDS
    assert next_appointment(full, 100.0, 101.0, 1.0, lambda: 0.5) == (full, LONGEST_SECONDS * 0.75)
    late = 100.0 + 2 * LONGEST_SECONDS
    assert next_appointment(full, 100.0, late, 1.0, lambda: 0.5) == (full, 2 * LONGEST_SECONDS)


def test_a_row_from_another_clock_is_forgotten():
    """Nobody's appointment can be that far away."""
    assert next_appointment(1e9, 100.0, 101.0, 1.0)[1] == 1.0
