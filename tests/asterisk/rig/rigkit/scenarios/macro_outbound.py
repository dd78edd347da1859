"""Calls to the outside on FreePBX's Macro dialplan, by chan_sip and by PJSIP."""

from __future__ import annotations

import asyncio

from rigkit import truth
from rigkit.scenarios.offices import PJSIP, SIP, Desk, answer, played_in
from rigkit.scenarios.steps import BUSY, DECLINE, hang_up


@played_in(SIP, PJSIP)
async def outbound_answered(desk: Desk) -> None:
    """A phone calls a mobile, which answers; the phone hangs up."""
    agent, client = await desk.dial_out("89165550301")
    await hang_up(desk.stage, agent)
    desk.stage.calls.append(truth.outbound(agent, client, "answered", "agent"))


@played_in(SIP)
async def outbound_client_hangup(desk: Desk) -> None:
    """A phone calls a mobile, which answers and hangs up."""
    agent, client = await desk.dial_out("89165550302")
    await hang_up(desk.stage, client)
    desk.stage.calls.append(truth.outbound(agent, client, "answered", "external"))


@played_in(SIP, PJSIP)
async def outbound_busy(desk: Desk) -> None:
    """A phone calls a mobile, which is busy (486)."""
    agent = await desk.call(desk.first, "89165550303")
    client = await desk.get(desk.office.trunk)
    client.reject(*BUSY)
    await agent.until_over()
    await desk.stage.quiet()
    desk.stage.calls.append(truth.outbound(agent, client, "busy", "external"))


@played_in(SIP)
async def outbound_declined(desk: Desk) -> None:
    """A phone calls a mobile, which rings for 1 s and declines (603)."""
    agent = await desk.call(desk.first, "89165550304")
    (client,) = await desk.stage.ring(desk.office.trunk)
    await asyncio.sleep(1)
    client.reject(*DECLINE)
    await agent.until_over()
    await desk.stage.quiet()
    desk.stage.calls.append(truth.outbound(agent, client, "declined", "external"))


@played_in(SIP, PJSIP)
async def outbound_no_answer(desk: Desk) -> None:
    """A phone calls a mobile, which rings for 2 s; the phone gives up."""
    agent = await desk.call(desk.first, "89165550305")
    (client,) = await desk.stage.ring(desk.office.trunk)
    await asyncio.sleep(2)
    await hang_up(desk.stage, agent)
    desk.stage.calls.append(truth.outbound(agent, client, "no answer", "agent"))


@played_in(SIP)
async def outbound_gives_up_early(desk: Desk) -> None:
    """A phone calls a mobile and gives up after 0.5 s, before it rings."""
    agent = await desk.call(desk.first, "89165550306")
    client = await desk.get(desk.office.trunk)
    await asyncio.sleep(0.5)
    await hang_up(desk.stage, agent)
    await client.until_over()
    desk.stage.calls.append(truth.outbound(agent, client, "no answer", "agent"))


@played_in(SIP, PJSIP)
async def outbound_wrong_number(desk: Desk) -> None:
    """A phone calls a number that the provider does not know (404)."""
    agent = await desk.call(desk.first, "89165550307")
    client = await desk.get(desk.office.trunk)
    client.reject(404, "Not Found")
    await agent.until_over()
    await desk.stage.quiet()
    desk.stage.calls.append(truth.outbound(agent, client, "failed", "external"))


@played_in(SIP, PJSIP)
async def outbound_failover(desk: Desk) -> None:
    """The first trunk fails (503); by the second the client answers; the phone hangs up."""
    agent = await desk.call(desk.first, "89165550308")
    failing = await desk.get(desk.office.trunk)
    failing.reject(503, "Service Unavailable")
    (client,) = await desk.stage.ring(desk.office.second_trunk)
    await answer(client)
    await hang_up(desk.stage, agent)
    tried = [failing.phone.name, client.phone.name]
    desk.stage.calls.append(truth.outbound(agent, client, "answered", "agent", tried_trunks=tried))


@played_in(SIP)
async def outbound_failed(desk: Desk) -> None:
    """Both trunks fail (503)."""
    agent = await desk.call(desk.first, "89165550309")
    trunks = [desk.office.trunk, desk.office.second_trunk]
    for trunk in trunks:
        client = await desk.get(trunk)
        client.reject(503, "Service Unavailable")
    await agent.until_over()
    await desk.stage.quiet()
    tried = {"trunk": trunks[0], "tried_trunks": trunks}
    desk.stage.calls.append(truth.outbound(agent, client, "failed", "external", **tried))


@played_in(SIP)
async def outbound_early_sound(desk: Desk) -> None:
    """The client's network plays something before the answer (183); the client hangs up."""
    agent = await desk.call(desk.first, "89165550310")
    client = await desk.get(desk.office.trunk)
    await client.send_early_sound()
    await answer(client)
    await hang_up(desk.stage, client)
    unseen = {"rang_at": None, "note": "early sound is no ringing"}
    desk.stage.calls.append(truth.outbound(agent, client, "answered", "external", **unseen))
