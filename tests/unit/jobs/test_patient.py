"""How long delivery waits, and when it gives up."""

import pytest

from itgrix_core.calls.events import BY_KIND
from itgrix_core.jobs.codec import COMMANDS
from itgrix_core.jobs.mending import REPAIR
from itgrix_core.jobs.notices import NOTICE
from itgrix_core.jobs.overdue import CALL_BACK_DUE
from itgrix_core.jobs.patient import KINDS, PAUSES, TRIES, Patient
from itgrix_core.jobs.recording import RECORDING_READY
from itgrix_core.outbox.engine import Attempt, Dead, Done, Job, Later, Trouble

NOW, DAY = 1_790_000_000.0, 86_400.0
AGES = {"calls": 14 * DAY, "recordings": 30 * DAY, "call_backs": 7 * DAY, "notices": DAY}
OFTEN = Attempt(TRIES, NOW, failures=TRIES - 1)


def patient(answer, spread=0.0):
    """A handler that always answers the same, with patience."""

    def handler(jobs, attempt):
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Patient(handler, AGES, lambda: spread)


def jobs(kind="CallEnded", age=60.0):
    """One job of so many seconds."""
    return [Job("a/1", "a", kind, b"{}", NOW - age)]


def pauses(later, count):
    """The pauses after the first failures."""
    ask = patient(later)
    return [ask(jobs(), Attempt(n + 1, NOW, n)).seconds for n in range(count)]


def test_every_kind_of_job_and_of_trouble_is_in_the_tables():
    """And every limit that is named is a setting."""
    assert set(KINDS) == {*BY_KIND, RECORDING_READY, CALL_BACK_DUE, REPAIR, NOTICE}
    assert set(PAUSES) == set(Trouble)
    assert {kind.ages for kind in KINDS.values()} == set(AGES)
    assert COMMANDS  # the words of the CRM are no kinds of jobs


def test_pauses_grow_up_to_a_bound():
    """After a portal that is away, and after answers that were lost."""
    expected = [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert pauses(Later(0.0, "", Trouble.AWAY), 10) == expected
    assert pauses(Later(2.0, "", Trouble.UNKNOWN), 10) == expected
    assert patient(Later(0.0, "", Trouble.AWAY))(jobs(), Attempt(5000, NOW, 4999)).seconds == 300


def test_while_a_phone_may_be_ringing_pauses_do_not_grow():
    """A portal that is back is found so within seconds."""
    ask = patient(Later(0.0, "", Trouble.AWAY))
    assert [ask(jobs(age=10.0), Attempt(n + 1, NOW, n)).seconds for n in range(5)] == [2] * 5


@pytest.mark.parametrize("trouble", [Trouble.ASKED, Trouble.BUSY])
def test_what_was_asked_for_is_kept_to_the_second(trouble):
    """A hook's wait, a recording's, and the portal's own word on its limit."""
    assert pauses(Later(7.0, "", trouble), 4) == [7, 7, 7, 7]


def test_a_longer_wait_than_ours_counts():
    """Settings that must be mended are looked at every five minutes at the earliest, if that was said."""
    assert pauses(Later(300.0, "", Trouble.LOCKED), 3) == [300, 300, 300]


def test_those_who_failed_together_do_not_come_back_together():
    """A pause may be a quarter longer."""
    late = patient(Later(0.0, "", Trouble.AWAY), spread=1.0)(jobs(), Attempt(9, NOW, 8))
    assert late.seconds == 375
    assert late.trouble is Trouble.AWAY


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        ("CallEnded", 14),
        ("ConversationRequested", 14),
        (RECORDING_READY, 30),
        (CALL_BACK_DUE, 7),
        (NOTICE, 1),
    ],
)
def test_a_job_that_is_too_old_is_put_aside_with_its_reason(kind, days):
    """Each kind at its own age, not a second before."""
    away = patient(Later(5.0, "the portal is down", Trouble.AWAY))
    assert isinstance(away(jobs(kind, days * DAY - 1), OFTEN), Later)
    assert away(jobs(kind, days * DAY), OFTEN) == Dead(
        f"given up after {TRIES} tries, older than {days} days: the portal is down"
    )


def test_what_was_seldom_tried_is_not_given_up_however_old():
    """After a month switched off, or with a clock that is years ahead, everything gets its chance."""
    away = patient(Later(5.0, "down", Trouble.AWAY))
    assert isinstance(away(jobs(age=3650 * DAY), Attempt(TRIES - 1, NOW, TRIES - 2)), Later)


@pytest.mark.parametrize("trouble", [Trouble.BUSY, Trouble.LOCKED])
def test_what_is_not_the_jobs_fault_never_ends_it(trouble):
    """A portal that is only slow, credentials that nobody has renewed yet."""
    assert isinstance(patient(Later(5.0, "", trouble))(jobs(age=3650 * DAY), OFTEN), Later)


def test_an_old_job_that_succeeds_at_last_is_done():
    """It is tried before it is judged."""
    assert patient(Done())(jobs(age=3650 * DAY), OFTEN) == Done()


def test_an_error_of_ours_ends_an_old_job_only():
    """Until then the engine sees it, and tries again."""
    broken = patient(KeyError("x"))
    with pytest.raises(KeyError):
        broken(jobs(), OFTEN)
    dead = broken(jobs(age=15 * DAY), OFTEN)
    assert dead == Dead(f"given up after {TRIES} tries, older than 14 days: KeyError: 'x'")
