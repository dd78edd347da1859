"""FreePBX's queues: members are Local channels at the queue's number, recorded by force one by one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.freepbx import DID, console
from rigkit.scenarios.steps import consult, hang_up, legs, one_transfer, press_transfer, recorded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rigkit.call import PhoneCall
    from rigkit.stage import Stage
    from rigkit.truth import Truth

QUEUE = ("102", "104", "105")


@recorded
async def freepbx_queue_answered(stage: Stage) -> None:
    """Queue 720: its members' Local channels go on at the queue's number; 105 answers and hangs up."""
    caller, rung = await queue_talk(stage, "79168880301", "105")
    await hang_up(stage, rung[2])
    more = {"hangup_by": "agent", "entry": "queue", "queue": "720"}
    stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[2], **more))


@recorded
async def freepbx_queue_blind_transfer(stage: Stage) -> None:
    """Queue 720: 102 answers and sends the caller to 103 (REFER), which answers; the caller hangs up."""
    caller, rung = await queue_talk(stage, "79168880302", "102")
    rung[0].transfer("103")
    rung += await stage.ring("103")
    await _talk_with_third(rung)
    await hang_up(stage, caller, rung[0])
    stage.calls.append(_sent_on(caller, rung, "blind", "REFER"))


@recorded
async def freepbx_queue_blind_transfer_missed(stage: Stage) -> None:
    """Queue 720: 102 answers and sends the caller to 103 (REFER), which rings; the caller gives up."""
    caller, rung = await queue_talk(stage, "79168880303", "102")
    rung[0].transfer("103")
    rung += await stage.ring("103")
    await asyncio.sleep(2)
    await hang_up(stage, caller, rung[0])
    stage.calls.append(_sent_on(caller, rung, "blind", "REFER", done=False))


@recorded
async def freepbx_queue_code_transfer(stage: Stage) -> None:
    """Queue 720: 102 answers and sends the caller to 103 by code (##), which answers and hangs up."""
    caller, rung = await queue_talk(stage, "79168880304", "102")
    await press_transfer(rung[0], "##", "103")
    rung += await stage.ring("103")
    await _talk_with_third(rung)
    await hang_up(stage, rung[-1], rung[0])
    stage.calls.append(_sent_on(caller, rung, "blind", "code", hangup_by="agent"))


@recorded
async def freepbx_queue_attended_transfer(stage: Stage) -> None:
    """Queue 720: 102 answers, consults 103 on its second line and joins the two (REFER); 103 hangs up."""
    caller, rung, asking = await _queue_consults(stage, "79168880305")
    await _talk_with_third(rung)
    rung[0].transfer("103", asking)
    await asyncio.sleep(1.5)
    await hang_up(stage, rung[-1], rung[0], asking)
    stage.calls.append(_sent_on(caller, rung, "attended", "REFER", hangup_by="agent"))


@recorded
async def freepbx_queue_blonde_transfer(stage: Stage) -> None:
    """Queue 720: 102 joins caller and 103 while 103 still rings (REFER); 103 answers, the caller hangs up."""
    caller, rung, asking = await _queue_consults(stage, "79168880306")
    rung[0].transfer("103", asking)
    await _talk_with_third(rung)
    await hang_up(stage, caller, rung[0], asking)
    stage.calls.append(_sent_on(caller, rung, "blonde", "REFER"))


async def _queue_consults(stage: Stage, number: str) -> tuple[PhoneCall, list[PhoneCall], PhoneCall]:
    """102 of queue 720 holds the caller and calls 103, which rings and is the last of those rung."""
    caller, rung = await queue_talk(stage, number, "102")
    await rung[0].hold()
    asking, second = await consult(stage, "103", source="102")
    return caller, [*rung, second], asking


async def _talk_with_third(rung: list[PhoneCall]) -> None:
    await asyncio.sleep(1)
    await rung[-1].answer()
    await asyncio.sleep(1)


def _sent_on(
    caller: PhoneCall, rung: list[PhoneCall], kind: str, how: str, *, done: bool = True, **more: str
) -> Truth:
    """The truth of a caller whom 102 of queue 720 sent on to 103, the last of those rung."""
    more |= one_transfer(kind, how, "103", done=done, source="102")
    more |= {"entry": "queue", "queue": "720", "last_agent": "103" if done else "102"}
    return truth.inbound(caller, legs(*rung), "answered", rung[0], **more)


async def queue_talk(stage: Stage, number: str, answering: str) -> tuple[PhoneCall, list[PhoneCall]]:
    """A caller in queue 720 and the calls of its members, of whom one talks with him."""
    caller = await stage.dial_in(number, f"{DID}0720")
    rung = await stage.ring(*QUEUE)
    await asyncio.sleep(0.5)
    await rung[QUEUE.index(answering)].answer()
    await asyncio.sleep(1.5)
    return caller, rung


# ---- recordings --------------------------------------------------------------------------------------------
@recorded
async def freepbx_queue_forced_recording(stage: Stage) -> None:
    """Queue 720, each member recorded by force: 102, 104 and 105 ring, 104 answers, the caller hangs up."""
    async with forced_recording(stage, *QUEUE):
        caller, rung = await queue_talk(stage, "79168880201", "104")
        await hang_up(stage, caller)
    more = {"entry": "queue", "queue": "720"}
    stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[1], **more))


@recorded
async def freepbx_queue_forced_recording_abandoned(stage: Stage) -> None:
    """Queue 720, each member recorded by force: three phones ring for 2 s, the caller leaves."""
    async with forced_recording(stage, *QUEUE):
        caller = await stage.dial_in("79168880202", f"{DID}0720")
        rung = await stage.ring(*QUEUE)
        await asyncio.sleep(2)
        await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(*rung), "abandoned", entry="queue", queue="720"))


@recorded
async def freepbx_queue_members_recorded(stage: Stage) -> None:
    """Queue 720 is not recorded, each member is, by force: 105 answers and hangs up; two files stay empty."""
    await console(stage, "database put QUEUE 720/recording no")
    async with forced_recording(stage, *QUEUE):
        caller, rung = await queue_talk(stage, "79168880204", "105")
        await hang_up(stage, rung[2])
    await console(stage, "database del QUEUE 720/recording")
    more = {"hangup_by": "agent", "entry": "queue", "queue": "720"}
    stage.calls.append(truth.inbound(caller, legs(*rung), "answered", rung[2], **more))


@asynccontextmanager
async def forced_recording(stage: Stage, *users: str) -> AsyncIterator[None]:
    """For as long as the context lasts, calls to these users are recorded whatever else is."""
    for user in users:
        await console(stage, f"database put AMPUSER {user}/recording/in force")
    try:
        yield
    finally:
        for user in users:
            await console(stage, f"database del AMPUSER {user}/recording/in")
