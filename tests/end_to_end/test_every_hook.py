"""Every hook is documented, has an example that runs and a contract test, and is asked for a recorded call.

One service files four recorded calls and takes one click, with a plugin that implements every hook and notes
that it was asked. None is exempt.
"""

import inspect
import json
import socket
import time
from collections import defaultdict
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from itgrix_core.app.demo import _AudioMaker, demo_seed, demo_settings
from itgrix_core.app.demo_board import Board
from itgrix_core.app.service import Service
from itgrix_core.config.schema import EventSettings, HookSettings, Settings, WebSettings
from itgrix_core.sandbox.bitrix import OutgoingWebhook, run_portal
from itgrix_core.sandbox.bitrix import Settings as PortalSettings
from itgrix_core.sandbox.bitrix.deeds import click
from itgrix_core.sandbox.pbx import run_pbx
from itgrix_core.sandbox.recordings import FOLDER
from itgrix_hooks import specs
from itgrix_hooks.by_crm import BY_CRM
from itgrix_hooks.manual import signature
from itgrix_hooks.table import HOOKS
from itgrix_hooks.testing import ask, load, recorded_call

ROOT = Path(__file__).parents[2]
CALLS = ("inbound_answered", "inbound_no_answer", "outbound_answered", "blind_transfer_refer")
NINE = [name for name in HOOKS if hasattr(specs, name)]
PATIENCE_SECONDS = 60.0
TOKEN = "dialplan"

HEAD = '''\
"""Notes which hook is asked, and for which call."""

import json
from pathlib import Path

from itgrix_hooks import hookimpl

NOTES = Path(__file__).with_name("notes.txt")


def note(hook, call):
    with NOTES.open("a", encoding="utf-8") as notes:
        notes.write(json.dumps([hook, call.linkedid if call else ""]) + "\\\\n")
'''


def notebook():
    """The plugin: each hook with its own arguments."""
    functions = [
        f"@hookimpl\ndef {name}({'call' if 'call' in hook.arguments else ''}):\n"
        f"    note({name!r}, {'call' if 'call' in hook.arguments else 'None'})\n"
        for name, hook in HOOKS.items()
    ]
    return "\n\n".join([HEAD.replace("\\\\n", "\\n"), *functions])


def free_port():
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def configured(folder, portal, pbx, port, application_token):
    """The demo's settings, with the notebook, tasks for missed calls, and doors for clicks and questions."""
    hooks = folder / "hooks"
    hooks.mkdir()
    (hooks / "notebook.py").write_text(notebook(), encoding="utf-8")
    settings = demo_settings(folder, folder / "monitor", portal.webhook, pbx.port)
    data = settings.model_dump()
    data["hooks"] = HookSettings(folder=hooks).model_dump()
    data["web"] = WebSettings(port=port).model_dump()
    events = EventSettings(handler=f"http://127.0.0.1:{port}", application_token=SecretStr(application_token))
    data["crm"]["sandbox"] |= {"events": events.model_dump(), "missed": {"ask": "task"}}
    data["routing"] = {"token": TOKEN}
    return Settings(**data)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Hook to the Linkedids of the calls for which it was asked; "" where it is not about a call."""
    folder, port = tmp_path_factory.mktemp("every"), free_port()
    outgoing = OutgoingWebhook(f"http://127.0.0.1:{port}/bitrix24/sandbox/event")
    logs = [FOLDER / f"{name}.ami.gz" for name in CALLS]
    with (
        run_portal(PortalSettings(limits=None, outgoing=(outgoing,)), demo_seed()) as portal,
        run_pbx(logs, pace=5) as pbx,
    ):
        settings = configured(folder, portal, pbx, port, outgoing.application_token)
        with Service(settings, watcher=Board(_AudioMaker(folder / "monitor"))):
            click(portal.portal, 11, "+7 916 000-00-01")
            question = {
                "token": TOKEN,
                "number": "79160000001",
                "did": "74950000101",
                "channel": "PJSIP/provider1-1",
            }
            requests.post(f"http://127.0.0.1:{port}/route/demo", data=question, timeout=30)
            end = time.monotonic() + PATIENCE_SECONDS
            while not set(notes(folder)) >= set(HOOKS) and time.monotonic() < end:
                time.sleep(0.05)
    return notes(folder)


def notes(folder):
    """Hook to the calls that the notebook has noted so far."""
    path = folder / "hooks" / "notes.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = defaultdict(set)
    for hook, call in map(json.loads, lines):
        found[hook].add(call)
    return found


def example_of(hook):
    """The file that the hook's spec names."""
    return ROOT / inspect.getdoc(HOOKS[hook].spec).split("Example:\n")[1].strip()


def test_the_nine_are_nine_and_the_manual_says_of_none_that_it_is_not_asked():
    """The table at a glance has a row for each."""
    page = (ROOT / "docs/hooks.md").read_text(encoding="utf-8")
    assert len(NINE) == 9
    assert [name for name in HOOKS if f"](#{name}) |" not in page] == []
    assert [name for name in HOOKS if not BY_CRM[name].is_asked] == []


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_documented_has_an_example_that_runs_and_a_contract(hook):
    """Its exact signature in the manual, an example that the kit can ask, a promise of its arguments."""
    page = (ROOT / "docs/hooks.md").read_text(encoding="utf-8")
    assert f"```python\n{signature(HOOKS[hook])}\n```" in page
    example = example_of(hook)
    about = {"call": recorded_call("inbound_answered")} if "call" in HOOKS[hook].arguments else {}
    asked = ask(hook, load(example), **about)
    assert asked.failures == ()
    assert f'"{hook}"' in example.with_name(f"test_{example.name}").read_text(encoding="utf-8")
    contract = (ROOT / "tests/contract/test_hookspecs.py").read_text(encoding="utf-8")
    assert f'    "{hook}": "' in contract


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_asked_for_a_real_recorded_call(asked, hook):
    """By the service; of click-to-call and routing for a click and a question of their own."""
    known = {recorded_call(name).linkedid for name in CALLS}
    assert asked[hook], f"{hook} was never asked"
    assert "call" not in HOOKS[hook].arguments or asked[hook] & known
