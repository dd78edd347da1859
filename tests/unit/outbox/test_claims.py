"""One of many creates, the others take what it made."""
# ruff: noqa: D103 - the names of the tests are their sentences

from threading import Barrier, Thread

import pytest

from itgrix_core.outbox.claims import KEEP_SECONDS, LEASE_SECONDS, Claim, Claims
from itgrix_core.outbox.database import Database

LEAD = {"kind": "lead", "id": 5}


class Clock:
    """Stands until it is moved."""

    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        """Unix seconds."""
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def claims(database, clock):
    return Claims(database, clock)


def test_the_first_holds_the_claim_and_the_second_does_not(claims):
    assert claims.take("7916", "call 1") == Claim(is_ours=True)
    assert claims.take("7916", "call 2") == Claim(is_ours=False)
    assert claims.take("7917", "call 2") == Claim(is_ours=True)


def test_asking_again_changes_nothing(claims):
    claims.take("7916", "call 1")
    assert claims.take("7916", "call 1") == Claim(is_ours=True)


def test_whoever_comes_after_learns_what_was_made(claims):
    claims.take("7916", "call 1")
    claims.settle("7916", "call 1", LEAD)
    assert claims.take("7916", "call 2") == Claim(is_ours=False, is_settled=True, value=LEAD)
    assert claims.take("7916", "call 1") == Claim(is_ours=True, is_settled=True, value=LEAD)


def test_nothing_may_be_what_was_made(claims):
    claims.take("7916", "call 1")
    claims.settle("7916", "call 1", None)
    assert claims.take("7916", "call 2") == Claim(is_ours=False, is_settled=True)


def test_a_holder_without_a_result_is_taken_for_dead(claims, clock):
    claims.take("7916", "call 1")
    clock.at += LEASE_SECONDS + 1
    assert claims.take("7916", "call 2").is_ours
    claims.settle("7916", "call 1", LEAD)
    assert not claims.take("7916", "call 3").is_settled


def test_a_result_is_forgotten_when_the_crm_itself_finds_it(claims, clock):
    claims.take("7916", "call 1")
    claims.settle("7916", "call 1", LEAD)
    clock.at += KEEP_SECONDS + 1
    assert claims.take("7916", "call 2") == Claim(is_ours=True)


def test_a_claim_can_be_given_up_by_its_holder_alone_and_until_it_is_settled(claims):
    claims.take("7916", "call 1")
    claims.release("7916", "call 2")
    assert not claims.take("7916", "call 2").is_ours
    claims.release("7916", "call 1")
    assert claims.take("7916", "call 2").is_ours
    claims.settle("7916", "call 2", LEAD)
    claims.release("7916", "call 2")
    assert claims.take("7916", "call 1").is_settled


def test_of_many_at_once_one_creates(tmp_path):
    """Each with a connection of its own, as processes have them."""
    start, ours = Barrier(8), []

    def work(name):
        with Database(tmp_path) as database:
            start.wait()
            if Claims(database).take("7916", name).is_ours:
                ours.append(name)

    Database(tmp_path).close()
    threads = [Thread(target=work, args=(f"call {each}",)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ours) == 1


def test_a_claim_of_a_clock_that_was_put_back_holds_nobody_up(claims, clock):
    claims.take("7916", "call 1")
    claims.take("7917", "call 1")
    claims.settle("7917", "call 1", LEAD)
    clock.at -= 365 * 86_400
    assert claims.take("7916", "call 2") == Claim(is_ours=True)
    assert claims.take("7917", "call 2") == Claim(is_ours=True)
