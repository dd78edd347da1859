"""FreePBX's devices: a user at several of them, browser twins, hot desks. A device is not a user."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.freepbx import DID, console
from rigkit.scenarios.steps import BUSY, DECLINE, dial_out, hang_up, legs, one_transfer, recorded, talk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rigkit.call import PhoneCall
    from rigkit.stage import Stage


@recorded
async def freepbx_twin_desk_answers(stage: Stage) -> None:
    """101 and its browser twin 99101 ring in one Dial; 101 answers, the caller hangs up."""
    caller, desk, browser = await _both_ring(stage, "79168880501")
    await desk.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, [truth.person("101", desk, browser)], "answered", desk))


@recorded
async def freepbx_twin_browser_answers(stage: Stage) -> None:
    """101 and its browser twin 99101 ring in one Dial; 99101 answers and hangs up."""
    caller, desk, browser = await _both_ring(stage, "79168880502")
    await browser.answer()
    await asyncio.sleep(1)
    await hang_up(stage, browser)
    more = {"answered_by": "101", "last_agent": "101", "hangup_by": "agent"}
    person = [truth.person("101", desk, browser)]
    stage.calls.append(truth.inbound(caller, person, "answered", browser, **more))


@recorded
async def freepbx_twin_missed(stage: Stage) -> None:
    """101 and its browser twin 99101 ring for 2 s; the caller gives up."""
    caller, desk, browser = await _both_ring(stage, "79168880503")
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    stage.calls.append(truth.inbound(caller, [truth.person("101", desk, browser)], "missed"))


@recorded
async def freepbx_twin_declined(stage: Stage) -> None:
    """101 declines at the desk and the browser twin is busy: the PBX sends the caller away."""
    caller = await stage.dial_in("79168880504", f"{DID}0101")
    browser = await stage.phones["99101"].next_call()
    browser.reject(*BUSY)
    (desk,) = await stage.ring("101")
    await asyncio.sleep(1)
    desk.reject(*DECLINE)
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(truth.inbound(caller, [truth.person("101", desk, browser)], "declined"))


@recorded
async def freepbx_twin_picked_up(stage: Stage) -> None:
    """101 rings at the desk and in the browser; 102 picks the call up (**101), the caller hangs up."""
    caller, desk, browser = await _both_ring(stage, "79168880509")
    taker = await stage.phones["102"].call("**101")
    await taker.until_answered()
    await asyncio.sleep(1)
    await hang_up(stage, caller, taker)
    person = truth.person("101", desk, browser) | {"result": "picked up by 102"}
    told = truth.inbound(caller, [person], "answered", taker, last_agent="102")
    stage.calls.append(told | {"answered_at": truth.stamp(taker.answered_at)})


@recorded
async def freepbx_twin_calls_out(stage: Stage) -> None:
    """101 calls a client from the browser, which shows 99101, then 101, then the trunk's number."""
    agent, client = await dial_out(stage, "88125550501", extension="99101")
    await hang_up(stage, agent)
    stage.calls.append(truth.outbound(agent, client, "answered", "agent", extension="101"))


@recorded
async def freepbx_twin_in_queue(stage: Stage) -> None:
    """Queue 722: 101 at the desk and in the browser, and 102 ring; 99101 answers, the caller hangs up."""
    caller = await stage.dial_in("79168880508", f"{DID}0722")
    desk, browser, other = await stage.ring("101", "99101", "102")
    await asyncio.sleep(1)
    await browser.answer()
    await asyncio.sleep(1)
    await hang_up(stage, caller)
    more = {"answered_by": "101", "last_agent": "101", "entry": "queue", "queue": "722"}
    rung = [truth.person("101", desk, browser), *legs(other)]
    stage.calls.append(truth.inbound(caller, rung, "answered", browser, **more))


@recorded
async def freepbx_twin_internal(stage: Stage) -> None:
    """103, logged in at device 7001, calls 101, whose two phones ring; 99101 answers and hangs up."""
    async with logged_in(stage, "7001", "103"):
        caller = await stage.phones["7001"].call("101")
        desk, browser = await stage.ring("101", "99101")
        await asyncio.sleep(1)
        await browser.answer()
        await caller.until_answered()
        await asyncio.sleep(1)
        await hang_up(stage, browser)
    more = {"extension": "103", "answered_by": "101", "legs": [truth.person("101", desk, browser)]}
    stage.calls.append(truth.internal(caller, browser, "answered", "101", **more))


@recorded
async def freepbx_twin_click(stage: Stage) -> None:
    """A click: 101's two phones ring, it answers in the browser, the client answers; 101 hangs up."""
    headers = {"Channel": "Local/101@from-internal-17", "Context": "from-internal-17", "Priority": "1"}
    headers |= {"Exten": "88125550505", "CallerID": "88125550505", "Timeout": "15000", "Async": "true"}
    stage.tap.ask("Originate", **headers)
    _, browser = await stage.ring("101", "99101")
    await asyncio.sleep(1)
    await browser.answer()
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(1)
    await client.answer()
    await asyncio.sleep(1)
    await hang_up(stage, browser)
    stage.calls.append(truth.click(browser, client, "answered", "agent", extension="101"))


@recorded
async def freepbx_hotdesk_answers(stage: Stage) -> None:
    """103 is logged in at device 7001 alone; it rings there, 103 answers, the caller hangs up."""
    async with logged_in(stage, "7001", "103"):
        caller = await stage.dial_in("79168880505", f"{DID}0103")
        (desk,) = await stage.ring("7001")
        await asyncio.sleep(1)
        await desk.answer()
        await asyncio.sleep(1)
        await hang_up(stage, caller)
    more = {"answered_by": "103", "last_agent": "103"}
    stage.calls.append(truth.inbound(caller, [truth.person("103", desk)], "answered", desk, **more))


@recorded
async def freepbx_hotdesk_changes(stage: Stage) -> None:
    """At device 7001 first 103 calls a client, then 104 has logged in there and calls another."""
    for user, number in (("103", "88125550502"), ("104", "88125550503")):
        async with logged_in(stage, "7001", user):
            agent, client = await dial_out(stage, number, extension="7001")
            await hang_up(stage, agent)
        stage.calls.append(truth.outbound(agent, client, "answered", "agent", extension=user))


@recorded
async def freepbx_hotdesk_transfers(stage: Stage) -> None:
    """102 sends the caller to 103 (REFER), who is logged in at device 7001, answers and hangs up there."""
    async with logged_in(stage, "7001", "103"):
        caller, agent = await talk(stage, "79168880506", f"{DID}0102", "102")
        agent.transfer("103")
        (desk,) = await stage.ring("7001")
        await asyncio.sleep(1)
        await desk.answer()
        await asyncio.sleep(1)
        await hang_up(stage, desk, agent)
    more = one_transfer("blind", "REFER", "103", done=True, source="102")
    more |= {"last_agent": "103", "hangup_by": "agent"}
    rung = [*legs(agent), truth.person("103", desk)]
    stage.calls.append(truth.inbound(caller, rung, "answered", agent, **more))


@recorded
async def freepbx_hotdesk_internal(stage: Stage) -> None:
    """103, logged in at device 7001, calls 102, who answers; 103 hangs up."""
    async with logged_in(stage, "7001", "103"):
        caller = await stage.phones["7001"].call("102")
        (called,) = await stage.ring("102")
        await asyncio.sleep(0.5)
        await called.answer()
        await caller.until_answered()
        await asyncio.sleep(1)
        await hang_up(stage, caller)
    stage.calls.append(truth.internal(caller, called, "answered", "103", extension="103"))


@recorded
async def freepbx_nobody_logged_in(stage: Stage) -> None:
    """Nobody is logged in at device 7001: inside it is turned away, but a call outside goes through."""
    refused = await stage.phones["7001"].call("102")
    await refused.until_over()
    agent, client = await dial_out(stage, "88125550504", extension="7001")
    await hang_up(stage, client)
    stage.calls.append(truth.outbound(agent, client, "answered", "external"))


@recorded
async def freepbx_ringgroup_devices(stage: Stage) -> None:
    """Group 621 rings devices: 101, its twin 99101, and 7001 with 103 at it, who answers and hangs up."""
    async with logged_in(stage, "7001", "103"):
        caller = await stage.dial_in("79168880507", f"{DID}0621")
        desk, browser, hot_desk = await stage.ring("101", "99101", "7001")
        await asyncio.sleep(1)
        await hot_desk.answer()
        await asyncio.sleep(1)
        await hang_up(stage, hot_desk)
    more = {"answered_by": "103", "last_agent": "103", "hangup_by": "agent", "entry": "ring group"}
    rung = [truth.person("101", desk, browser), truth.person("103", hot_desk)]
    stage.calls.append(truth.inbound(caller, rung, "answered", hot_desk, **more))


async def _both_ring(stage: Stage, number: str) -> list[PhoneCall]:
    """A caller, and both phones of 101 ringing for him."""
    caller = await stage.dial_in(number, f"{DID}0101")
    desk, browser = await stage.ring("101", "99101")
    await asyncio.sleep(1)
    return [caller, desk, browser]


@asynccontextmanager
async def logged_in(stage: Stage, device: str, user: str) -> AsyncIterator[None]:
    """For as long as the context lasts the user is at that device, and at no other."""
    await console(stage, f"database put DEVICE {device}/user {user}")
    await console(stage, f"database put AMPUSER {user}/device {device}")
    try:
        yield
    finally:
        await console(stage, f"database put DEVICE {device}/user none")
        await console(stage, f"database put AMPUSER {user}/device {user}")
