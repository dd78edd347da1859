"""Callers are put through to their own manager, with real phones; and who rings when something is away."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import replace

import pytest
from click.testing import CliRunner
from serving import Serve, line_of, settings_of

from itgrix_core.app.cli import main
from itgrix_core.sandbox.bitrix import Settings, default_seed, run_portal
from itgrix_core.sandbox.bitrix import phones as numbers

pytestmark = pytest.mark.asterisk

BY_AGI, BY_HTTP = "74950000910", "74950000911"
TOKEN = "a token of the test"
NAME = 'Eva "x" <sip:9@x>; ${SHELL(id)} |'
"""As strangers write into forms."""
ALICE, DISMISSED, SILENCED, PHONELESS, AT_HOME = (f"7916555300{place}" for place in range(5))
RESPONSIBLES = {ALICE: 11, DISMISSED: 17, SILENCED: 13, PHONELESS: 16, AT_HOME: 14}
USUAL = ("101", "102", "103")
"""Who rings when a call goes its usual way: the group 600."""

LINES = """
[globals]
ITGRIX_TOKEN={token}
[ext-did]
exten => did-0910,1,Gosub(itgrix-manager,s,1(${{FROM_DID}}))
 same => n,Goto(ext-group,600,1)
exten => did-0911,1,Gosub(itgrix-manager-http,s,1(${{FROM_DID}}))
 same => n,Goto(ext-group,600,1)
"""


def company():
    """Clients of everybody who can be hard to reach."""
    seed = default_seed()
    users = tuple(replace(user, timeman="CLOSED") if user.id == 14 else user for user in seed.users)
    clients = tuple(
        {"NAME": NAME, "LAST_NAME": f"(of {user})", "PHONE": numbers(f"+{number}"), "ASSIGNED_BY_ID": user}
        for number, user in RESPONSIBLES.items()
    )
    return replace(seed, users=users, contacts=clients)


@pytest.fixture
def office(asterisk_of, tmp_path, find_port):
    """`office(version, style)`: service and portal, and what `itgrix dialplan` prints in the dialplan."""
    opened = []

    def start(version="22", style="plain", patience=10.0, **routing):
        asterisk, portal = asterisk_of(version), run_portal(Settings(limits=None), company())
        opened.append(portal.stop)
        settings = settings_of({"rig": line_of(asterisk)}, portal.webhook)
        settings["hooks"] = {"limits": {"question_seconds": patience}}
        settings["web"] = {"port": find_port()}
        settings["routing"] = {"agi_port": find_port(), "token": TOKEN, **routing}
        serve = Serve(tmp_path, settings)
        opened.append(lambda: serve.is_over or serve.stop())
        opened.append(paste(asterisk.server, printed(tmp_path, style)))
        serve.start()
        serve.wait_for(lambda: "every lead is in the index" in serve.log, "the index of numbers")
        return serve, portal

    yield start
    for close in reversed(opened):
        close()


def printed(folder, style):
    """What an operator gets from `itgrix dialplan`."""
    done = CliRunner().invoke(main, ["-c", str(folder / "itgrix.yaml"), "dialplan", style])
    assert done.exit_code == 0, done.output
    return done.output


def paste(server, text):
    """Puts it where an operator would; returns what takes it out again."""
    file = server.tree / server.conf / "extensions_custom.conf"
    before = file.read_text()
    file.write_text(f"{before}\n{LINES.format(token=TOKEN)}\n{text}")
    server.cli("dialplan reload")

    def restore():
        file.write_text(before)
        server.cli("dialplan reload")

    return restore


async def reaches(stage, number, did, *extensions, answering=None, within=2.0):
    """Calls, and is answered by one of those that ring; their calls. Nobody else rings."""
    began = time.monotonic()
    caller = await stage.dial_in(number, did)
    calls = await stage.ring(*extensions, within=5)
    took = time.monotonic() - began
    print(f"{number} to {did}: {', '.join(extensions)} after {took:.2f} s")  # noqa: T201 - shown by -s
    assert took < within
    answering = calls[extensions.index(answering)] if answering else calls[0]
    await answering.answer()
    await caller.until_answered()
    await asyncio.sleep(0.3)
    caller.hang_up()
    await stage.quiet(settle=0)
    others = [phone for name, phone in stage.phones.items() if name not in extensions]
    assert all(phone.is_idle for phone in others), "somebody else rang"
    return calls


async def put_through_and_served_without(stage, serve, did):
    """101's client gets 101 by name, a forged number nobody; without the service all go the usual way."""
    (call,) = await reaches(stage, ALICE, did, "101")
    assert call.caller_name == "Eva x sip:9@x SHELL(id) (of 11)"
    for forged in ("7916555*72", "7916&7917"):
        await reaches(stage, forged, did, *USUAL, answering="102")
    serve.kill()
    await reaches(stage, ALICE, did, *USUAL, answering="102")


@pytest.mark.parametrize("version", ["22", "16"])
@pytest.mark.parametrize("style", ["plain", "freepbx"])
@pytest.mark.parametrize("did", [BY_AGI, BY_HTTP], ids=["agi", "http"])
def test_a_caller_gets_his_manager_and_the_usual_way_without_the_service(
    office, phones_of, version, style, did
):
    """By either door, in either dialplan; within two seconds of the call when the service was killed."""
    serve, _portal = office(version, style)
    phones_of(version).play(put_through_and_served_without, serve=serve, did=did)
    refused = [line for line in serve.log.splitlines() if "refused" in line]
    assert len(refused) == 1
    assert "a caller's number that is none" in refused[0]


async def everybody_hard_to_reach(stage, portal):
    """One after another: who can be reached is reached, each by a phone that lives."""
    silent = await stage.phones["103"].call("*78")
    await silent.until_over()
    try:
        for number in (DISMISSED, SILENCED, PHONELESS, AT_HOME):
            await reaches(stage, number, BY_AGI, "102")
        await asyncio.to_thread(portal.stop)
        await reaches(stage, ALICE, BY_AGI, "101")
        await reaches(stage, PHONELESS, BY_HTTP, "102")
    finally:
        loud = await stage.phones["103"].call("*79")
        await loud.until_over()


def test_whoever_is_hard_to_reach_the_caller_gets_a_phone_that_lives(office, phones):
    """The manager dismissed, silenced, without a phone, off shift; then the portal away as well."""
    _serve, portal = office(fallback=["102"], open_day=True)
    phones.play(everybody_hard_to_reach, portal=portal)


async def served_by_nobody(stage, serve):
    """The service hangs, then it is gone."""
    os.kill(serve.pid, signal.SIGSTOP)
    try:
        for did in (BY_AGI, BY_HTTP):
            await reaches(stage, ALICE, did, *USUAL, answering="102", within=4)
    finally:
        os.kill(serve.pid, signal.SIGCONT)
    serve.kill()
    for did in (BY_AGI, BY_HTTP):
        await reaches(stage, ALICE, did, *USUAL, answering="102")


@pytest.mark.parametrize("version", ["22", "16"])
def test_a_service_that_hangs_or_is_gone_costs_a_caller_no_more_than_two_seconds(office, phones_of, version):
    """1.5 s as it is set by default; at once where the connection is refused."""
    serve, _portal = office(version, patience=1.0)
    phones_of(version).play(served_by_nobody, serve=serve)
