"""Calls on FreePBX's Macro dialplan, by chan_sip and by PJSIP: from outside, to the outside, inside, clicks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.offices import PJSIP, SIP, Desk, answer, played_in
from rigkit.scenarios.steps import BUSY, DECLINE, hang_up, legs

if TYPE_CHECKING:
    from rigkit.call import PhoneCall


# ---- from outside -----------------------------------------------------------------------------------------
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
async def inbound_redirected(desk: Desk) -> None:
    """The first phone sends the caller on to the third by itself (302), which answers; the caller hangs up."""
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


# ---- to the outside ---------------------------------------------------------------------------------------
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


# ---- inside -----------------------------------------------------------------------------------------------
@played_in(SIP, PJSIP)
async def internal_answered(desk: Desk) -> None:
    """A phone calls a colleague, who answers; the caller hangs up."""
    caller = await desk.call(desk.first, desk.second)
    (called,) = await desk.stage.ring(desk.second)
    await answer(called)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.internal(caller, called, "answered", desk.first))


@played_in(SIP)
async def internal_no_answer(desk: Desk) -> None:
    """A phone calls a colleague, whose phone rings for 2 s; the caller gives up."""
    caller = await desk.call(desk.first, desk.second)
    (called,) = await desk.stage.ring(desk.second)
    await asyncio.sleep(2)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.internal(caller, called, "no answer", desk.first))


@played_in(SIP)
async def internal_busy(desk: Desk) -> None:
    """A phone calls a colleague, whose phone is busy (486)."""
    caller = await desk.call(desk.first, desk.second)
    called = await desk.get(desk.second)
    called.reject(*BUSY)
    await caller.until_over()
    await desk.stage.quiet()
    desk.stage.calls.append(truth.internal(caller, called, "busy", desk.second))


@played_in(SIP)
async def internal_declined(desk: Desk) -> None:
    """A phone calls a colleague, whose phone rings for 1 s and declines (603)."""
    caller = await desk.call(desk.first, desk.second)
    (called,) = await desk.stage.ring(desk.second)
    await asyncio.sleep(1)
    called.reject(*DECLINE)
    await caller.until_over()
    await desk.stage.quiet()
    desk.stage.calls.append(truth.internal(caller, called, "declined", desk.second))


# ---- begun by the CRM -------------------------------------------------------------------------------------
def _click(desk: Desk, channel: str, number: str, *, timeout: str = "15000") -> None:
    """Asks Asterisk to ring the first phone and, once it answers, to dial the number."""
    caller = {"Channel": channel, "Context": desk.context, "Exten": number, "Priority": "1"}
    more = {"CallerID": f"CRM <{number}>", "Timeout": timeout, "Async": "true"}
    desk.stage.tap.ask("Originate", **caller, **more)


def _local(desk: Desk) -> str:
    return f"Local/{desk.first}@{desk.context}"


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
