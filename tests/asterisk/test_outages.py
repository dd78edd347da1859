"""The service away in the middle of calls of a real Asterisk: killed, or its line cut, and back again."""

from __future__ import annotations

import asyncio

import pytest
from comparing import differences
from rigkit import truth
from rigkit.scenarios.steps import hang_up, legs, talk
from serving import PBX, Serve, ended, line_of, oddities, settings_of, still_open
from wire import Wire

from itgrix_core.sandbox.bitrix import Settings, default_seed, problems, run_portal

pytestmark = pytest.mark.asterisk

TALKING, RINGING, OUTGOING = "79168880401", "79168880402", "79168880403"


class Outage:
    """A service on a line of its own that goes away and comes back."""

    def __init__(self, way, serve, wire, portal):
        self.way = way
        self.serve = serve
        self.ledger = portal.portal.ledger
        self._wire = wire

    def begin(self):
        """The service hears nothing any more."""
        if self.way == "killed":
            self.serve.kill()
        else:
            self._wire.cut()
            self.serve.wait_for(lambda: not self.serve.is_connected, "the loss of the line")

    def end(self):
        """It hears again, and has read the list of channels."""
        if self.way == "killed":
            self.serve.start()
        else:
            self._wire.mend()
            self.serve.wait_for(lambda: self.serve.is_connected, "the line")


@pytest.fixture(params=["killed", "cut off"])
def outage(request, asterisk, tmp_path):
    """The service listens as in production; it is stopped at the end and has nothing left to go on with."""
    with (
        run_portal(Settings(limits=None), default_seed()) as portal,
        Wire(asterisk.host, asterisk.port) as wire,
    ):
        settings = settings_of({PBX: line_of(asterisk)}, portal.webhook)
        settings["asterisk"][PBX] |= {"host": wire.host, "port": wire.port}
        with Serve(tmp_path, settings) as serve:
            yield Outage(request.param, serve, wire, portal)
        assert serve.kept_calls() == []


async def three_calls(stage):
    """A client talks with 101, another one rings at 104, 103 rings somebody outside: their six sides."""
    client, agent = await talk(stage, TALKING)
    waiting = await stage.dial_in(RINGING, "74950000104")
    (ringing,) = await stage.ring("104")
    caller = await stage.phones["103"].call(f"8{OUTGOING[1:]}")
    (mobile,) = await stage.ring("provider1")
    await asyncio.sleep(1)
    return client, agent, waiting, ringing, caller, mobile


async def nothing_meanwhile(stage, outage):
    """The service is away and back while nothing happens; then the calls go on."""
    client, agent, waiting, ringing, caller, mobile = await three_calls(stage)
    await asyncio.to_thread(outage.begin)
    await asyncio.sleep(1)
    await asyncio.to_thread(outage.end)
    await asyncio.sleep(0.5)
    await ringing.answer()
    await mobile.answer()
    await asyncio.sleep(1)
    client.hang_up()
    caller.hang_up()
    await asyncio.sleep(0.5)
    await hang_up(stage, ringing)
    stage.calls.append(truth.inbound(client, legs(agent), "answered", agent))
    stage.calls.append(truth.inbound(waiting, legs(ringing), "answered", ringing, hangup_by="agent"))
    stage.calls.append(truth.outbound(caller, mobile, "answered", "agent"))


def test_calls_that_lived_on_are_understood_to_the_end(outage, phones):
    """As if the service had never been away: each call once, with all that the phones know; filed once."""
    calls = phones.play(nothing_meanwhile, outage=outage)
    outage.serve.wait_for(lambda: len(ended(outage.serve.told)) >= len(calls), "three ended calls")
    told = outage.serve.told
    assert differences(calls, ended(told)) == []
    assert (oddities(told), still_open(told)) == ([], set())
    finish = "telephony.externalcall.finish"
    outage.serve.wait_for(lambda: len(list(executed(outage.ledger, finish))) == len(calls), "three finishes")
    assert problems(outage.ledger.entries()) == []


async def much_meanwhile(stage, outage):
    """While the service is away one call ends, one is answered, one goes on."""
    client, agent, waiting, ringing, caller, mobile = await three_calls(stage)
    await asyncio.to_thread(outage.begin)
    client.hang_up()
    await agent.until_over()
    await ringing.answer()
    await asyncio.sleep(1)
    await asyncio.to_thread(outage.end)
    await asyncio.sleep(0.5)
    mobile.reject(486, "Busy Here")
    await caller.until_over()
    await hang_up(stage, waiting)
    stage.calls.append(truth.inbound(client, legs(agent), "answered", agent))
    stage.calls.append(truth.inbound(waiting, legs(ringing), "answered", ringing))
    stage.calls.append(truth.outbound(caller, mobile, "busy", "external"))


UNSEEN = frozenset(
    {"caller_heard_answer_at", "answered_at", "legs.answered_at", "ended_at", "wait_s", "talk_s", "hangup_by"}
)
"""What happened behind our back has no time, and nobody has seen who hung up."""


def test_what_happened_meanwhile_is_found_out_and_nothing_stays_open(outage, phones):
    """The call that ended is lost sight of, with all that was known; the answered one has its employee."""
    calls = phones.play(much_meanwhile, outage=outage)
    outage.serve.wait_for(lambda: len(ended(outage.serve.told)) >= len(calls), "three ended calls")
    told = outage.serve.told
    assert differences(calls, ended(told), UNSEEN) == []
    lost = {call["external_number"] for call in ended(told) if call["lost_sight"]}
    assert lost == {TALKING}
    assert (oddities(told), still_open(told)) == ([], set())


def executed(ledger, method):
    """The executed requests of a method."""
    return (entry for entry in ledger.entries(method) if entry.is_executed)
