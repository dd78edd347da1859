"""What a service tells when its line is lost, its database fails or its disk fills."""

import json
import sqlite3
import time

import pytest
import requests
from pydantic import SecretStr

from itgrix_core.app import telling
from itgrix_core.app.service import Service
from itgrix_core.config.schema import BitrixSettings, Settings, WebSettings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.outbox import database as database_module
from itgrix_core.outbox.engine import Job
from itgrix_core.sandbox.pbx import SECRET, run_pbx
from itgrix_core.sandbox.recordings import bundled
from itgrix_core.telemetry import health

PATIENCE_SECONDS = 20.0


def until(condition):
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return value


@pytest.fixture
def hasty(monkeypatch):
    """Verdicts are made anew, a line may be away for no moment, and a held database is waited for briefly."""
    monkeypatch.setattr(telling, "KEPT_SECONDS", -1.0)
    monkeypatch.setattr(health, "MOMENT_SECONDS", 0.0)
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.05)


@pytest.fixture
def settings(tmp_path, free_port):
    """Of a service whose Asterisk and portal are away."""
    return Settings(
        data_folder=tmp_path,
        asterisk={"main": AsteriskSettings(port=1, secret=SecretStr(SECRET))},
        crm={"b": BitrixSettings(webhook=SecretStr("http://127.0.0.1:1/rest/1/nobodys-code/"))},
        web=WebSettings(port=free_port),
    )


def asked(settings, page):
    """A page of the service."""
    return requests.get(f"http://127.0.0.1:{settings.web.port}/{page}", timeout=10)


def connected_to(settings, pbx):
    """The same settings with an Asterisk."""
    line = settings.asterisk["main"].model_copy(update={"port": pbx.port})
    return settings.model_copy(update={"asterisk": {"main": line}})


@pytest.mark.usefixtures("hasty")
def test_a_line_that_is_lost_is_a_trouble_until_it_is_back(settings):
    """Found when it is looked for, whoever looks first."""
    with run_pbx(bundled()[:1], pace=0, settle=30.0) as pbx, Service(connected_to(settings, pbx)):
        until(lambda: asked(settings, "healthz").status_code == 200)
        line = asked(settings, "status").json()["asterisk"]["main"]
        assert (line["is_connected"], line["lost_at"]) == (True, None)
        pbx.close()
        until(lambda: asked(settings, "healthz").status_code == 503)
        assert asked(settings, "healthz").text.startswith("Asterisk main: there is no line for")
        line = asked(settings, "status").json()["asterisk"]["main"]
        assert not line["is_connected"]
        assert line["lost_at"] is not None


def test_a_line_that_has_just_gone_is_no_trouble_yet(settings):
    """Nobody is woken for a restart of Asterisk."""
    with Service(settings):
        assert asked(settings, "healthz").status_code == 200


@pytest.mark.usefixtures("hasty")
def test_a_database_that_cannot_be_written_is_a_trouble(settings, monkeypatch):
    """The sentence is the database's own; the rest of /status and /metrics is there."""
    monkeypatch.setattr(health, "MOMENT_SECONDS", 3600.0)
    with Service(settings):
        assert asked(settings, "healthz").status_code == 200
        holder = sqlite3.connect(settings.data_folder / "itgrix.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answer = asked(settings, "healthz")
        assert answer.status_code == 503
        assert "is held by another program" in answer.text
        assert asked(settings, "status").json()["outbox"]["waiting"] == 0
        holder.close()
        assert asked(settings, "healthz").status_code == 200


@pytest.mark.usefixtures("hasty")
def test_a_database_that_cannot_be_read_leaves_a_gap(settings, monkeypatch):
    """Null in /status, no figures in /metrics, and all the rest."""
    monkeypatch.setattr(health, "MOMENT_SECONDS", 3600.0)
    with Service(settings) as service:
        file = settings.data_folder / "itgrix.db"
        whole = file.rename(settings.data_folder / "away")
        file.mkdir()
        service._database._engine.dispose()  # open connections would go on with the file that was moved
        try:
            status = asked(settings, "status").json()
            metrics = asked(settings, "metrics")
        finally:
            file.rmdir()
            whole.rename(file)
    assert status["outbox"] is None
    assert "cannot be opened" in status["troubles"][0]
    assert metrics.status_code == 200
    assert "itgrix_outbox" not in metrics.text
    assert "itgrix_ami_connected" in metrics.text


@pytest.mark.usefixtures("hasty")
def test_a_delivery_that_has_ended_is_a_trouble(settings, monkeypatch):
    """Nothing is filed any more, and nothing else would say so."""
    monkeypatch.setattr(health, "MOMENT_SECONDS", 3600.0)
    monkeypatch.setattr("itgrix_core.outbox.sqlite.SqliteEngine.run", lambda *_, **__: None)
    with Service(settings):
        until(lambda: asked(settings, "healthz").status_code == 503)
        assert asked(settings, "healthz").text.startswith("Nothing is filed")


@pytest.mark.usefixtures("hasty")
def test_a_disk_that_is_nearly_full_is_a_trouble(settings, monkeypatch):
    """Before calls cannot be stored."""
    monkeypatch.setattr(health, "MOMENT_SECONDS", 3600.0)
    monkeypatch.setattr(health, "FREE_BYTES", 2**62)
    with Service(settings):
        assert "nearly full" in asked(settings, "healthz").text


def test_a_verdict_stands_for_a_second(settings, monkeypatch):
    """Whoever reaches the port may ask as often as he likes: each look writes to the database."""
    looks = []
    monkeypatch.setattr(telling, "troubles", lambda vitals: looks.append(vitals) or [])
    with Service(settings) as service:
        began = time.monotonic()
        for _ in range(50):
            assert service.telling.troubles() == []
        passed = time.monotonic() - began
    assert 1 <= len(looks) <= 1 + passed


def test_what_went_aside_is_told_with_its_reason(settings):
    """As long as nobody has seen to it."""
    with Service(settings) as service:
        service.engine.put([Job("main/1/x", "main/1", "Nonsense", b"{}", time.time())])
        until(lambda: service.engine.counts()["dead"])
        outbox = asked(settings, "status").json()["outbox"]
        metrics = asked(settings, "metrics").text
    assert outbox["dead"] == 1
    assert list(outbox["reasons"].values()) == [1]
    assert 'itgrix_outbox_jobs{kind="Nonsense",state="dead"} 1.0' in metrics


# ---- itgrix status beside it ------------------------------------------------------------------------------
def test_the_verb_shows_a_running_service(itgrix, settings):
    """For people; 0 while all is well."""
    config = f"web: {{port: {settings.web.port}}}\n"
    with Service(settings):
        result = itgrix("status", config=config)
        as_json = itgrix("status", "--json", config=config)
    assert result.exit_code == 0, result.output
    assert "all is well" in result.output
    assert "asterisk main: no line" in result.output
    assert "outbox: nothing waits, 0 put aside" in result.output
    assert json.loads(as_json.output)["crm"]["b"]["kind"] == "bitrix24"


def test_troubles_end_the_verb_with_1(itgrix, settings, monkeypatch):
    """So that a script need not read."""
    monkeypatch.setattr(telling, "troubles", lambda vitals: ["The disk is full."])
    with Service(settings):
        result = itgrix("status", config=f"web: {{port: {settings.web.port}}}\n")
    assert result.exit_code == 1
    assert "! The disk is full." in result.output
