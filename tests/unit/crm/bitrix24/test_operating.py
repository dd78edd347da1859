import pytest

from itgrix_core.crm.bitrix24.operating import LIMIT_SECONDS, WINDOW_SECONDS, OperatingTimes

FINISH = "telephony.externalcall.finish"
COST = 1.4


def told(used, reset_in=600.0, at=5_000_000.0):
    """A `time` block of a portal whose clock is another than ours."""
    return {"operating": used, "operating_reset_at": int(at + reset_in), "finish": at}


@pytest.fixture
def times():
    """A method of which one execution costs 1.4 s."""
    made = OperatingTimes()
    for number in range(1, 30):
        execute(made, 100.0, told(number * COST))
    return made


def grow(times, used):
    """Executions one after the other, up to this sum."""
    for number in range(40, 0, -1):
        execute(times, 100.0, told(used - number * COST))
    execute(times, 100.0, told(used))


def execute(times, now, time):
    """One execution from beginning to end, at a moment."""
    times.begin(FINISH, now)
    times.end(FINISH, now, time)


def test_below_seven_tenths_nothing_is_slowed_down(times):
    """Of the time that the documentation names."""
    execute(times, 100.0, told(0.69 * LIMIT_SECONDS))
    assert times.ask(FINISH, 100.0, is_live=False) == 0.0


def test_from_there_on_what_is_left_is_spread_until_a_slot_leaves(times):
    """The backlog first; live calls go on."""
    grow(times, 340.0)
    left = 0.98 * LIMIT_SECONDS - 340.0
    assert times.ask(FINISH, 100.0, is_live=False) == pytest.approx(600.0 * COST / left, rel=0.05)
    assert times.ask(FINISH, 100.0, is_live=True) == 0.0
    assert times.ask("telephony.externalcall.register", 100.0, is_live=False) == 0.0


def test_nine_tenths_slow_live_calls_down_as_well(times):
    """Else they would meet a 429, which closes it for minutes."""
    grow(times, 0.95 * LIMIT_SECONDS)
    live, backlog = (times.ask(FINISH, 100.0, is_live=is_live) for is_live in (True, False))
    assert 0.0 < live < backlog


def test_time_that_seems_used_up_is_no_stop(times):
    """480 is an example: past it one a minute goes on, and shows whether the portal means it."""
    execute(times, 100.0, told(LIMIT_SECONDS + 1, reset_in=300))
    wait = times.ask(FINISH, 100.0, is_live=False)
    assert 0.0 < wait <= 60.0
    assert times.ask(FINISH, 100.0 + 60.0, is_live=False) == 0.0


def test_a_limit_that_is_passed_unpunished_is_higher(times):
    """A portal refuses before it executes, so what it executed was allowed."""
    grow(times, LIMIT_SECONDS + 2 * COST)
    assert times.state(100.0)[FINISH].limit_seconds > LIMIT_SECONDS


def test_a_refusal_teaches_a_lower_limit(times):
    """Boxed portals come with 420."""
    times.begin(FINISH, 100.0)
    times.close(FINISH, 100.0, 30.0)
    times.end(FINISH, 100.0, told(420.0, reset_in=30.0), is_refused=True)
    assert times.state(100.0)[FINISH].limit_seconds == 420.0
    assert times.state(100.0)[FINISH].closed_seconds == 30.0
    assert times.ask(FINISH, 100.0, is_live=True) == 30.0
    assert times.ask(FINISH, 130.0 + WINDOW_SECONDS, is_live=True) == 0.0


def test_executions_under_way_count_before_they_are_told(times):
    """Four workers at once must not each believe to be the last."""
    execute(times, 100.0, told(0.69 * LIMIT_SECONDS))
    for _ in range(10):
        times.begin(FINISH, 100.0)
    assert times.ask(FINISH, 100.0, is_live=False) > 0.0


def test_a_slot_that_has_left_lets_on(times):
    """How much it frees the next answer tells."""
    execute(times, 100.0, told(0.97 * LIMIT_SECONDS, reset_in=60))
    assert times.ask(FINISH, 100.0, is_live=False) > 0.0
    assert times.ask(FINISH, 161.0, is_live=False) == 0.0


def test_those_who_wait_for_a_method_do_not_come_back_at_once(times):
    """Not even when it is closed."""
    times.close(FINISH, 100.0, 30.0)
    waits = [int(times.ask(FINISH, 100.0, is_live=False)) for _ in range(300)]
    assert min(waits) == 30
    assert max(waits.count(second) for second in set(waits)) <= 2


@pytest.mark.parametrize(
    "time", [{}, {"operating": "much"}, {"operating": True}, {"operating": 500, "operating_reset_at": "soon"}]
)
def test_a_portal_that_tells_nothing_usable_harms_nothing(time):
    """Boxed portals tell nothing."""
    times = OperatingTimes()
    execute(times, 100.0, time)
    assert times.ask(FINISH, 100.0, is_live=False) <= 60.0


def test_a_portal_that_allows_more_is_slowed_down_later():
    """A boxed one may have no limit at all: a setting says so."""
    told = {"operating": 470.0, "operating_reset_at": 600, "finish": 0}
    paces = []
    for limit in (480.0, 24_000.0):
        times = OperatingTimes(lambda: 0.0, limit)
        times.begin("finish", 0.0)
        times.end("finish", 0.0, told)
        paces.append(times.ask("finish", 1.0, is_live=False))
    assert paces[0] > 0.0
    assert paces[1] == 0.0
