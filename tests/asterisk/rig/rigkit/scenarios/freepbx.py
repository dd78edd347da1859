"""FreePBX's own ways: devices looked up in AstDB, trunks by number, recordings that go on in the same file.

All of them enter by `extensions_freepbx.conf`. The traps are those of docs/facts/freepbx.md.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import (
    DECLINE,
    consult,
    dial_out,
    hang_up,
    legs,
    one_transfer,
    press_transfer,
    recorded,
    talk,
)

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.stage import Stage

DID = "7495001"


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
async def freepbx_blacklisted(stage: Stage) -> None:
    """A caller on the blacklist: the PBX answers, lets him wait for 2 s and hangs up."""
    caller = await stage.dial_in("79168880198", f"{DID}0102")
    await caller.until_over()
    await stage.quiet()
    note = "the caller is on FreePBX's blacklist: nothing is filed"
    stage.calls.append(truth.inbound(caller, [], "missed", blacklisted=True, note=note))


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
    agent, client, tried = await _fail_over(stage, "88125550101")
    await asyncio.sleep(1)
    await client.answer()
    await agent.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, agent)
    stage.calls.append(truth.outbound(agent, client, "answered", "agent", tried_trunks=tried))


@recorded
async def freepbx_failover_unanswered(stage: Stage) -> None:
    """102 dials; trunk 1 fails (503), by trunk 2 the client rings for 2 s; 102 gives up."""
    agent, client, tried = await _fail_over(stage, "88125550102")
    await asyncio.sleep(2)
    await hang_up(stage, agent)
    stage.calls.append(truth.outbound(agent, client, "no answer", "agent", tried_trunks=tried))


async def _fail_over(stage: Stage, number: str) -> tuple[PhoneCall, PhoneCall, list[str]]:
    """102 dials, trunk 1 fails, by trunk 2 the client rings: both sides, and the trunks tried."""
    agent = await stage.phones["102"].call(number)
    failing = await stage.phones["provider1"].next_call()
    failing.reject(503, "Service Unavailable")
    (client,) = await stage.ring("provider3")
    return agent, client, [failing.phone.name, client.phone.name]


# ---- recordings --------------------------------------------------------------------------------------------
@recorded
async def freepbx_attended_transfer_appends(stage: Stage) -> None:
    """102 calls a client, consults 104, joins the two (REFER); the recording goes on in the same file."""
    agent, client = await dial_out(stage, "88125550103", extension="102")
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


# ---- what FreePBX and its administrator do -----------------------------------------------------------------
async def console(stage: Stage, command: str) -> str:
    """What Asterisk's console says to a command."""
    return await asyncio.to_thread(stage.asterisk.cli, command)


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
