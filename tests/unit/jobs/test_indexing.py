"""The copy of a portal's clients: usable half made, fresh afterwards, never at the cost of live calls."""

from dataclasses import replace
from threading import Event, Thread

import pytest
from structlog.testing import capture_logs

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.crm.bitrix24.listing import KINDS, PAGE_ROWS, PAGES_AT_ONCE
from itgrix_core.crm.notice import Notice
from itgrix_core.directory.numbers import NumberIndex
from itgrix_core.jobs.indexing import DAYS_SECONDS, FAILED_SECONDS, REBUILD_SECONDS, SOON_SECONDS, Indexing
from itgrix_core.outbox.engine import Attempt, Done
from itgrix_core.sandbox.bitrix import Fault, FaultKind, Limits, Settings, default_seed, phones, run_portal
from itgrix_hooks.values import PhoneNumber

POLL_SECONDS = 60.0
ATTEMPT = Attempt(1, 1_800_000_000.0)
WIDE = {"requests_at_once": 100_000, "operating_seconds": 1e6}


class Copying:
    """A portal of so many contacts, and its index; `now` is moved by hand."""

    def __init__(self, portal, folder, **options):
        self.portal = portal
        self.folder = folder
        self.now = 1_800_000_000.0
        wide = options.pop("settings", WIDE)
        self.adapter = BitrixAdapter(
            BitrixSettings(webhook=portal.webhook, timeout_seconds=20.0, **wide), "crm"
        )
        self.options = options
        self.open()

    def open(self):
        """A new process."""
        self.index = NumberIndex(self.folder)
        listing = self.adapter.listing()
        self.indexing = Indexing(
            "crm", listing, self.index, KINDS, POLL_SECONDS, now=lambda: self.now, **self.options
        )

    def finish(self):
        """Step until nothing is due; how many steps that were."""
        for count in range(1, 1000):
            if self.indexing.step() > 0:
                return count
        raise AssertionError("it never rests")

    def later(self, seconds=POLL_SECONDS):
        """Time passes, and what is due is done."""
        self.now += seconds
        return self.finish()

    def does(self, method, **params):
        """Somebody works in the portal."""
        return self.adapter._client.call(method, params).result

    def of(self, number):
        """(kind, name, responsible) of everybody who has it."""
        found = self.index.clients_of("crm", PhoneNumber(number))
        return {(each.kind, each.name, each.responsible_id) for each in found}

    def requests(self, method):
        """How often the portal was asked, alone or in a batch."""
        return len(self.portal.portal.ledger.entries(method))

    @property
    def is_whole(self):
        """Whether everything was copied."""
        return self.index.figures("crm", KINDS).is_whole

    def close(self):
        """End."""
        self.adapter.close()
        self.index.close()


@pytest.fixture
def copying(tmp_path):
    """`copying(contacts=0, portal settings)`: closed afterwards."""
    opened = []

    def start(contacts=0, limits=None, **options):
        rows = tuple(
            {"NAME": f"C{place}", "PHONE": phones(f"+7900{place:07}"), "ASSIGNED_BY_ID": 12}
            for place in range(contacts)
        )
        seed = default_seed()
        seed = replace(seed, contacts=seed.contacts + rows)
        portal = run_portal(Settings(limits=limits), seed)
        made = Copying(portal, tmp_path, **options)
        opened.extend([portal.stop, made.close])
        return made

    yield start
    for close in reversed(opened):
        close()


def test_contacts_companies_and_open_leads_are_found_with_their_responsibles(copying):
    """And the employees with their extensions; the dismissed one is nobody."""
    made = copying()
    made.finish()
    assert made.of("89160000001") == {("contact", "Pavel Client", 11)}
    assert made.of("89160000002") == {("company", "Chamomile Ltd", 12)}
    assert made.of("89160000003") == {("lead", "A question", 13)}
    assert made.index.employee("crm", 11).user.extension == "101"
    assert made.index.employee("crm", 17) is None
    assert made.is_whole


def test_every_page_is_read_and_each_once(copying):
    """More than one stretch of ten pages; the last page may be full or not."""
    for more in (0, 1):
        made = copying(PAGES_AT_ONCE * PAGE_ROWS + PAGE_ROWS - 1 + more)
        made.finish()
        assert made.index.figures("crm", KINDS).numbers == PAGES_AT_ONCE * PAGE_ROWS + PAGE_ROWS + 2 + more
        made.index.close()
        (made.folder / "directory.db").unlink()


def test_it_is_usable_half_made_and_goes_on_after_a_restart_where_it_was(copying):
    """What is copied is found; a new process asks for the rest only."""
    made = copying(2 * PAGES_AT_ONCE * PAGE_ROWS)
    assert made.indexing.step() == 0.0
    assert made.of("79000000000")
    assert not made.of("79000000999")
    assert not made.is_whole
    begun = made.index.progress("crm", "contact").after_id
    made.index.close()
    made.open()
    made.finish()
    assert made.is_whole
    assert made.of("79000000999")
    assert made.of("79000000000")
    starts = [
        entry.params["filter"][">ID"]
        for entry in made.portal.portal.ledger.entries("crm.contact.list")
        if "filter" in entry.params and ">=DATE_MODIFY" not in entry.params["filter"]
    ]
    assert starts.count("0") == 1
    assert str(begun) in starts


def test_changes_are_known_after_the_next_look(copying):
    """New ones, other numbers, other responsibles, closed leads; whatever else stays."""
    made = copying(3)
    made.finish()
    contact = made.does("crm.contact.list", filter={"NAME": "Pavel"})[0]["ID"]
    lead = made.does("crm.lead.list")[0]["ID"]
    made.does("crm.contact.update", id=contact, fields={"ASSIGNED_BY_ID": 15})
    made.does("crm.lead.update", id=lead, fields={"STATUS_ID": "JUNK"})
    made.does(
        "crm.company.add", fields={"TITLE": "New", "PHONE": phones("+79995550001"), "ASSIGNED_BY_ID": 14}
    )
    made.later()
    assert made.of("89160000001") == {("contact", "Pavel Client", 15)}
    assert made.of("89160000003") == set()
    assert made.of("79995550001") == {("company", "New", 14)}
    assert made.of("79000000002") == {("contact", "C2", 12)}


def test_changes_within_the_second_of_the_last_look_are_not_lost(copying):
    """The portal tells whole seconds."""
    made = copying()
    made.finish()
    for turn in range(3):
        made.does("crm.contact.add", fields={"NAME": f"N{turn}", "PHONE": phones(f"+7999000000{turn}")})
        made.later()
        assert made.of(f"7999000000{turn}")


@pytest.mark.parametrize("seconds", [0, 1])
def test_many_changes_are_read_in_pages(copying, seconds):
    """An import while nobody looked, at once or one a second: who was changed last is another one then."""
    made = copying()
    made.finish()
    for place in range(4 * PAGE_ROWS):
        made.portal.portal.clock.forward(seconds)
        made.does("crm.contact.add", fields={"NAME": f"I{place}", "PHONE": phones(f"+7901{place:07}")})
    made.later()
    assert all(made.of(f"7901{place:07}") for place in range(4 * PAGE_ROWS))


def test_a_quiet_minute_costs_a_request_for_each_kind(copying):
    """Beside the employees, who are read every five minutes."""
    made = copying()
    made.finish()
    made.later()
    before = len([entry for entry in made.portal.portal.ledger.entries() if entry.batch is None])
    made.later()
    assert len([e for e in made.portal.portal.ledger.entries() if e.batch is None]) - before == len(KINDS)


def test_a_deleted_client_is_gone_with_the_event_and_else_with_the_next_copying(copying):
    """Once a week it is copied anew, beside its use."""
    made = copying(2)
    made.finish()
    first, second = (made.does("crm.contact.list", filter={"NAME": name})[0]["ID"] for name in ("C0", "C1"))
    for each in (first, second):
        made.does("crm.contact.delete", id=each)
    told = Notice("crm", "ONCRMCONTACTDELETE", {"FIELDS": {"ID": first}}, made.now)
    assert made.indexing.consume(told, ATTEMPT) == Done()
    assert not made.of("79000000000")
    assert made.of("79000000001")
    made.later(REBUILD_SECONDS + 1)
    assert not made.of("79000000001")
    assert made.of("89160000001")


def test_an_event_of_a_change_is_answered_by_a_look_soon(copying):
    """Thousands of them by the same one; an event about something else by none."""
    made = copying()
    made.finish()
    made.later(1)
    made.does("crm.contact.add", fields={"NAME": "N", "PHONE": phones("+79990000009")})
    looks = made.requests("crm.company.list")
    made.indexing.consume(Notice("crm", "ONCRMDEALADD", {"FIELDS": {"ID": "1"}}, made.now), ATTEMPT)
    assert made.indexing.step() > SOON_SECONDS
    for each in range(100):
        told = Notice("crm", "ONCRMCONTACTADD", {"FIELDS": {"ID": str(each)}}, made.now)
        made.indexing.consume(told, ATTEMPT)
        assert 0 < made.indexing.step() <= SOON_SECONDS
    made.later(SOON_SECONDS)
    assert made.of("79990000009")
    made.later(SOON_SECONDS)
    assert made.requests("crm.company.list") - looks <= 4


def test_it_ends_when_it_is_told_to(copying):
    """In the middle of its pause."""
    made, stop = copying(), Event()
    thread = Thread(target=made.indexing.run, args=(stop,))
    thread.start()
    stop.set()
    made.indexing.wake()
    thread.join(30)
    assert not thread.is_alive()


def test_the_portal_away_costs_freshness_and_nothing_else(copying):
    """Told once; answers go on; all is made good when it is back."""
    made = copying(3)
    made.finish()
    made.portal.portal.faults.add(Fault(FaultKind.ANSWER, times=0))
    with capture_logs() as logs:
        for _ in range(3):
            made.now += POLL_SECONDS
            assert 1.0 <= made.indexing.step() <= FAILED_SECONDS
    assert len([log for log in logs if "not kept fresh" in log["event"]]) == 1
    assert made.of("79000000002")


def test_waiting_for_its_turn_is_no_trouble_and_leaves_live_calls_their_part(copying):
    """With an ordinary plan's bucket: a fifth of it is never taken, and nobody is told."""
    made = copying(
        3000, limits=Limits(10, 0.01), settings={"requests_at_once": 10, "requests_per_second": 0.01}
    )
    with capture_logs() as logs:
        while made.indexing.step() == 0.0:
            pass
        assert made.indexing.step() > 1.0
    assert [log for log in logs if log["log_level"] == "warning"] == []
    assert not made.is_whole
    assert made.adapter.quota.requests_left >= 2
    assert all(entry.status < 400 for entry in made.portal.portal.ledger.entries())


def test_working_days_are_read_where_they_matter(copying):
    """Of those who have an extension."""
    made = copying(is_asking_days=True)
    user = made.portal.portal.world.users[12]
    made.portal.portal.world.users[12] = replace(user, timeman="CLOSED")
    made.finish()
    assert made.index.employee("crm", 12).day == "CLOSED"
    assert made.index.employee("crm", 11).day == "OPENED"
    assert made.index.employee("crm", 1).day == ""
    asked = made.requests("timeman.status")
    made.later()
    assert made.requests("timeman.status") == asked
    made.portal.portal.faults.add(Fault(FaultKind.ANSWER, method="timeman.status", times=0))
    made.later(DAYS_SECONDS)
    assert made.index.employee("crm", 12).day == "CLOSED"


def test_a_portal_that_tells_no_working_days_keeps_nobody_from_being_rung(copying):
    """Told once, and everything else is copied."""
    made = copying(is_asking_days=True)
    made.portal.portal.faults.add(
        Fault(FaultKind.ANSWER, method="timeman.status", status=403, code="insufficient_scope", times=0)
    )
    with capture_logs() as logs:
        made.finish()
        made.later()
    assert len([log for log in logs if "working days" in log["event"]]) == 1
    assert made.index.employee("crm", 11).day == ""
    assert made.is_whole
