"""Groups, queues and follow-me on FreePBX's Macro dialplan, by chan_sip and by PJSIP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.offices import PJSIP, SIP, Desk, answer, played_in
from rigkit.scenarios.steps import BUSY, DECLINE, MOBILE, hang_up, legs

if TYPE_CHECKING:
    from rigkit.call import PhoneCall

GROUP = {"entry": "ring group"}


# ---- ring groups ------------------------------------------------------------------------------------------
async def _second_answers(desk: Desk, number: str, last: str) -> None:
    caller = await desk.dial_in(number, last)
    rung = await desk.stage.ring(*desk.members)
    await answer(rung[1])
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[1], **GROUP))


@played_in(SIP, PJSIP)
async def ringgroup_phones(desk: Desk) -> None:
    """Ring group of endpoints: three phones ring, the second answers; the caller hangs up."""
    await _second_answers(desk, "79162220301", "600")


@played_in(SIP)
async def ringgroup_locals(desk: Desk) -> None:
    """Ring group of Local channels that stay: three phones ring, the second answers."""
    await _second_answers(desk, "79162220302", "601")


@played_in(SIP, PJSIP)
async def ringgroup_locals_optimised(desk: Desk) -> None:
    """Ring group of Local channels that optimise: three phones ring, the second answers."""
    await _second_answers(desk, "79162220303", "602")


@played_in(SIP)
async def ringgroup_timeout(desk: Desk) -> None:
    """Ring group of endpoints: three phones ring for 4 s, nobody answers, the PBX ends the call."""
    caller = await desk.dial_in("79162220304", "604")
    rung = await desk.stage.ring(*desk.members)
    await caller.until_over()
    await desk.stage.quiet()
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "missed", **GROUP))


async def _mixed(desk: Desk, number: str, last: str) -> tuple[PhoneCall, list[PhoneCall]]:
    """The first phone is busy, the second declines after 1 s, the third rings."""
    caller = await desk.dial_in(number, last)
    first = await desk.get(desk.first)
    first.reject(*BUSY)
    second, third = await desk.stage.ring(desk.second, desk.third)
    await asyncio.sleep(1)
    second.reject(*DECLINE)
    return caller, [first, second, third]


@played_in(SIP)
async def ringgroup_mixed(desk: Desk) -> None:
    """Ring group of endpoints: one is busy, one declines after 1 s, the third answers."""
    caller, rung = await _mixed(desk, "79162220305", "600")
    await answer(rung[2])
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[2], **GROUP))


@played_in(SIP)
async def ringgroup_mixed_missed(desk: Desk) -> None:
    """Ring group of Local channels: one is busy, one declines after 1 s, the third rings; he gives up."""
    caller, rung = await _mixed(desk, "79162220306", "601")
    await asyncio.sleep(1)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "missed", **GROUP))


@played_in(SIP)
async def ringgroup_busy(desk: Desk) -> None:
    """Ring group of endpoints: all three are busy (486); the caller gets busy."""
    caller = await desk.dial_in("79162220307", "600")
    rung = [await desk.get(member) for member in desk.members]
    for call in rung:
        call.reject(*BUSY)
    await caller.until_over()
    await desk.stage.quiet()
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "busy", **GROUP))


@played_in(SIP)
async def ringgroup_hunt(desk: Desk) -> None:
    """One after another: the first does not answer for 4 s, the second does; the caller hangs up."""
    caller = await desk.dial_in("79162220308", "603")
    (first,) = await desk.stage.ring(desk.first)
    (second,) = await desk.stage.ring(desk.second)
    await answer(second)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(first, second), "answered", second, **GROUP))


# ---- queues -----------------------------------------------------------------------------------------------
def _in_queue(desk: Desk, last: str) -> dict[str, str]:
    return {"entry": "queue", "queue": desk.number(last)}


@played_in(SIP, PJSIP)
async def queue_answered(desk: Desk) -> None:
    """Queue with Local members: three phones ring, the third answers and hangs up."""
    caller = await desk.dial_in("79163330301", "700")
    rung = await desk.stage.ring(*desk.members)
    await answer(rung[2])
    await hang_up(desk.stage, rung[2])
    more = _in_queue(desk, "700") | {"hangup_by": "agent"}
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[2], **more))


@played_in(SIP)
async def queue_abandoned(desk: Desk) -> None:
    """Queue with Local members: three phones ring for 2 s, the caller leaves."""
    await _abandoned(desk, "79163330302", "700")


@played_in(SIP)
async def queue_phones_abandoned(desk: Desk) -> None:
    """Queue whose members are endpoints: three phones ring for 2 s, the caller leaves."""
    await _abandoned(desk, "79163330303", "702")


async def _abandoned(desk: Desk, number: str, last: str) -> None:
    caller = await desk.dial_in(number, last)
    rung = await desk.stage.ring(*desk.members)
    await asyncio.sleep(2)
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "abandoned", **_in_queue(desk, last)))


@played_in(SIP)
async def queue_phones_answered(desk: Desk) -> None:
    """Queue whose members are endpoints: the first declines after 1 s, the second answers."""
    caller = await desk.dial_in("79163330304", "702")
    rung = await desk.stage.ring(*desk.members)
    await asyncio.sleep(1)
    rung[0].reject(*DECLINE)
    await answer(rung[1])
    await hang_up(desk.stage, caller)
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[1], **_in_queue(desk, "702")))


@played_in(SIP)
async def queue_second_round(desk: Desk) -> None:
    """Queue in rounds of 4 s: nobody answers in the first, the second phone does in the second."""
    caller = await desk.dial_in("79163330305", "703")
    rung = await desk.stage.ring(*desk.members[:2])
    rung += await desk.stage.ring(*desk.members[:2])
    await answer(rung[-1])
    await hang_up(desk.stage, caller)
    more = _in_queue(desk, "703")
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[-1], **more))


@played_in(SIP)
async def queue_blind_transfer(desk: Desk) -> None:
    """Queue with Local members: the first answers, sends the caller to the fourth (REFER); it answers."""
    caller = await desk.dial_in("79163330306", "700")
    rung = await desk.stage.ring(*desk.members)
    await answer(rung[0])
    rung[0].transfer(desk.fourth)
    rung += await desk.stage.ring(desk.fourth)
    await answer(rung[-1])
    await hang_up(desk.stage, caller, rung[0])
    more = _in_queue(desk, "700") | {"last_agent": desk.fourth}
    more |= {"transfers": [truth.transfer("blind", "REFER", desk.first, desk.fourth, done=True)]}
    desk.stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[0], **more))


# ---- follow-me --------------------------------------------------------------------------------------------
async def _follow_me(desk: Desk, number: str) -> list[PhoneCall]:
    caller = await desk.dial_in(number, "111")
    phone, mobile = await desk.stage.ring(desk.first, desk.office.trunk)
    return [caller, phone, mobile]


@played_in(SIP, PJSIP)
async def followme_mobile_wins(desk: Desk) -> None:
    """Phone and mobile ring together, the mobile answers and hangs up."""
    caller, phone, mobile = await _follow_me(desk, "79162220309")
    await answer(mobile)
    await hang_up(desk.stage, mobile)
    rung = [truth.leg(phone), truth.leg(mobile, extension=MOBILE)]
    more = {"entry": "follow me", "answered_number": MOBILE, "out_trunk": desk.office.trunk}
    more |= {"hangup_by": "agent"}
    desk.stage.calls.append(truth.inbound(caller, rung, "answered", mobile, **more))


@played_in(SIP)
async def followme_desk_wins(desk: Desk) -> None:
    """Phone and mobile ring together, the phone answers; the caller hangs up."""
    caller, phone, mobile = await _follow_me(desk, "79162220310")
    await answer(phone)
    await hang_up(desk.stage, caller)
    rung = [truth.leg(phone), truth.leg(mobile, extension=MOBILE)]
    desk.stage.calls.append(truth.inbound(caller, rung, "answered", phone, entry="follow me"))
