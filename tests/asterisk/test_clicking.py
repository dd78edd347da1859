"""Click-to-call and callback with real phones, a real Asterisk and the sandbox portal."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from commanded import free_port, serve
from rigkit.scenarios.steps import BUSY, DECLINE
from serving import Serve, line_of, settings_of

from itgrix_core.ami.client import AmiClient
from itgrix_core.ami.originate import is_alive, originate
from itgrix_core.sandbox.bitrix import OutgoingWebhook, Settings, default_seed, problems, run_portal
from itgrix_core.sandbox.bitrix import phones as numbers
from itgrix_core.sandbox.bitrix.deeds import click

pytestmark = pytest.mark.asterisk

REGISTER, FINISH = "telephony.externalCall.register", "telephony.externalCall.finish"
EXAMPLES = Path(__file__).parents[2] / "examples/hooks"
CLIENT = "+7 916 000-00-01"
VERSIONS = pytest.mark.parametrize("version", ["22", "16"])
WAYS = pytest.mark.parametrize("channel", ["Local/{extension}@from-internal", "PJSIP/{extension}"])


@pytest.fixture
def office(asterisk_of, tmp_path):
    """`office(version, **settings)`: the service of a company, to be entered."""
    return lambda version="22", **settings: serve({"rig": asterisk_of(version)}, tmp_path, **settings)


def finished(office, call_id):
    """User, result and seconds of the click's call; no card is open, nothing was registered."""
    office.until(lambda: office.entries(FINISH), "the click's call to be finished")
    (finish,) = office.entries(FINISH)
    assert finish.params["CALL_ID"] == call_id
    assert office.entries(REGISTER) == []
    office.until(lambda: not office.state()["cards"], "the last card to go")
    assert office.state()["active_calls"] == []
    assert problems(office.portal.portal.ledger.entries()) == []
    return int(finish.params["USER_ID"]), finish.params["STATUS_CODE"], int(finish.params["DURATION"])


async def clicked(stage, office, told):
    """101 clicks; his phone rings, then the client's; both talk for a second."""
    told["call_id"] = await asyncio.to_thread(office.click, 11, CLIENT)
    (agent,) = await stage.ring("101")
    await asyncio.sleep(0.5)
    await agent.answer()
    (client,) = await stage.ring("provider1")
    await asyncio.sleep(1)
    await client.answer()
    await asyncio.sleep(2)
    agent.hang_up()
    await client.until_over()
    await stage.quiet()


@VERSIONS
@WAYS
def test_a_click_that_is_answered_is_filed_on_the_portals_own_call(office, phones_of, version, channel):
    """Employee, then client; finished once, with the talk's seconds, under the CALL_ID of the click."""
    told = {}
    with office(version, dial={"channel": channel}) as started:
        phones_of(version).play(clicked, office=started, told=told)
        user, status, seconds = finished(started, told["call_id"])
        assert (user, status) == (11, "200")
        assert seconds == pytest.approx(2, abs=1)


async def agent_silent(stage, office, told):
    """101 clicks and does not pick up."""
    told["call_id"] = await asyncio.to_thread(office.click, 11, CLIENT)
    (agent,) = await stage.ring("101")
    await agent.until_over()
    await stage.quiet()


@VERSIONS
@WAYS
def test_a_click_whose_employee_does_not_pick_up_reaches_nobody(office, phones_of, version, channel):
    """The client's phone never rings, the card goes."""
    told = {}
    with office(version, dial={"channel": channel, "timeout_seconds": 2}) as started:
        phones_of(version).play(agent_silent, office=started, told=told)
        assert finished(started, told["call_id"]) == (11, "603-S", 0)


@VERSIONS
@WAYS
def test_a_click_of_an_employee_without_a_registered_phone_is_finished(office, version, channel):
    """106 has no phone: no event but the Originate's own answer tells of it."""
    with office(version, dial={"channel": channel}) as started:
        assert finished(started, started.click(16, CLIENT)) == (16, "603-S", 0)


async def client_busy(stage, office, told):
    """101 clicks and picks up; the client is busy."""
    told["call_id"] = await asyncio.to_thread(office.click, 11, CLIENT)
    (agent,) = await stage.ring("101")
    await agent.answer()
    client = await stage.phones["provider1"].next_call()
    client.reject(*BUSY)
    await agent.until_over()
    await stage.quiet()


@VERSIONS
@WAYS
def test_a_click_on_a_client_who_is_busy_says_so(office, phones_of, version, channel):
    """486."""
    told = {}
    with office(version, dial={"channel": channel}) as started:
        phones_of(version).play(client_busy, office=started, told=told)
        assert finished(started, told["call_id"]) == (11, "486", 0)


# ---- with trouble --------------------------------------------------------------------------------------
def test_a_click_while_asterisk_is_down_is_finished_and_never_dialled(office, asterisk):
    """Also not when it is back."""
    with office(clicks={"good_seconds": 4}) as started:
        asterisk.server.stop()
        try:
            call_id = started.click(11, CLIENT)
            assert finished(started, call_id) == (11, "603-S", 0)
        finally:
            asterisk.server.start()
        started.until(lambda: started.log.count("connected, AMI") > 1, "Asterisk to be back")
        assert "is dialled" not in started.log


@VERSIONS
def test_a_context_that_is_not_there_rings_nobody_and_is_finished_with_a_reason(office, version):
    """Asterisk looks before it rings."""
    with office(version, dial={"context": "from-nowhere"}) as started:
        assert finished(started, started.click(11, CLIENT)) == (11, "603-S", 0)
        (finish,) = started.entries(FINISH)
        assert "see asterisk.rig.dial.context" in finish.params["FAILED_REASON"]


def test_a_click_survives_the_death_of_the_service_and_is_dialled_once(asterisk, phones, tmp_path):
    """It was answered, then waited for Asterisk; the next process dials it, the one after that does not."""
    port = free_port()
    outgoing = OutgoingWebhook(f"http://127.0.0.1:{port}/bitrix24/sandbox/event")
    with run_portal(Settings(limits=None, outgoing=(outgoing,))) as portal:
        settings = settings_of({"rig": line_of(asterisk)}, portal.webhook) | {"web": {"port": port}}
        settings["crm"]["sandbox"] |= {
            "events": {
                "handler": f"http://127.0.0.1:{port}",
                "application_token": outgoing.application_token,
            },
            "clicks": {"good_seconds": 120},
        }
        service = Serve(tmp_path, settings).start()
        service.wait_for(lambda: "metrics at" in service.log, "the pages")
        asterisk.server.stop()
        call_id = click(portal.portal, 11, CLIENT)
        service.wait_for(lambda: _jobs(tmp_path) == 1, "the click to be stored")
        service.kill()
        asterisk.server.start()
        phones.play(rung_once, service=service)
        entries = portal.portal.ledger.entries(FINISH)
        assert [(each.params["CALL_ID"], each.params["STATUS_CODE"]) for each in entries] == [
            (call_id, "603-S")
        ]
        service.stop()


async def rung_once(stage, service):
    """101 is rung by a fresh process and declines; another process, started after a kill, rings nobody."""
    await asyncio.to_thread(service.start)
    (agent,) = await stage.ring("101", within=40)
    agent.reject(*DECLINE)
    await stage.quiet()
    await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)
    with pytest.raises(TimeoutError):
        await stage.ring("101", within=5)


def _jobs(folder):
    """How many notices are stored."""
    with closing(sqlite3.connect(folder / "data" / "itgrix.db")) as database:
        return database.execute("SELECT count(*) FROM job WHERE kind = 'CrmNotice'").fetchone()[0]


# ---- the phone answers by itself -----------------------------------------------------------------------
@VERSIONS
def test_the_header_that_lets_a_phone_answer_by_itself_is_in_its_invite(office, phones_of, version):
    """By PJSIP, as it is written in the settings."""
    told = {}
    dial = {"channel": "PJSIP/{extension}", "auto_answer": "Call-Info: <sip:pbx>;answer-after=0"}
    with office(version, dial=dial) as started:
        phones_of(version).play(header_of_invite, office=started, told=told)
        assert told["header"] == "<sip:pbx>;answer-after=0"
        finished(started, told["call_id"])


async def header_of_invite(stage, office, told):
    """101 clicks; his phone looks at the INVITE and declines."""
    told["call_id"] = await asyncio.to_thread(office.click, 11, CLIENT)
    (agent,) = await stage.ring("101")
    told["header"] = agent.invite.get("Call-Info")
    agent.reject(*DECLINE)
    await stage.quiet()


# ---- callback ------------------------------------------------------------------------------------------
async def called_back(stage, office):
    """A visitor, the client of user 11, orders a callback: 101 rings, then the visitor's phone."""
    await asyncio.to_thread(office.call_back, CLIENT, "about the roof")
    (agent,) = await stage.ring("101")
    await agent.answer()
    (client,) = await stage.ring("provider1")
    await client.answer()
    await asyncio.sleep(1)
    client.hang_up()
    await agent.until_over()
    await stage.quiet()


def test_a_callback_is_one_call_of_type_4_on_the_clients_responsible(office, phones):
    """Registered by us, once, with its entity; finished once."""
    with office() as started:
        phones.play(called_back, office=started)
        (finish,) = started.wait_for(FINISH)
        (register,) = started.entries(REGISTER)
        assert (register.params["TYPE"], register.params["USER_ID"]) == (4, 11)
        assert (register.params["CRM_ENTITY_TYPE"], register.params["SHOW"]) == ("CONTACT", 1)
        assert (int(finish.params["USER_ID"]), finish.params["STATUS_CODE"]) == (11, "200")
        started.until(lambda: not started.state()["cards"], "the card to go")
        assert problems(started.portal.portal.ledger.entries()) == []


# ---- case 4: a holding ---------------------------------------------------------------------------------
DIVISIONS = {"101": 11, "102": 12, "103": 13}
WAYS_OF_A_DAY = ("click", "dial") * 9 + ("inbound",) * 2


async def a_day_of_a_holding(stage, office):
    """20 calls with one client, 18 of them outgoing, every second of those by a click."""
    for number, way in enumerate(WAYS_OF_A_DAY):
        extension = list(DIVISIONS)[number % 3]
        if way == "inbound":
            client = await stage.dial_in("79160000001", f"7495000{extension.zfill(4)}")
            (agent,) = await stage.ring(extension)
            await agent.answer()
        else:
            if way == "click":
                await asyncio.to_thread(office.click, DIVISIONS[extension], CLIENT)
                (agent,) = await stage.ring(extension)
                await agent.answer()
            else:
                agent = await stage.phones[extension].call("89160000001")
            (client,) = await stage.ring("provider1")
            await client.answer()
        await agent.until_answered()
        await asyncio.sleep(0.3)
        agent.hang_up()
        await client.until_over()
        await stage.quiet(settle=0.1)
        await asyncio.to_thread(office.wait_for, FINISH, number + 1)


def test_case_4_every_call_of_the_holding_is_on_the_right_company(office, phones):
    """Each division has the client as a company of its own; the portal registers clicks on the first."""
    companies = tuple(
        {"TITLE": f"Client of {user}", "PHONE": numbers(CLIENT), "ASSIGNED_BY_ID": user}
        for user in DIVISIONS.values()
    )
    seed = replace(default_seed(), contacts=(), leads=(), companies=companies)
    hooks = {"folder": str(EXAMPLES), "disabled": ["01_waiting_time", "02_fair_missed"]}
    more = {"clicks": {"repeat_seconds": 0}, "create_for": []}
    with office(seed=seed, hooks=hooks, **more) as started:
        phones.play(a_day_of_a_holding, office=started)
        own = {int(row["ASSIGNED_BY_ID"]): int(row["ID"]) for row in started.state()["companies"]}
        started.until(lambda: _companies(started) == _expected(own), "every call on the right company")
        assert len(started.entries(REGISTER)) == 11
        assert started.state()["active_calls"] == []


def _companies(started):
    """Who had each call, and the companies that its activity is tied to."""
    rows = started.state()["activities"]
    return [(int(row["RESPONSIBLE_ID"]), [tuple(map(int, each)) for each in row["BINDINGS"]]) for row in rows]


def _expected(own):
    users = [list(DIVISIONS.values())[number % 3] for number in range(len(WAYS_OF_A_DAY))]
    return [(user, [(4, own[user])]) for user in users]


# ---- what the service relies on ------------------------------------------------------------------------
async def looked_up(stage, client, channel, told):
    """A phone rings by an Originate with an id of ours; it is looked for by that id, then declines."""
    params = {"channel": channel, "context": "from-internal", "extension": "89160000001"}
    variables = {"variables": {"PLAIN": "1"}}
    action = originate(params | variables, f"itgrix-test-{channel.partition('/')[0]}")
    await asyncio.to_thread(client.ask, [*action, ("Variable", "ONE=1,TWO=2")])
    (agent,) = await stage.ring("101")
    id_ = dict(action)["ChannelId"]
    told["alive"] = (await asyncio.to_thread(client.ask, is_alive(id_))).get("Response")
    question = {"Action": "Getvar", "Channel": id_, "Variable": "TWO"}
    told["two"] = (await asyncio.to_thread(client.ask, question)).get("Value")
    agent.reject(*DECLINE)
    await stage.quiet()
    told["dead"] = (await asyncio.to_thread(client.ask, is_alive(id_))).get("Response")


@VERSIONS
@pytest.mark.parametrize("channel", ["Local/101@from-internal", "PJSIP/101"])
def test_a_channel_is_found_by_its_id_as_long_as_it_lives(asterisk_of, phones_of, version, channel):
    """And a comma in a variable's header sets a second one, which is why we send none."""
    line, told = asterisk_of(version), {}
    client = AmiClient(line.host, line.port)
    client.open_session(line.username, line.secret)
    try:
        phones_of(version).play(looked_up, client=client, channel=channel, told=told)
    finally:
        client.disconnect()
    assert told == {"alive": "Success", "two": "2", "dead": "Error"}
