"""The scenarios: each makes real calls happen and states what truly happened.

A scenario is an async function that takes a `Stage`; its docstring becomes the recording's description.
Those of `RECORDED` are what `record` knows by name: a new one is a function and the decorator.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rigkit.call import PhoneCall
    from rigkit.stage import Stage

RECORDED: dict[str, Callable[[Stage], Awaitable[None]]] = {}
BUSY = (486, "Busy Here")
DECLINE = (603, "Decline")


def recorded(scenario: Callable[[Stage], Awaitable[None]]) -> Callable[[Stage], Awaitable[None]]:
    """Makes a scenario known to `record`."""
    RECORDED[scenario.__name__] = scenario
    return scenario


# ------------------------------------------------- everyday calls, for live tests ----
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


# --------------------------------------------------------------------- recorded ----
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
async def queue_timeout(stage: Stage) -> None:
    """Queue 700: nobody answers in the 40 s that the queue gives; the PBX ends the call."""
    caller = await stage.dial_in("79163330105", "74950000700")
    rung: list[PhoneCall] = []
    ringers = [asyncio.ensure_future(_ring_on(stage, name, rung)) for name in ("101", "102", "103")]
    await caller.until_over(60)
    await stage.quiet()
    for ringer in ringers:
        ringer.cancel()
    legs = [truth.leg(call) for call in rung]
    note = "the PBX answered the caller when the queue began: nobody talked"
    stage.calls.append(truth.inbound(caller, legs, "missed", entry="queue", queue="700", note=note))


async def _ring_on(stage: Stage, extension: str, rung: list[PhoneCall]) -> None:
    """Rings for every call that comes, until it is cancelled."""
    while True:
        rung.append(await stage.phones[extension].next_ring(within=3600))


@recorded
async def queue_declined_then_answered(stage: Stage) -> None:
    """Queue 700: three phones ring, 101 declines after 1 s, 102 answers after 3 s, the caller hangs up."""
    caller = await stage.dial_in("79163330106", "74950000700")
    first, second, third = await stage.ring("101", "102", "103")
    await asyncio.sleep(1)
    first.reject(*DECLINE)
    await asyncio.sleep(2)
    await second.answer()
    await asyncio.sleep(3)
    caller.hang_up()
    await second.until_over()
    await stage.quiet()
    legs = [truth.leg(call) for call in (first, second, third)]
    stage.calls.append(truth.inbound(caller, legs, "answered", second, entry="queue", queue="700"))


@recorded
async def outbound_declined(stage: Stage) -> None:
    """101 dials a mobile, which rings for 2 s and declines (603), and so it does by the second trunk."""
    agent = await stage.phones["101"].call("89165550107")
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(2)
    client.reject(*DECLINE)
    again = await stage.phones["provider2"].next_call()
    again.reject(*DECLINE)
    await agent.until_over()
    await stage.quiet()
    tried = [client.phone.name, again.phone.name]
    stage.calls.append(truth.outbound(agent, client, "declined", "external", tried_trunks=tried))


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
