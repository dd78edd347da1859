"""What scenarios are made of: the list of them, and steps that many take."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from rigkit import truth

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from rigkit.call import PhoneCall
    from rigkit.pair import Pair
    from rigkit.stage import Stage
    from rigkit.truth import Truth

RECORDED: dict[str, Callable[[Stage], Awaitable[None]]] = {}
PAIRED: dict[str, Callable[[Pair], Awaitable[None]]] = {}
"""Those that need two Asterisks."""
BUSY = (486, "Busy Here")
DECLINE = (603, "Decline")
MOBILE = "79037654321"
MEMBERS = ("101", "102", "103")


def recorded(scenario: Callable[[Stage], Awaitable[None]]) -> Callable[[Stage], Awaitable[None]]:
    """Makes a scenario known to `record`."""
    RECORDED[scenario.__name__] = scenario
    return scenario


def paired(scenario: Callable[[Pair], Awaitable[None]]) -> Callable[[Pair], Awaitable[None]]:
    """Makes a scenario of two Asterisks known to `record`."""
    PAIRED[scenario.__name__] = scenario
    return scenario


async def talk(
    stage: Stage,
    number: str,
    did: str = "74950000101",
    extension: str = "101",
    seconds: float = 1,
    provider: str = "provider1",
) -> tuple[PhoneCall, PhoneCall]:
    """A caller from outside and an employee, talking: their two calls."""
    caller = await stage.dial_in(number, did, provider=provider)
    (agent,) = await stage.ring(extension)
    await asyncio.sleep(0.5)
    await agent.answer()
    await caller.until_answered()
    await asyncio.sleep(seconds)
    return caller, agent


async def dial_out(
    stage: Stage, number: str, seconds: float = 1, extension: str = "101", provider: str = "provider1"
) -> tuple[PhoneCall, PhoneCall]:
    """An employee and a client whom he called, talking: their two calls."""
    agent = await stage.phones[extension].call(number)
    (client,) = await stage.ring(provider)
    await asyncio.sleep(0.5)
    await client.answer()
    await agent.until_answered()
    await asyncio.sleep(seconds)
    return agent, client


async def consult(stage: Stage, extension: str = "102", source: str = "101") -> tuple[PhoneCall, PhoneCall]:
    """An employee calls a colleague on his second line; it rings there: both sides."""
    asking = await stage.phones[source].call(extension)
    (asked,) = await stage.ring(extension)
    await asyncio.sleep(0.5)
    return asking, asked


async def press_transfer(agent: PhoneCall, code: str, number: str) -> None:
    """Presses a transfer code and, after the PBX's prompt, a number."""
    await agent.press(code)
    await asyncio.sleep(2)
    await agent.press(number)


async def hang_up(stage: Stage, one: PhoneCall, *others: PhoneCall) -> None:
    """One hangs up; the others, if still there, do so once they have had the time to be hung up."""
    one.hang_up()
    await asyncio.sleep(0.7)
    for other in others:
        other.hang_up()
    await stage.quiet()


@asynccontextmanager
async def ring_on(stage: Stage, *extensions: str) -> AsyncIterator[list[PhoneCall]]:
    """Until the context is left, these phones ring for every call that comes; the list grows."""
    rung: list[PhoneCall] = []

    async def ring(extension: str) -> None:
        while True:
            rung.append(await stage.phones[extension].next_ring(within=3600))

    ringers = [asyncio.ensure_future(ring(extension)) for extension in extensions]
    try:
        yield rung
    finally:
        for ringer in ringers:
            ringer.cancel()


def legs(*calls: PhoneCall) -> list[Truth]:
    """The legs of these phones' calls."""
    return [truth.leg(call) for call in calls]


def one_transfer(kind: str, how: str, target: str, *, done: bool, source: str = "101") -> dict[str, Any]:
    """A truth's `transfers` with just one."""
    return {"transfers": [truth.transfer(kind, how, source, target, done=done)]}
