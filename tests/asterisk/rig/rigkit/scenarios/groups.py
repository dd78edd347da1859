"""Ring groups and follow-me."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import BUSY, DECLINE, MEMBERS, MOBILE, hang_up, legs, recorded, ring_on

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.stage import Stage


@recorded
async def ringgroup_hunt(stage: Stage) -> None:
    """Ring group 603, one after another: 101 does not answer for 4 s, 102 does; the caller hangs up."""
    caller = await stage.dial_in("79162220103", "74950000603")
    (first,) = await stage.ring("101")
    (second,) = await stage.ring("102")
    await asyncio.sleep(1)
    await second.answer()
    await caller.until_answered()
    await asyncio.sleep(2)
    caller.hang_up()
    await second.until_over()
    await stage.quiet()
    legs = [truth.leg(first), truth.leg(second)]
    stage.calls.append(truth.inbound(caller, legs, "answered", second, entry="ring group"))


@recorded
async def inbound_busy_group(stage: Stage) -> None:
    """Ring group 600: all three phones are busy (486); the caller gets busy."""
    caller = await stage.dial_in("79162220104", "74950000600")
    calls = await asyncio.gather(*(stage.phones[name].next_call() for name in ("101", "102", "103")))
    for call in calls:
        call.reject(*BUSY)
    await caller.until_over()
    await stage.quiet()
    legs = [truth.leg(call) for call in calls]
    stage.calls.append(truth.inbound(caller, legs, "busy", entry="ring group"))


@recorded
async def ringgroup_timeout(stage: Stage) -> None:
    """Ring group of Local channels: three phones ring for 4 s, nobody answers, the PBX ends the call."""
    await _nobody(stage, "79162220211", "74950000605")


@recorded
async def ringgroup_sip_timeout(stage: Stage) -> None:
    """Ring group of SIP endpoints: three phones ring for 4 s, nobody answers, the PBX ends the call."""
    await _nobody(stage, "79162220212", "74950000604")


@recorded
async def ringgroup_hunt_timeout(stage: Stage) -> None:
    """Ring group 603, one after another: 101, 102 and 103 do not answer; the PBX ends the call."""
    await _nobody(stage, "79162220213", "74950000603")


async def _nobody(stage: Stage, number: str, did: str) -> None:
    caller = await stage.dial_in(number, did)
    async with ring_on(stage, *MEMBERS) as rung:
        await caller.until_over(40)
        await stage.quiet()
    stage.calls.append(truth.inbound(caller, legs(*rung), "missed", entry="ring group"))


@recorded
async def ringgroup_mixed(stage: Stage) -> None:
    """Ring group 601: 101 is busy, 102 declines after 1 s, 103 answers after 2 s."""
    caller = await stage.dial_in("79162220214", "74950000601")
    first = await stage.phones["101"].next_call()
    first.reject(*BUSY)
    second, third = await stage.ring("102", "103")
    await asyncio.sleep(1)
    second.reject(*DECLINE)
    await asyncio.sleep(1)
    await third.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    rung = legs(first, second, third)
    stage.calls.append(truth.inbound(caller, rung, "answered", third, entry="ring group"))


@recorded
async def ringgroup_mixed_missed(stage: Stage) -> None:
    """Ring group 601: 101 is busy, 102 declines after 1 s, 103 rings on; the caller gives up."""
    caller = await stage.dial_in("79162220215", "74950000601")
    first = await stage.phones["101"].next_call()
    first.reject(*BUSY)
    second, third = await stage.ring("102", "103")
    await asyncio.sleep(1)
    second.reject(*DECLINE)
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    rung = legs(first, second, third)
    stage.calls.append(truth.inbound(caller, rung, "missed", entry="ring group"))


@recorded
async def ringgroup_sip_mixed_timeout(stage: Stage) -> None:
    """Ring group of SIP endpoints: 101 declines after 1 s, 102 and 103 do not answer for 4 s."""
    await _first_declines(stage, "79162220219", "74950000604")


@recorded
async def ringgroup_mixed_timeout(stage: Stage) -> None:
    """Ring group of Local channels: 101 declines after 1 s, 102 and 103 do not answer for 4 s."""
    await _first_declines(stage, "79162220220", "74950000605")


async def _first_declines(stage: Stage, number: str, did: str) -> None:
    caller = await stage.dial_in(number, did)
    rung = await stage.ring(*MEMBERS)
    await asyncio.sleep(1)
    rung[0].reject(*DECLINE)
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, legs(*rung), "missed", entry="ring group"))


@recorded
async def followme_mobile_wins(stage: Stage) -> None:
    """Follow-me 111: 101 and a mobile ring together, the mobile answers and hangs up."""
    caller, desk, mobile = await _follow_me(stage, "79162220216")
    await mobile.answer()
    await asyncio.sleep(1)
    await hang_up(stage, mobile)
    rung = [truth.leg(desk), truth.leg(mobile, extension=MOBILE)]
    more = {"entry": "follow me", "answered_number": MOBILE, "out_trunk": "provider2"}
    stage.calls.append(truth.inbound(caller, rung, "answered", mobile, hangup_by="agent", **more))


@recorded
async def followme_desk_wins(stage: Stage) -> None:
    """Follow-me 111: 101 and a mobile ring together, 101 answers; the caller hangs up."""
    caller, desk, mobile = await _follow_me(stage, "79162220217")
    await desk.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    rung = [truth.leg(desk), truth.leg(mobile, extension=MOBILE)]
    stage.calls.append(truth.inbound(caller, rung, "answered", desk, entry="follow me"))


@recorded
async def followme_missed(stage: Stage) -> None:
    """Follow-me 111: 101 and a mobile ring together for 2 s; the caller gives up."""
    caller, desk, mobile = await _follow_me(stage, "79162220218")
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    rung = [truth.leg(desk), truth.leg(mobile, extension=MOBILE)]
    stage.calls.append(truth.inbound(caller, rung, "missed", entry="follow me"))


async def _follow_me(stage: Stage, number: str) -> list[PhoneCall]:
    caller = await stage.dial_in(number, "74950000111")
    desk, mobile = await stage.ring("101", "provider2")
    await asyncio.sleep(1)
    return [caller, desk, mobile]
