"""A service with a history: the calls of an outage are in the portal by themselves, late and once."""

import os
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.app.demo import demo_seed, demo_settings
from itgrix_core.app.service import Service
from itgrix_core.config.schema import HookSettings
from itgrix_core.config.schema_asterisk import HistorySettings, HistoryTable
from itgrix_core.config.schema_recordings import RecordingSettings
from itgrix_core.jobs import repairs
from itgrix_core.sandbox.bitrix import Settings as PortalSettings
from itgrix_core.sandbox.bitrix import audit, problems, run_portal
from itgrix_core.sandbox.pbx import run_pbx
from itgrix_core.wire.rows import LocalTimes

RECORDED = Path(__file__).parents[2] / "recorded" / "ast22"
MOSCOW = ZoneInfo("Europe/Moscow")
BEGAN = 1795379452
OUTAGE_SECONDS = 600.0


@pytest.fixture
def missed(tmp_path):
    """CEL and CDR of a call five minutes ago, in the PBX's local time."""
    then = int(time.time() - OUTAGE_SECONDS / 2)
    before, now = LocalTimes(ZoneInfo("UTC")), LocalTimes(MOSCOW)
    tables = {}
    for log in ("cel", "cdr"):
        text = (RECORDED / f"inbound_answered.{log}.csv").read_text(encoding="utf-8")
        for second in range(-1, 10):
            text = text.replace(before.text(BEGAN + second), now.text(then + second))
        tables[log] = HistoryTable(file=tmp_path / f"{log}.csv")
        tables[log].file.write_text(text, encoding="utf-8")
    return HistorySettings(**tables)


def test_the_calls_of_an_outage_are_filed_without_anybody_asking(tmp_path, missed, monkeypatch):
    """Registered once without a card, finished with their talk; a second start adds nothing."""
    monkeypatch.setattr(repairs, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(repairs, "SETTLING_SECONDS", 0.0)
    told, sentence = [], repairs._sentence
    monkeypatch.setattr(repairs, "_sentence", lambda *said: told.append(sentence(*said)) or told[-1])
    log = tmp_path / "data" / "recorded" / "demo" / "20261122-203052-000000.ami"
    log.parent.mkdir(parents=True)
    with run_portal(PortalSettings(limits=None), demo_seed()) as portal, run_pbx([]) as pbx:
        settings = demo_settings(tmp_path, tmp_path, portal.webhook, pbx.port)
        asterisk = settings.asterisk["demo"].model_copy(
            update={"history": missed, "recordings": RecordingSettings()}
        )
        settings = settings.model_copy(update={"hooks": HookSettings(), "asterisk": {"demo": asterisk}})
        log.write_bytes(b"")
        for outages in (1, 2):
            _have_been_silent(log.parent, time.time() - OUTAGE_SECONDS)
            with Service(settings) as service:
                _wait_for(lambda count=outages: len(told) == count and service.engine.drained())
        entries = portal.portal.ledger.entries()
    assert ["1 filed" in each for each in told] == [True, False]
    assert "1 known" in told[1]
    calls = audit(entries)
    assert problems(entries) == []
    assert list(calls) == [f"demo/{BEGAN}.4"]
    registers = [e.params for e in entries if e.method.lower() == "telephony.externalcall.register"]
    assert [str(params["SHOW"]) for params in registers] == ["0"]
    ((finish, _),) = calls[f"demo/{BEGAN}.4"].finishes
    assert (str(finish["STATUS_CODE"]), str(finish["DURATION"])) == ("200", "3")


def _have_been_silent(folder, since):
    """The recorded logs have grown no more since then."""
    for log in folder.glob("*.ami"):
        os.utime(log, (since, since))


def _wait_for(holds, seconds=20.0):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "nothing was filed"
        time.sleep(0.02)
