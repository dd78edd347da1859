"""FreePBX's own ways: recordings forced by extension, trunks by number, groups and queues of Local channels.

All of them enter by `extensions_freepbx.conf`. The traps are those of docs/facts/freepbx.md.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import (
    DECLINE,
    consult,
    hang_up,
    legs,
    one_transfer,
    press_transfer,
    recorded,
    talk,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rigkit.call import PhoneCall
    from rigkit.stage import Stage

DID = "7495001"
QUEUE = ("102", "104", "105")


@recorded
async def freepbx_inbound(stage: Stage) -> None:
    """From outside to 102, whose devices are looked up in AstDB; it answers, the caller hangs up."""
    caller, agent = await talk(stage, "79168880101", f"{DID}0102", "102")
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent))


@recorded
async def freepbx_trunk_context(stage: Stage) -> None:
    """By a trunk with a context of its own to 102, which rings for 2 s; the caller gives up."""
    caller = await stage.dial_in("79168880102", f"{DID}0102", provider="provider3")
    (agent,) = await stage.ring("102")
    await asyncio.sleep(2)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(agent), "missed"))


@recorded
async def freepbx_declined_without_voicemail(stage: Stage) -> None:
    """102 has no voicemail and rings without limit; it declines, the PBX sends the caller away."""
    caller = await stage.dial_in("79168880103", f"{DID}0102")
    (agent,) = await stage.ring("102")
    await asyncio.sleep(1)
    agent.reject(*DECLINE)
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, legs(agent), "declined"))


@recorded
async def freepbx_caller_may_not_transfer(stage: Stage) -> None:
    """The caller presses ##104 while he talks with 102: nothing comes of it; he hangs up."""
    caller, agent = await talk(stage, "79168880104", f"{DID}0102", "102")
    await press_transfer(caller, "##", "104")
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent))


@recorded
async def freepbx_transfer_context(stage: Stage) -> None:
    """102 sends the caller to 104 (REFER), through the transfers' own context; 104 answers and hangs up."""
    caller, agent = await talk(stage, "79168880105", f"{DID}0102", "102")
    agent.transfer("104")
    (second,) = await stage.ring("104")
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1)
    await hang_up(stage, second, agent)
    more = one_transfer("blind", "REFER", "104", done=True, source="102")
    more |= {"last_agent": "104", "hangup_by": "agent"}
    stage.calls.append(truth.inbound(caller, legs(agent, second), "answered", agent, **more))


# ---- outside -----------------------------------------------------------------------------------------------
@recorded
async def freepbx_failover(stage: Stage) -> None:
    """102 dials; trunk 1 fails (503), by trunk 2, with its caller id, the client answers; 102 hangs up."""
    agent = await stage.phones["102"].call("88125550101")
    failing = await stage.phones["provider1"].next_call()
    failing.reject(503, "Service Unavailable")
    (client,) = await stage.ring("provider3")
    await asyncio.sleep(1)
    await client.answer()
    await agent.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, agent)
    tried = [failing.phone.name, client.phone.name]
    stage.calls.append(truth.outbound(agent, client, "answered", "agent", tried_trunks=tried))


@recorded
async def freepbx_failover_unanswered(stage: Stage) -> None:
    """102 dials; trunk 1 fails (503), by trunk 2 the client rings for 2 s; 102 gives up."""
    agent = await stage.phones["102"].call("88125550102")
    failing = await stage.phones["provider1"].next_call()
    failing.reject(503, "Service Unavailable")
    (client,) = await stage.ring("provider3")
    await asyncio.sleep(2)
    await hang_up(stage, agent)
    tried = [failing.phone.name, client.phone.name]
    stage.calls.append(truth.outbound(agent, client, "no answer", "agent", tried_trunks=tried))


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


@recorded
async def freepbx_attended_transfer_appends(stage: Stage) -> None:
    """102 calls a client, consults 104, joins the two (REFER); the recording goes on in the same file."""
    agent = await stage.phones["102"].call("88125550103")
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(0.5)
    await client.answer()
    await agent.until_answered()
    await asyncio.sleep(1)
    file = await recording_of(stage, "PJSIP/102")
    await agent.hold()
    asking, second = await consult(stage, "104", source="102")
    await second.answer()
    await asyncio.sleep(1)
    agent.transfer("104", asking)
    await asyncio.sleep(0.5)
    await record_on(stage, "PJSIP/provider1", file)
    await asyncio.sleep(1.5)
    await hang_up(stage, client, agent, asking)
    more = one_transfer("attended", "REFER", "104", done=True, source="102")
    more |= {"legs": legs(second), "last_agent": "104", "ended_at": truth.stamp(client.ended_at)}
    more["talk_s"] = round(client.ended_at - client.answered_at, 3)
    stage.calls.append(truth.outbound(agent, client, "answered", "external", **more))


@recorded
async def freepbx_unparking_appends(stage: Stage) -> None:
    """102 parks the caller, 104 retrieves him; the recording goes on in the same file; 104 hangs up."""
    caller, agent = await talk(stage, "79168880203", f"{DID}0102", "102")
    file = await recording_of(stage, "PJSIP/provider1")
    agent.transfer("70")
    await asyncio.sleep(2)
    taker = await stage.phones["104"].call("71")
    await taker.until_answered()
    await record_on(stage, "PJSIP/provider1", file)
    await asyncio.sleep(1.5)
    await hang_up(stage, taker, agent)
    more = {"last_agent": "104", "hangup_by": "agent"}
    stage.calls.append(truth.inbound(caller, legs(agent), "answered", agent, **more))


# ---- queues ------------------------------------------------------------------------------------------------
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
    (second,) = await stage.ring("103")
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller, rung[0])
    more = one_transfer("blind", "REFER", "103", done=True, source="102")
    more |= {"entry": "queue", "queue": "720", "last_agent": "103"}
    stage.calls.append(truth.inbound(caller, legs(*rung, second), "answered", rung[0], **more))


@recorded
async def freepbx_queue_blind_transfer_missed(stage: Stage) -> None:
    """Queue 720: 102 answers and sends the caller to 103 (REFER), which rings; the caller gives up."""
    caller, rung = await queue_talk(stage, "79168880303", "102")
    rung[0].transfer("103")
    (second,) = await stage.ring("103")
    await asyncio.sleep(2)
    await hang_up(stage, caller, rung[0])
    more = one_transfer("blind", "REFER", "103", done=False, source="102")
    more |= {"entry": "queue", "queue": "720", "last_agent": "102"}
    stage.calls.append(truth.inbound(caller, legs(*rung, second), "answered", rung[0], **more))


@recorded
async def freepbx_queue_code_transfer(stage: Stage) -> None:
    """Queue 720: 102 answers and sends the caller to 103 by code (##), which answers and hangs up."""
    caller, rung = await queue_talk(stage, "79168880304", "102")
    await press_transfer(rung[0], "##", "103")
    (second,) = await stage.ring("103")
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1)
    await hang_up(stage, second, rung[0])
    more = one_transfer("blind", "code", "103", done=True, source="102")
    more |= {"entry": "queue", "queue": "720", "last_agent": "103", "hangup_by": "agent"}
    stage.calls.append(truth.inbound(caller, legs(*rung, second), "answered", rung[0], **more))


@recorded
async def freepbx_queue_attended_transfer(stage: Stage) -> None:
    """Queue 720: 102 answers, consults 103 on its second line and joins the two (REFER); 103 hangs up."""
    caller, rung, asking, second = await _queue_consults(stage, "79168880305")
    await second.answer()
    await asyncio.sleep(1)
    rung[0].transfer("103", asking)
    await asyncio.sleep(1.5)
    await hang_up(stage, second, rung[0], asking)
    more = one_transfer("attended", "REFER", "103", done=True, source="102")
    more |= {"entry": "queue", "queue": "720", "last_agent": "103", "hangup_by": "agent"}
    stage.calls.append(truth.inbound(caller, legs(*rung, second), "answered", rung[0], **more))


@recorded
async def freepbx_queue_blonde_transfer(stage: Stage) -> None:
    """Queue 720: 102 joins caller and 103 while 103 still rings (REFER); 103 answers, the caller hangs up."""
    caller, rung, asking, second = await _queue_consults(stage, "79168880306")
    rung[0].transfer("103", asking)
    await asyncio.sleep(1)
    await second.answer()
    await asyncio.sleep(1.5)
    await hang_up(stage, caller, rung[0], asking)
    more = one_transfer("blonde", "REFER", "103", done=True, source="102")
    more |= {"entry": "queue", "queue": "720", "last_agent": "103"}
    stage.calls.append(truth.inbound(caller, legs(*rung, second), "answered", rung[0], **more))


async def _queue_consults(
    stage: Stage, number: str
) -> tuple[PhoneCall, list[PhoneCall], PhoneCall, PhoneCall]:
    """102 of queue 720 holds the caller and calls 103, which rings."""
    caller, rung = await queue_talk(stage, number, "102")
    await rung[0].hold()
    asking, second = await consult(stage, "103", source="102")
    return caller, rung, asking, second


async def queue_talk(stage: Stage, number: str, answering: str) -> tuple[PhoneCall, list[PhoneCall]]:
    """A caller in queue 720 and the calls of its members, of whom one talks with him."""
    caller = await stage.dial_in(number, f"{DID}0720")
    rung = await stage.ring(*QUEUE)
    await asyncio.sleep(0.5)
    await rung[QUEUE.index(answering)].answer()
    await asyncio.sleep(1.5)
    return caller, rung


# ---- what FreePBX and its administrator do -----------------------------------------------------------------
async def console(stage: Stage, command: str) -> str:
    """What Asterisk's console says to a command."""
    return await asyncio.to_thread(stage.asterisk.cli, command)


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


async def recording_of(stage: Stage, endpoint: str) -> str:
    """The file to which the channel of that endpoint ("PJSIP/102") is being recorded."""
    shown = await console(stage, f"core show channel {await _channel_of(stage, endpoint)}")
    return next(line.partition("=")[2] for line in shown.splitlines() if "MIXMONITOR_FILENAME=" in line)


async def record_on(stage: Stage, endpoint: str, file: str) -> None:
    """Goes on recording in the same file, as FreePBX's listener does after transfers and unparking."""
    channel = await _channel_of(stage, endpoint)
    stage.tap.ask("MixMonitor", Channel=channel, File=file, options="ai(LOCAL_MIXMON_ID)")


async def _channel_of(stage: Stage, endpoint: str) -> str:
    shown = await console(stage, "core show channels concise")
    return next(line.partition("!")[0] for line in shown.splitlines() if line.startswith(f"{endpoint}-"))
