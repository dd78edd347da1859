"""Calls that others take, park, join or listen to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import MEMBERS, hang_up, legs, recorded, talk

if TYPE_CHECKING:
    from rigkit.stage import Stage


@recorded
async def pickup_ext(stage: Stage) -> None:
    """101 rings; 104 dials **101 (PickupChan) and takes the call; the caller hangs up."""
    caller = await stage.dial_in("79169990271", "74950000101")
    (rung,) = await stage.ring("101")
    await asyncio.sleep(1)
    taker = await stage.phones["104"].call("**101")
    await taker.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    taken = [truth.leg(rung, "picked up by 104")]
    stage.calls.append(truth.inbound(caller, taken, "answered", taker, pickup=True))


@recorded
async def pickup_in_group(stage: Stage) -> None:
    """Ring group 600 rings; 104 dials **102 and takes the call; 104 hangs up."""
    caller = await stage.dial_in("79169990272", "74950000600")
    rung = await stage.ring(*MEMBERS)
    await asyncio.sleep(1)
    taker = await stage.phones["104"].call("**102")
    await taker.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, taker)
    taken = [truth.leg(c, "picked up by 104" if c.phone.name == "102" else "") for c in rung]
    more = {"entry": "ring group", "pickup": True, "hangup_by": "agent"}
    stage.calls.append(truth.inbound(caller, taken, "answered", taker, **more))


@recorded
async def parking_timeout(stage: Stage) -> None:
    """101 parks the client (#72); after 20 s he comes back to 101, which answers; he hangs up."""
    client, agent = await talk(stage, "79169990273")
    await agent.press("#72")
    await asyncio.sleep(1)
    agent.hang_up()
    (again,) = await stage.ring("101", within=40)
    await asyncio.sleep(1)
    await again.answer()
    await asyncio.sleep(1)
    await hang_up(stage, client)
    more = {"last_agent": "101", "parked": {"by": "101", "slot": "71", "taken_by": None}}
    stage.calls.append(truth.inbound(client, legs(agent, again), "answered", agent, **more))


@recorded
async def parking_abandoned(stage: Stage) -> None:
    """101 parks the client (#72), who hangs up 2 s later."""
    client, agent = await talk(stage, "79169990274")
    await agent.press("#72")
    await asyncio.sleep(2)
    await hang_up(stage, client, agent)
    more = {"last_agent": "101", "parked": {"by": "101", "slot": "71", "taken_by": None}}
    stage.calls.append(truth.inbound(client, legs(agent), "answered", agent, **more))


@recorded
async def conference_three(stage: Stage) -> None:
    """A client dials conference 801, 101 and 102 join; the client hangs up, then the others do."""
    client = await stage.dial_in("79169990275", "74950000801")
    await client.until_answered()
    first = await stage.phones["101"].call("801")
    await first.until_answered()
    await asyncio.sleep(1)
    second = await stage.phones["102"].call("801")
    await second.until_answered()
    await asyncio.sleep(1)
    client.hang_up()
    await asyncio.sleep(0.5)
    first.hang_up()
    await hang_up(stage, second)
    note = "101 and 102 dialled in: they rang nobody, so theirs are no calls, and they have no legs in his"
    more = {"entry": "conference", "last_agent": "102", "note": note}
    stage.calls.append(truth.inbound(client, [], "answered", first, **more))


@recorded
async def conference_left_one_by_one(stage: Stage) -> None:
    """101 and 102 are in conference 801, a client dials in; 101 leaves, then he does, then 102."""
    first = await stage.phones["101"].call("801")
    await first.until_answered()
    second = await stage.phones["102"].call("801")
    await second.until_answered()
    client = await stage.dial_in("79169990277", "74950000801")
    await client.until_answered()
    await asyncio.sleep(1)
    first.hang_up()
    await asyncio.sleep(1)
    client.hang_up()
    await asyncio.sleep(0.5)
    await hang_up(stage, second)
    call = truth.inbound(client, [], "answered", client, entry="conference")
    del call["answered_by"]  # two at the same moment
    stage.calls.append(call)


@recorded
async def chanspy(stage: Stage) -> None:
    """101 talks with a client; 103 listens in (555101) for 1.5 s; the client hangs up."""
    client, agent = await talk(stage, "79169990276")
    listener = await stage.phones["103"].call("555101")
    await listener.until_answered()
    await asyncio.sleep(1.5)
    listener.hang_up()
    await asyncio.sleep(1)
    await hang_up(stage, client)
    stage.calls.append(truth.inbound(client, legs(agent), "answered", agent, last_agent="101"))
