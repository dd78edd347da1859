"""A call centre's busy hour through the service: operators whom the CRM does not know, agents whom it does.

120 calls of 60 clients, six at once. An operator takes the call and hands it to an agent, or hands it to a
colleague whom the CRM does not know either, or nobody takes it. The events are put into the service's own
outbox, as a line to Asterisk would, so that an hour passes as fast as it can be filed.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace

import pytest

from itgrix_core.app.service import Service
from itgrix_core.calls.events import (
    CallEnded,
    CallEvent,
    CallStarted,
    ConversationAccepted,
    ConversationEnded,
    ConversationRequested,
)
from itgrix_core.config.schema import AsteriskSettings, BitrixSettings, Settings
from itgrix_core.jobs.codec import job_of
from itgrix_core.sandbox.bitrix import Settings as PortalSettings
from itgrix_core.sandbox.bitrix import problems, run_portal
from itgrix_core.sandbox.bitrix.records import User as PortalUser
from itgrix_core.sandbox.bitrix.seed import Seed
from itgrix_core.sandbox.bitrix.view import state
from itgrix_hooks.values import (
    Call,
    Conversation,
    Direction,
    Disposition,
    PhoneNumber,
    Result,
    Transfer,
    TransferKind,
)

CALLS, CLIENTS, AT_ONCE, DISPATCHER = 120, 60, 6, 1
FREELY = {"requests_at_once": 100_000, "requests_per_second": 1000.0}
ENDS = ("agent", "operator", "missed")
"""Who has a call in the end, in turn."""


@dataclass(frozen=True)
class Made:
    """One call of the hour: its events, and who has it in the end."""

    client: str
    end: str
    owner: int
    events: tuple[CallEvent, ...]


def call_of(place: int, began: float, agents: int) -> Made:
    """The call of that place in the hour; the operator's phone rings 20 s, the talks last a minute each."""
    operator, agent = str(2000 + place % agents), 3000 + place % (agents // 10 or 1)
    client = f"+7916{place % CLIENTS:07}"
    end = ENDS[place % len(ENDS)]
    call = Call(
        f"main/{place}.1", "main", f"{place}.1", Direction.INBOUND, began,
        client_number=PhoneNumber(client), did="74950000001", trunk="trunk", queue="700",
    )  # fmt: skip
    first = Conversation(f"{place}.2", operator, was_rung=True, rang_at=began + 1)
    rung = replace(call, rang_at=began + 1, conversations=(first,))
    events: list[CallEvent] = [CallStarted(call, began), ConversationRequested(rung, began + 1, first.key)]
    if end == "missed":
        stopped = replace(first, ended_at=began + 20, result=Result.NO_ANSWER)
        over = replace(rung, conversations=(stopped,), ended_at=began + 20, disposition=Disposition.MISSED)
        events += [ConversationEnded(over, began + 20, first.key), CallEnded(over, began + 20)]
        return Made(client, end, DISPATCHER, tuple(events))
    target = str(agent) if end == "agent" else str(2000 + (place + 1) % agents)
    taken = replace(first, answered_at=began + 5)
    talking = replace(rung, answered_at=began + 5, conversations=(taken,))
    second = Conversation(f"{place}.3", target, was_rung=True, rang_at=began + 60)
    handed = replace(
        talking,
        conversations=(taken, second),
        transfers=(Transfer(TransferKind.BLIND, "REFER", operator, target, began + 60, is_done=True),),
    )
    both = (
        replace(taken, ended_at=began + 60, result=Result.ANSWERED),
        replace(second, answered_at=began + 65),
    )
    on = replace(handed, conversations=both)
    ended = replace(both[1], ended_at=began + 125, result=Result.ANSWERED)
    over = replace(on, conversations=(both[0], ended), ended_at=began + 125, disposition=Disposition.ANSWERED)
    events += [
        ConversationAccepted(talking, began + 5, first.key),
        ConversationRequested(handed, began + 60, second.key),
        ConversationEnded(on, began + 60, first.key),
        ConversationAccepted(on, began + 65, second.key),
        CallEnded(over, began + 125),
    ]
    return Made(client, end, 10_000 + agent if end == "agent" else DISPATCHER, tuple(events))


def staff(agents: int) -> tuple[PortalUser, ...]:
    """The dispatcher, and a tenth of the house as agents with an extension; operators are not in the CRM."""
    known = range(3000, 3000 + (agents // 10 or 1))
    return (
        PortalUser(DISPATCHER, "Dispatcher", is_admin=True),
        *(PortalUser(10_000 + extension, f"Agent {extension}", "", str(extension)) for extension in known),
    )


@pytest.mark.slow
@pytest.mark.parametrize("agents", [45, 450])
def test_a_busy_hour_of_a_call_centre(tmp_path, agents):
    """Each call once, on the agent who took it or on the dispatcher; one lead and one task per client."""
    began = time.time() - 60
    made = [call_of(place, began + place * 30 / CALLS, agents) for place in range(CALLS)]
    crm = {"creation": [{"create": "lead", "title": "{number}"}], "missed": {"ask": "task"}}
    with run_portal(PortalSettings(limits=None), Seed(users=staff(agents), lines={})) as portal:
        settings = Settings(
            data_folder=tmp_path,
            asterisk={"main": AsteriskSettings(port=1)},
            crm={"bitrix": BitrixSettings(webhook=portal.webhook, default_user=DISPATCHER, **FREELY, **crm)},
            workers=AT_ONCE,
        )
        with Service(settings) as service:
            run(service, made)
            until(lambda: is_filed(portal, made), "the end of every call in the portal", 120)
            assert service.engine.wait_until_idle(60)
            dead = list(service.engine.dead())
        entries = portal.portal.ledger.entries()
        with portal.portal.lock:
            world = state(portal.portal.world)
    assert dead == []
    assert problems(entries) == []
    finishes = [entry for entry in entries if entry.method.endswith("externalCall.finish")]
    owners = Counter(int(entry.params["USER_ID"]) for entry in finishes)
    assert owners == Counter(each.owner for each in made)
    assert len(world["leads"]) == CLIENTS
    assert {lead["TITLE"] for lead in world["leads"]} == {each.client for each in made}
    assert_tasks(world["tasks"], made)


def until(condition, what, seconds):
    """Wait for a condition; fail when it never comes true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)


def run(service, made):
    """Six lines, each with its share of the calls, one after the other."""

    def work(share):
        for each in share:
            for event in each.events:
                service.engine.put([job_of(event, event.at)])

    shares = [made[line::AT_ONCE] for line in range(AT_ONCE)]
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def is_filed(portal, made):
    """Whether the portal has seen the end of all calls."""
    return len(portal.portal.ledger.entries("telephony.externalCall.finish")) >= len(made)


def assert_tasks(tasks, made):
    """A client has one task at most, and the last word is a talk's: then it is ticked off."""
    missed = {each.client for each in made if each.end == "missed"}
    by_client = Counter(task["TITLE"].removeprefix("Call back ").partition(" ")[0] for task in tasks)
    assert set(by_client) <= missed
    talks = {each.client for each in made if each.end != "missed"}
    waiting = {
        task["TITLE"].partition("Call back ")[2].partition(" ")[0] for task in tasks if task["STATUS"] == "2"
    }
    assert missed - talks <= waiting
    assert set(itertools.chain(by_client.values())) <= {1}
