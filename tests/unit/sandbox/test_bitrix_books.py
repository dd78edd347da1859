"""The ledger, the audit of calls, the state, and the portal as a process of its own."""

import json
import os
import signal
import subprocess
import sys

import pytest
import requests

from itgrix_core.sandbox.bitrix import audit, problems
from itgrix_core.sandbox.bitrix.ledger import from_json, read
from itgrix_core.sandbox.bitrix.seed import read as read_seed


def _call(client, name, **finish):
    call_id = client.register(EXTERNAL_CALL_ID=name, USER_ID=11)["CALL_ID"]
    client.finish(call_id, **finish)
    return call_id


def test_every_request_is_in_the_ledger(client):
    """Method in the documentation's spelling, parameters, status, answer, whether executed, by whom."""
    client.result("USER.GET", FILTER={"ID": 11})
    client.error("nope", A=1)
    first, second = client.portal.ledger.entries()
    assert (first.method, first.params, first.status, first.caller) == (
        "user.get",
        {"FILTER": {"ID": 11}},
        200,
        "webhook 1",
    )
    assert first.answer["result"][0]["ID"] == "11"
    assert (second.method, second.status, second.is_executed) == ("nope", 404, False)


def test_the_ledger_is_read_over_http_in_parts(client):
    """By method, and from a number on."""
    client.result("profile")
    client.result("user.current")
    address = client.running.url + "sandbox/ledger"
    assert [one["method"] for one in client.session.get(address + "?since=1", timeout=10).json()] == [
        "user.current"
    ]
    assert [one["number"] for one in client.session.get(address + "?method=PROFILE", timeout=10).json()] == [
        1
    ]


def test_long_texts_are_shortened_in_the_ledger(client):
    """A recording would fill it."""
    client.error(
        "telephony.externalCall.attachRecord", CALL_ID="x", FILENAME="a.mp3", FILE_CONTENT="A" * 4000
    )
    assert client.portal.ledger.entries()[0].params["FILE_CONTENT"] == "(4000 characters)"


def test_the_ledger_is_a_file_of_json_lines(start, tmp_path):
    """An entry is there before the client has its answer, and reads back as it was."""
    client = start(ledger_path=tmp_path / "ledger.jsonl")
    _call(client, "a", DURATION=1)
    assert [entry.to_json() for entry in read(tmp_path / "ledger.jsonl")] == [
        json.loads(json.dumps(entry.to_json())) for entry in client.portal.ledger.entries()
    ]


def test_an_audit_without_problems(client):
    """Registered once however often it was asked, finished once, nothing open, cards and records counted."""
    call_id = client.register(EXTERNAL_CALL_ID="a")["CALL_ID"]
    client.register(EXTERNAL_CALL_ID="a")
    client.result("telephony.externalCall.show", CALL_ID=call_id, USER_ID=[12, 13])
    client.finish(call_id, DURATION=0, STATUS_CODE="304")
    client.result(
        "telephony.externalCall.attachRecord", CALL_ID=call_id, FILENAME="a.mp3", FILE_CONTENT="SUQz"
    )
    call = audit(client.portal.ledger.entries())["a"]
    assert (call.call_ids, call.registers, len(call.finishes), call.records) == ([call_id], 2, 1, 1)
    assert (call.shown, call.open_call_ids, call.problems()) == ({12, 13}, set(), [])


def test_an_audit_names_what_is_wrong(client):
    """Twice registered, never finished, a missed call with a duration."""
    _call(client, "twice", DURATION=1)
    _call(client, "twice", DURATION=1)
    client.register(EXTERNAL_CALL_ID="open")
    _call(client, "odd", DURATION=5, STATUS_CODE="304")
    assert problems(client.portal.ledger.entries()) == [
        "call twice was registered as 2 calls",
        "call open was registered and never finished",
        "missed call odd has DURATION 5",
    ]


def test_an_audit_would_see_a_call_that_was_finished_twice(client):
    """No portal should allow it; a ledger that says so is not believed in silence."""
    _call(client, "a", DURATION=1)
    entries = client.portal.ledger.entries()
    assert problems([*entries, entries[-1]]) == ["call a was finished 2 times"]


def test_an_audit_reads_batches_and_counts_refused_finishes(client):
    """From entries that came over HTTP as well."""
    register = "telephony.externalCall.register?USER_ID=11&PHONE_NUMBER=5&TYPE=2&EXTERNAL_CALL_ID=b"
    finish = "telephony.externalCall.finish?CALL_ID=$result[r][CALL_ID]&USER_ID=11"
    client.result("batch", cmd={"r": register, "f": finish, "again": finish})
    entries = from_json(client.session.get(client.running.url + "sandbox/ledger", timeout=10).json())
    call = audit(entries)["b"]
    assert (len(call.finishes), call.refused_finishes, call.problems()) == (1, 1, [])
    answer = client.session.get(client.running.url + "sandbox/audit", timeout=10)
    assert answer.json() == {"problems": []}


def test_the_state_shows_calls_and_cards(client):
    """Who sees which card, what is active, what was filed."""
    call_id = client.register(PHONE_NUMBER="+79160000001")["CALL_ID"]
    done = _call(client, "a", DURATION=3)
    client.result(
        "crm.timeline.comment.add", fields={"ENTITY_ID": 1001, "ENTITY_TYPE": "lead", "COMMENT": "x"}
    )
    state = client.session.get(client.running.url + "sandbox/state", timeout=10).json()
    assert state["cards"] == {"11": [call_id]}
    assert [call["call_id"] for call in state["active_calls"]] == [call_id]
    assert [call["CALL_ID"] for call in state["finished_calls"]] == [done]
    assert [len(state[name]) for name in ("leads", "contacts", "companies", "comments", "users")] == [
        1,
        1,
        1,
        1,
        8,
    ]


def test_start_data_is_read_from_a_file(tmp_path):
    """The names of `Seed` in JSON."""
    path = tmp_path / "seed.json"
    path.write_text(
        json.dumps(
            {"users": [{"id": 5, "name": "Eve", "departments": [2]}], "lines": {"1": "One"}, "leads": [{}]}
        )
    )
    seed = read_seed(path)
    assert (seed.users[0].name, seed.users[0].departments, dict(seed.lines)) == ("Eve", (2,), {"1": "One"})


@pytest.fixture
def process(tmp_path):
    """A portal in a process of its own, with its url and its ledger's path."""
    ledger = tmp_path / "ledger.jsonl"
    command = [
        sys.executable,
        "-m",
        "itgrix_core.sandbox.bitrix",
        "--ledger",
        str(ledger),
        "--webhook",
        "off",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        addresses = dict(child.stdout.readline().split() for _ in range(2))
        yield child, addresses, ledger
        child.kill()


def test_a_portal_of_its_own_process_answers_and_stops_when_told(process):
    """Its first lines say where it is; its switches are options; its ledger outlives it."""
    child, addresses, ledger = process
    answer = requests.post(addresses["webhook"] + "telephony.externalCall.register", json={}, timeout=10)
    assert answer.json()["error"] == "WRONG_AUTH_TYPE"
    os.kill(child.pid, signal.SIGTERM)
    assert child.wait(timeout=10) == 0
    assert [entry.method for entry in read(ledger)] == ["telephony.externalCall.register"]


def test_a_portal_told_to_stop_while_it_still_introduces_itself_stops_as_well(process):
    """The signal comes as soon as the first address can be read."""
    child, _, _ = process
    os.kill(child.pid, signal.SIGTERM)
    assert child.wait(timeout=10) == 0
