"""The PBX goes away in the middle of calls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.steps import MEMBERS, recorded, talk

if TYPE_CHECKING:
    from rigkit.stage import Stage


@recorded
async def pbx_restart(stage: Stage) -> None:
    """101 talks with a client, 102 rings for another, 103 calls outside: the PBX restarts."""
    client, agent = await talk(stage, "79168880281")
    waiting = await stage.dial_in("79168880282", "74950000102")
    (ringing,) = await stage.ring("102")
    caller = await stage.phones["103"].call("89168880283")
    (mobile,) = await stage.ring("provider1")
    await asyncio.sleep(1)
    await asyncio.to_thread(stage.asterisk.cli, "core restart now")
    everyone = (client, agent, waiting, ringing, caller, mobile)
    await asyncio.gather(*(call.until_over(10) for call in everyone))
    stage.calls.append(truth.inbound(client, [truth.leg(agent)], "answered", agent))
    stage.calls.append(truth.inbound(waiting, [truth.leg(ringing, "pbx restarted")], "missed"))
    stage.calls.append(truth.outbound(caller, mobile, "no answer", "pbx"))
    await asyncio.to_thread(stage.asterisk.wait_until_booted)


@recorded
async def pbx_restart_queue(stage: Stage) -> None:
    """Queue 700 rings three phones; the PBX restarts."""
    waiting = await stage.dial_in("79168880284", "74950000700")
    rung = await stage.ring(*MEMBERS)
    await asyncio.sleep(1)
    await asyncio.to_thread(stage.asterisk.cli, "core restart now")
    await asyncio.gather(*(call.until_over(10) for call in (waiting, *rung)))
    legs = [truth.leg(call, "pbx restarted") for call in rung]
    stage.calls.append(truth.inbound(waiting, legs, "missed", entry="queue", queue="700"))
    await asyncio.to_thread(stage.asterisk.wait_until_booted)
