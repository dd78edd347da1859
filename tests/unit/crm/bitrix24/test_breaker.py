import pytest

from itgrix_core.crm.bitrix24.breaker import (
    FAILURES,
    LIVE_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    Breaker,
)


def fail(breaker, now, times=1):
    """So many requests in a row that did not get through, sent and ended at this moment."""
    for _ in range(times):
        breaker.begin(now)
        breaker.failed(now, "it cannot be reached")


@pytest.fixture
def tripped():
    """A breaker that has just opened, at 100 s."""
    breaker = Breaker()
    fail(breaker, 100.0, FAILURES)
    return breaker


def test_one_bad_request_is_no_outage():
    """Several in a row are; an answer between them begins the count anew."""
    breaker = Breaker()
    fail(breaker, 100.0, FAILURES - 1)
    breaker.passed()
    fail(breaker, 100.0, FAILURES - 1)
    assert breaker.ask(100.0, is_live=False) == 0.0
    fail(breaker, 100.0)
    assert breaker.ask(100.0, is_live=False) == 1.0
    assert breaker.state(100.0) == "open"


def test_the_backlog_probes_one_at_a_time(tripped):
    """Whoever comes while the probe is out goes home again."""
    assert tripped.ask(101.0, is_live=False) == 0.0
    tripped.begin(101.0)
    assert tripped.state(101.0) == "probing"
    assert tripped.ask(101.0, is_live=False) >= 1.0
    tripped.passed()
    assert tripped.ask(101.0, is_live=False) == 0.0
    assert tripped.state(101.0) == "closed"


def test_pauses_between_probes_grow_up_to_a_minute(tripped):
    """1, 2, 4 … seconds; so an outage of hours costs a request a minute."""
    now, pauses = 100.0, []
    for _ in range(9):
        pauses.append(tripped.probe_seconds(now))
        now += pauses[-1]
        assert tripped.ask(now, is_live=False) == 0.0
        fail(tripped, now)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, LONGEST_PAUSE_SECONDS]


def test_after_a_recovery_pauses_begin_small_again(tripped):
    """The next outage is another one."""
    for _ in range(9):
        fail(tripped, 100.0)
    tripped.passed()
    fail(tripped, 200.0, FAILURES)
    assert tripped.probe_seconds(200.0) == 1.0


def test_a_live_call_tries_a_portal_that_the_backlog_leaves_alone(tripped):
    """It is a probe as well; the next live one comes two seconds later, whatever the backlog's pause."""
    for _ in range(9):
        fail(tripped, 100.0)
    assert tripped.probe_seconds(100.0) == 60.0
    assert tripped.ask(100.0, is_live=True) == LIVE_PAUSE_SECONDS
    assert tripped.ask(102.0, is_live=True) == 0.0
    tripped.begin(102.0)
    assert tripped.ask(102.0, is_live=True) == LIVE_PAUSE_SECONDS
    tripped.passed()
    assert tripped.ask(102.0, is_live=False) == 0.0


def test_the_first_live_call_after_a_recovery_waits_two_seconds_at_most(tripped):
    """Even while a probe of before hangs in its time-out."""
    for _ in range(9):
        fail(tripped, 100.0)
    tripped.begin(160.0)
    for moment in (160.0, 161.0, 162.0, 163.0):
        assert tripped.ask(moment, is_live=True) <= LIVE_PAUSE_SECONDS
    assert tripped.ask(162.0, is_live=True) == 0.0


def test_a_probe_that_is_lost_does_not_keep_the_breaker_open(tripped):
    """Its thread may have died."""
    tripped.begin(101.0)
    assert tripped.ask(150.0, is_live=False) > 0.0
    assert tripped.ask(161.0, is_live=False) == 0.0


def test_those_sent_home_do_not_come_back_at_once(tripped):
    """A thousand lanes of the outage, one after the other."""
    told = [int(tripped.ask(100.0, is_live=False)) for _ in range(1000)]
    assert max(told.count(second) for second in set(told)) <= 3


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_that_jumps_keeps_it_open_no_longer(tripped, jump):
    """Never longer than a pause."""
    tripped.begin(101.0)
    assert tripped.ask(101.0 + jump, is_live=True) <= LIVE_PAUSE_SECONDS
    assert tripped.probe_seconds(101.0 + jump) <= 1.0
