"""Limits, latency and faults: what a connector has to survive."""

import pytest
import requests

from itgrix_core.sandbox.bitrix import Fault, FaultKind, Limits


def _statuses(client, count):
    return [client.session.get(client.address("profile"), timeout=10).status_code for _ in range(count)]


def test_the_bucket_overflows_and_drains(start, clock):
    """A refused call is not executed and not counted; two a second run off."""
    client = start(clock=clock, limits=Limits(capacity=3, leaks_per_second=2))
    assert _statuses(client, 5) == [200, 200, 200, 503, 503]
    clock.now += 1
    assert _statuses(client, 3) == [200, 200, 503]
    assert client.error("profile") == (503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
    assert [entry.is_executed for entry in client.portal.ledger.entries()][3:5] == [False, False]


def test_an_ordinary_portal_takes_a_burst_of_fifty(start, clock):
    """And a batch of fifty commands is one request."""
    client = start(clock=clock, limits=Limits())
    client.result("batch", cmd={f"k{n}": "profile" for n in range(50)})
    assert _statuses(client, 50) == [200] * 49 + [503]


def test_every_request_may_take_its_time(start):
    """A client with less patience gives up; the portal executes all the same when the time is over."""
    client = start(latency_seconds=0.3)
    with pytest.raises(requests.Timeout):
        client.session.get(client.address("profile"), timeout=0.05)


def test_the_nth_call_of_a_method_is_spoiled(client):
    """`skip` calls pass, `times` fail, the next pass again; other methods are not counted."""
    client.portal.faults.add(
        Fault(FaultKind.ANSWER, "user.*", skip=1, times=2, status=500, code="X", text="y")
    )
    client.result("profile")
    client.result("user.current")
    assert [client.error("user.current") for _ in range(2)] == [(500, "X", "y")] * 2
    assert client.result("user.current")["ID"] == "1"


def test_a_fault_without_end_fails_always(client):
    """times=0; clearing the table heals."""
    client.portal.faults.add(Fault(FaultKind.HTML, times=0))
    assert _statuses(client, 3) == [502, 502, 502]
    client.portal.faults.clear()
    assert _statuses(client, 1) == [200]


def test_a_gateway_answers_html(client):
    """No JSON, and nothing was executed."""
    client.portal.faults.add(Fault(FaultKind.HTML))
    answer = client.session.post(client.address("crm.lead.add"), json={"fields": {}}, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert len(client.result("crm.lead.list")) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(FaultKind.TIMEOUT, "crm.lead.add", seconds=30), requests.Timeout),
        (Fault(FaultKind.CUT, "crm.lead.add"), requests.ConnectionError),
    ],
)
def test_the_answer_is_lost_and_the_work_is_done(client, fault, error):
    """The case in which a blind repetition makes a second lead."""
    client.portal.faults.add(fault)
    with pytest.raises(error):
        client.session.post(client.address("crm.lead.add"), json={"fields": {"TITLE": "Lost"}}, timeout=0.2)
    assert [row["TITLE"] for row in client.result("crm.lead.list")] == ["A question", "Lost"]
    entry = client.portal.ledger.entries("crm.lead.add")[0]
    assert (entry.is_executed, entry.fault, entry.answer["result"]) == (True, fault.kind.value, 1002)


def test_a_cut_may_come_before_the_work(client):
    """is_executed=False: nothing was done."""
    client.portal.faults.add(Fault(FaultKind.CUT, "crm.lead.add", is_executed=False))
    with pytest.raises(requests.ConnectionError):
        client.session.post(client.address("crm.lead.add"), json={"fields": {}}, timeout=5)
    assert len(client.result("crm.lead.list")) == 1
    assert client.portal.ledger.entries("crm.lead.add")[0].status == 0


def test_an_error_may_come_after_the_work(client):
    """A 500 says nothing about what was done."""
    client.portal.faults.add(Fault(FaultKind.ANSWER, "crm.lead.add", is_executed=True))
    assert client.error("crm.lead.add", fields={})[:2] == (500, "INTERNAL_SERVER_ERROR")
    entry = client.portal.ledger.entries("crm.lead.add")[0]
    assert (entry.status, entry.is_executed, entry.answer["result"]) == (500, True, 1002)


def test_commands_of_a_batch_fail_alone(client):
    """The batch itself and its other commands are answered."""
    client.portal.faults.add(Fault(FaultKind.ANSWER, "crm.lead.add", status=500, code="X", text="y"))
    result = client.result(
        "batch", cmd={"a": "crm.lead.add?fields[TITLE]=1", "b": "crm.lead.add?fields[TITLE]=2"}
    )
    assert (result["result_error"], result["result"]) == (
        {"a": {"error": "X", "error_description": "y"}},
        {"b": 1002},
    )


def test_faults_are_set_from_another_process(client):
    """POST one or several, GET those still due, DELETE all."""
    address = client.running.url + "sandbox/faults"
    rules = [
        {"kind": "html", "method": "user.*"},
        {"kind": "answer", "status": 401, "code": "expired_token", "text": ""},
    ]
    assert len(client.session.post(address, json=rules, timeout=10).json()) == 2
    assert _statuses(client, 1) == [401]
    assert [rule["kind"] for rule in client.session.get(address, timeout=10).json()] == ["html"]
    assert client.session.delete(address, timeout=10).json() == []


@pytest.mark.parametrize("rule", [{}, {"kind": "fire"}, {"kind": "cut", "colour": "red"}, "cut"])
def test_a_fault_that_cannot_be_read_is_refused(client, rule):
    """And nothing is spoiled."""
    answer = client.session.post(client.running.url + "sandbox/faults", json=rule, timeout=10)
    assert (answer.status_code, answer.json()["error"][:22]) == (400, "A fault cannot be read")
    assert client.portal.faults.rules() == []
