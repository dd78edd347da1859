"""Everyday calls, with words to choose for live tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import recorded

if TYPE_CHECKING:
    from rigkit.stage import Stage


@recorded
async def inbound_answered(
    stage: Stage, number: str = "79161230001", extension: str = "101", talk: float = 2, ring: float = 1
) -> None:
    """From outside straight to an extension, which answers; the caller hangs up."""
    caller = await stage.dial_in(number, f"7495000{int(extension):04}")
    (agent,) = await stage.ring(extension)
    await asyncio.sleep(ring)
    await agent.answer()
    await caller.until_answered()
    await asyncio.sleep(talk)
    caller.hang_up()
    await agent.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, [truth.leg(agent)], "answered", agent))


async def inbound_missed(
    stage: Stage, number: str = "79161230002", extension: str = "101", ring: float = 2
) -> None:
    """From outside straight to an extension, which rings; the caller gives up."""
    caller = await stage.dial_in(number, f"7495000{int(extension):04}")
    (agent,) = await stage.ring(extension)
    await asyncio.sleep(ring)
    caller.hang_up()
    await agent.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, [truth.leg(agent)], "missed"))


@recorded
async def outbound_answered(
    stage: Stage, number: str = "79161230003", extension: str = "101", talk: float = 2, ring: float = 1
) -> None:
    """An extension calls a mobile through provider1; it answers, the extension hangs up."""
    agent = await stage.phones[extension].call(f"8{number[1:]}")
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(ring)
    await client.answer()
    await agent.until_answered()
    await asyncio.sleep(talk)
    agent.hang_up()
    await client.until_over()
    await stage.quiet()
    stage.calls.append(truth.outbound(agent, client, "answered", "agent"))
