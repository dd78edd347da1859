"""What portals and browsers reach: events are stored once, everything else is refused and leaves no trace."""

import socket

import pytest
import requests
from structlog.testing import capture_logs

from itgrix_core.app.portals import portals_of
from itgrix_core.app.web.bitrix24 import BODY_BYTES, bitrix24_pages
from itgrix_core.app.web.pages import create_app
from itgrix_core.app.web.server import serve_pages
from itgrix_core.config.schema import BitrixSettings, Settings, WebSettings
from itgrix_core.jobs.notices import job_of
from itgrix_core.outbox.memory import MemoryEngine
from itgrix_core.telemetry.metrics import make_registry

CLICK = {
    "event": "ONEXTERNALCALLSTART",
    "data[CALL_ID]": "externalCall.1",
    "ts": "1700000000",
    "auth[application_token]": "t0ken",
    "auth[member_id]": "m1",
}
EVENT = "/bitrix24/office/event"


class Door:
    """The pages of an account whose portal is known, and the outbox behind them."""

    def __init__(self, folder):
        settings = Settings(data_folder=folder, crm={"office": BitrixSettings()})
        portals = portals_of(settings)
        self.vault = portals["office"].vault
        self.vault.change(member_id="m1", application_token="t0ken", event_key="k3y")
        self.engine = MemoryEngine()
        registry = make_registry(dict)
        self.seconds = 0.0
        pages = bitrix24_pages(portals, registry, self.put, lambda: self.seconds)
        self.app = create_app(registry, pages)
        self.client = self.app.test_client()

    def put(self, notices):
        """Into the outbox, as the service does."""
        return self.engine.put([job_of(notice) for notice in notices])

    @property
    def stored(self):
        """How many events wait."""
        return self.engine.counts()["waiting"]

    def figure(self, outcome):
        """The metric of an outcome."""
        text = self.client.get("/metrics").text
        name = f'itgrix_crm_events_total{{account="office",outcome="{outcome}"}} '
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)), 0.0)


@pytest.fixture
def door(tmp_path):
    """The pages of one account."""
    return Door(tmp_path)


def test_an_event_is_stored_before_its_answer_and_a_repeat_is_not(door):
    """The portal posts once; whoever posts it again changes nothing."""
    answers = [door.client.post(EVENT, data=CLICK | {"ts": str(1700000000 + at)}) for at in range(3)]
    assert {(answer.status_code, answer.data) for answer in answers} == {(200, b"")}
    assert door.stored == 1
    assert (door.figure("taken"), door.figure("repeated")) == (1, 2)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"auth[application_token]": "f0rged"}, "another application_token"),
        ({"auth[member_id]": "m2"}, "another portal"),
        ({"event": ""}, "no event"),
    ],
)
def test_forged_events_are_refused_logged_once_and_nothing_is_done(door, change, why):
    """However many come; after ten minutes the log says it again."""
    before = door.vault.connection()
    with capture_logs() as logs:
        for _ in range(50):
            answer = door.client.post(EVENT, data=CLICK | change)
            assert answer.status_code in {400, 403}
            assert answer.data == b""
        assert [why in entry["event"] for entry in logs] == [True]
        door.seconds += 601
        door.client.post(EVENT, data=CLICK | change)
        assert len(logs) == 2
    assert not any("t0ken" in str(entry) or "f0rged" in str(entry) for entry in logs)
    assert door.stored == 0
    assert door.figure("refused") == 51
    assert door.vault.connection() == before


def test_a_huge_body_is_refused_before_it_is_read(door):
    """By its length, or when it has become too long."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = serve_pages(door.app, WebSettings(port=port))
    try:
        url = f"http://127.0.0.1:{port}{EVENT}"
        told = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(10**12)}
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            line.sendall(f"POST {EVENT} HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
            assert b" 413 " in line.recv(4096).split(b"\r\n")[0]
        assert requests.post(url, data=CLICK, timeout=5).status_code == 200
        over = CLICK | {"data[CALL_ID]": "two", "data[TEXT]": "x" * BODY_BYTES}
        with capture_logs() as logs:
            assert [requests.post(url, data=over, timeout=5).status_code for _ in range(3)] == [413] * 3
        assert [f"a body longer than {BODY_BYTES} bytes came" in entry["event"] for entry in logs] == [True]
    finally:
        server.stop()
    assert door.stored == 1


@pytest.mark.parametrize(
    "path", ["/bitrix24/other/event", "/bitrix24/office/connect", "/bitrix24/office/x", "/"]
)
def test_there_are_no_other_pages(door, path):
    """An account by webhook is connected nowhere."""
    assert door.client.get(path).status_code in {404, 405}
    assert door.client.post(path, data=CLICK).status_code in {404, 405}


def test_figures_are_for_this_machine_only(door):
    """On whatever address the pages are served: nobody logs in here."""
    there = {"REMOTE_ADDR": "10.0.0.7"}
    assert door.client.get("/metrics", environ_base=there).status_code == 404
    assert door.client.get("/metrics").status_code == 200
    assert door.client.post(EVENT, data=CLICK, environ_base=there).status_code == 200


def test_a_store_that_fails_is_no_answer_of_success(door):
    """And no traceback: the sentence is in the log."""
    door.vault.file.write_text("{")
    with capture_logs() as logs:
        assert door.client.post(EVENT, data=CLICK).status_code == 503
    assert "is damaged" in logs[0]["event"]
