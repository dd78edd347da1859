"""Calls inside on FreePBX's Macro dialplan, by chan_sip and by PJSIP."""

from __future__ import annotations

import asyncio

from rigkit import truth
from rigkit.scenarios.offices import PJSIP, SIP, Desk, answer, played_in
from rigkit.scenarios.steps import BUSY, DECLINE, hang_up


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


@played_in(SIP)
async def internal_to_other_office(desk: Desk) -> None:
    """A phone of chan_sip calls one of PJSIP, which answers and hangs up."""
    called_number = f"{PJSIP.digit}02"
    caller = await desk.call(desk.first, called_number)
    (called,) = await desk.stage.ring(called_number)
    await answer(called)
    await hang_up(desk.stage, called)
    desk.stage.calls.append(truth.internal(caller, called, "answered", called_number))
