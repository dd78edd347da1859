"""A service that routes: it copies the clients, answers at both doors, and tells of it."""

import socket
import time

import pytest
import requests
from structlog.testing import capture_logs

from itgrix_core.app.portals import CHANGES, portals_of
from itgrix_core.app.service import Service
from itgrix_core.config.schema import BitrixSettings, EventSettings, Settings, WebSettings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.config.schema_routing import RoutingSettings
from itgrix_core.sandbox.bitrix import run_portal

TOKEN = "a long token"


@pytest.fixture
def settings(tmp_path, find_port):
    """`settings(portal, **routing)`; no Asterisk is there."""

    def make(webhook, **routing):
        return Settings(
            data_folder=tmp_path,
            asterisk={"main": AsteriskSettings(port=1)},
            crm={"office": BitrixSettings(webhook=webhook)},
            web=WebSettings(port=find_port()),
            routing=RoutingSettings(**{"agi_port": find_port(), "token": TOKEN, **routing}),
        )

    return make


def by_agi(port):
    """What a FastAGI question is answered."""
    head = {"agi_network": "yes", "agi_network_script": "main", "agi_callerid": "89160000001"}
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line, line.makefile("rb") as heard:
        line.sendall("".join(f"{name}: {value}\n" for name, value in head.items()).encode() + b"\n")
        told = []
        for command in heard:
            told.append(command.decode().strip())
            line.sendall(b"200 result=1\n")
    return told


def by_http(port):
    """What CURL() gets."""
    form = {"token": TOKEN, "number": "89160000001"}
    return requests.post(f"http://127.0.0.1:{port}/route/main", data=form, timeout=30).text


def index_of(port):
    """What /status says of the index."""
    return requests.get(f"http://127.0.0.1:{port}/status", timeout=30).json()["crm"]["office"]["index"]


def until_whole(port):
    """Waits for the whole copy."""
    until = time.monotonic() + 30
    while not (found := index_of(port)) or not found["is_whole"]:
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def test_a_caller_is_answered_at_both_doors_also_while_the_portal_is_away(settings):
    """In this run and in the next, which begins without the portal; figures tell of it."""
    with run_portal() as portal:
        chosen = settings(portal.webhook)
        with Service(chosen):
            found = until_whole(chosen.web.port)
            assert (found["numbers"], found["checked_at"] > 0) == (3, True)
    with capture_logs(), Service(chosen):
        assert by_http(chosen.web.port) == "101|Pavel Client|responsible of contact 3001"
        assert by_agi(chosen.routing.agi_port) == [
            'SET VARIABLE ITGRIX_NAME "Pavel Client"',
            'SET VARIABLE ITGRIX_WHY "responsible of contact 3001"',
            'SET VARIABLE ITGRIX_EXTENSION "101"',
        ]
        metrics = requests.get(f"http://127.0.0.1:{chosen.web.port}/metrics", timeout=30).text
        assert 'itgrix_callers_routed_total{asterisk="main",outcome="put through"} 2.0' in metrics
    with pytest.raises(ConnectionRefusedError):
        by_agi(chosen.routing.agi_port)


def test_what_the_portal_tells_of_its_clients_reaches_the_index(settings):
    """By its events, through the outbox: a deleted client is nobody's any more."""
    with run_portal() as portal:
        chosen = settings(portal.webhook)
        events = EventSettings(application_token="t0ken")
        crm = {"office": chosen.crm["office"].model_copy(update={"events": events})}
        with Service(chosen.model_copy(update={"crm": crm})):
            until_whole(chosen.web.port)
            form = {
                "event": "ONCRMCONTACTDELETE",
                "data[FIELDS][ID]": "3001",
                "auth[application_token]": "t0ken",
                "auth[member_id]": "m1",
            }
            address = f"http://127.0.0.1:{chosen.web.port}/bitrix24/office/event"
            assert requests.post(address, data=form, timeout=30).status_code == 200
            until = time.monotonic() + 30
            while by_http(chosen.web.port).startswith("101|"):
                assert time.monotonic() < until
                time.sleep(0.01)


def test_without_routing_nothing_of_it_is_there(settings, tmp_path):
    """No copy, no door, no request; nobody is told whether there is a page."""
    with run_portal() as portal:
        chosen = settings(portal.webhook, agi_port=None, token="")
        with Service(chosen):
            assert index_of(chosen.web.port) is None
            form = {"token": "", "number": "89160000001"}
            address = f"http://127.0.0.1:{chosen.web.port}/route/main"
            assert requests.post(address, data=form, timeout=30).status_code == 404
        assert portal.portal.ledger.entries("crm.contact.list") == []
    assert not (tmp_path / "directory.db").exists()


def test_a_port_that_is_taken_keeps_no_call_from_being_filed(settings):
    """It is told, and the other door is open."""
    with run_portal() as portal, socket.create_server(("127.0.0.1", 0)) as taken:
        chosen = settings(portal.webhook, agi_port=taken.getsockname()[1])
        with capture_logs() as logs, Service(chosen):
            until_whole(chosen.web.port)
            assert by_http(chosen.web.port).startswith("101|")
    assert [log for log in logs if "No FastAGI" in log["event"]]


def test_the_events_that_tell_of_changes_are_asked_for_where_there_is_an_index(settings):
    """Beside those of the settings."""
    on, off = (
        settings("http://127.0.0.1:1/rest/1/x/"),
        settings("http://127.0.0.1:1/rest/1/x/", agi_port=None, token=""),
    )
    usual = off.crm["office"].events.names
    assert portals_of(off)["office"].settings.events.names == usual
    assert portals_of(on)["office"].settings.events.names == [*usual, *CHANGES]
    assert "OnCrmContactUpdate" in CHANGES
    assert len(CHANGES) == 9
