"""/healthz and /status of a service, and `itgrix status` for who reads neither."""

import json
from types import SimpleNamespace

import pytest
from flask import Flask

from itgrix_core.ami.supervisor import LineState
from itgrix_core.app.cli.status import address_of, lines, span
from itgrix_core.app.status import (
    Filing,
    account_status,
    line_status,
    outbox_status,
    plugins_status,
)
from itgrix_core.app.web.pages import create_app
from itgrix_core.app.web.status import status_pages
from itgrix_core.config.schema import WebSettings
from itgrix_core.directory.numbers import IndexFigures
from itgrix_core.errors import ConfigError
from itgrix_core.outbox.figures import Depth
from itgrix_core.outbox.missed import Figures
from itgrix_core.plugins.processes import Standing as Running
from itgrix_core.plugins.records import Level, Record
from itgrix_core.plugins.records import Status as Standing
from itgrix_core.serving import HttpServer
from itgrix_core.telemetry.counters import Contact
from itgrix_core.telemetry.metrics import make_registry
from itgrix_core.telemetry.redaction import keep_secret

STRANGER = {"REMOTE_ADDR": "192.0.2.7"}


METHOD = SimpleNamespace(operating_seconds=12.5, limit_seconds=480.0, closed_seconds=90.0)
INDEX = IndexFigures(3000, False, 1100.0)
QUOTA = SimpleNamespace(
    requests_left=31.0, backlog_left=21.0, breaker="open", why="it is away", methods={"crm.lead.add": METHOD}
)
"""As an account's quota has it."""


def told(**changes):
    """A whole status, of values as the rooms have them."""
    line = LineState(
        is_connected=True, connected_at=1000.0, events_per_second=2.5, missing_rights=("no call",)
    )
    contact = Contact(True, 1100.0, 900.0, "cut", 60)
    filing = Filing(12, {"internal": 3}, Figures("bitrix", 5, 4, 1, 120.0))
    depths = [
        Depth("CallEnded", "waiting", False, 2, 1000.0),
        Depth("ConversationRequested", "running", True, 1, 1115.0),
        Depth("CallEnded", "dead", False, 1, 0.0),
    ]
    records = [
        Record("fair", Level.SITE, "hooks/fair.py", Standing.ENABLED, hooks=("process_final_params",)),
        Record("far", Level.SITE, "hooks/far.py", Standing.ENABLED, process="a process of its own"),
        Record("old", Level.SITE, "hooks/old.py", Standing.REFUSED, "'x' is no hook"),
    ]
    processes = [Running("far", 2, 30_000_000)]
    outcomes = {
        ("process_final_params", "fair", "answered"): 7,
        ("process_final_params", "fair", "failed"): 2,
    }
    return {
        "version": "0.1.0",
        "started_at": 1000.0,
        "uptime_seconds": 120.0,
        "is_well": True,
        "troubles": [],
        "asterisk": {"main": line_status(line, {"unknown channel": 2})},
        "crm": {"bitrix": account_status("bitrix24", contact, filing, QUOTA, INDEX)},
        "outbox": outbox_status(depths, {"no such line": 1}, 1120.0),
        "hooks": {"plugins": plugins_status(records, processes, outcomes), "problems": []},
        "reload": {"taken_up_at": None, "refused_at": None, "refusals": []},
        **changes,
    }


# ---- what it says -----------------------------------------------------------------------------------------
def test_an_account_says_what_a_call_costs():
    """Nothing before the first call; what it cannot tell is null."""
    account = told()["crm"]["bitrix"]
    assert account["requests_per_call"] == 5.0
    assert (account["calls_filed"], account["calls_not_filed"]) == (12, {"internal": 3})
    assert account["index"] == {"numbers": 3000, "is_whole": False, "checked_at": 1100.0}
    assert account["missed"] == {"clients": 5, "saved": 4, "open": 1, "median_seconds": 120.0}
    assert account["quota"]["requests_left"] == 31.0
    assert account["quota"]["methods"]["crm.lead.add"]["operating_seconds"] == 12.5
    fresh = account_status("bitrix24", Contact(), Filing(0, {}, None), None)
    assert (fresh["is_reachable"], fresh["requests_per_call"], fresh["quota"]) == (None, None, None)


def test_the_outbox_says_how_much_waits_and_since_when():
    """By state, and by kind; why something went aside."""
    outbox = told()["outbox"]
    assert (outbox["waiting"], outbox["running"], outbox["dead"]) == (2, 1, 1)
    assert (outbox["live_seconds"], outbox["backlog_seconds"]) == (5.0, 120.0)
    assert outbox["kinds"]["CallEnded"] == {"waiting": 2, "dead": 1}
    assert outbox["reasons"] == {"no such line": 1}


def test_a_plugin_says_how_it_fared():
    """One that is out was never asked, and says why."""
    fair, far, old = told()["hooks"]["plugins"]
    assert (far["process"], far["memory_bytes"], far["starts"]) == ("a process of its own", 30_000_000, 2)
    assert (fair["process"], fair["memory_bytes"], fair["starts"]) == ("", None, None)
    assert (fair["outcomes"], fair["failures"]) == ({"answered": 7, "failed": 2}, 2)
    assert (old["status"], old["reason"], old["outcomes"]) == ("refused", "'x' is no hook", {})


def test_a_reload_is_told_to_people():
    """When it was, and why it was refused; nothing before the first one."""
    assert not [line for line in lines(told(), 1120.0) if "reload" in line]
    reload = {"taken_up_at": 1000.0, "refused_at": None, "refusals": []}
    assert list(lines(told(reload=reload), 1120.0))[-1] == (
        "reload: hooks and settings were taken up 2 min ago"
    )
    reload = {**reload, "refused_at": 1100.0, "refusals": ["itgrix.yaml:3: one"]}
    assert list(lines(told(reload=reload), 1120.0))[-2:] == [
        "reload: refused 20 s ago, the old version goes on",
        "  ! itgrix.yaml:3: one",
    ]


# ---- the pages --------------------------------------------------------------------------------------------
@pytest.fixture
def client():
    """`client(troubles, status)`: asks the two pages."""

    def make(troubles=(), status=None):
        pages = status_pages(lambda: list(troubles), lambda: status or told())
        return create_app(make_registry(dict), pages).test_client()

    return make


def test_all_is_well_is_told_to_everybody(client):
    """Who watches over it may be on another machine."""
    for caller in ({}, STRANGER):
        answer = client().get("/healthz", environ_base=caller)
        assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_trouble_is_told_in_sentences_here_and_without_elsewhere(client):
    """A line each; a stranger learns that something is wrong and no more."""
    ill = client(["The disk is full.", "Asterisk main is away."])
    assert ill.get("/healthz").status_code == 503
    assert ill.get("/healthz").text == "The disk is full.\nAsterisk main is away.\n"
    answer = ill.get("/healthz", environ_base=STRANGER)
    assert (answer.status_code, answer.text) == (503, "not ok\n")


@pytest.mark.parametrize("page", ["/status", "/metrics"])
def test_a_stranger_finds_no_details(client, page):
    """As if there were no such page."""
    assert client().get(page).status_code == 200
    answer = client().get(page, environ_base=STRANGER)
    assert (answer.status_code, answer.text) == (404, "")


def test_no_secret_is_told(client):
    """Whatever a portal, a hook or a line put into its sentence."""
    keep_secret("s3cr3t-of-the-line")
    address = "https://example.bitrix24.com/rest/1/abcdefcode/crm.lead.add"
    status = told()
    status["asterisk"]["main"]["last_error"] = "login with s3cr3t-of-the-line was refused"
    status["outbox"]["reasons"] = {f"no answer of {address}": 1}
    status["hooks"]["plugins"][0]["reason"] = f"requests.get('{address}?auth=0123token')"
    sentences = [f"{address} is away", "s3cr3t-of-the-line was refused"]
    asked = client(sentences, status)
    text = asked.get("/status").text + asked.get("/healthz").text
    for secret in ("abcdefcode", "s3cr3t-of-the-line", "0123token"):
        assert secret not in text
    assert json.loads(asked.get("/status").text)["asterisk"]["main"]["is_connected"] is True


# ---- itgrix status ----------------------------------------------------------------------------------------
def test_without_a_service_the_verb_says_so(itgrix, free_port):
    """With the address that it asked."""
    result = itgrix("status", config=f"web: {{port: {free_port}}}\n")
    assert result.exit_code == 1
    assert f"No service answers at http://127.0.0.1:{free_port}/status" in result.output


def test_without_a_port_the_verb_says_what_to_write(itgrix):
    """A service without one tells nothing."""
    result = itgrix("status", config="data_folder: var\n")
    assert result.exit_code == 2
    assert "web: {port: 15038}" in result.output


@pytest.mark.parametrize("answer", ["hello", "[]", '{"status": "ok"}'])
def test_something_else_at_the_port_is_not_taken_for_a_service(itgrix, free_port, answer):
    """Another program has it."""
    app = Flask(__name__)
    app.add_url_rule("/status", "status", lambda: answer)
    server = HttpServer(app, "127.0.0.1", free_port, threads=1, name="other")
    result = itgrix("status", config=f"web: {{port: {free_port}}}\n")
    server.stop()
    assert result.exit_code == 1
    assert "something else than Itgrix" in result.output


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:7/status"),
        ("localhost", "http://localhost:7/status"),
        ("127.0.0.9", "http://127.0.0.9:7/status"),
        ("0.0.0.0", "http://127.0.0.1:7/status"),
        ("::", "http://[::1]:7/status"),
        ("::1", "http://[::1]:7/status"),
    ],
)
def test_it_is_asked_from_this_machine(host, address):
    """Wherever else it is served."""
    assert address_of(WebSettings(host=host, port=7)) == address


def test_an_address_that_is_no_ones_own_is_named():
    """Asked there, the service would see a stranger."""
    with pytest.raises(ConfigError, match=r"not at 192\.0\.2\.7"):
        address_of(WebSettings(host="192.0.2.7", port=7))


def test_people_read_all_that_matters():
    """Line, account, outbox, plugins."""
    text = "\n".join(lines(told(is_well=False, troubles=["The disk is full."]), 1120.0))
    for part in (
        "runs for 2 min: something keeps calls",
        "! The disk is full.",
        "connected for 2 min, 2.5 events/s, 0.0 s behind, 2 odd (unknown channel), no call",
        "bitrix24, answered 20 s ago, 12 calls filed, 5.0 requests a call, 3 not filed (internal)",
        "31 requests left, held back: it is away, crm.lead.add is closed for 1 min, 5 missed, 4 of them",
        "talked with later, 3000 numbers known and not yet all, as of 20 s ago",
        "3 wait (the oldest of a call that is on for 5 s, of others for 2 min), 1 put aside",
        "1 put aside: no such line",
        "fair (site): enabled, asked 9 times, 2 failures",
        "far (site): enabled, in a process of its own (30 MB, started 2 times)",
        "old (site): refused: 'x' is no hook",
    ):
        assert part in text, text


def test_people_read_what_is_not_there():
    """No line, no answer, no database."""
    lost = line_status(LineState(lost_at=1000.0, last_error="nobody listens"), {})
    silent = account_status("bitrix24", Contact(False, None, 1100.0, "cut"), Filing(0, {}, None), None)
    text = "\n".join(lines(told(asterisk={"main": lost}, crm={"b": silent}, outbox=None), 1120.0))
    assert "no line for 2 min (nobody listens)" in text
    assert "the last request had no answer (cut)" in text
    assert "outbox: cannot be read" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (59.4, "59 s"), (60, "1 min"), (11_100, "3 h 05 min"), (187_200, "2 d 4 h")],
)
def test_spans_are_read_at_a_glance(seconds, words):
    """The two largest units at most."""
    assert span(seconds) == words
