"""Calls begun by the CRM on FreePBX's Macro dialplan, by chan_sip and by PJSIP."""

from __future__ import annotations

import asyncio

from rigkit import truth
from rigkit.scenarios.offices import PJSIP, SIP, Desk, answer, played_in
from rigkit.scenarios.steps import DECLINE, hang_up

CONTEXT = "from-internal-15"
"""Where Originate begins."""


def _click(desk: Desk, channel: str, number: str, *, timeout: str = "15000") -> None:
    """Asks Asterisk to ring the first phone and, once it answers, to dial the number."""
    caller = {"Channel": channel, "Context": CONTEXT, "Exten": number, "Priority": "1"}
    more = {"CallerID": f"CRM <{number}>", "Timeout": timeout, "Async": "true"}
    desk.stage.tap.ask("Originate", **caller, **more)


def _local(desk: Desk) -> str:
    return f"Local/{desk.first}@{CONTEXT}"


def _own(desk: Desk) -> str:
    return f"{desk.office.technology}/{desk.first}"


async def _both_answer(desk: Desk, channel: str, number: str) -> None:
    _click(desk, channel, number)
    (agent,) = await desk.stage.ring(desk.first)
    await answer(agent, talk=0)
    (client,) = await desk.stage.ring(desk.office.trunk)
    await answer(client)
    await hang_up(desk.stage, client)
    desk.stage.calls.append(truth.click(agent, client, "answered", "external"))


@played_in(SIP, PJSIP)
async def originate_answered(desk: Desk) -> None:
    """Originate on a Local channel: phone and client answer, the client hangs up."""
    await _both_answer(desk, _local(desk), "89167770301")


@played_in(SIP)
async def originate_answered_sip(desk: Desk) -> None:
    """Originate on the phone's own channel: phone and client answer, the client hangs up."""
    await _both_answer(desk, _own(desk), "89167770302")


async def _agent_silent(desk: Desk, channel: str, number: str) -> None:
    _click(desk, channel, number, timeout="4000")
    (agent,) = await desk.stage.ring(desk.first)
    await agent.until_over()
    await desk.stage.quiet()
    sent = "7" + number[1:]
    desk.stage.calls.append(truth.click(agent, None, "agent did not answer", "pbx", external_number=sent))


@played_in(SIP)
async def originate_agent_silent(desk: Desk) -> None:
    """Originate on a Local channel: the phone rings for 4 s, nobody answers."""
    await _agent_silent(desk, _local(desk), "89167770303")


@played_in(SIP)
async def originate_agent_silent_sip(desk: Desk) -> None:
    """Originate on the phone's own channel: the phone rings for 4 s, nobody answers."""
    await _agent_silent(desk, _own(desk), "89167770304")


async def _agent_declines(desk: Desk, channel: str, number: str) -> None:
    _click(desk, channel, number)
    (agent,) = await desk.stage.ring(desk.first)
    await asyncio.sleep(1)
    agent.reject(*DECLINE)
    await desk.stage.quiet()
    sent = "7" + number[1:]
    desk.stage.calls.append(truth.click(agent, None, "agent declined", "agent", external_number=sent))


@played_in(SIP)
async def originate_agent_declined(desk: Desk) -> None:
    """Originate on a Local channel: the phone rings for 1 s and declines (603)."""
    await _agent_declines(desk, _local(desk), "89167770305")


@played_in(SIP)
async def originate_agent_declined_sip(desk: Desk) -> None:
    """Originate on the phone's own channel: it rings for 1 s and declines (603)."""
    await _agent_declines(desk, _own(desk), "89167770306")


@played_in(SIP)
async def originate_client_declined(desk: Desk) -> None:
    """Originate on the phone's own channel: it answers, the client rings for 1 s and declines (603)."""
    _click(desk, _own(desk), "89167770307")
    (agent,) = await desk.stage.ring(desk.first)
    await answer(agent, talk=0)
    (client,) = await desk.stage.ring(desk.office.trunk)
    await asyncio.sleep(1)
    client.reject(*DECLINE)
    await agent.until_over()
    await desk.stage.quiet()
    desk.stage.calls.append(truth.click(agent, client, "declined", "external"))


@played_in(SIP)
async def originate_internal(desk: Desk) -> None:
    """Originate on the phone's own channel to a colleague: both answer, the first phone hangs up."""
    _click(desk, _own(desk), desk.second)
    (agent,) = await desk.stage.ring(desk.first)
    await answer(agent, talk=0)
    (called,) = await desk.stage.ring(desk.second)
    await answer(called)
    await hang_up(desk.stage, agent)
    inside = {"click_to_call": True, "extension": desk.first, "dialled": desk.second}
    more = inside | {"sip_code_to_extension": None}
    desk.stage.calls.append(truth.internal(agent, called, "answered", desk.first, **more))


async def _agent_unregistered(desk: Desk, channel: str, number: str) -> None:
    action, agent = f"itgrix-click-{desk.first}-{number}", desk.number("06")
    words = {"Channel": channel, "Context": CONTEXT, "Exten": number, "Priority": "1"}
    desk.stage.tap.ask("Originate", **words, Timeout="4000", Async="true", ActionID=action)
    await asyncio.sleep(2)
    await desk.stage.quiet()
    call = {"direction": "outbound", "click_to_call": True, "action_id": action, "extension": agent}
    call |= {"external_number": "7" + number[1:], "disposition": "agent unavailable", "talk_s": 0}
    desk.stage.calls.append(call | {"hangup_by": "pbx", "transfers": []})


@played_in(SIP)
async def originate_agent_unregistered(desk: Desk) -> None:
    """Originate on the channel of a phone that is not registered: nothing rings."""
    await _agent_unregistered(desk, f"{desk.office.technology}/{desk.number('06')}", "89167770308")


@played_in(SIP, PJSIP)
async def originate_agent_unregistered_local(desk: Desk) -> None:
    """Originate on a Local channel to a phone that is not registered: nothing rings."""
    await _agent_unregistered(desk, f"Local/{desk.number('06')}@{CONTEXT}", "89167770309")
