"""Calls from outside on FreePBX's Macro dialplan, by chan_sip and by PJSIP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.offices import PJSIP, SIP, Desk, answer, played_in
from rigkit.scenarios.steps import BUSY, DECLINE, hang_up, legs

if TYPE_CHECKING:
    from rigkit.call import PhoneCall


@played_in(SIP, PJSIP)
async def inbound_answered(desk: Desk) -> None:
    """From outside to one phone, which answers; the caller hangs up."""
    caller, agent = await desk.talk("79161110301")
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent))


@played_in(SIP)
async def inbound_agent_hangup(desk: Desk) -> None:
    """From outside to one phone, which answers and hangs up."""
    caller, agent = await desk.talk("79161110302")
    await hang_up(desk.stage, agent)
    desk.stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent, hangup_by="agent"))


@played_in(SIP, PJSIP)
async def inbound_no_answer(desk: Desk) -> None:
    """From outside to one phone, which rings for 2 s; the caller gives up."""
    caller = await desk.dial_in("79161110303")
    (agent,) = await desk.stage.ring(desk.first)
    await asyncio.sleep(2)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(agent), "missed"))


@played_in(SIP, PJSIP)
async def inbound_busy(desk: Desk) -> None:
    """From outside to one phone, which is busy (486); the caller is turned away."""
    caller = await desk.dial_in("79161110304")
    agent = await desk.get(desk.first)
    agent.reject(*BUSY)
    await _turned_away(desk, caller, agent, "busy")


@played_in(SIP, PJSIP)
async def inbound_declined(desk: Desk) -> None:
    """From outside to one phone, which rings for 1 s and declines (603); the caller is turned away."""
    caller = await desk.dial_in("79161110305")
    (agent,) = await desk.stage.ring(desk.first)
    await asyncio.sleep(1)
    agent.reject(*DECLINE)
    await _turned_away(desk, caller, agent, "declined")


@played_in(SIP)
async def inbound_refused(desk: Desk) -> None:
    """From outside to one phone, which is not available (480) at once; the caller is turned away."""
    caller = await desk.dial_in("79161110306")
    agent = await desk.get(desk.first)
    agent.reject(480, "Temporarily Unavailable")
    await _turned_away(desk, caller, agent, "unavailable")


@played_in(SIP)
async def inbound_refused_ringing(desk: Desk) -> None:
    """From outside to one phone, which rings for 1 s and is then not available (480)."""
    caller = await desk.dial_in("79161110307")
    (agent,) = await desk.stage.ring(desk.first)
    await asyncio.sleep(1)
    agent.reject(480, "Temporarily Unavailable")
    await _turned_away(desk, caller, agent, "missed")


async def _turned_away(desk: Desk, caller: PhoneCall, agent: PhoneCall, disposition: str) -> None:
    await caller.until_over()
    await desk.stage.quiet()
    desk.stage.calls.append(truth.inbound(caller, legs(agent), disposition))


@played_in(SIP, PJSIP)
async def inbound_unregistered(desk: Desk) -> None:
    """From outside to an extension that has no phone."""
    caller = await desk.dial_in("79161110308", "06")
    await caller.until_over()
    await desk.stage.quiet()
    wanted = {"extension_wanted": desk.number("06")}
    desk.stage.calls.append(truth.inbound(caller, [], "unavailable", **wanted))


@played_in(SIP)
async def inbound_no_reply(desk: Desk) -> None:
    """From outside to a phone that is registered but replies to nothing; the caller gives up after 4 s."""
    desk.stage.phones[desk.fourth].deaf = True
    caller = await desk.dial_in("79161110309", "04")
    await asyncio.sleep(4)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, [truth.leg_unreachable(desk.fourth, caller)], "missed"))


@played_in(SIP)
async def inbound_gives_up_at_once(desk: Desk) -> None:
    """The caller gives up after 0.4 s, before the phone, which has the call, begins to ring."""
    caller = await desk.dial_in("79161110315")
    agent = await desk.get(desk.first)
    await asyncio.sleep(0.4)
    await hang_up(desk.stage, caller)
    await agent.until_over()
    desk.stage.calls.append(truth.inbound(caller, legs(agent), "missed"))


@played_in(SIP)
async def inbound_redirected(desk: Desk) -> None:
    """The first phone sends the caller on to the third by itself (302), which answers; he hangs up."""
    caller = await desk.dial_in("79161110310")
    first = await desk.get(desk.first)
    first.redirect(desk.third)
    (third,) = await desk.stage.ring(desk.third)
    await answer(third)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(first, third), "answered", third))


@played_in(SIP)
async def inbound_hold(desk: Desk) -> None:
    """The first phone talks, puts the caller on hold for 1.5 s, takes him back and hangs up."""
    caller, agent = await desk.talk("79161110311")
    await agent.hold()
    await asyncio.sleep(1.5)
    await agent.hold(on=False)
    await asyncio.sleep(1)
    await hang_up(desk.stage, agent)
    desk.stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent, hangup_by="agent"))


@played_in(SIP)
async def anonymous(desk: Desk) -> None:
    """The caller withholds the number; a phone rings for 1 s, answers; the caller hangs up."""
    caller = await desk.dial_in("anonymous")
    (agent,) = await desk.stage.ring(desk.first)
    await answer(agent)
    await hang_up(desk.stage, caller)
    hidden = {"external_number": None, "external_name": ""}
    desk.stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent, **hidden))


@played_in(SIP)
async def parallel_calls(desk: Desk) -> None:
    """Two calls of one outside number at once, to two phones; the second caller hangs up first."""
    one = await desk.dial_in("79161110312")
    (first,) = await desk.stage.ring(desk.first)
    other = await desk.dial_in("79161110312", "02")
    (second,) = await desk.stage.ring(desk.second)
    await answer(first)
    await answer(second)
    await hang_up(desk.stage, other, one)
    desk.stage.calls.append(truth.inbound(one, legs(first), "answered", first))
    desk.stage.calls.append(truth.inbound(other, legs(second), "answered", second))


@played_in(SIP, PJSIP)
async def ivr_hangup(desk: Desk) -> None:
    """The caller hears the menu and hangs up."""
    caller = await desk.dial_in("79161110313", "500")
    await caller.until_answered()
    await asyncio.sleep(2)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, [], "missed", entry="ivr"))


@played_in(SIP)
async def ivr_to_phone(desk: Desk) -> None:
    """The caller presses 1 in the menu and reaches a phone, which answers; the caller hangs up."""
    caller = await desk.dial_in("79161110314", "500")
    await caller.until_answered()
    await asyncio.sleep(1.5)
    await caller.press("1")
    (agent,) = await desk.stage.ring(desk.first)
    await answer(agent)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent, entry="ivr", ivr_keys="1"))
