"""Beside another connector: what this one would have filed, compared with what the other one did."""

import signal
import time

import pytest
from made_calls import TALK_SECONDS, inbound, outbound, put
from other_connector import OtherConnector
from pydantic import SecretStr
from stand import BUNDLED

from itgrix_core.app.service import Service
from itgrix_core.app.shadow import FOLDER
from itgrix_core.config.schema import BitrixSettings, HookSettings, Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.crm.bitrix24.methods import is_reading
from itgrix_core.errors import DataFolderError
from itgrix_core.filing.sheet import Fault
from itgrix_core.sandbox.bitrix import Seed, default_users, phones, run_portal
from itgrix_core.sandbox.bitrix import Settings as PortalSettings
from itgrix_core.sandbox.bitrix.view import state

CALLS = 8
USERS = {"101": 11, "102": 12, "103": 13}
PATIENCE_SECONDS = 30.0
WRITING_HOOK = """
from itgrix_hooks import hookimpl


@hookimpl
def process_final_params(params, call, crm):
    crm.write("crm.lead.add", {"fields": {"TITLE": str(call.client_number)}})
    return params
"""


def number(place):
    """A client's."""
    return f"+7916000{place:04}"


def extension(place):
    """Who talks."""
    return f"10{1 + place % 3}"


@pytest.fixture
def portal():
    """With a contact for every number."""
    contacts = tuple({"NAME": f"C{place}", "PHONE": phones(number(place))} for place in range(CALLS))
    with run_portal(PortalSettings(limits=None), Seed(users=default_users(), contacts=contacts)) as running:
        yield running


@pytest.fixture
def settings(tmp_path, portal):
    """A hook that writes; an Asterisk that is away."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "writing.py").write_text(WRITING_HOOK)
    crm = BitrixSettings(webhook=SecretStr(portal.webhook), lines={"74950000001": "1"})
    return Settings(
        data_folder=tmp_path / "data",
        state_folder=tmp_path / "state",
        asterisk={"main": AsteriskSettings(port=1, secret=SecretStr("s"))},
        crm={"b": crm},
        hooks=HookSettings(folder=hooks),
    )


def heard(service, began):
    """The calls, as this service's own line would tell them."""
    for place in range(CALLS):
        make = inbound if place % 2 else outbound
        at = began + 60 * place
        put(service, make(f"main/{place}.1", number(place), extension(place), at, is_answered=True))


def filed_by(other, began):
    """The same calls, but for one that it loses, one that it gives to another, one that it stretches."""
    for place in range(1, CALLS):
        user = 11 if place == 2 else USERS[extension(place)]
        seconds = TALK_SECONDS + (30 if place == 5 else 0)
        other.file(number(place), user, began + 60 * place, seconds, is_in=bool(place % 2))


def drained(service):
    """Whatever is to be decided is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(service.engine.counts()[each] for each in ("waiting", "running")):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_sheet_names_what_the_other_connector_does_otherwise_and_nothing_is_written(settings, portal):
    """Every request of the shadow only reads, though a hook wants to write; the portal is as it was."""
    began = time.time() - 3600
    filed_by(OtherConnector(portal.webhook), began)
    portal.portal.ledger.clear()
    with portal.portal.lock:
        before = state(portal.portal.world)
    with Service(settings, is_shadow=True) as service:
        heard(service, began)
        drained(service)
        (compared,) = service.nightly.sheets(began - 60, began + 3600)
        assert service.engine.counts()["dead"] == 0
    found = {(each.fault, each.key) for each in compared.sheet.findings}
    assert found == {
        (Fault.ABSENT, "main/0.1"),
        (Fault.PERSON, "main/2.1"),
        (Fault.DURATION, "main/5.1"),
    }
    assert compared.sheet.figure == f"{CALLS} calls compared, 3 lost or wrong"
    entries = portal.portal.ledger.entries()
    assert len(entries) > CALLS
    assert [each.method for each in entries if each.method != "batch" and not is_reading(each.method)] == []
    with portal.portal.lock:
        assert state(portal.portal.world) == before


def test_a_shadows_outbox_is_its_own(settings, tmp_path):
    """A real service would take what is in it for filed."""
    with Service(settings, is_shadow=True):
        assert (tmp_path / "data" / FOLDER / "itgrix.db").exists()
        assert not (tmp_path / "data" / "itgrix.db").exists()
    wrong = settings.model_copy(update={"data_folder": tmp_path / "data" / FOLDER})
    with pytest.raises(DataFolderError, match="this outbox is a shadow's"):
        Service(wrong).start()


def test_the_verb_serves_in_the_shadow_and_prints_its_sheet_when_it_stops(stand):
    """As an operator has it; a period can be looked at afterwards, and is not repaired."""
    portal, pbx = stand.portal(), stand.pbx(BUNDLED[:2])
    stand.configure(pbx.port, portal.webhook)
    before = portal.get("state")
    serve = stand.itgrix("serve", "--shadow")
    serve.says("in the shadow: nothing is written to any CRM")
    serve.says("disposition=")
    serve.signal(signal.SIGTERM)
    assert serve.ends() == 0
    assert "lost or wrong" in serve.output
    assert [e.method for e in portal.entries() if e.method != "batch" and not is_reading(e.method)] == []
    assert portal.get("state") == before
    code, said = stand.ends("reconcile", "--shadow", "--since", "2026-01-01")
    assert code in (0, 1)
    assert "lost or wrong" in said
    assert stand.ends("reconcile", "--shadow", "--repair")[0] == 2
    assert not (stand.data_folder / "itgrix.db").exists()
