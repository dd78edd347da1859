"""The plain form of each family: everything goes as its inventors meant it to go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.clicks import LOCAL, SIP, agent_answers
from rigkit.scenarios.steps import (
    BUSY,
    MEMBERS,
    consult,
    hang_up,
    legs,
    one_transfer,
    press_transfer,
    recorded,
    talk,
)

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.stage import Stage


@recorded
async def cyrillic_name(stage: Stage) -> None:
    """The caller's name is in Cyrillic, in UTF-8."""
    caller = await stage.dial_in("79161110301", "74950000103", name="Пётр Ёлкин")
    (agent,) = await stage.ring("103")
    await asyncio.sleep(1)
    await agent.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent))


@recorded
async def two_calls_same_number(stage: Stage) -> None:
    """Two calls at once from one number: 101 and 104 answer one each."""
    first = await stage.dial_in("79161110302", "74950000101")
    (one,) = await stage.ring("101")
    second = await stage.dial_in("79161110302", "74950000104")
    (two,) = await stage.ring("104")
    await asyncio.sleep(1)
    await asyncio.gather(one.answer(), two.answer())
    await asyncio.sleep(1)
    second.hang_up()
    await asyncio.sleep(1)
    await hang_up(stage, one)
    stage.calls.append(truth.inbound(first, legs(one), "answered", one, hangup_by="agent"))
    stage.calls.append(truth.inbound(second, legs(two), "answered", two))


@recorded
async def inbound_call_waiting(stage: Stage) -> None:
    """107 puts its first caller on hold for a second one, hangs up on that and goes back."""
    first, one = await talk(stage, "79161110303", "74950000107", "107")
    second = await stage.dial_in("79161110304", "74950000107")
    (two,) = await stage.ring("107")
    await one.hold()
    await asyncio.sleep(0.5)
    await two.answer()
    await asyncio.sleep(1)
    two.hang_up()
    await one.hold(on=False)
    await asyncio.sleep(1)
    await hang_up(stage, first)
    stage.calls.append(truth.inbound(first, legs(one), "answered", one))
    stage.calls.append(truth.inbound(second, legs(two), "answered", two, hangup_by="agent"))


@recorded
async def inbound_dnd(stage: Stage) -> None:
    """101 does not want to be disturbed (*78), so its phone is never dialled; afterwards *79."""
    on = await stage.phones["101"].call("*78")
    await on.until_over()
    caller = await stage.dial_in("79161110305", "74950000101")
    await caller.until_over()
    off = await stage.phones["101"].call("*79")
    await off.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, [], "busy", extension_wanted="101"))


@recorded
async def ivr_abandoned(stage: Stage) -> None:
    """The caller hears the menu for 2 s and hangs up."""
    caller = await stage.dial_in("79161110306", "74950000500")
    await caller.until_answered()
    await asyncio.sleep(2)
    await hang_up(stage, caller)
    note = "the PBX answered the caller, no human did"
    stage.calls.append(truth.inbound(caller, [], "missed", entry="ivr", note=note))


@recorded
async def announcement_only(stage: Stage) -> None:
    """An announcement is played, and the PBX hangs up."""
    caller = await stage.dial_in("79161110307", "74950000800")
    await caller.until_over()
    await stage.quiet()
    note = "the PBX answered the caller, no human did"
    stage.calls.append(truth.inbound(caller, [], "missed", entry="announcement", note=note))


@recorded
async def queue_answered(stage: Stage) -> None:
    """Queue 700 rings three phones, 102 answers; the caller hangs up."""
    caller = await stage.dial_in("79163330301", "74950000700")
    rung = await stage.ring(*MEMBERS)
    await asyncio.sleep(1)
    await rung[1].answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[1], entry="queue", queue="700"))


@recorded
async def ringgroup_local_optimised(stage: Stage) -> None:
    """Ring group 602, Local channels that optimise themselves away; 102 answers, the caller hangs up."""
    caller = await stage.dial_in("79162220301", "74950000602")
    rung = await stage.ring(*MEMBERS)
    await asyncio.sleep(1)
    await rung[1].answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[1], entry="ring group"))


@recorded
async def blind_transfer_refer(stage: Stage) -> None:
    """101 sends the client to 102 (REFER), which answers; the client hangs up."""
    client, agent = await talk(stage, "79164440301")
    agent.transfer("102")
    (second,) = await stage.ring("102")
    await _takes_over(stage, client, agent, second, one_transfer("blind", "REFER", "102", done=True))


@recorded
async def blind_transfer_code(stage: Stage) -> None:
    """101 sends the client to 102 by code (##), which answers; the client hangs up."""
    client, agent = await talk(stage, "79164440302")
    await press_transfer(agent, "##", "102")
    (second,) = await stage.ring("102")
    await _takes_over(stage, client, agent, second, one_transfer("blind", "code", "102", done=True))


@recorded
async def attended_transfer_refer(stage: Stage) -> None:
    """101 consults 102 on its second line and joins the two (REFER); the client hangs up."""
    client, agent = await talk(stage, "79164440303")
    await agent.hold()
    asking, second = await consult(stage)
    await second.answer()
    await asyncio.sleep(1)
    agent.transfer("102", asking)
    await asyncio.sleep(1.5)
    await hang_up(stage, client, agent, asking)
    more = one_transfer("attended", "REFER", "102", done=True) | {"last_agent": "102"}
    stage.calls.append(truth.inbound(client, legs(agent, second), "answered", agent, **more))


@recorded
async def attended_transfer_code(stage: Stage) -> None:
    """101 presses *2 102, talks with 102 and hangs up; the client hangs up."""
    client, agent = await talk(stage, "79164440304")
    await press_transfer(agent, "*2", "102")
    (second,) = await stage.ring("102")
    await asyncio.sleep(0.5)
    await second.answer()
    await asyncio.sleep(1)
    agent.hang_up()
    await asyncio.sleep(1.5)
    await hang_up(stage, client)
    more = one_transfer("attended", "code", "102", done=True) | {"last_agent": "102"}
    stage.calls.append(truth.inbound(client, legs(agent, second), "answered", agent, **more))


async def _takes_over(
    stage: Stage, client: PhoneCall, agent: PhoneCall, second: PhoneCall, more: truth.Truth
) -> None:
    """102, to whom the client was sent, answers; then the client hangs up."""
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1)
    await hang_up(stage, client, agent)
    told = truth.inbound(client, legs(agent, second), "answered", agent, last_agent="102", **more)
    stage.calls.append(told)


@recorded
async def pickup_group(stage: Stage) -> None:
    """101 rings; 104 dials *8 (Asterisk's own pickup) and takes the call; the caller hangs up."""
    caller = await stage.dial_in("79169990301", "74950000101")
    (rung,) = await stage.ring("101")
    await asyncio.sleep(1)
    taker = await stage.phones["104"].call("*8")
    await taker.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    taken = [truth.leg(rung, "picked up by 104")]
    stage.calls.append(truth.inbound(caller, taken, "answered", taker, pickup=True))


@recorded
async def parking(stage: Stage) -> None:
    """101 parks the client by code (#72), 102 takes him from slot 71; he hangs up."""
    client, agent = await talk(stage, "79169990302")
    await agent.press("#72")
    await _taken_from_park(stage, client, agent)


@recorded
async def parking_refer(stage: Stage) -> None:
    """101 parks the client by REFER to 70, 102 takes him from slot 71; he hangs up."""
    client, agent = await talk(stage, "79169990303")
    agent.transfer("70")
    await _taken_from_park(stage, client, agent)


async def _taken_from_park(stage: Stage, client: PhoneCall, agent: PhoneCall) -> None:
    await asyncio.sleep(3)
    taker = await stage.phones["102"].call("71")
    await taker.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, client, agent)
    more = {"last_agent": "102", "parked": {"by": "101", "slot": "71", "taken_by": "102"}}
    stage.calls.append(truth.inbound(client, legs(agent), "answered", agent, **more))


@recorded
async def originate_answered(stage: Stage) -> None:
    """Originate on Local/101: 101 answers, then the client does; 101 hangs up."""
    agent = await agent_answers(stage, LOCAL, "89167770301")
    await _client_answers(stage, agent)


@recorded
async def originate_answered_sip(stage: Stage) -> None:
    """Originate on PJSIP/101: 101 answers, then the client does; 101 hangs up."""
    agent = await agent_answers(stage, SIP, "89167770302")
    await _client_answers(stage, agent)


async def _client_answers(stage: Stage, agent: PhoneCall) -> None:
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(1)
    await client.answer()
    await asyncio.sleep(1)
    await hang_up(stage, agent)
    stage.calls.append(truth.click(agent, client, "answered", "agent"))


@recorded
async def outbound_busy(stage: Stage) -> None:
    """101 dials; the client is busy (486)."""
    agent = await stage.phones["101"].call("89165550301")
    client = await stage.phones["provider1"].next_call()
    client.reject(*BUSY)
    await agent.until_over()
    await stage.quiet()
    stage.calls.append(truth.outbound(agent, client, "busy", "external"))
