"""A sandbox that goes on where it was stopped, changes while it runs, and is told what to begin with."""

import subprocess
import sys

import pytest

from itgrix_core.errors import ConfigError, DataFolderError
from itgrix_core.sandbox.bitrix import CrmMode, Portal, run_portal
from itgrix_core.sandbox.bitrix.seed import read
from itgrix_core.sandbox.bitrix.view import state

SEED = """
users:
  - {id: 1, name: Admin, is_admin: true}
  - {id: 5, name: Eve, extension: "205", departments: [2]}
departments:
  - {id: 2, name: Support, head: 5}
lines: {"74950000009": Ninth}
contacts:
  - {NAME: Ann, PHONE: ["+7 916 000-00-09"], ASSIGNED_BY_ID: 5}
deals:
  - {TITLE: Big, CONTACT_ID: 3001, STAGE_ID: EXECUTING}
excluded: [79160000666]
"""


@pytest.fixture
def seed(tmp_path):
    """A file of start data."""
    path = tmp_path / "seed.yaml"
    path.write_text(SEED)
    return path


def test_everything_that_was_done_is_there_after_a_new_start(tmp_path, start, do):
    """Calls, cards, entities, activities, tasks, tokens, subscriptions and what waits in the queue."""
    path = tmp_path / "portal.json"
    client = start(token="sandboxtoken")
    client.running.stop()
    with run_portal(state_path=path) as running:
        client.running, client.portal = running, running.portal
        call_id = client.register(PHONE_NUMBER="+79160000001")["CALL_ID"]
        client.finish(client.register(CRM_CREATE=1, EXTERNAL_CALL_ID="2")["CALL_ID"], DURATION=4)
        client.result("tasks.task.add", fields={"TITLE": "x", "RESPONSIBLE_ID": 11})
        client.result("event.bind", event="ONCRMLEADUPDATE", event_type="offline")
        client.result("crm.lead.update", id=1001, fields={"TITLE": "Later"})
        do(client, "set_active", user_id=12, is_active=False)
        before = state(running.portal.world)
    after = Portal(state_path=path)
    assert state(after.world) == before
    assert after.world.cards[call_id] == {11}
    assert after.world.next_id() not in {one["id"] for one in before["queue"]}


def test_a_file_of_something_else_is_refused_with_the_way_out(tmp_path):
    """And stays as it is."""
    path = tmp_path / "notes.json"
    for text in ("not JSON", "{}", '{"users": 5}'):
        path.write_text(text)
        with pytest.raises(DataFolderError, match=r"notes\.json does not hold .*; give another --state"):
            Portal(state_path=path)
        assert path.read_text() == text


def test_start_data_comes_from_yaml_with_phones_as_plain_numbers(seed, start):
    """People with extensions, departments with heads, lines, entities and the exclusion list."""
    client = start(seed=read(seed))
    assert client.result("user.get", FILTER={"UF_PHONE_INNER": "205"})[0]["NAME"] == "Eve"
    assert client.result("department.get", ID=2)[0]["UF_HEAD"] == "5"
    assert client.result("crm.duplicate.findbycomm", type="PHONE", values=["79160000009"]) == {
        "CONTACT": [3001]
    }
    assert client.entity("deal", 2001)["STAGE_SEMANTIC_ID"] == "P"
    answer = client.register(USER_ID=5, PHONE_NUMBER="79160000666", CRM_CREATE=1)
    assert answer["CRM_CREATED_ENTITIES"] == []


@pytest.mark.parametrize("text", ["users: [{id: 1}]", "colours: [red]", "users: 5", "[1]", "a: b: c"])
def test_a_seed_that_says_nonsense_is_named(tmp_path, text):
    """With its file and what it may hold."""
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"seed\.yaml"):
        read(path)


def test_the_portal_changes_while_it_runs(client, do):
    """The other CRM mode, a webhook that may not register any more, time that passes."""
    do(client, "switch", crm_mode=2, webhook_may_register=False)
    assert client.result("crm.settings.mode.get") == CrmMode.SIMPLE.value
    assert client.error("telephony.externalCall.register")[1] == "WRONG_AUTH_TYPE"
    before = client.result("server.time")
    do(client, "forward", seconds=3600)
    assert client.result("server.time")[11:13] != before[11:13]


def test_a_dismissed_user_takes_no_calls(client, do):
    """Until he is taken on again; his working day is another matter."""
    do(client, "set_active", user_id=11)
    assert client.error("telephony.externalCall.register", USER_ID=11, PHONE_NUMBER="1", TYPE=2)[2] == (
        "User is not found or is not active"
    )
    do(client, "set_active", user_id=11, is_active=True)
    do(client, "set_timeman", user_id=11, state="PAUSED")
    assert client.result("timeman.status", USER_ID=11)["STATUS"] == "PAUSED"
    assert client.register()["CALL_ID"]


@pytest.mark.parametrize(
    ("deed", "arguments"),
    [
        ("fly", {}),
        ("click", {}),
        ("click", {"user_id": 99, "number": "5"}),
        ("click", {"user_id": 11, "number": "?"}),
        ("set_active", {"user_id": 99}),
        ("switch", {"colour": "red"}),
        ("switch", {"crm_mode": 7}),
        ("install", {"app_id": "none"}),
        ("forward", {"seconds": "long"}),
    ],
)
def test_a_deed_that_cannot_be_done_is_named_and_changes_nothing(client, deed, arguments):
    """Status 400 or 404 and a sentence."""
    before = state(client.portal.world)
    answer = client.session.post(f"{client.running.url}sandbox/do/{deed}", json=arguments, timeout=10)
    assert answer.status_code in (400, 404)
    assert answer.json()["error_description" if "error_description" in answer.json() else "error"]
    assert state(client.portal.world) == before


def _sandbox(*options):
    command = [sys.executable, "-m", "itgrix_core.app.cli", "sandbox", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--latency", "soon"), "--latency soon: give seconds from 0 to 60, or documented"),
        (("--latency", "600"), "--latency 600"),
        (("--seed", "/no/such/file"), "/no/such/file cannot be read"),
        (("--mode", "both"), "'lead', 'leadless'"),
    ],
)
def test_a_wrong_option_is_named_without_a_traceback(options, text):
    """What is wrong and what is right."""
    run = _sandbox(*options)
    assert text in run.stderr
    assert "Traceback" not in run.stderr
    assert run.returncode == 2


def test_a_taken_port_is_named(client):
    """With the option that helps."""
    run = _sandbox("--port", str(client.running.port))
    assert "give another --port" in run.stderr
    assert run.returncode == 1
