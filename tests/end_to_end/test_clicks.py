"""Clicks come in over HTTP: genuine ones are dialled once, everything else dials nothing."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
import requests
from commanded import free_port
from sqlalchemy import select

from itgrix_core.app.demo import demo_seed, demo_settings
from itgrix_core.app.service import Service
from itgrix_core.config.schema import EventSettings, HookSettings, WebSettings
from itgrix_core.outbox.tables import effect
from itgrix_core.sandbox.bitrix import OutgoingWebhook, run_portal
from itgrix_core.sandbox.bitrix import Settings as PortalSettings
from itgrix_core.sandbox.bitrix.deeds import click
from itgrix_core.sandbox.bitrix.posting import form
from itgrix_core.sandbox.pbx import run_pbx
from itgrix_core.sandbox.recordings import FOLDER

FINISH = "telephony.externalCall.finish"
PATIENCE_SECONDS = 30.0


@pytest.fixture
def clicking(tmp_path):
    """A service with a portal that posts clicks to it, and a PBX that refuses to dial."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/bitrix24/demo/event"
    hook = OutgoingWebhook(address)
    with (
        run_portal(PortalSettings(limits=None, outgoing=(hook,)), demo_seed()) as portal,
        run_pbx([FOLDER / "inbound_no_answer.ami.gz"], pace=0) as pbx,
    ):
        settings = demo_settings(tmp_path, tmp_path, portal.webhook, pbx.port)
        (account,) = settings.crm
        hook_events = EventSettings(
            handler=f"http://127.0.0.1:{port}", application_token=hook.application_token
        )
        crm = settings.crm[account].model_copy(update={"events": hook_events})
        more = {"hooks": HookSettings(), "web": WebSettings(port=port), "crm": {"demo": crm}}
        asterisk = {name: each.model_copy(update={"crm": "demo"}) for name, each in settings.asterisk.items()}
        with Service(settings.model_copy(update={**more, "asterisk": asterisk})) as service:
            yield SimpleNamespace(service=service, portal=portal.portal, address=address)


def until(condition, what):
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)
    return found


def finishes(clicking):
    """The executed finishes of clicked calls, by CALL_ID."""
    entries = clicking.portal.ledger.entries(FINISH)
    found = [entry.params for entry in entries if entry.is_executed]
    return {each["CALL_ID"]: each for each in found if each["STATUS_CODE"] == "603-S"}


def originates(clicking):
    """What was sent to Asterisk, by the journal."""
    with clicking.service._database.read() as connection:
        return connection.execute(select(effect).where(effect.c.kind == "originate")).all()


def post(clicking, payload):
    """What the service answers to an event."""
    return requests.post(clicking.address, data=list(form(payload)), timeout=10).status_code


def test_a_click_becomes_one_originate_however_often_its_event_comes(clicking):
    """And since Asterisk refuses, its card is closed with the reason."""
    call_id = click(clicking.portal, 11, "+7 916 000-00-01")
    told = until(lambda: finishes(clicking), "the click's call to be finished")
    assert told.keys() == {call_id}
    assert "refused to originate: Originate failed" in told[call_id]["FAILED_REASON"]
    payload = clicking.portal.world.posts[-1].payload
    assert [post(clicking, payload) for _ in range(3)] == [200] * 3
    old = {**payload, "ts": int(time.time()) - 86_400}
    assert post(clicking, old) == 200
    assert clicking.service.engine.wait_until_drained(PATIENCE_SECONDS)
    assert len(originates(clicking)) == 1
    assert clicking.portal.world.active == {}


@pytest.mark.parametrize(
    "auth",
    [
        {"application_token": "guessed", "member_id": PortalSettings().member_id},
        {"application_token": OutgoingWebhook("").application_token, "member_id": "another portal's"},
        {},
    ],
)
def test_a_forged_click_dials_nothing(clicking, auth):
    """Refused before anything is stored."""
    click(clicking.portal, 11, "+7 916 000-00-01")
    until(lambda: originates(clicking), "the genuine one")
    genuine = clicking.portal.world.posts[-1].payload
    data = {**genuine["data"], "CALL_ID": "externalCall.forged.1"}
    assert post(clicking, {**genuine, "data": data, "auth": auth}) == 403
    assert clicking.service.engine.wait_until_drained(PATIENCE_SECONDS)
    assert len(originates(clicking)) == 1


def test_a_header_in_a_number_reaches_no_asterisk(clicking):
    """A genuine event with a number as only a robot or a rogue would write it."""
    click(clicking.portal, 11, "+7 916 000-00-01")
    until(lambda: originates(clicking), "the genuine one")
    genuine = clicking.portal.world.posts[-1].payload
    number = "8916\r\n\r\nAction: Originate\r\nChannel: PJSIP/666\r\n"
    data = {**genuine["data"], "CALL_ID": "externalCall.rogue.1", "PHONE_NUMBER": number}
    assert post(clicking, {**genuine, "data": data}) == 200
    assert clicking.service.engine.wait_until_drained(PATIENCE_SECONDS)
    assert len(originates(clicking)) == 1
