"""Calls to the outside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import DECLINE, consult, dial_out, hang_up, legs, one_transfer, recorded

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.stage import Stage


@recorded
async def outbound_declined(stage: Stage) -> None:
    """101 dials a mobile, which rings for 2 s and declines (603), and so it does by the second trunk."""
    agent = await stage.phones["101"].call("89165550107")
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(2)
    client.reject(*DECLINE)
    again = await stage.phones["provider2"].next_call()
    again.reject(*DECLINE)
    await agent.until_over()
    await stage.quiet()
    tried = [client.phone.name, again.phone.name]
    stage.calls.append(truth.outbound(agent, client, "declined", "external", tried_trunks=tried))


@recorded
async def outbound_ring_timeout(stage: Stage) -> None:
    """101 dials through a Dial of 4 s; the client does not answer, the PBX ends the call."""
    agent = await stage.phones["101"].call("679165550231")
    (client,) = await stage.ring("provider1")
    await agent.until_over()
    await stage.quiet()
    stage.calls.append(truth.outbound(agent, client, "no answer", "pbx"))


@recorded
async def outbound_failover(stage: Stage) -> None:
    """101 dials; the first trunk fails (503), by the second the client answers; 101 hangs up."""
    agent = await stage.phones["101"].call("89165550232")
    failing = await stage.phones["provider1"].next_call()
    failing.reject(503, "Service Unavailable")
    (client,) = await stage.ring("provider2")
    await asyncio.sleep(1)
    await client.answer()
    await agent.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, agent)
    tried = [failing.phone.name, client.phone.name]
    stage.calls.append(truth.outbound(agent, client, "answered", "agent", tried_trunks=tried))


@recorded
async def outbound_failed(stage: Stage) -> None:
    """101 dials; both trunks fail (503)."""
    agent = await stage.phones["101"].call("89165550233")
    for trunk in ("provider1", "provider2"):
        client = await stage.phones[trunk].next_call()
        client.reject(503, "Service Unavailable")
    await agent.until_over()
    await stage.quiet()
    tried = {"trunk": "provider1", "tried_trunks": ["provider1", "provider2"]}
    stage.calls.append(truth.outbound(agent, client, "failed", "external", **tried))


@recorded
async def outbound_gives_up_early(stage: Stage) -> None:
    """101 dials and gives up after 0.5 s, before the client's phone rings."""
    agent = await stage.phones["101"].call("89165550234")
    client = await stage.phones["provider1"].next_call()
    await asyncio.sleep(0.5)
    agent.hang_up()
    await client.until_over()
    await stage.quiet()
    stage.calls.append(truth.outbound(agent, client, "no answer", "agent"))


@recorded
async def outbound_early_sound(stage: Stage) -> None:
    """101 dials; the client's network plays something before the answer (183); the client hangs up."""
    agent = await stage.phones["101"].call("89165550235")
    client = await stage.phones["provider1"].next_call()
    await client.send_early_sound()
    await asyncio.sleep(1.5)
    await client.answer()
    await agent.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, client)
    stage.calls.append(truth.outbound(agent, client, "answered", "external", **RANG_UNSEEN))


RANG_UNSEEN = {"rang_at": None, "note": "early sound is no ringing"}


@recorded
async def outbound_blind_transfer(stage: Stage) -> None:
    """101 calls a client, who answers, and sends him to 102 (REFER); 102 answers, the client hangs up."""
    agent, client = await dial_out(stage, "89165550236")
    agent.transfer("102")
    (second,) = await stage.ring("102")
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1)
    await hang_up(stage, client, agent)
    _transferred(stage, agent, client, second, "blind")


@recorded
async def outbound_attended_transfer(stage: Stage) -> None:
    """101 calls a client, consults 102 on its second line and joins the two (REFER); the client hangs up."""
    agent, client = await dial_out(stage, "89165550237")
    await agent.hold()
    asking, second = await consult(stage)
    await second.answer()
    await asyncio.sleep(1)
    agent.transfer("102", asking)
    await asyncio.sleep(1.5)
    await hang_up(stage, client, agent, asking)
    _transferred(stage, agent, client, second, "attended")


def _transferred(stage: Stage, agent: PhoneCall, client: PhoneCall, second: PhoneCall, kind: str) -> None:
    """The truth of a client whom 101 called and passed on to 102: the call ends when he is gone."""
    more = one_transfer(kind, "REFER", "102", done=True) | {"legs": legs(second), "last_agent": "102"}
    more |= {"ended_at": truth.stamp(client.ended_at)}
    more["talk_s"] = round(client.ended_at - client.answered_at, 3)
    stage.calls.append(truth.outbound(agent, client, "answered", "external", **more))
