"""Calls that others take or park, and a restart, on FreePBX's Macro dialplan."""

from __future__ import annotations

import asyncio

from rigkit import truth
from rigkit.scenarios.offices import PJSIP, SIP, Desk, answer, played_in
from rigkit.scenarios.steps import hang_up, legs


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
async def pickup_in_group(desk: Desk) -> None:
    """A ring group rings; the fourth dials ** and the second's number, takes the call and hangs up."""
    caller = await desk.dial_in("79169990305", "600")
    rung = await desk.stage.ring(*desk.members)
    await asyncio.sleep(1)
    taker = await desk.call(desk.fourth, f"**{desk.second}")
    await taker.until_answered()
    await asyncio.sleep(1)
    await hang_up(desk.stage, taker)
    taken = [truth.leg(c, f"picked up by {desk.fourth}" if c.phone.name == desk.second else "") for c in rung]
    more = {"entry": "ring group", "pickup": True, "hangup_by": "agent"}
    desk.stage.calls.append(truth.inbound(caller, taken, "answered", taker, **more))


@played_in(SIP)
async def parking_refer(desk: Desk) -> None:
    """The first phone sends the client to parking (REFER 70), the second fetches him (71), hangs up."""
    client, agent = await desk.talk("79169990306")
    agent.transfer("70")
    await asyncio.sleep(2)
    taker = await desk.call(desk.second, "71")
    await taker.until_answered()
    await asyncio.sleep(1)
    await hang_up(desk.stage, taker, agent)
    more = {"parked": {"by": desk.first, "slot": "71", "taken_by": desk.second}, "hangup_by": "agent"}
    desk.talked(client, [agent], last_agent=desk.second, **more)


@played_in(SIP)
async def parking_after_transfer(desk: Desk) -> None:
    """The first sends the client to the second (REFER), which parks him (#72); the third fetches him."""
    client, agent = await desk.talk("79169990307")
    agent.transfer(desk.second)
    (second,) = await desk.stage.ring(desk.second)
    await answer(second)
    await second.press("#72")
    await asyncio.sleep(3)
    second.hang_up()
    taker = await desk.call(desk.third, "71")
    await taker.until_answered()
    await asyncio.sleep(1)
    await hang_up(desk.stage, client, agent)
    transfers = [truth.transfer("blind", "REFER", desk.first, desk.second, done=True)]
    more = {"parked": {"by": desk.second, "slot": "71", "taken_by": desk.third}, "transfers": transfers}
    desk.talked(client, [agent, second], last_agent=desk.third, **more)


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
    desk.talked(client, [agent], last_agent=desk.second, **more)


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
    desk.talked(client, [agent, again], last_agent=desk.first, **more)


@played_in(SIP)
async def pbx_restart(desk: Desk) -> None:
    """The first phone talks with a client, the second rings for another: the PBX restarts."""
    client, agent = await desk.talk("79168880301")
    waiting = await desk.dial_in("79168880302", "02")
    (ringing,) = await desk.stage.ring(desk.second)
    await asyncio.sleep(1)
    await asyncio.to_thread(desk.stage.asterisk.cli, "core restart now")
    await asyncio.gather(*(call.until_over(10) for call in (client, agent, waiting, ringing)))
    desk.talked(client, [agent])
    cut_short = [truth.leg(ringing, "pbx restarted")]
    desk.stage.calls.append(truth.inbound(waiting, cut_short, "missed"))
    await asyncio.to_thread(desk.stage.asterisk.wait_until_booted)


@played_in(SIP, PJSIP)
async def snapshot_midcall(desk: Desk) -> None:
    """One call talks, one waits in a queue, one rings outside when AMI logs in; then all of them end."""
    client, agent = await desk.talk("79168880303")
    waiting = await desk.dial_in("79168880304", "700")
    rung = await desk.stage.ring(desk.second, desk.third)
    caller = await desk.call(desk.fourth, "89168880305")
    (mobile,) = await desk.stage.ring(desk.office.trunk)
    await asyncio.sleep(1)
    await desk.stage.log_in_anew()
    await answer(mobile)
    caller.hang_up()
    await asyncio.sleep(0.5)
    waiting.hang_up()
    await hang_up(desk.stage, client)
    before = {"before_login": True}
    desk.talked(client, [agent], **before)
    more = before | {"entry": "queue", "queue": desk.number("700")}
    desk.stage.calls.append(truth.inbound(waiting, legs(*rung), "abandoned", **more))
    desk.stage.calls.append(truth.outbound(caller, mobile, "answered", "agent", **before))
