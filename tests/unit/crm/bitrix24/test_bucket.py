import pytest

from itgrix_core.crm.bitrix24.appointments import LONGEST_SECONDS
from itgrix_core.crm.bitrix24.bucket import Bucket, InMemory
from itgrix_core.crm.urgency import Urgency


@pytest.fixture
def live():
    """A phone rings."""
    return Urgency(is_live=True)


def waits(bucket, count, *, is_live):
    """What so many works, each new, are told one after the other."""
    return [bucket.take(Urgency(is_live=is_live)) for _ in range(count)]


def test_a_burst_passes_and_the_next_is_told_how_long_to_stay_away(clock):
    """Capacity at once, then the drain's pace; a refusal costs nothing."""
    bucket = Bucket(3, 2.0, clock)
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    clock.at += 0.5
    assert bucket.take() == 0.0
    assert bucket.take() > 0


def test_an_idle_bucket_holds_one_burst_and_no_more(clock):
    """Nothing is saved up."""
    bucket = Bucket(2, 2.0, clock)
    clock.at += 3600
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.5]


def test_the_portal_is_believed_when_it_says_full(clock):
    """Somebody else drinks from it, too."""
    bucket = Bucket(50, 2.0, clock)
    bucket.fill()
    assert bucket.take() == 0.5


def test_the_backlog_leaves_room_for_live_calls(clock, live):
    """Ten of fifty, however greedy it is, and all that runs out meanwhile."""
    bucket = Bucket(50, 2.0, clock)
    begun = Urgency(is_live=False)
    begun.has_begun = True
    assert waits(bucket, 36, is_live=False).count(0.0) == 35
    assert [bucket.take(begun) for _ in range(6)].count(0.0) == 5
    assert bucket.left(is_live=False) == 0
    assert bucket.left() == 10
    assert waits(bucket, 11, is_live=True).count(0.0) == 10
    clock.at += 5
    assert bucket.take(begun) > 0
    assert waits(bucket, 10, is_live=True) == [0.0] * 10


def test_what_has_begun_goes_before_what_has_not(clock):
    """A call that is registered had better be finished before the next one is begun."""
    bucket = Bucket(50, 2.0, clock)
    work = Urgency(is_live=False)
    assert bucket.take(work) == 0.0
    waits(bucket, 50, is_live=False)
    assert bucket.take(Urgency(is_live=False)) > 0
    assert bucket.take(work) == 0.0


def test_a_thousand_that_wait_do_not_come_back_at_once(clock):
    """Appointments are a little closer than the portal serves them; the live ones have their own."""
    bucket = Bucket(50, 2.0, clock)
    waits(bucket, 50, is_live=False)
    told = waits(bucket, 1000, is_live=False)
    seconds = [int(wait) for wait in told]
    assert max(seconds.count(second) for second in set(seconds)) <= 3
    assert told == sorted(told)
    assert bucket.take(Urgency(is_live=True)) == 0.0
    bucket.fill()
    assert bucket.take(Urgency(is_live=True)) == 0.5


def test_even_ten_thousand_are_strewn_and_wait_bounded(clock):
    """Beyond the row of appointments chance strews them."""
    bucket = Bucket(50, 2.0, clock)
    waits(bucket, 50, is_live=False)
    told = waits(bucket, 10_000, is_live=False)
    assert max(told) <= LONGEST_SECONDS
    late = [int(wait) for wait in told if wait > LONGEST_SECONDS / 2]
    assert max(late.count(second) for second in set(late)) < 80


def test_appointments_of_those_who_never_come_are_forgotten(clock):
    """Their jobs may have been dropped; a bucket that runs empty shows it."""
    bucket = Bucket(50, 2.0, clock)
    waits(bucket, 1000, is_live=False)
    clock.at += 25
    assert waits(bucket, 35, is_live=False) == [0.0] * 35
    assert bucket.take(Urgency(is_live=False)) == 0.5


def test_those_who_come_at_their_appointments_use_all_that_runs_out(clock):
    """Nothing of the quota is lost to waiting: a hundred lanes that need three requests each."""
    bucket = Bucket(50, 2.0, clock)
    bucket.fill()
    start, sent = clock.at, 0
    lanes = [(clock.at, number, 3) for number in range(100)]
    while lanes:
        lanes.sort()
        at, number, left = lanes.pop(0)
        clock.at = max(clock.at, at)
        work = Urgency(is_live=False)
        while left and not (wait := bucket.take(work)):
            left, sent = left - 1, sent + 1
        if left:
            lanes.append((clock.at + wait, number, left))
    assert sent == 300
    assert sent / (clock.at - start - 5) >= 0.95 * 2.0  # the first 5 s only make room for the live


@pytest.mark.parametrize("jump", [-1e9, -3600.0, -10.0, 10.0, 1e9])
def test_a_clock_that_jumps_blocks_nobody_longer_than_the_bucket_is(clock, jump):
    """A reboot begins the machine's clock anew; the file may be older."""
    shelf = InMemory()
    bucket = Bucket(50, 2.0, clock, shelf)
    waits(bucket, 100, is_live=False)
    bucket.fill()
    clock.at += jump
    assert bucket.take() <= 0.5
    clock.at += 25
    assert waits(bucket, 35, is_live=False) == [0.0] * 35


def test_a_request_that_is_repeated_counts_again(clock):
    """The portal counts it, asked or not; a full bucket stays as full as it can be."""
    bucket = Bucket(50, 2.0, clock)
    bucket.charge()
    assert bucket.left() == 49
    bucket.fill()
    bucket.charge()
    assert bucket.take() == 0.5
