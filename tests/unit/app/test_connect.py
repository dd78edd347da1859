"""`itgrix connect bitrix24` and `itgrix events`, with a sandbox for a portal and requests for a browser."""

import re
import socket
import sqlite3
import threading
import time

import pytest
import requests
from click.testing import CliRunner

from itgrix_core.app.cli import main
from itgrix_core.app.connecting import arrived, pages_for
from itgrix_core.app.portals import portal_of
from itgrix_core.app.service import Service
from itgrix_core.config.load import load
from itgrix_core.crm.bitrix24.gate import Refusal
from itgrix_core.sandbox.bitrix import Application, Settings, clicks, deeds, run_portal

CONFIG = """
data_folder: var
web: {{port: {port}}}
asterisk: {{main: {{port: 9}}}}
crm:
  office:
    application: {{portal: '{url}', client_id: {client_id}, client_secret: {secret}, oauth_server: '{oauth}'}}
    events: {{handler: '{handler}'}}
    lines: {{a: '+74950000000', b: '8 (495) 000-00-00'}}
"""


def free_port():
    """One on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Office:
    """A portal with our application, and the configuration of a machine beside it."""

    def __init__(self, folder, running, port):
        self.running, self.port, self.folder = running, port, folder
        self.configure()

    def configure(self, **changes):
        """Write the configuration."""
        url = self.running.url.rstrip("/")
        named = {"url": url, "oauth": url, "port": self.port, "client_id": "local.sandbox.1", "handler": ""}
        text = CONFIG.format(**({**named, "secret": "sandboxsecret"} | changes))
        (self.folder / "itgrix.yaml").write_text(text)

    @property
    def portal(self):
        """The account as the service sees it."""
        return portal_of(load(self.folder / "itgrix.yaml", {}), "office")

    @property
    def web(self):
        """Where our pages are."""
        return load(self.folder / "itgrix.yaml", {}).web

    def code(self):
        """What the portal gives an administrator's browser; nobody follows it to us."""
        asked = {"client_id": "local.sandbox.1", "state": "x"}
        answer = requests.get(f"{self.running.url}oauth/authorize/", asked, allow_redirects=False, timeout=5)
        return answer.headers["Location"]

    def click(self):
        """An employee clicks a number."""
        with self.running.portal.changing() as world:
            return clicks.click(world, 11, "+79160000001")

    def itgrix(self, *arguments):
        """Run a verb."""
        file = str(self.folder / "itgrix.yaml")
        return CliRunner().invoke(main, ("-c", file, *arguments), env={"ITGRIX_CONFIG": None})


@pytest.fixture
def make_office(tmp_path):
    """Offices, their portals stopped afterwards."""
    stops = []

    def make(**switches):
        port = free_port()
        root = f"http://127.0.0.1:{port}/bitrix24/office"
        application = Application(handler=f"{root}/callback", install_handler=f"{root}/install")
        running = run_portal(Settings(limits=None, applications=(application,), **switches))
        stops.append(running.stop)
        return Office(tmp_path, running, port)

    yield make
    for stop in stops:
        stop()


@pytest.fixture
def office(make_office):
    """One with a portal as most are."""
    return make_office()


def test_a_pasted_address_connects_registers_lines_and_events(office):
    """One line a step; two spellings of a number are one line; the second time it is connected already."""
    result = office.itgrix("connect", "bitrix24", "--code", office.code())
    assert "ok   crm office: connected to http://127.0.0.1" in result.output
    assert re.search(
        r"ok   crm office: The portal answers \(http://127.*, the application is \w+", result.output
    )
    assert "ok   crm office: The application may register calls." in result.output
    assert "Line +74950000000 was made." in result.output
    assert "has no line +74950000000" not in result.output
    assert "FAIL crm office: 8 (495) 000-00-00 in `lines` is another spelling" in result.output
    assert "ONEXTERNALCALLSTART (fetched) is bound." in result.output
    assert "Clicks come only from users whose default number" in result.output
    assert result.exit_code == 1
    with office.running.portal.changing() as world:
        assert [line.number for line in world.lines if line.app_id == "3"] == ["+74950000000"]
        pairs = [token for pair in world.keys.pairs for token in (pair.access, pair.refresh) if token]
    assert not any(token in result.output for token in pairs)
    again = office.itgrix("connect", "bitrix24", "office")
    assert "is connected already" in again.output


def test_the_browser_comes_back_to_our_page_and_the_window_closes(office):
    """Over our address to the portal and back; a second visit, or another's, is refused."""
    portal = office.portal
    window = portal.vault.open_window(time.time())
    here = f"http://127.0.0.1:{office.port}/bitrix24/office"
    with pages_for(portal, office.web) as is_ours:
        assert is_ours
        assert requests.get(f"{here}/connect?key=guess", timeout=5).status_code == 403
        assert requests.get(f"{here}/callback?code=x&state=guess", timeout=5).status_code == 403
        assert portal.vault.connection().grant is None
        answer = requests.get(f"{here}/connect?key={window.key}", timeout=10)
        assert (answer.status_code, "Itgrix is connected" in answer.text) == (200, True)
        assert requests.get(f"{here}/connect?key={window.key}", timeout=5).status_code == 403
        key = portal.vault.connection().event_key
        event = {"event": "ONX", "auth[application_token]": "t0ken", "auth[member_id]": grant_member(portal)}
        assert requests.post(f"{here}/event/{key}", event, timeout=5).status_code == 503
    grant = arrived(portal, None, lambda: "", lambda _: None, 5)
    assert grant is not None
    assert portal.vault.connection().member_id == office.running.portal.settings.member_id


def test_connect_waits_for_the_browser(office):
    """The command in one thread, the browser in another."""
    done = []
    thread = threading.Thread(target=lambda: done.append(office.itgrix("connect", "bitrix24")))
    thread.start()
    window = _when(lambda: office.portal.vault.window(time.time()))
    url = f"http://127.0.0.1:{office.port}/bitrix24/office/connect?key={window.key}"
    assert _when(lambda: _got(url)).status_code == 200
    thread.join(30)
    assert re.search(
        r"within 15 minutes:\n\n  http://127.0.0.1:\d+/bitrix24/office/connect\?key=", done[0].output
    )
    assert "connected to http://127.0.0.1" in done[0].output
    assert office.portal.vault.window(time.time()) is None


def test_an_installation_is_taken_in_the_window_only_and_only_if_it_is_genuine(office):
    """ONAPPINSTALL brings the token of events; a forged one brings nothing."""
    portal = office.portal
    forged = {"event": "ONAPPINSTALL", "auth[refresh_token]": "f0rged", "auth[member_id]": "m2"}
    here = f"http://127.0.0.1:{office.port}/bitrix24/office/install"
    with pages_for(portal, office.web):
        deeds.install(office.running.portal, "3")
        assert _when(lambda: _outcome(office, "ONAPPINSTALL")).startswith("403")
        portal.vault.open_window(time.time())
        assert requests.post(here, data=forged, timeout=5).status_code == 403
        assert portal.vault.connection().grant is None
        deeds.install(office.running.portal, "3")
        assert _when(lambda: portal.vault.connection().grant)
    assert portal.vault.connection().application_token == "sandboxapplicationtoken"


def test_another_portal_does_not_take_the_place_of_the_first(office):
    """Even with a code of its own."""
    office.portal.vault.change(member_id="first")
    answer = office.portal.reception().paste(office.code())
    assert isinstance(answer, Refusal)
    assert "another portal than before" in answer.text
    assert office.portal.vault.connection().grant is None


@pytest.mark.parametrize(
    ("wrong", "code", "sentence"),
    [
        ({"secret": "wr0ng"}, None, "client_secret is wrong: copy it from the application's form"),
        ({"client_id": "local.x"}, None, "it knows no such client_id"),
        (
            {"oauth": "http://127.0.0.1:9"},
            None,
            "cannot be reached from this machine, and without",
        ),
        ({"secret": "''"}, None, "crm.office.application.client_secret: is empty"),
        ({"client_id": "''"}, None, "In Bitrix24: Developer resources, Other, Local application"),
        ({}, "d3ad", "the code was used before or is older than 30 seconds"),
    ],
)
def test_what_keeps_from_connecting_is_named_with_the_way_out(office, wrong, code, sentence):
    """Before the browser is bothered, where that is possible; no secret is shown."""
    office.configure(**wrong)
    result = office.itgrix("connect", "bitrix24", *(("--code", code) if code else ()))
    assert result.exit_code == 1
    assert sentence in result.output
    assert "wr0ng" not in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("switches", "sentence"),
    [
        ({"is_rest_included": False}, "REST is switched off by the portal's plan"),
        ({"has_telephony": False}, "The portal has no telephony module"),
        ({"features": frozenset()}, "The portal's plan lacks rest_offline_extended"),
        ({"signed_in_user": 12}, "offline events are for administrators: connect as one"),
    ],
)
def test_portals_that_lack_something_are_named_at_connect_and_check(make_office, switches, sentence):
    """With what to do about it."""
    office = make_office(**switches)
    result = office.itgrix("connect", "bitrix24", "--code", office.code())
    assert sentence in result.output
    assert result.exit_code == 1
    if "events" not in sentence and "offline" not in sentence:
        assert sentence in office.itgrix("check").output


def test_events_are_listed_bound_unbound_and_explained(office):
    """Each with its exit code."""
    office.itgrix("connect", "bitrix24", "--code", office.code())
    assert "ok   crm office: ONEXTERNALCALLSTART (fetched)" in office.itgrix("events", "list").output
    assert office.itgrix("events", "why", "office").exit_code == 0
    assert office.itgrix("events", "unsubscribe").exit_code == 0
    why = office.itgrix("events", "why")
    assert why.exit_code == 1
    assert "Not bound: ONEXTERNALCALLSTART (fetched)" in why.output
    assert "nothing is bound" in office.itgrix("events", "list").output
    assert office.itgrix("events", "subscribe").exit_code == 0
    assert office.itgrix("events", "why").exit_code == 0


def test_an_account_that_is_not_there_is_told_with_the_nearest(office):
    """Exit code of the configuration."""
    result = office.itgrix("connect", "bitrix24", "ofice")
    assert (result.exit_code, "did you mean office?" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"secret": "wr0ng"}, "client_secret is wrong"),
        ({"oauth": "http://127.0.0.1:9"}, "the OAuth server http://127.0.0.1:9 cannot be reached"),
    ],
)
def test_check_names_what_will_fail_when_the_hour_is_over(office, wrong, sentence):
    """Though the tokens of now still open the portal."""
    office.itgrix("connect", "bitrix24", "--code", office.code())
    assert "ok   crm office: The OAuth server knows the application." in office.itgrix("check").output
    office.configure(**wrong)
    told = office.itgrix("check").output
    assert "ok   crm office: The portal answers" in told
    assert re.search(rf"FAIL crm office: .*{re.escape(sentence)}", told)


@pytest.mark.parametrize("may_register", [True, False])
def test_a_webhook_is_told_which_of_the_two_worlds_its_portal_is(make_office, may_register):
    """And where it may not register, that an application may."""
    office = make_office(webhook_may_register=may_register)
    (office.folder / "itgrix.yaml").write_text(f"crm: {{office: {{webhook: '{office.running.webhook}'}}}}")
    result = office.itgrix("connect", "bitrix24")
    if may_register:
        assert result.exit_code == 0
        assert "ok   crm office: The webhook may register calls." in result.output
    else:
        assert result.exit_code == 1
        assert "connect by an application instead (`itgrix connect bitrix24`)" in result.output
    assert "events belong to applications" in office.itgrix("events", "why").output


@pytest.mark.parametrize("how", ["posted", "fetched"])
def test_a_click_in_the_portal_reaches_the_service(office, how):
    """At the service's own port, or from the portal's queue where nothing of ours is public.

    It waits for an Asterisk, as there is none.
    """
    if how == "posted":
        office.configure(handler=f"http://127.0.0.1:{office.port}")
    office.itgrix("connect", "bitrix24", "--code", office.code())
    settings = load(office.folder / "itgrix.yaml", {})
    if how == "fetched":
        call_id = office.click()
    with Service(settings) as service:
        if how == "posted":
            call_id = office.click()
        _when(lambda: service.engine.counts()["waiting"] == 1)
    with sqlite3.connect(settings.data_folder / "itgrix.db") as database:
        jobs = database.execute("SELECT key FROM job").fetchall()
    database.close()
    assert jobs == [(f"notice/office/ONEXTERNALCALLSTART/{call_id}",)]
    assert office.portal.vault.connection().application_token == (
        "sandboxapplicationtoken" if how == "posted" else ""
    )


def grant_member(portal):
    """The portal's own name, as it was granted."""
    return portal.vault.connection().grant.member_id


def _got(url):
    try:
        return requests.get(url, timeout=10)
    except requests.ConnectionError:
        return None


def _outcome(office, event):
    """What came of the portal's last post of this event."""
    with office.running.portal.changing() as world:
        return next((post.outcome for post in reversed(world.posts) if post.event == event), "")


def _when(condition, seconds=15):
    """The first true answer; a bounded wait for another thread."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it never came true")
