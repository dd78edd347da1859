"""Events from the sandbox to the outbox: posted where we have an address, fetched where we have none."""

import pytest
from structlog.testing import capture_logs

from itgrix_core.config.schema import ApplicationSettings, BitrixSettings, EventSettings
from itgrix_core.crm.bitrix24.adapter import client_of
from itgrix_core.crm.bitrix24.grant import grant_of
from itgrix_core.crm.bitrix24.offline import OfflineQueue
from itgrix_core.crm.bitrix24.subscribing import Subscriptions, is_private
from itgrix_core.crm.bitrix24.vault import Vault
from itgrix_core.jobs.notices import job_of
from itgrix_core.jobs.polling import UNBOUND_SECONDS, Poller
from itgrix_core.outbox.memory import MemoryEngine
from itgrix_core.sandbox.bitrix import Fault, FaultKind, Settings, clicks, oauth, run_portal


class Office:
    """A connected account, its outbox, and whoever fetches its events."""

    def __init__(self, running, folder):
        self.running = running
        self.vault = Vault(folder, "office")
        with running.portal.changing() as world:
            application = world.settings.applications[0]
            pair = oauth.give(world, application.app_id, world.settings.signed_in_user)
            self.vault.change(grant=grant_of(oauth.granted(world, application, pair)), event_key="k3y")
        self.client = client_of(self.settings(), "office", vault=self.vault)
        self.engine = MemoryEngine()
        self.poller = self.new_poller()

    def settings(self, handler=""):
        """Of the account."""
        url = self.running.url.rstrip("/")
        secret = "sandboxsecret"
        named = {"client_id": "local.sandbox.1", "client_secret": secret, "oauth_server": url}
        events = EventSettings(handler=handler)
        return BitrixSettings(application=ApplicationSettings(portal=url, **named), events=events)

    def subscriptions(self, handler=""):
        """What its portal is to tell."""
        return Subscriptions(self.client, self.settings(handler), "office", "k3y")

    def new_poller(self, put=None):
        """A fresh process."""
        return Poller("office", OfflineQueue(self.client, "office"), put or self.put, 5.0)

    def put(self, notices):
        """Into the outbox."""
        return self.engine.put([job_of(notice) for notice in notices])

    def click(self, number="+79160000001"):
        """An employee clicks a number."""
        with self.running.portal.changing() as world:
            return clicks.click(world, 11, number)

    @property
    def stored(self):
        """How many events wait in the outbox."""
        return self.engine.counts()["waiting"]

    @property
    def queued(self):
        """How many wait in the portal."""
        with self.running.portal.changing() as world:
            return len(world.queue)


@pytest.fixture
def make_office(tmp_path):
    """Offices, closed afterwards."""
    made = []

    def make(**switches):
        office = Office(run_portal(Settings(limits=None, **switches)), tmp_path)
        made.append(office)
        return office

    yield make
    for office in made:
        office.client.close()
        office.running.stop()


@pytest.fixture
def office(make_office):
    """One whose events are fetched."""
    office = make_office()
    assert all(is_fine for is_fine, _ in office.subscriptions().subscribe())
    return office


def test_clicks_are_fetched_once_each_and_leave_the_portal(office):
    """Reserved, stored, cleared; the next look is after the pause of the settings."""
    office.click()
    office.click("+79160000002")
    assert office.poller.turn() == 5.0
    assert (office.stored, office.queued) == (2, 0)
    assert office.poller.turn() == 5.0
    assert office.stored == 2


def test_what_a_crash_left_reserved_is_fetched_by_the_next_start_and_not_doubled(office):
    """Whether it fell before the storing or after it."""
    office.click()

    def crash(notices):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.new_poller(crash).turn()
    assert (office.stored, office.queued) == (0, 1)

    def store_and_crash(notices):
        office.put(notices)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.new_poller(store_and_crash).turn()
    assert (office.stored, office.queued) == (1, 1)
    office.new_poller().turn()
    assert (office.stored, office.queued) == (1, 0)


def test_nothing_is_fetched_where_nothing_is_bound(make_office):
    """One question a minute, whether it is by now."""
    office = make_office()
    assert office.poller.turn() == UNBOUND_SECONDS
    methods = {entry.method for entry in office.running.portal.ledger.entries()}
    assert methods == {"event.get"}
    list(office.subscriptions().subscribe())
    office.click()
    assert office.poller.turn() == 5.0
    assert office.stored == 1


def test_a_plan_without_reserving_gives_events_all_the_same(make_office):
    """Which is told once."""
    office = make_office(features=frozenset())
    list(office.subscriptions().subscribe())
    office.click()
    with capture_logs() as logs:
        office.poller.turn()
        office.poller.turn()
    assert (office.stored, office.queued) == (1, 0)
    assert ["cannot reserve events" in entry["event"] for entry in logs] == [True]


def test_a_portal_that_fails_is_told_once_and_asked_again(office):
    """The events wait there."""
    office.click()
    office.running.portal.faults.add(Fault(FaultKind.HTML, "event.offline.*", times=2))
    with capture_logs() as logs:
        pauses = [office.poller.turn() for _ in range(4)]
    assert all(pause >= 5.0 for pause in pauses)
    assert (office.stored, office.queued) == (1, 0)
    assert len(logs) <= 2


def test_subscribing_again_changes_nothing_and_another_address_replaces_the_first(office):
    """The secret of our address is shown to nobody."""
    first = office.subscriptions().bound()
    told = list(office.subscriptions().subscribe())
    assert office.subscriptions().bound() == first
    assert [sentence.endswith("is bound.") for _, sentence in told] == [True, True]
    online = office.subscriptions("https://pbx.example.com/")
    told = list(online.subscribe())
    assert {binding.address for binding in online.bound()} == {
        "https://pbx.example.com/bitrix24/office/event/k3y"
    }
    assert not any("k3y" in sentence for _, sentence in [*told, *online.why()])


def test_why_nothing_comes_is_told_in_the_order_of_the_way(office):
    """Each with the way out; the last reason cannot be seen from here."""
    office.click()
    found = list(office.subscriptions().why())
    assert (False, "1 events wait in the portal: is `itgrix serve` running? It fetches them.") in found
    assert "default number" in found[-1][1]
    lan = list(office.subscriptions("https://192.168.1.5").why())
    assert any(not fine and "leads to 192.168.1.5, which Bitrix24 cannot reach" in text for fine, text in lan)


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("pbx.example.com", False),
        ("8.8.8.8", False),
        ("10.1.2.3", True),
        ("localhost", True),
        ("pbx", True),
        ("pbx.lan", True),
        ("::1", True),
        ("2001:4860:4860::8888", False),
    ],
)
def test_addresses_of_no_use_to_a_portal_are_known(host, private):
    """By their kind; a name may still lead anywhere."""
    assert is_private(host) is private
