"""The service as it is wired: a PBX that replays real calls on one side, a portal on the other."""

import threading
from collections import Counter
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from itgrix_core.app.demo import demo_seed, demo_settings
from itgrix_core.app.from_settings import accounts_of, rules_of, topology_of
from itgrix_core.app.service import Service
from itgrix_core.calls.events import CallMerged
from itgrix_core.config.schema import BitrixSettings, HookSettings, Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings, ExtensionRules
from itgrix_core.config.schema_recordings import RecordingSettings
from itgrix_core.errors import DataFolderError
from itgrix_core.filing.creation import CreationRule
from itgrix_core.filing.lists import Lists, Names
from itgrix_core.filing.rules import CardRules, Rules
from itgrix_core.filing.talks import parts_of
from itgrix_core.sandbox.bitrix import Settings as PortalSettings
from itgrix_core.sandbox.bitrix import audit, problems, run_portal
from itgrix_core.sandbox.pbx import run_pbx
from itgrix_core.sandbox.recordings import bundled
from itgrix_hooks.testing import make_call
from itgrix_hooks.values import Direction, User


class Witness:
    """A watcher: each call as it was last told of, and how often it was filed, skipped or merged."""

    def __init__(self):
        self.calls = {}
        self.merged = set()
        self.oddities = []
        self.skips = Counter()
        self.closes = Counter()
        self.failures = []

    def happened(self, event):
        """Keep the call."""
        self.calls[event.call.key] = event.call
        if isinstance(event, CallMerged):
            self.merged.add(event.call.key)

    def odd(self, oddity):
        """Keep it."""
        self.oddities.append(oddity)

    def asked(self, call, asked):
        """Keep failures."""
        self.failures += asked.failures

    def performed(self, call, step, outcome):
        """Seen in the portal's ledger."""

    def skipped(self, call, why):
        """Count it."""
        self.skips[call.key] += 1

    def closed(self, call):
        """Count it."""
        self.closes[call.key] += 1


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """All bundled recordings, served as fast as they are read and filed completely."""
    folder, witness = tmp_path_factory.mktemp("service"), Witness()
    threads = set(threading.enumerate())
    with (
        run_portal(PortalSettings(limits=None), demo_seed()) as portal,
        run_pbx(bundled(), pace=0, settle=0.5) as pbx,
    ):
        settings = demo_settings(folder, folder / "monitor", portal.webhook, pbx.port)
        asterisk = settings.asterisk["demo"].model_copy(update={"recordings": RecordingSettings()})
        settings = settings.model_copy(update={"hooks": HookSettings(), "asterisk": {"demo": asterisk}})
        with Service(settings, watcher=witness) as service:
            is_served = pbx.wait_served(60)
            is_filed = service.engine.wait_until_drained(60)
            oddities = service.lines["demo"].listening.oddities
            dead = list(service.engine.dead())
        entries = portal.portal.ledger.entries()
    return SimpleNamespace(
        is_complete=is_served and is_filed, witness=witness, oddities=oddities, dead=dead, entries=entries,
        calls=audit(entries), folder=folder, settings=settings, threads=threads,
    )  # fmt: skip


def filed_calls(served):
    """The calls that are to be in the portal, by key."""
    witness = served.witness
    return {
        key: call
        for key, call in witness.calls.items()
        if key not in witness.skips and key not in witness.merged
    }


def filed_parts(served):
    """The same, those of several employees' talks as so many calls, by key."""
    users = {user.extension: User(user.id) for user in demo_seed().users if user.extension}
    whole = filed_calls(served).values()
    return {part.key: part for call in whole for part in parts_of(call, users, Rules())}


def test_everything_is_served_and_filed(served):
    """More than twenty calls, none left over, none dead."""
    assert served.is_complete
    assert served.dead == []
    assert len(served.calls) >= 20


def test_nothing_is_odd_about_real_calls(served):
    """Each word fits; no hook failed."""
    assert served.oddities == {}
    assert served.witness.oddities == []
    assert served.witness.failures == []


def test_the_portals_ledger_is_clean(served):
    """Each call registered once, finished once, nothing left open."""
    assert problems(served.entries) == []
    assert {len(call.finishes) for call in served.calls.values()} == {1}
    assert {call.registers for call in served.calls.values()} == {1}


def test_every_call_with_a_client_is_there_and_no_other(served):
    """Under its own key; after a transfer each later talk of an employee under a key below it."""
    parts = set(filed_parts(served))
    assert set(served.calls) == set(served.witness.closes) == parts
    assert {part for part in parts if part.count("/") == 1} == set(filed_calls(served))
    assert any(part.count("/") == 2 for part in parts)
    for key in {*served.witness.skips, *served.witness.merged}:
        call = served.witness.calls[key]
        assert call.direction is Direction.INTERNAL or not call.client_number


def test_what_is_not_filed_is_told_once(served):
    """Internal calls and the anonymous caller."""
    assert len(served.witness.skips) >= 3
    assert set(served.witness.skips.values()) == {1}


def test_missed_calls_have_no_duration_and_answered_ones_have_their_talk(served):
    """The portal derives the state from these."""
    seen = Counter()
    for key, call in filed_parts(served).items():
        ((params, _),) = served.calls[key].finishes
        code, duration = str(params["STATUS_CODE"]), int(params["DURATION"])
        if call.is_missed:
            assert (code, duration) == ("304", 0), key
        elif call.is_answered:
            assert (code, duration) == ("200", max(1, round(call.talk_seconds))), key
        else:
            assert duration == 0, key
            assert code not in {"200", "304"}, key
        seen[code] += 1
    assert min(seen["200"], seen["304"]) >= 3


def test_no_request_was_refused(served):
    """The portal took all that it was sent."""
    assert {entry.status for entry in served.entries if entry.batch is None} == {200}


def test_a_stopped_service_leaves_no_thread_of_its_own(served):
    """But for hooks' and library pools that end with the process."""
    left = {thread.name for thread in set(threading.enumerate()) - served.threads}
    assert not {name for name in left if name.startswith(("delivery", "ami-", "outbox"))}


def test_a_second_run_on_the_same_folder_files_nothing_again(served):
    """The PBX is away; all that was done is known to be."""
    with run_portal(PortalSettings(limits=None), demo_seed()) as portal:
        crm = served.settings.crm["sandbox"].model_copy(update={"webhook": SecretStr(portal.webhook)})
        settings = served.settings.model_copy(update={"crm": {"sandbox": crm}})
        with Service(settings) as service:
            assert service.engine.wait_until_drained(10)
        methods = {entry.method for entry in portal.portal.ledger.entries()}
    assert not any("externalCall" in method for method in methods)


def test_a_second_service_on_the_same_folder_is_refused(tmp_path):
    """With a sentence; the first goes on."""
    with run_portal() as portal:
        crm = {"b": BitrixSettings(webhook=SecretStr(portal.webhook))}
        settings = Settings(data_folder=tmp_path / "var", crm=crm)
        with Service(settings) as first:
            with pytest.raises(DataFolderError):
                Service(settings).start()
            assert first.engine.counts()["dead"] == 0


# ---- settings ---------------------------------------------------------------------------------------------
def test_the_settings_become_rules():
    """Of filing, one to one."""
    crm = BitrixSettings(
        default_user=7, lines={"a": "1"}, sources={"b": "2"}, create_for=["outbound"], file_internal=True,
        missed_owner="last", card_seconds=30,
        cards={"show": "answer", "users": {12: "never"}, "queues": {"700": "ring"}},
        only={"trunks": ["t*"]}, never={"extensions": ["105"], "numbers": ["+7 916*"]},
    )  # fmt: skip
    rules = rules_of(crm)
    assert (rules.default_user, rules.lines, rules.sources) == (7, {"a": "1"}, {"b": "2"})
    assert (rules.creation, rules.is_filing_internal) == (
        (CreationRule("portal", frozenset({"outbound"}), "any"),),
        True,
    )
    assert (rules.missed_owner, rules.card_seconds) == ("last", 30)
    assert rules.cards == CardRules("answer", {12: "never"}, {"700": "ring"})
    assert rules.lists == Lists(Names(trunks=("t*",)), Names(extensions=("105",), numbers=("+7 916*",)))


def test_rules_of_creation_take_the_place_of_the_portals_own():
    """One to one, in their order."""
    rule = {"create": "deal", "lines": ["trunk"], "pipeline": 9, "fields": {"UTM_SOURCE": "{did}"}}
    rules = rules_of(BitrixSettings(creation=[rule, {"create": "lead"}], entity="employee", bind_deal=True))
    assert rules.creation == (
        CreationRule("deal", lines=("trunk",), pipeline=9, fields={"UTM_SOURCE": "{did}"}),
        CreationRule("lead"),
    )
    assert (rules.is_choosing_by_employee, rules.is_binding_deal) == (True, True)
    assert rules_of(BitrixSettings(create_for=[])).creation == ()


def test_the_settings_become_a_topology():
    """Of numbering."""
    extensions = ExtensionRules(min_length=2, max_length=7, trunks=["t"], internal=["p"])
    topology = topology_of(AsteriskSettings(extensions=extensions))
    assert topology.trunks == frozenset({"t"})
    assert topology.internal == frozenset({"p"})


def test_a_call_goes_to_its_routes_account_or_its_pbxs():
    """A trunk or DID comes first; an Asterisk that names none gets the only one."""
    settings = Settings(
        asterisk={"main": AsteriskSettings(), "branch": AsteriskSettings(crm="south")},
        crm={"north": BitrixSettings(), "south": BitrixSettings()},
        routes={"+1 (555) 010-0900": "south"},
    )
    accounts = accounts_of(settings, dict.fromkeys(settings.crm))
    assert accounts.of(make_call(did="900")).name == "north"
    assert accounts.of(make_call(did="900", pbx="branch")).name == "south"
    assert accounts.of(make_call(did="15550100900")).name == "south"
