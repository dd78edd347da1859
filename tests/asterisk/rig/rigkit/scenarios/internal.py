"""Calls inside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import BUSY, DECLINE, MEMBERS, MOBILE, hang_up, legs, one_transfer, recorded

if TYPE_CHECKING:
    from rigkit.stage import Stage


@recorded
async def internal_busy(stage: Stage) -> None:
    """101 calls 102, whose phone is busy (486)."""
    caller = await stage.phones["101"].call("102")
    called = await stage.phones["102"].next_call()
    called.reject(*BUSY)
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(truth.internal(caller, called, "busy", "102"))


@recorded
async def internal_declined(stage: Stage) -> None:
    """101 calls 102, which rings for 2 s and declines (603)."""
    caller = await stage.phones["101"].call("102")
    (called,) = await stage.ring("102")
    await asyncio.sleep(2)
    called.reject(*DECLINE)
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(truth.internal(caller, called, "declined", "102"))


@recorded
async def internal_to_group(stage: Stage) -> None:
    """104 calls ring group 601; 102 answers, 104 hangs up."""
    caller = await stage.phones["104"].call("601")
    rung = await stage.ring(*MEMBERS)
    await asyncio.sleep(1)
    await rung[1].answer()
    await caller.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.internal(caller, rung[1], "answered", "104", legs=legs(*rung)))


@recorded
async def internal_transferred(stage: Stage) -> None:
    """101 calls 102, which answers and sends 101 to 103 (REFER); 103 answers, 101 hangs up."""
    caller = await stage.phones["101"].call("102")
    (first,) = await stage.ring("102")
    await asyncio.sleep(0.5)
    await first.answer()
    await caller.until_answered()
    await asyncio.sleep(1)
    first.transfer("103")
    (second,) = await stage.ring("103")
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller, first)
    more = one_transfer("blind", "REFER", "103", done=True, source="102")
    more |= {"legs": legs(first, second), "last_agent": "103"}
    stage.calls.append(truth.internal(caller, first, "answered", "101", **more))


@recorded
async def internal_hangup_by_called(stage: Stage) -> None:
    """101 calls 102, which answers and hangs up."""
    caller = await stage.phones["101"].call("102")
    (called,) = await stage.ring("102")
    await asyncio.sleep(0.5)
    await called.answer()
    await asyncio.sleep(1)
    await hang_up(stage, called)
    stage.calls.append(truth.internal(caller, called, "answered", "102"))


@recorded
async def feature_code_echo(stage: Stage) -> None:
    """101 dials *43 and hears itself: no call for a CRM."""
    call = await stage.phones["101"].call("*43")
    await call.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, call)


@recorded
async def internal_to_mobile(stage: Stage) -> None:
    """101 calls 110, which is a mobile; it answers, 101 hangs up."""
    caller = await stage.phones["101"].call("110")
    (mobile,) = await stage.ring("provider2")
    await asyncio.sleep(0.5)
    await mobile.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    rung = [truth.leg(mobile, extension=MOBILE)]
    stage.calls.append(truth.internal(caller, mobile, "answered", "101", legs=rung))
