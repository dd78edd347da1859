"""Transfers, pick-up and parking on FreePBX's Macro dialplan, by chan_sip and by PJSIP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from rigkit import truth
from rigkit.scenarios.offices import PJSIP, SIP, Desk, answer, played_in
from rigkit.scenarios.steps import BUSY, DECLINE, hang_up, legs, press_transfer

if TYPE_CHECKING:
    from rigkit.call import PhoneCall


def _told(desk: Desk, client: PhoneCall, rung: list[PhoneCall], **more: Any) -> None:
    """The truth of a client whom the first phone, first in `rung`, has talked with."""
    desk.stage.calls.append(truth.inbound(client, legs(*rung), "answered", rung[0], **more))


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
    _told(desk, client, [agent, second], **_sent_on(desk, "blind", "REFER"))


@played_in(SIP, PJSIP)
async def blind_transfer_code(desk: Desk) -> None:
    """The first phone sends the client to the second by code (##), which answers and hangs up."""
    client, agent = await desk.talk("79164440302")
    await press_transfer(agent, "##", desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await answer(second)
    await hang_up(desk.stage, second, agent)
    _told(desk, client, [agent, second], **_sent_on(desk, "blind", "code"), hangup_by="agent")


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
    _told(desk, client, [agent, second], **_sent_on(desk, "blind", "REFER", done=False))


@played_in(SIP)
async def blind_transfer_no_answer(desk: Desk) -> None:
    """The first phone sends the client to the second (REFER), which rings for 2 s; the client gives up."""
    client, agent = await desk.talk("79164440304")
    agent.transfer(desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await asyncio.sleep(2)
    await hang_up(desk.stage, client, agent)
    _told(desk, client, [agent, second], **_sent_on(desk, "blind", "REFER", done=False))


@played_in(SIP)
async def outbound_blind_transfer(desk: Desk) -> None:
    """The first phone calls a client and sends him to the second (REFER), which answers; the client hangs up."""
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
    """The first phone holds the client, consults the second and joins the two (REFER); the client hangs up."""
    client, agent = await desk.talk("79164440305")
    await agent.hold()
    asking, second = await desk.consult()
    await answer(second, after=0.5)
    agent.transfer(desk.second, asking)
    await asyncio.sleep(1.5)
    await hang_up(desk.stage, client, agent, asking)
    _told(desk, client, [agent, second], **_sent_on(desk, "attended", "REFER"))


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
    _told(desk, client, [agent], hangup_by="agent")
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
    _told(desk, client, [agent, second], **_sent_on(desk, "attended", "code"))


@played_in(SIP)
async def attended_transfer_code_declined(desk: Desk) -> None:
    """The first phone consults the second by code (*2), which declines; the client, back with it, hangs up."""
    client, agent = await desk.talk("79164440308")
    await press_transfer(agent, "*2", desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await asyncio.sleep(1)
    second.reject(*DECLINE)
    await asyncio.sleep(3)
    await hang_up(desk.stage, client)
    _told(desk, client, [agent, second], last_agent=desk.first)


@played_in(SIP, PJSIP)
async def blonde_transfer_refer(desk: Desk) -> None:
    """The first phone calls the second and joins the two while it rings (REFER); it answers, the client hangs up."""
    client, agent = await desk.talk("79164440309")
    await agent.hold()
    asking, second = await desk.consult()
    agent.transfer(desk.second, asking)
    await answer(second, after=1.5)
    await hang_up(desk.stage, client, agent, asking)
    _told(desk, client, [agent, second], **_sent_on(desk, "blonde", "REFER"))


@played_in(SIP)
async def blonde_transfer_code(desk: Desk) -> None:
    """The first phone presses *2 and hangs up while the second rings; it answers, the client hangs up."""
    client, agent = await desk.talk("79164440310")
    await press_transfer(agent, "*2", desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await asyncio.sleep(1)
    agent.hang_up()
    await answer(second, after=1.5, talk=1.5)
    await hang_up(desk.stage, client)
    _told(desk, client, [agent, second], **_sent_on(desk, "blonde", "code"))


# ---- taken and parked -------------------------------------------------------------------------------------
async def _taken(desk: Desk, number: str, code: str) -> None:
    caller = await desk.dial_in(number)
    (rung,) = await desk.stage.ring(desk.first)
    await asyncio.sleep(1)
    taker = await desk.call(desk.fourth, code)
    await taker.until_answered()
    await asyncio.sleep(1)
    await hang_up(desk.stage, caller)
    taken = [truth.leg(rung, f"picked up by {desk.fourth}")]
    desk.stage.calls.append(truth.inbound(caller, taken, "answered", taker, pickup=True))


@played_in(SIP, PJSIP)
async def pickup_phone(desk: Desk) -> None:
    """The first phone rings; the fourth dials ** and its number and takes the call; the caller hangs up."""
    await _taken(desk, "79169990301", f"**{desk.first}")


@played_in(SIP)
async def pickup_group(desk: Desk) -> None:
    """The first phone rings; the fourth dials *8 and takes the call; the caller hangs up."""
    await _taken(desk, "79169990302", "*8")


@played_in(SIP)
async def parking(desk: Desk) -> None:
    """The first phone parks the client (#72), the second fetches him (71); the client hangs up."""
    client, agent = await desk.talk("79169990303")
    await agent.press("#72")
    await asyncio.sleep(3)
    agent.hang_up()
    taker = await desk.call(desk.second, "71")
    await taker.until_answered()
    await asyncio.sleep(1.5)
    await hang_up(desk.stage, client)
    more = {"parked": {"by": desk.first, "slot": "71", "taken_by": desk.second}}
    _told(desk, client, [agent], last_agent=desk.second, **more)


@played_in(SIP)
async def parking_timeout(desk: Desk) -> None:
    """The first phone parks the client (#72); after 20 s he comes back to it, it answers; he hangs up."""
    client, agent = await desk.talk("79169990304")
    await agent.press("#72")
    await asyncio.sleep(1)
    agent.hang_up()
    (again,) = await desk.stage.ring(desk.first, within=40)
    await answer(again)
    await hang_up(desk.stage, client)
    more = {"parked": {"by": desk.first, "slot": "71", "taken_by": None}}
    _told(desk, client, [agent, again], last_agent=desk.first, **more)
