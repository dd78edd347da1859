"""Transfers on FreePBX's Macro dialplan, by chan_sip and by PJSIP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from rigkit import truth
from rigkit.scenarios.offices import PJSIP, SIP, Desk, answer, played_in
from rigkit.scenarios.steps import BUSY, DECLINE, MOBILE, hang_up, legs, press_transfer

if TYPE_CHECKING:
    pass


def _sent_on(desk: Desk, kind: str, how: str, *, done: bool = True) -> dict[str, Any]:
    """A truth's transfer from the first phone to the second, and with whom it leaves the client."""
    transfer = truth.transfer(kind, how, desk.first, desk.second, done=done)
    return {"transfers": [transfer], "last_agent": desk.second if done else desk.first}


# ---- blind ------------------------------------------------------------------------------------------------
@played_in(SIP, PJSIP)
async def blind_transfer_refer(desk: Desk) -> None:
    """The first phone sends the client to the second (REFER), which answers; the client hangs up."""
    client, agent = await desk.talk("79164440301")
    agent.transfer(desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await answer(second)
    await hang_up(desk.stage, client, agent)
    desk.talked(client, [agent, second], **_sent_on(desk, "blind", "REFER"))


@played_in(SIP, PJSIP)
async def blind_transfer_code(desk: Desk) -> None:
    """The first phone sends the client to the second by code (##), which answers and hangs up."""
    client, agent = await desk.talk("79164440302")
    await press_transfer(agent, "##", desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await answer(second)
    await hang_up(desk.stage, second, agent)
    desk.talked(client, [agent, second], **_sent_on(desk, "blind", "code"), hangup_by="agent")


@played_in(SIP)
async def blind_transfer_busy(desk: Desk) -> None:
    """The first phone sends the client to the second (REFER), which is busy (486); the PBX ends the call."""
    client, agent = await desk.talk("79164440303")
    agent.transfer(desk.second)
    second = await desk.get(desk.second)
    second.reject(*BUSY)
    await client.until_over()
    agent.hang_up()
    await desk.stage.quiet()
    desk.talked(client, [agent, second], **_sent_on(desk, "blind", "REFER", done=False))


@played_in(SIP)
async def blind_transfer_no_answer(desk: Desk) -> None:
    """The first phone sends the client to the second (REFER), which rings for 2 s; the client gives up."""
    client, agent = await desk.talk("79164440304")
    agent.transfer(desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await asyncio.sleep(2)
    await hang_up(desk.stage, client, agent)
    desk.talked(client, [agent, second], **_sent_on(desk, "blind", "REFER", done=False))


@played_in(SIP)
async def blind_transfer_external(desk: Desk) -> None:
    """The first phone sends the client to a mobile outside (REFER), which answers; the client hangs up."""
    client, agent = await desk.talk("79164440311")
    agent.transfer("8" + MOBILE[1:])
    (mobile,) = await desk.stage.ring(desk.office.trunk)
    await answer(mobile)
    await hang_up(desk.stage, client, agent)
    await mobile.until_over()
    desk.talked(client, [agent], **_outside(desk, "blind"))


def _outside(desk: Desk, kind: str) -> dict[str, Any]:
    """A truth's transfer from the first phone to the mobile outside."""
    transfer = truth.transfer(kind, "REFER", desk.first, MOBILE, done=True)
    return {"transfers": [transfer], "last_agent": MOBILE}


@played_in(SIP)
async def internal_transferred(desk: Desk) -> None:
    """A phone calls a colleague, who sends it to the third (REFER), which answers; the caller hangs up."""
    caller = await desk.call(desk.first, desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await answer(second)
    second.transfer(desk.third)
    (third,) = await desk.stage.ring(desk.third)
    await answer(third)
    await hang_up(desk.stage, caller, second)
    transfer = truth.transfer("blind", "REFER", desk.second, desk.third, done=True)
    more = {"transfers": [transfer], "legs": legs(second, third), "last_agent": desk.third}
    desk.stage.calls.append(truth.internal(caller, second, "answered", desk.first, **more))


@played_in(SIP)
async def outbound_blind_transfer(desk: Desk) -> None:
    """The first phone calls a client and sends him to the second (REFER), which answers; he hangs up."""
    agent, client = await desk.dial_out("89165550311")
    agent.transfer(desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await answer(second)
    await hang_up(desk.stage, client, agent)
    more = _sent_on(desk, "blind", "REFER") | {"legs": legs(second), "ended_at": truth.stamp(client.ended_at)}
    more["talk_s"] = round(client.ended_at - client.answered_at, 3)
    desk.stage.calls.append(truth.outbound(agent, client, "answered", "external", **more))


# ---- attended and blonde ----------------------------------------------------------------------------------
@played_in(SIP, PJSIP)
async def attended_transfer_refer(desk: Desk) -> None:
    """The first phone holds the client, consults the second, joins the two (REFER); the client hangs up."""
    client, agent = await desk.talk("79164440305")
    await agent.hold()
    asking, second = await desk.consult()
    await answer(second, after=0.5)
    agent.transfer(desk.second, asking)
    await asyncio.sleep(1.5)
    await hang_up(desk.stage, client, agent, asking)
    desk.talked(client, [agent, second], **_sent_on(desk, "attended", "REFER"))


@played_in(SIP)
async def attended_transfer_declined(desk: Desk) -> None:
    """The first phone holds the client and calls the second, which declines; it goes back and hangs up."""
    client, agent = await desk.talk("79164440306")
    await agent.hold()
    asking, second = await desk.consult()
    second.reject(*DECLINE)
    await asking.until_over()
    await asyncio.sleep(0.5)
    await agent.hold(on=False)
    await asyncio.sleep(1)
    await hang_up(desk.stage, agent)
    desk.talked(client, [agent], hangup_by="agent")
    desk.stage.calls.append(truth.internal(asking, second, "declined", desk.second))


@played_in(SIP, PJSIP)
async def attended_transfer_code(desk: Desk) -> None:
    """The first phone consults the second by code (*2) and hangs up; the client hangs up."""
    client, agent = await desk.talk("79164440307")
    await press_transfer(agent, "*2", desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await answer(second)
    agent.hang_up()
    await asyncio.sleep(1.5)
    await hang_up(desk.stage, client)
    desk.talked(client, [agent, second], **_sent_on(desk, "attended", "code"))


@played_in(SIP)
async def attended_transfer_code_declined(desk: Desk) -> None:
    """The first phone presses *2, the second declines; the client, back with the first, hangs up."""
    client, agent = await desk.talk("79164440308")
    await press_transfer(agent, "*2", desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await asyncio.sleep(1)
    second.reject(*DECLINE)
    await asyncio.sleep(3)
    await hang_up(desk.stage, client)
    desk.talked(client, [agent, second], last_agent=desk.first)


@played_in(SIP, PJSIP)
async def blonde_transfer_refer(desk: Desk) -> None:
    """The first phone joins client and second while that rings (REFER); it answers, the client hangs up."""
    client, agent = await desk.talk("79164440309")
    await agent.hold()
    asking, second = await desk.consult()
    agent.transfer(desk.second, asking)
    await answer(second, after=1.5)
    await hang_up(desk.stage, client, agent, asking)
    desk.talked(client, [agent, second], **_sent_on(desk, "blonde", "REFER"))


@played_in(SIP)
async def blonde_transfer_no_answer(desk: Desk) -> None:
    """The first phone joins client and second while that rings (REFER); the client gives up."""
    client, agent = await desk.talk("79164440312")
    await agent.hold()
    asking, second = await desk.consult()
    agent.transfer(desk.second, asking)
    await asyncio.sleep(1.5)
    await hang_up(desk.stage, client, agent, asking)
    desk.talked(client, [agent, second], **_sent_on(desk, "blonde", "REFER", done=False))


@played_in(SIP)
async def attended_transfer_external(desk: Desk) -> None:
    """The first phone holds the client, calls a mobile outside, joins the two (REFER); that hangs up."""
    client, agent = await desk.talk("79164440313")
    await agent.hold()
    asking, mobile = await desk.dial_out("8" + MOBILE[1:])
    agent.transfer("8" + MOBILE[1:], asking)
    await asyncio.sleep(1.5)
    await hang_up(desk.stage, mobile, agent, asking)
    desk.talked(client, [agent], **_outside(desk, "attended"), hangup_by="agent")


@played_in(SIP)
async def blonde_transfer_code(desk: Desk) -> None:
    """The first phone presses *2 and hangs up while the second rings; that answers, the client hangs up."""
    client, agent = await desk.talk("79164440310")
    await press_transfer(agent, "*2", desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await asyncio.sleep(1)
    agent.hang_up()
    await answer(second, after=1.5, talk=1.5)
    await hang_up(desk.stage, client)
    desk.talked(client, [agent, second], **_sent_on(desk, "blonde", "code"))
