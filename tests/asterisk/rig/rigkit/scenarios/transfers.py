"""Transfers that go through, and those that do not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import (
    BUSY,
    DECLINE,
    MOBILE,
    consult,
    hang_up,
    legs,
    one_transfer,
    press_transfer,
    recorded,
    talk,
)

if TYPE_CHECKING:
    from rigkit.stage import Stage


@recorded
async def blind_transfer_no_answer(stage: Stage) -> None:
    """101 sends the client to 102 (REFER), which rings for 2 s; the client gives up."""
    client, agent = await talk(stage, "79164440241")
    agent.transfer("102")
    (second,) = await stage.ring("102")
    await asyncio.sleep(2)
    await hang_up(stage, client, agent)
    more = one_transfer("blind", "REFER", "102", done=False)
    stage.calls.append(
        truth.inbound(client, legs(agent, second), "answered", agent, last_agent="101", **more)
    )


@recorded
async def blind_transfer_timeout(stage: Stage) -> None:
    """101 sends the client to 105 (REFER), which does not answer for 20 s; the PBX ends the call."""
    client, agent = await talk(stage, "79164440242")
    agent.transfer("105")
    (second,) = await stage.ring("105")
    await client.until_over(40)
    agent.hang_up()
    await stage.quiet()
    more = one_transfer("blind", "REFER", "105", done=False)
    stage.calls.append(
        truth.inbound(client, legs(agent, second), "answered", agent, last_agent="101", **more)
    )


@recorded
async def blind_transfer_busy(stage: Stage) -> None:
    """101 sends the client to 102 by code (##), which is busy (486); the PBX ends the call."""
    client, agent = await talk(stage, "79164440243")
    await press_transfer(agent, "##", "102")
    second = await stage.phones["102"].next_call()
    second.reject(*BUSY)
    await client.until_over()
    agent.hang_up()
    await stage.quiet()
    more = one_transfer("blind", "code", "102", done=False)
    stage.calls.append(
        truth.inbound(client, legs(agent, second), "answered", agent, last_agent="101", **more)
    )


@recorded
async def blind_transfer_external_no_answer(stage: Stage) -> None:
    """101 sends the client to a mobile outside (REFER), which rings for 2 s; the client gives up."""
    client, agent = await talk(stage, "79164440244")
    agent.transfer("8" + MOBILE[1:])
    (mobile,) = await stage.ring("provider1")
    await asyncio.sleep(2)
    await hang_up(stage, client, agent)
    await mobile.until_over()
    more = one_transfer("blind", "REFER", MOBILE, done=False)
    stage.calls.append(truth.inbound(client, legs(agent), "answered", agent, last_agent="101", **more))


@recorded
async def attended_transfer_declined(stage: Stage) -> None:
    """101 holds the client and calls 102, which declines; 101 goes back to the client and hangs up."""
    client, agent = await talk(stage, "79164440245")
    await agent.hold()
    asking, second = await consult(stage)
    second.reject(*DECLINE)
    await asking.until_over()
    await asyncio.sleep(0.5)
    await agent.hold(on=False)
    await asyncio.sleep(1)
    await hang_up(stage, agent)
    stage.calls.append(truth.inbound(client, legs(agent), "answered", agent, hangup_by="agent"))
    stage.calls.append(truth.internal(asking, second, "declined", "102"))


@recorded
async def attended_transfer_returned(stage: Stage) -> None:
    """101 holds the client, talks with 102, lets 102 go and goes back to the client, who hangs up."""
    client, agent = await talk(stage, "79164440246")
    await agent.hold()
    asking, second = await consult(stage)
    await second.answer()
    await asyncio.sleep(1)
    asking.hang_up()
    await asyncio.sleep(0.5)
    await agent.hold(on=False)
    await asyncio.sleep(1)
    await hang_up(stage, client)
    stage.calls.append(truth.inbound(client, legs(agent), "answered", agent))
    stage.calls.append(truth.internal(asking, second, "answered", "101"))


@recorded
async def attended_transfer_code_declined(stage: Stage) -> None:
    """101 presses *2 102, which declines; 101 is back with the client, who hangs up."""
    client, agent = await talk(stage, "79164440247")
    await press_transfer(agent, "*2", "102")
    (second,) = await stage.ring("102")
    await asyncio.sleep(1)
    second.reject(*DECLINE)
    await asyncio.sleep(3)
    await hang_up(stage, client)
    stage.calls.append(truth.inbound(client, legs(agent, second), "answered", agent, last_agent="101"))


@recorded
async def blonde_transfer_code(stage: Stage) -> None:
    """101 presses *2 102 and hangs up while 102 rings; 102 answers, the client hangs up."""
    client, agent = await talk(stage, "79164440248")
    await press_transfer(agent, "*2", "102")
    (second,) = await stage.ring("102")
    await asyncio.sleep(1)
    agent.hang_up()
    await asyncio.sleep(1.5)
    await second.answer()
    await asyncio.sleep(1.5)
    await hang_up(stage, client)
    more = one_transfer("blonde", "code", "102", done=True)
    stage.calls.append(
        truth.inbound(client, legs(agent, second), "answered", agent, last_agent="102", **more)
    )


@recorded
async def blonde_transfer_no_answer(stage: Stage) -> None:
    """101 calls 102 on a second line, completes while 102 rings (REFER); the client gives up."""
    client, agent = await talk(stage, "79164440249")
    await agent.hold()
    asking, second = await consult(stage)
    agent.transfer("102", asking)
    await asyncio.sleep(1.5)
    await hang_up(stage, client, agent, asking)
    more = one_transfer("blonde", "REFER", "102", done=False)
    stage.calls.append(
        truth.inbound(client, legs(agent, second), "answered", agent, last_agent="101", **more)
    )


@recorded
async def transfer_of_a_transfer(stage: Stage) -> None:
    """101 sends the client to 102, and 102 sends him on to 103 (REFER both); 103 hangs up."""
    client, agent = await talk(stage, "79164440250")
    agent.transfer("102")
    (second,) = await stage.ring("102")
    await asyncio.sleep(0.5)
    await second.answer()
    await asyncio.sleep(1)
    second.transfer("103")
    (third,) = await stage.ring("103")
    await asyncio.sleep(0.5)
    await third.answer()
    await asyncio.sleep(1)
    await hang_up(stage, third, agent, second)
    transfers = [
        truth.transfer("blind", "REFER", "101", "102", done=True),
        truth.transfer("blind", "REFER", "102", "103", done=True),
    ]
    more = {"last_agent": "103", "hangup_by": "agent", "transfers": transfers}
    stage.calls.append(truth.inbound(client, legs(agent, second, third), "answered", agent, **more))


@recorded
async def blonde_transfer_code_comes_back(stage: Stage) -> None:
    """101 presses *2 102 and hangs up while 102 rings; after 15 s 101 rings and answers."""
    client, agent = await talk(stage, "79164440251")
    await press_transfer(agent, "*2", "102")
    (second,) = await stage.ring("102")
    await asyncio.sleep(1)
    agent.hang_up()
    (again,) = await stage.ring("101", within=30)
    await asyncio.sleep(1)
    await again.answer()
    await asyncio.sleep(1)
    await hang_up(stage, client)
    more = one_transfer("blonde", "code", "102", done=False) | {"last_agent": "101"}
    rung = legs(agent, second, again)
    stage.calls.append(truth.inbound(client, rung, "answered", agent, **more))


@recorded
async def attended_transfer_external(stage: Stage) -> None:
    """101 holds the client, talks with a mobile outside and joins the two (REFER); the mobile hangs up."""
    client, agent = await talk(stage, "79164440252")
    await agent.hold()
    asking = await stage.phones["101"].call("8" + MOBILE[1:])
    (mobile,) = await stage.ring("provider1")
    await asyncio.sleep(0.5)
    await mobile.answer()
    await asyncio.sleep(1)
    agent.transfer("8" + MOBILE[1:], asking)
    await asyncio.sleep(1.5)
    await hang_up(stage, mobile, agent, asking)
    more = one_transfer("attended", "REFER", MOBILE, done=True)
    more |= {"last_agent": MOBILE, "hangup_by": "agent"}
    stage.calls.append(truth.inbound(client, legs(agent), "answered", agent, **more))
