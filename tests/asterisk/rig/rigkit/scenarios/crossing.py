"""Calls over the trunk between two Asterisks: each is one call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import BUSY, MEMBERS, MOBILE, consult, one_transfer, paired

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.pair import Pair
    from rigkit.stage import Stage


async def hang_up(pair: Pair, one: PhoneCall, *others: PhoneCall) -> None:
    """One hangs up; the others, if still there, a moment later; then both Asterisks are quiet."""
    one.hang_up()
    await asyncio.sleep(0.7)
    for other in others:
        other.hang_up()
    await pair.quiet()


async def ring_and_talk(stage: Stage, extension: str, seconds: float = 2.5) -> PhoneCall:
    """The phone rings for a second, answers and talks."""
    (agent,) = await stage.ring(extension)
    await asyncio.sleep(1)
    await agent.answer()
    await asyncio.sleep(seconds)
    return agent


@paired
async def inbound_answered(pair: Pair) -> None:
    """From outside by main's trunk to 101 of the branch, which answers; the caller hangs up."""
    caller = await pair.main.dial_in("79161110601", "74950005101")
    agent = await ring_and_talk(pair.branch, "101")
    await hang_up(pair, caller)
    pair.calls.append(truth.inbound(caller, pair.legs(agent), "answered", agent))


@paired
async def inbound_to_main(pair: Pair) -> None:
    """From outside by the branch's trunk to 102 of main, which answers and hangs up."""
    caller = await pair.branch.dial_in("79161110602", "74950005102")
    agent = await ring_and_talk(pair.main, "102")
    await hang_up(pair, agent)
    pair.calls.append(truth.inbound(caller, pair.legs(agent), "answered", agent, hangup_by="agent"))


@paired
async def inbound_missed(pair: Pair) -> None:
    """From outside by main's trunk to 101 of the branch, which rings for 2 s; the caller gives up."""
    caller = await pair.main.dial_in("79161110603", "74950005101")
    (agent,) = await pair.branch.ring("101")
    await asyncio.sleep(2)
    await hang_up(pair, caller)
    pair.calls.append(truth.inbound(caller, pair.legs(agent), "missed"))


@paired
async def inbound_busy(pair: Pair) -> None:
    """From outside by main's trunk to 101 of the branch, which is busy (486)."""
    caller = await pair.main.dial_in("79161110604", "74950005101")
    agent = await pair.branch.phones["101"].next_call()
    agent.reject(*BUSY)
    await caller.until_over()
    await pair.quiet()
    pair.calls.append(truth.inbound(caller, pair.legs(agent), "busy"))


@paired
async def inbound_to_group(pair: Pair) -> None:
    """From outside by main's trunk to the branch's ring group; 103 answers, the caller hangs up."""
    caller = await pair.main.dial_in("79161110605", "74950005600")
    rung = await pair.branch.ring(*MEMBERS)
    await asyncio.sleep(1)
    await rung[2].answer()
    await asyncio.sleep(2.5)
    await hang_up(pair, caller)
    pair.calls.append(truth.inbound(caller, pair.legs(*rung), "answered", rung[2]))


@paired
async def queue_with_members_there(pair: Pair) -> None:
    """A queue of main whose members 101 and 102 are at the branch; 102 answers, the caller hangs up."""
    caller = await pair.main.dial_in("79161110606", "74950000708")
    rung = await pair.branch.ring("101", "102")
    await asyncio.sleep(1)
    await rung[1].answer()
    await asyncio.sleep(2.5)
    await hang_up(pair, caller)
    pair.calls.append(truth.inbound(caller, pair.legs(*rung), "answered", rung[1], queue="708"))


@paired
async def queue_there(pair: Pair) -> None:
    """From outside by main's trunk into the branch's queue; the caller leaves while three phones ring."""
    caller = await pair.main.dial_in("79161110607", "74950005702")
    rung = await pair.branch.ring(*MEMBERS)
    await asyncio.sleep(2.5)
    await hang_up(pair, caller)
    pair.calls.append(truth.inbound(caller, pair.legs(*rung), "abandoned", queue="702"))


@paired
async def menu_there(pair: Pair) -> None:
    """From outside by main's trunk into the branch's voice menu; the caller hangs up in it."""
    caller = await pair.main.dial_in("79161110608", "74950005500")
    await caller.until_answered()
    await asyncio.sleep(2.5)
    await hang_up(pair, caller)
    pair.calls.append(truth.inbound(caller, [], "missed", entry="ivr"))


@paired
async def outbound_by_main(pair: Pair) -> None:
    """101 of the branch calls a mobile by main's trunk; it answers, 101 hangs up."""
    agent = await pair.branch.phones["101"].call(f"58{MOBILE[1:]}")
    (client,) = await pair.main.ring("provider1")
    await asyncio.sleep(1)
    await client.answer()
    await asyncio.sleep(2.5)
    await hang_up(pair, agent)
    pair.calls.append(truth.outbound(agent, client, "answered", "agent", pbx="branch"))


@paired
async def outbound_busy(pair: Pair) -> None:
    """101 of the branch calls a mobile by main's trunk, which is busy (486)."""
    agent = await pair.branch.phones["101"].call(f"58{MOBILE[1:]}")
    client = await pair.main.phones["provider1"].next_call()
    client.reject(*BUSY)
    await agent.until_over()
    await pair.quiet()
    pair.calls.append(truth.outbound(agent, client, "busy", "external", pbx="branch"))


@paired
async def internal_answered(pair: Pair) -> None:
    """102 of main calls 101 of the branch, which answers and hangs up."""
    caller = await pair.main.phones["102"].call("5101")
    agent = await ring_and_talk(pair.branch, "101")
    await hang_up(pair, agent)
    pair.calls.append(truth.internal(caller, agent, "answered", "101", legs=pair.legs(agent)))


@paired
async def internal_given_up(pair: Pair) -> None:
    """101 of the branch calls 103 of main, which rings for 2 s; 101 gives up."""
    caller = await pair.branch.phones["101"].call("5103")
    (agent,) = await pair.main.ring("103")
    await asyncio.sleep(2)
    await hang_up(pair, caller)
    pair.calls.append(truth.internal(caller, agent, "no answer", "101", legs=pair.legs(agent)))


@paired
async def blind_transfer_there(pair: Pair) -> None:
    """101 of main talks with a client and sends him to 102 of the branch (REFER), who hangs up."""
    client = await pair.main.dial_in("79161110612", "74950000101")
    agent = await ring_and_talk(pair.main, "101", 1)
    agent.transfer("5102")
    second = await ring_and_talk(pair.branch, "102")
    await hang_up(pair, second, agent)
    more = one_transfer("blind", "REFER", "5102", done=True) | {"last_agent": "102", "hangup_by": "agent"}
    pair.calls.append(truth.inbound(client, pair.legs(agent, second), "answered", agent, **more))


@paired
async def blind_transfer_back(pair: Pair) -> None:
    """101 of the branch talks with main's client and sends him to 103 of main; the client hangs up."""
    client = await pair.main.dial_in("79161110613", "74950005101")
    agent = await ring_and_talk(pair.branch, "101", 1)
    agent.transfer("5103")
    second = await ring_and_talk(pair.main, "103")
    await hang_up(pair, client, agent)
    more = one_transfer("blind", "REFER", "5103", done=True) | {"last_agent": "103"}
    pair.calls.append(truth.inbound(client, pair.legs(agent, second), "answered", agent, **more))


@paired
async def attended_transfer_there(pair: Pair) -> None:
    """101 of main holds a client, talks with 102 of the branch and joins the two; the client hangs up."""
    client = await pair.main.dial_in("79161110614", "74950000101")
    agent = await ring_and_talk(pair.main, "101", 1)
    await agent.hold()
    asking = await pair.main.phones["101"].call("5102")
    second = await ring_and_talk(pair.branch, "102", 1)
    agent.transfer("5102", asking)
    await asyncio.sleep(2)
    await hang_up(pair, client, agent, asking)
    more = one_transfer("attended", "REFER", "5102", done=True) | {"last_agent": "102"}
    pair.calls.append(truth.inbound(client, pair.legs(agent, second), "answered", agent, **more))


@paired
async def attended_transfer_within(pair: Pair) -> None:
    """101 of the branch holds main's client, talks with 102 beside it and joins the two; 102 hangs up."""
    client = await pair.main.dial_in("79161110615", "74950005101")
    agent = await ring_and_talk(pair.branch, "101", 1)
    await agent.hold()
    asking, second = await consult(pair.branch)
    await second.answer()
    await asyncio.sleep(1)
    agent.transfer("102", asking)
    await asyncio.sleep(2)
    await hang_up(pair, second, agent, asking)
    more = one_transfer("attended", "REFER", "102", done=True) | {"last_agent": "102", "hangup_by": "agent"}
    pair.calls.append(truth.inbound(client, pair.legs(agent, second), "answered", agent, **more))


@paired
async def forwarded_back(pair: Pair) -> None:
    """101 of the branch is forwarded to 103 of main: over the trunk and back; the client hangs up."""
    await asyncio.to_thread(pair.branch.asterisk.cli, "database put CF 101 5103")
    client = await pair.main.dial_in("79161110616", "74950005101")
    agent = await ring_and_talk(pair.main, "103")
    await asyncio.to_thread(pair.branch.asterisk.cli, "database del CF 101")
    await hang_up(pair, client)
    pair.calls.append(truth.inbound(client, pair.legs(agent), "answered", agent))


@paired
async def both_at_once(pair: Pair) -> None:
    """A client to 101 of the branch, and 101 of main to 102 of the branch; both callers hang up."""
    client = await pair.main.dial_in("79161110617", "74950005101")
    caller = await pair.main.phones["101"].call("5102")
    agent, second = await asyncio.gather(
        ring_and_talk(pair.branch, "101", 2), ring_and_talk(pair.branch, "102", 2)
    )
    client.hang_up()
    await asyncio.sleep(0.7)
    await hang_up(pair, caller)
    pair.calls.append(truth.inbound(client, pair.legs(agent), "answered", agent))
    pair.calls.append(truth.internal(caller, second, "answered", "101", legs=pair.legs(second)))
