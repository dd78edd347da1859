"""Calls begun by the CRM: Originate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import BUSY, DECLINE, hang_up, recorded

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.stage import Stage

LOCAL = "Local/101@from-internal"
SIP = "PJSIP/101"
INSIDE = {"click_to_call": True, "extension": "101", "dialled": "102", "sip_code_to_extension": None}


def _click(stage: Stage, channel: str, number: str) -> None:
    """Asks Asterisk to ring 101 and, once it answers, to dial the number."""
    caller = {"Channel": channel, "Context": "from-internal", "Exten": number, "Priority": "1"}
    more = {"CallerID": f"CRM <{number}>", "Timeout": "15000", "Async": "true"}
    stage.tap.ask("Originate", **caller, **more)


async def agent_answers(stage: Stage, channel: str, number: str) -> PhoneCall:
    """101, whom Asterisk rang for the number and who has answered."""
    _click(stage, channel, number)
    (agent,) = await stage.ring("101")
    await asyncio.sleep(0.5)
    await agent.answer()
    return agent


@recorded
async def originate_agent_declined(stage: Stage) -> None:
    """Originate on Local/101: 101 rings for 1 s and declines (603)."""
    _click(stage, LOCAL, "89167770261")
    (agent,) = await stage.ring("101")
    await asyncio.sleep(1)
    agent.reject(*DECLINE)
    await stage.quiet()
    stage.calls.append(truth.click(agent, None, "agent declined", "agent", external_number="79167770261"))


@recorded
async def originate_agent_declined_sip(stage: Stage) -> None:
    """Originate on PJSIP/101: 101 rings for 1 s and declines (603)."""
    _click(stage, SIP, "89167770262")
    (agent,) = await stage.ring("101")
    await asyncio.sleep(1)
    agent.reject(*DECLINE)
    await stage.quiet()
    stage.calls.append(truth.click(agent, None, "agent declined", "agent", external_number="79167770262"))


@recorded
async def originate_agent_busy_sip(stage: Stage) -> None:
    """Originate on PJSIP/101: the phone is busy (486)."""
    _click(stage, SIP, "89167770263")
    agent = await stage.phones["101"].next_call()
    agent.reject(*BUSY)
    await stage.quiet()
    stage.calls.append(truth.click(agent, None, "agent declined", "agent", external_number="79167770263"))


@recorded
async def originate_client_no_answer(stage: Stage) -> None:
    """Originate on Local/101: 101 answers, the client rings for 2 s, 101 gives up."""
    agent = await agent_answers(stage, LOCAL, "89167770264")
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(2)
    await hang_up(stage, agent)
    stage.calls.append(truth.click(agent, client, "no answer", "agent"))


@recorded
async def originate_client_no_answer_sip(stage: Stage) -> None:
    """Originate on PJSIP/101: 101 answers, the client rings for 2 s, 101 gives up."""
    agent = await agent_answers(stage, SIP, "89167770265")
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(2)
    await hang_up(stage, agent)
    stage.calls.append(truth.click(agent, client, "no answer", "agent"))


@recorded
async def originate_client_declined_sip(stage: Stage) -> None:
    """Originate on PJSIP/101: 101 answers, the client rings for 1 s and declines (603)."""
    agent = await agent_answers(stage, SIP, "689167770266")
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(1)
    client.reject(*DECLINE)
    await agent.until_over()
    await stage.quiet()
    stage.calls.append(truth.click(agent, client, "declined", "external"))


@recorded
async def originate_client_hangup(stage: Stage) -> None:
    """Originate on Local/101: 101 answers, the client answers and hangs up."""
    agent = await agent_answers(stage, LOCAL, "89167770267")
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(1)
    await client.answer()
    await asyncio.sleep(1)
    await hang_up(stage, client)
    stage.calls.append(truth.click(agent, client, "answered", "external"))


@recorded
async def originate_internal(stage: Stage) -> None:
    """Originate on PJSIP/101 to the colleague 102: both answer, 101 hangs up."""
    agent = await agent_answers(stage, SIP, "102")
    (called,) = await stage.ring("102")
    await asyncio.sleep(0.5)
    await called.answer()
    await asyncio.sleep(1)
    await hang_up(stage, agent)
    stage.calls.append(truth.internal(agent, called, "answered", "101", **INSIDE))


@recorded
async def originate_internal_local(stage: Stage) -> None:
    """Originate on Local/101 to the colleague 102: 101 answers, 102 rings for 1 s, 101 gives up."""
    agent = await agent_answers(stage, LOCAL, "102")
    (called,) = await stage.ring("102")
    await asyncio.sleep(1)
    await hang_up(stage, agent)
    stage.calls.append(truth.internal(agent, called, "no answer", "101", **INSIDE))
