"""The third customer's case: 600 calls of one day, 450 agents, hundreds of leads, contacts and deals.

The portal's limits are those of an ordinary plan, counted by the day's own clock: it stands at the beginning
of a minute while all of their calls are filed at once, which is worse than any real day. The service holds
nothing back by itself, so that whatever is too much is refused, and stands in the ledger as a 503.
"""

import random
import time
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest
from made_calls import inbound, outbound, put

from itgrix_core.app.service import Service
from itgrix_core.config.schema import BitrixSettings, HookSettings, Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.sandbox.bitrix import Settings as PortalSettings
from itgrix_core.sandbox.bitrix import phones, problems, run_portal
from itgrix_core.sandbox.bitrix.records import Department, User
from itgrix_core.sandbox.bitrix.seed import Seed
from itgrix_core.sandbox.bitrix.settings import Limits
from itgrix_core.sandbox.bitrix.view import state

HOOKS = Path(__file__).parents[2] / "examples" / "acme_itgrix" / "src" / "acme_itgrix"
CALLS, CLIENTS, AGENTS, TEAMS, DISPATCHER = 600, 400, 450, 8, 1
DAY_SECONDS, WINDOW_SECONDS = 10 * 3600, 60
FREELY = {"requests_at_once": 100_000, "requests_per_second": 100_000.0}
FINISH = "telephony.externalCall.finish"
ENDS = {"agent": 45, "operator": 10, "missed": 20, "called": 15, "not_reached": 10}
"""How the calls end, in parts of a hundred."""
MEAN_REQUESTS, MOST_REQUESTS = 5.5, 7
"""For a call, over the day and in any minute: card, finish, search, lists, what is written."""
ASKED_ONCE = {"user.get", "crm.settings.mode.get"}
PATIENCE_SECONDS = 120.0


class Day:
    """The clock of the portal; it is moved by the test."""

    def __init__(self):
        self.now = time.time()

    def __call__(self):
        """Unix seconds."""
        return self.now


def number_of(client):
    """The client's number."""
    return f"+7916{client:07}"


def agent_of(extension):
    """The user id of an agent's extension."""
    return 10_000 + int(extension)


def house(dice):
    """450 agents in eight teams; of 400 clients most are known, by leads, contacts or deals at any stage."""
    extensions = [str(3000 + place) for place in range(AGENTS)]
    team = {extension: 2 + place % TEAMS for place, extension in enumerate(extensions)}
    users = [
        User(agent_of(each), f"Agent {each}", "", each, departments=(team[each],)) for each in extensions
    ]
    contacts, leads, deals = [], [], []
    for client in range(CLIENTS):
        fields = {"PHONE": phones(number_of(client)), "ASSIGNED_BY_ID": dice.choice(users).id}
        kind = dice.choice(["contact", "contact", "contact", "lead", "lead", "stranger"])
        if kind == "lead":
            status = dice.choice(["NEW", "PROCESSED", "JUNK"])
            leads.append({"TITLE": f"Flat {client}", "STATUS_ID": status, **fields})
        elif kind == "contact":
            contacts.append({"NAME": f"Client {client}", **fields})
            stage = dice.choice(["NEW", "EXECUTING", "WON"])
            contact = {"CONTACT_ID": 3000 + len(contacts), "ASSIGNED_BY_ID": fields["ASSIGNED_BY_ID"]}
            deals.append({"TITLE": f"Flat {client}", "STAGE_ID": stage, **contact})
    return Seed(
        users=(User(DISPATCHER, "Dispatcher", is_admin=True), *users),
        departments=(Department(1, "Agency"), *(Department(2 + n, f"Team {n}", 1) for n in range(TEAMS))),
        contacts=tuple(contacts),
        leads=tuple(leads),
        deals=tuple(deals),
    )


def day_of_calls(dice, began):
    """(minute of the day, events) of each call, in the day's order, busiest at noon."""
    times = sorted(dice.triangular(0, DAY_SECONDS) for _ in range(CALLS))
    clients = dice.sample(range(CLIENTS), CLIENTS)
    ends = dice.choices(list(ENDS), list(ENDS.values()), k=CALLS)
    return [
        (int(at // WINDOW_SECONDS), made(place, number_of(clients[place % CLIENTS]), end, began, dice))
        for place, (at, end) in enumerate(zip(times, ends, strict=True))
    ]


def made(place, client, end, began, dice):
    """The events of one call."""
    key, agent = f"main/{place}.1", str(3000 + dice.randrange(AGENTS))
    if end in {"called", "not_reached"}:
        return outbound(key, client, agent, began, is_answered=end == "called")
    extension = str(2000 + dice.randrange(6)) if end == "operator" else agent
    return inbound(key, client, extension, began, is_answered=end != "missed")


def windows_of(calls):
    """The minutes in which there are calls, each with its calls' events."""
    for window, each in groupby(calls, key=lambda call: call[0]):
        yield window, [events for _, events in each]


@pytest.mark.slow
def test_a_day_of_the_agency_stays_inside_the_quota(tmp_path):
    """No 503 at the worst moment, and a bounded number of requests for each call."""
    dice, day = random.Random(6), Day()
    seed = house(dice)
    began = day.now - 60
    costs = []
    with run_portal(PortalSettings(limits=Limits()), seed, clock=day) as portal:
        ledger = portal.portal.ledger
        with Service(settings_of(tmp_path, portal.webhook)) as service:
            filed = 0
            first = day.now + 600  # what is asked at the start has run out of the bucket
            for window, calls in windows_of(day_of_calls(dice, began)):
                day.now = first + window * WINDOW_SECONDS
                before = requests_of(ledger.entries())
                for events in calls:
                    put(service, events)
                filed += len(calls)
                wait_for_end(service, ledger, filed)
                costs.append((len(calls), requests_of(ledger.entries()) - before))
            dead = list(service.engine.dead())
        entries = ledger.entries()
        with portal.portal.lock:
            world = state(portal.portal.world)
    assert dead == []
    assert problems(entries) == []
    assert [entry for entry in entries if entry.status in {429, 503}] == []
    assert len(world["finished_calls"]) == CALLS
    assert sum(requests for _, requests in costs) <= MEAN_REQUESTS * CALLS
    assert max(requests / calls for calls, requests in costs) <= MOST_REQUESTS
    assert_agreed(seed, world)


def settings_of(folder, webhook):
    """The agency's configuration."""
    crm = BitrixSettings(webhook=webhook, default_user=DISPATCHER, **FREELY)
    return Settings(
        data_folder=folder / "data",
        state_folder=folder / "state",
        asterisk={"main": AsteriskSettings(port=1)},
        crm={"agency": crm},
        hooks=HookSettings(folder=HOOKS, limits={"ringing_seconds": 60, "other_seconds": 60}),
    )


def requests_of(entries):
    """How many requests there were for calls; what came in a batch was one."""
    return sum(entry.batch is None and entry.method not in ASKED_ONCE for entry in entries)


def wait_for_end(service, ledger, filed):
    """Wait until so many calls are finished, and nothing is left to do."""
    until = time.monotonic() + PATIENCE_SECONDS
    while len(ledger.entries(FINISH)) < filed:
        assert time.monotonic() < until, f"{len(ledger.entries(FINISH))} of {filed} calls are finished"
        time.sleep(0.01)
    assert service.engine.wait_until_idle(PATIENCE_SECONDS)


def assert_agreed(seed, world):
    """Nobody took a deal that is worked on or over, others were taken; strangers became leads, and so on."""
    old = {deal["TITLE"]: deal for deal in seed.deals}
    new = {deal["TITLE"]: deal for deal in world["deals"]}
    moved = Counter()
    for title, deal in old.items():
        is_kept = str(deal["ASSIGNED_BY_ID"]) == new[title]["ASSIGNED_BY_ID"]
        moved[deal["STAGE_ID"]] += not is_kept
    assert moved["EXECUTING"] == moved["WON"] == 0
    assert moved["NEW"] > 20
    assert len(world["leads"]) > len(seed.leads) + 50
    assert len(world["comments"]) > 50
