"""The portal's list of calls, read as the comparison reads it."""

import pytest

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.crm.bitrix24.methods import STATISTICS
from itgrix_core.errors import CrmError
from itgrix_core.sandbox.bitrix import Seed, Settings, default_users, phones, run_portal
from itgrix_core.sandbox.bitrix.faults import Fault, FaultKind
from itgrix_core.sandbox.bitrix.records import ActiveCall, Found, Statistic
from itgrix_hooks.values import Direction, Entity

BEGAN = 1_795_000_000.0


def finished(world, place):
    """A call of another client every minute."""
    call_id = f"call.{place}"
    call = ActiveCall(
        call_id, "3", "Theirs", 1, f"7916000{place:04}", 2, "3", f"k{place}", BEGAN + 60 * place, BEGAN
    )
    call.found = Found(contact=3001)
    world.finished[call_id] = Statistic(place + 1, call, 1, 5, "200", "", 0.0, "", None, 7000 + place)


@pytest.fixture
def portal():
    """With 120 finished calls."""
    seed = Seed(users=default_users(), contacts=({"NAME": "C", "PHONE": phones("+79160000001")},))
    with run_portal(Settings(limits=None), seed) as running:
        with running.portal.changing() as world:
            for place in range(120):
                finished(world, place)
        yield running


@pytest.fixture
def books(portal):
    """The list; what is waited for moves a clock."""
    at = [0.0]
    settings = BitrixSettings(webhook=portal.webhook, requests_at_once=1000)
    adapter = BitrixAdapter(settings, "bitrix", clock=lambda: at[0])
    yield adapter.books(lambda seconds: at.__setitem__(0, at[0] + seconds))
    adapter.close()


def test_all_pages_of_a_period_are_read_and_no_call_outside_it(books, portal):
    """Fifty a page, by id; both ends of the period count."""
    found = books.entries(BEGAN + 60 * 3, BEGAN + 60 * 112)
    assert [entry.row_id for entry in found] == list(range(4, 114))
    assert len(portal.portal.ledger.entries(STATISTICS)) == 3
    assert books.entries(BEGAN - 7200, BEGAN - 3600) == []


def test_a_row_comes_in_our_words(books):
    """Nearly all of it is text there."""
    (entry,) = books.entries(BEGAN, BEGAN)
    assert (entry.call_id, entry.external_id, entry.direction) == ("call.0", "k0", Direction.INBOUND)
    assert (entry.began_at, entry.talk_seconds, entry.user_id, entry.code) == (BEGAN, 5, 1, "200")
    assert (entry.entity, entry.activity_id, entry.has_recording) == (Entity("contact", 3001), 7000, False)
    assert entry.by == "Theirs"


def test_without_the_right_to_see_statistics_the_sentence_names_it(books, portal):
    """Access denied is the portal's whole answer."""
    denied = Fault(FaultKind.ANSWER, STATISTICS, status=403, code="ACCESS_DENIED", text="Access denied!")
    portal.portal.faults.add(denied)
    with pytest.raises(CrmError, match="the right to view them"):
        books.entries(BEGAN, BEGAN + 60)


def test_a_portal_that_goes_away_between_two_pages_is_no_half_list(books, portal):
    """Whoever compares with half of it would file the other half twice."""
    portal.portal.faults.add(Fault(FaultKind.CUT, STATISTICS, skip=1, times=0))
    with pytest.raises(CrmUnavailable):
        books.entries(BEGAN, BEGAN + 60 * 200)


def test_a_full_bucket_is_waited_for(books, portal):
    """The comparison has time."""
    portal.portal.faults.add(
        Fault(FaultKind.ANSWER, STATISTICS, status=503, code="QUERY_LIMIT_EXCEEDED", text="Too many requests")
    )
    assert len(books.entries(BEGAN, BEGAN + 60 * 200)) == 120
