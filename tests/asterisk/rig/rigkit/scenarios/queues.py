"""Queues."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import DECLINE, MEMBERS, hang_up, legs, one_transfer, recorded, ring_on

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.stage import Stage


@recorded
async def queue_timeout(stage: Stage) -> None:
    """Queue 700: nobody answers in the 40 s that the queue gives; the PBX ends the call."""
    caller = await stage.dial_in("79163330105", "74950000700")
    async with ring_on(stage, *MEMBERS) as rung:
        await caller.until_over(60)
        await stage.quiet()
    note = "the PBX answered the caller when the queue began: nobody talked"
    stage.calls.append(truth.inbound(caller, legs(*rung), "missed", entry="queue", queue="700", note=note))


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
async def queue_second_round(stage: Stage) -> None:
    """Queue 703, ringall in rounds of 4 s: nobody answers in two of them, 102 does in the third."""
    caller = await stage.dial_in("79163330221", "74950000703")
    rung: list[PhoneCall] = []
    for _ in range(3):
        rung += await stage.ring("101", "102")
    await asyncio.sleep(1)
    await rung[-1].answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[-1], entry="queue", queue="703"))


@recorded
async def queue_declined_then_abandoned(stage: Stage) -> None:
    """Queue 704: its only member declines after 1 s; 1 s later the caller leaves."""
    caller = await stage.dial_in("79163330222", "74950000704")
    (agent,) = await stage.ring("105")
    await asyncio.sleep(1)
    agent.reject(*DECLINE)
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    note = "the PBX answered the caller when the queue began: nobody talked"
    stage.calls.append(truth.inbound(caller, legs(agent), "abandoned", entry="queue", queue="704", note=note))


@recorded
async def queue_linear_timeout(stage: Stage) -> None:
    """A linear queue: 101 and 102 do not answer for 4 s each; after 12 s the PBX ends the call."""
    caller = await stage.dial_in("79163330223", "74950000721")
    async with ring_on(stage, *MEMBERS) as rung:
        await caller.until_over(40)
        await stage.quiet()
    stage.calls.append(truth.inbound(caller, legs(*rung), "missed", entry="queue", queue="701"))


@recorded
async def queue_leaves_while_another_talks(stage: Stage) -> None:
    """Queue 704: 105 talks with the first caller; the second waits, nobody rings, and leaves after 2 s."""
    first = await stage.dial_in("79163330224", "74950000704")
    (agent,) = await stage.ring("105")
    await asyncio.sleep(0.5)
    await agent.answer()
    await asyncio.sleep(1)
    second = await stage.dial_in("79163330225", "74950000704")
    await asyncio.sleep(2)
    second.hang_up()
    await asyncio.sleep(1)
    await hang_up(stage, first)
    stage.calls.append(truth.inbound(first, legs(agent), "answered", agent, entry="queue", queue="704"))
    stage.calls.append(truth.inbound(second, [], "abandoned", entry="queue", queue="704"))


@recorded
async def queue_sip_abandoned(stage: Stage) -> None:
    """Queue 702, SIP members: three phones ring for 2 s, the caller leaves."""
    caller = await stage.dial_in("79163330226", "74950000702")
    rung = await stage.ring(*MEMBERS)
    await asyncio.sleep(2)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(*rung), "abandoned", entry="queue", queue="702"))


@recorded
async def queue_agent_hangup(stage: Stage) -> None:
    """Queue 700: 103 answers, talks and hangs up first."""
    caller, rung = await _queue_talk(stage, "79163330227", 2)
    await hang_up(stage, rung[2])
    more = {"hangup_by": "agent", "entry": "queue", "queue": "700"}
    stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[2], **more))


@recorded
async def queue_transfer_to_queue(stage: Stage) -> None:
    """Queue 700: 101 answers and sends the caller to queue 704 (REFER), where 105 answers."""
    caller, rung = await _queue_talk(stage, "79163330228", 0)
    rung[0].transfer("704")
    (second,) = await stage.ring("105")
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller, rung[0])
    more = one_transfer("blind", "REFER", "704", done=True)
    more |= {"entry": "queue", "queue": "704", "last_agent": "105"}
    stage.calls.append(truth.inbound(caller, legs(*rung, second), "answered", rung[0], **more))


async def _queue_talk(stage: Stage, number: str, answering: int) -> tuple[PhoneCall, list[PhoneCall]]:
    caller = await stage.dial_in(number, "74950000700")
    rung = await stage.ring(*MEMBERS)
    await asyncio.sleep(0.5)
    await rung[answering].answer()
    await asyncio.sleep(1)
    return caller, rung
