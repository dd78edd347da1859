"""Calls from outside to one extension, or through a menu."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import BUSY, DECLINE, MEMBERS, MOBILE, hang_up, legs, recorded, talk

if TYPE_CHECKING:
    from rigkit.stage import Stage


@recorded
async def inbound_declined(stage: Stage) -> None:
    """101 rings for 2 s and declines (603); the caller is turned away."""
    caller = await stage.dial_in("79161110101", "74950000101")
    (agent,) = await stage.ring("101")
    await asyncio.sleep(2)
    agent.reject(*DECLINE)
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, [truth.leg(agent)], "declined"))


@recorded
async def inbound_registered_no_reply(stage: Stage) -> None:
    """104 is registered but replies to nothing; the caller gives up after 4 s."""
    stage.phones["104"].deaf = True
    caller = await stage.dial_in("79161110102", "74950000104")
    await asyncio.sleep(4)
    caller.hang_up()
    await stage.quiet()
    legs = [truth.leg_unreachable("104", caller)]
    stage.calls.append(truth.inbound(caller, legs, "missed"))


@recorded
async def inbound_gives_up_at_once(stage: Stage) -> None:
    """The caller gives up after 0.4 s, before 101's phone, which has the call, begins to ring."""
    caller = await stage.dial_in("79161110201", "74950000101")
    agent = await stage.phones["101"].next_call()
    await asyncio.sleep(0.4)
    caller.hang_up()
    await agent.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, legs(agent), "missed"))


@recorded
async def inbound_forward_busy(stage: Stage) -> None:
    """101 is busy (486), so 103 is rung and answers."""
    caller = await stage.dial_in("79161110202", "74950000112")
    first = await stage.phones["101"].next_call()
    first.reject(*BUSY)
    (second,) = await stage.ring("103")
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(first, second), "answered", second))


@recorded
async def inbound_second_missed(stage: Stage) -> None:
    """107 talks; a second caller rings there for 2 s and gives up."""
    first, agent = await talk(stage, "79161110203", "74950000107", "107")
    second = await stage.dial_in("79161110204", "74950000107")
    (waiting,) = await stage.ring("107")
    await asyncio.sleep(2)
    second.hang_up()
    await waiting.until_over()
    await asyncio.sleep(0.5)
    await hang_up(stage, first)
    stage.calls.append(truth.inbound(first, legs(agent), "answered", agent))
    stage.calls.append(truth.inbound(second, legs(waiting), "missed"))


@recorded
async def inbound_missed_provider2(stage: Stage) -> None:
    """By the second provider to 103, which rings for 2 s; the caller gives up."""
    caller = await stage.dial_in("79161110205", "74950000103", provider="provider2")
    (agent,) = await stage.ring("103")
    await asyncio.sleep(2)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(agent), "missed"))


@recorded
async def anonymous_missed(stage: Stage) -> None:
    """The caller withholds the number; 101 rings for 2 s, the caller gives up."""
    caller = await stage.dial_in("anonymous", "74950000101", name="Anonymous")
    (agent,) = await stage.ring("101")
    await asyncio.sleep(2)
    await hang_up(stage, caller)
    hidden = {"external_number": None, "external_name": ""}
    stage.calls.append(truth.inbound(caller, legs(agent), "missed", **hidden))


@recorded
async def inbound_hold(stage: Stage) -> None:
    """101 talks, puts the caller on hold for 1.5 s, takes him back and hangs up."""
    caller, agent = await talk(stage, "79161110206")
    await agent.hold()
    await asyncio.sleep(1.5)
    await agent.hold(on=False)
    await asyncio.sleep(1)
    await hang_up(stage, agent)
    stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent, hangup_by="agent"))


@recorded
async def ivr_to_group(stage: Stage) -> None:
    """The caller presses 3 in the menu and reaches ring group 600; 103 answers."""
    caller = await stage.dial_in("79161110207", "74950000500")
    await caller.until_answered()
    await asyncio.sleep(1.5)
    await caller.press("3")
    rung = await stage.ring(*MEMBERS)
    await asyncio.sleep(1)
    await rung[2].answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[2], entry="ivr", ivr_keys="3"))


@recorded
async def no_answer_then_announcement(stage: Stage) -> None:
    """101 rings for 4 s; then the PBX answers with an announcement and hangs up."""
    caller = await stage.dial_in("79161110208", "74950000113")
    (agent,) = await stage.ring("101")
    await caller.until_over()
    await stage.quiet()
    note = "the PBX answered the caller, no human did"
    stage.calls.append(truth.inbound(caller, legs(agent), "missed", note=note))


@recorded
async def inbound_redirected(stage: Stage) -> None:
    """101's phone sends the caller on to 103 by itself (302); 103 answers, the caller hangs up."""
    caller = await stage.dial_in("79161110209", "74950000101")
    first = await stage.phones["101"].next_call()
    first.redirect("103")
    (second,) = await stage.ring("103")
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(first, second), "answered", second))


@recorded
async def inbound_forwarded_outside(stage: Stage) -> None:
    """101 is forwarded to a mobile, which answers; the caller hangs up."""
    await asyncio.to_thread(stage.asterisk.cli, f"database put CF 101 8{MOBILE[1:]}")
    caller = await stage.dial_in("79161110210", "74950000101")
    (mobile,) = await stage.ring("provider1")
    await asyncio.to_thread(stage.asterisk.cli, "database del CF 101")
    await mobile.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    rung = [truth.leg(mobile, extension=MOBILE)]
    more = {"answered_number": MOBILE, "out_trunk": "provider1"}
    stage.calls.append(truth.inbound(caller, rung, "answered", mobile, **more))


@recorded
async def ami_hangup(stage: Stage) -> None:
    """101 talks with a client; somebody ends the call by AMI."""
    caller, agent = await talk(stage, "79161110211")
    channels = await asyncio.to_thread(stage.asterisk.cli, "core show channels concise")
    name = next(line.partition("!")[0] for line in channels.splitlines() if "/provider1" in line)
    stage.tap.ask("Hangup", Channel=name)
    await agent.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent, hangup_by="pbx"))


@recorded
async def inbound_refused(stage: Stage) -> None:
    """101's phone says that it is not available (480) at once; the caller is turned away."""
    caller = await stage.dial_in("79161110212", "74950000101")
    agent = await stage.phones["101"].next_call()
    agent.reject(480, "Temporarily Unavailable")
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, legs(agent), "unavailable"))


@recorded
async def inbound_refused_ringing(stage: Stage) -> None:
    """101's phone rings for 2 s, then says that it is not available (480); the caller is turned away."""
    caller = await stage.dial_in("79161110213", "74950000101")
    (agent,) = await stage.ring("101")
    await asyncio.sleep(2)
    agent.reject(480, "Temporarily Unavailable")
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, legs(agent), "missed"))


@recorded
async def inbound_phone_fault(stage: Stage) -> None:
    """101's phone fails (500) at once; the caller is turned away."""
    caller = await stage.dial_in("79161110214", "74950000101")
    agent = await stage.phones["101"].next_call()
    agent.reject(500, "Server Internal Error")
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, legs(agent), "unavailable"))
