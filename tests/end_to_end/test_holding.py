"""The fourth customer's case: a holding, whose clients are two or three companies each, and no proxy.

Nine calls of ten go out, half of these by a click in the CRM: there the portal has registered the call before
we hear of it, and has tied it to whichever of the companies it liked. Every call has to end on the one whose
responsible is the employee on the phone.
"""

import random
import time
from collections import Counter
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from commanded import free_port
from made_calls import inbound, outbound, put

from itgrix_core.app.demo import HOOKS, demo_settings
from itgrix_core.app.service import Service
from itgrix_core.config.schema import EventSettings, HookSettings, WebSettings
from itgrix_core.sandbox.bitrix import OutgoingWebhook, phones, problems, run_portal
from itgrix_core.sandbox.bitrix import Settings as PortalSettings
from itgrix_core.sandbox.bitrix.deeds import click
from itgrix_core.sandbox.bitrix.seed import Seed, default_users
from itgrix_core.sandbox.bitrix.view import state
from itgrix_core.sandbox.pbx import answers, run_pbx
from itgrix_core.sandbox.recordings import FOLDER

CALLS, CLIENTS = 200, 40
WAYS = ("inbound",) * 2 + ("dialled",) * 9 + ("clicked",) * 9
"""Out of twenty calls."""
EMPLOYEES = {11: "101", 12: "102", 13: "103", 14: "104", 15: "105", 16: "106"}
OWNER_TYPES = {"LEAD": 1, "CONTACT": 3, "COMPANY": 4}
COMPANY = OWNER_TYPES["COMPANY"]
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Wanted:
    """One call: how it comes about, who is on the phone, whose company it is."""

    way: str
    user: int
    client: str
    is_answered: bool


def number_of(client):
    """The client's number."""
    return f"7916555{client:04}"


def house(dice):
    """Each client as two or three companies of different employees, and his director as a contact."""
    companies, contacts = [], []
    for client in range(CLIENTS):
        phone = phones(number_of(client))
        users = dice.sample(sorted(EMPLOYEES), dice.choice([2, 3]))
        companies += [
            {"TITLE": f"{client} of {user}", "PHONE": phone, "ASSIGNED_BY_ID": user} for user in users
        ]
        if dice.random() < 0.5:
            contacts.append({"NAME": "Director", "PHONE": phone, "ASSIGNED_BY_ID": dice.choice(users)})
    dice.shuffle(companies)
    return Seed(users=default_users(), companies=tuple(companies), contacts=tuple(contacts))


def programme(seed, dice):
    """The calls, mixed; who is on the phone has a company of the client's."""
    pairs = [(each["PHONE"][0]["VALUE"], each["ASSIGNED_BY_ID"]) for each in seed.companies]
    ways = list(WAYS) * (CALLS // len(WAYS))
    dice.shuffle(ways)
    chosen = ((way, *dice.choice(pairs), dice.random() < 0.7) for way in ways)
    return [Wanted(way, user, client, is_answered) for way, client, user, is_answered in chosen]


@pytest.fixture
def dialling(monkeypatch):
    """The channel's id of each Originate; the replayed PBX has no phones, so here it says that it dials."""
    dialled = []

    def accept(action, _board):
        dialled.append(action.get("ChannelId"))
        return answers.response(action, "Success", ("Message", "Originate successfully queued"))

    monkeypatch.setitem(answers.ANSWERS, "originate", accept)
    return dialled


@pytest.fixture
def holding(tmp_path, dialling):
    """The holding's portal, a service with its hook, and the calls of its programme."""
    dice = random.Random(4)
    seed, port = house(dice), free_port()
    outgoing = OutgoingWebhook(f"http://127.0.0.1:{port}/bitrix24/sandbox/event")
    with (
        run_portal(PortalSettings(limits=None, outgoing=(outgoing,)), seed) as portal,
        run_pbx([FOLDER / "inbound_no_answer.ami.gz"], pace=0) as pbx,
    ):
        settings = demo_settings(tmp_path, tmp_path, portal.webhook, pbx.port)
        events = EventSettings(
            handler=f"http://127.0.0.1:{port}", application_token=outgoing.application_token
        )
        crm = settings.crm["sandbox"].model_copy(update={"events": events, "create_for": []})
        hooks = HookSettings(folder=HOOKS, limits={"ringing_seconds": 60, "other_seconds": 60})
        changes = {"hooks": hooks, "web": WebSettings(port=port), "crm": {"sandbox": crm}}
        with Service(settings.model_copy(update=changes)) as service:
            yield SimpleNamespace(
                service=service,
                portal=portal.portal,
                dialled=dialling,
                calls=programme(seed, dice),
                seed=seed,
            )


def until(condition, what):
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        told = what if isinstance(what, str) else what()
        assert time.monotonic() < end, f"waited in vain for {told}"
        time.sleep(0.02)
    return found


def play(holding, wanted, place):
    """One call from its beginning to its end, a click first; what the portal calls it, or we do."""
    began, extension = time.time() - 70, EMPLOYEES[wanted.user]
    how = {"is_answered": wanted.is_answered}
    name = key = f"demo/{place}.1"
    if wanted.way == "inbound":
        put(holding.service, inbound(key, wanted.client, extension, began, **how))
        return name
    if wanted.way == "clicked":
        before = len(holding.dialled)
        until(lambda: not is_busy(holding, wanted.user), "the end of the employee's call before")
        name = click(holding.portal, wanted.user, wanted.client)
        until(lambda: len(holding.dialled) > before, "the click's Originate")
        key, how["is_click"] = f"demo/{holding.dialled[before]}", True
    put(holding.service, outbound(key, wanted.client, extension, began, **how))
    return name


def is_busy(holding, user):
    """Whether the portal knows of a call of his that is not over."""
    with holding.portal.lock:
        return any(call.user_id == user for call in holding.portal.world.active.values())


@pytest.mark.slow
def test_every_call_ends_on_the_company_of_who_is_on_the_phone(holding):
    """And the portal by itself was wrong with many of those that it had registered."""
    played = {play(holding, wanted, place): wanted for place, wanted in enumerate(holding.calls)}
    ways = Counter(wanted.way for wanted in holding.calls)
    assert ways == {"inbound": CALLS // 10, "dialled": CALLS * 9 // 20, "clicked": CALLS * 9 // 20}
    until(lambda: len(filed(holding, played)) == CALLS, "the end of every call")
    until(
        lambda: not wrong(filed(holding, played)),
        lambda: f"the right company: {wrong(filed(holding, played))}",
    )
    by_portal = [each for each in filed(holding, played) if each.chosen != each.right]
    assert len(by_portal) > CALLS // 10
    assert problems(holding.portal.ledger.entries()) == []
    assert list(holding.service.engine.dead()) == []


@dataclass(frozen=True)
class Ended:
    """A finished call: the company it belongs to, the entity it was registered with, its activity's ties."""

    right: tuple[int, int]
    chosen: tuple[int, int]
    tied: list[tuple[int, int]]


def filed(holding, played):
    """The finished calls among those that were played; the PBX tells of another one as well."""
    with holding.portal.lock:
        world = state(holding.portal.world)
    company = {
        (each["PHONE"][0]["VALUE"], int(each["ASSIGNED_BY_ID"])): (COMPANY, int(each["ID"]))
        for each in world["companies"]
    }
    ties = {each["ID"]: each["BINDINGS"] for each in world["activities"]}
    named = [
        (played.get(call["EXTERNAL_CALL_ID"] or call["CALL_ID"]), call) for call in world["finished_calls"]
    ]
    return [
        Ended(
            company[wanted.client, wanted.user],
            (OWNER_TYPES[call["CRM_ENTITY_TYPE"]], int(call["CRM_ENTITY_ID"])),
            ties[call["CRM_ACTIVITY_ID"]],
        )
        for wanted, call in named
        if wanted
    ]


def wrong(calls):
    """Those that are not tied to the right company, or not to it alone."""
    return [call for call in calls if call.tied != [call.right]]
