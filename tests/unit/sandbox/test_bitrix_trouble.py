"""Limits, latency and faults: what a connector has to survive."""

import socket

import pytest
import requests

from itgrix_core.sandbox.bitrix import Fault, FaultKind, Limits
from itgrix_core.sandbox.bitrix.errors import SYSTEM


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


def test_a_method_is_closed_when_its_time_is_used_up(start, clock):
    """480 s in ten minutes: the call that crosses the line still runs; other methods go on."""
    client = start(clock=clock, limits=Limits(capacity=1000, operating_seconds=3.0))

    def add():
        return client.session.post(client.address("crm.lead.add"), json={"fields": {}}, timeout=10)

    time = add().json()["time"]
    assert (time["operating"], time["operating_reset_at"]) == (pytest.approx(3.31), int(clock.now) + 600)
    assert (add().status_code, add().json()["error"]) == (429, "OPERATION_TIME_LIMIT")
    assert client.result("crm.lead.get", id=1001)["ID"] == "1001"
    clock.now += 600
    assert add().status_code == 200


def test_operating_time_counts_per_application_and_slides(start, clock):
    """What was used in a minute is given back ten minutes after its first call."""
    client = start(clock=clock, limits=Limits(operating_seconds=1.0))

    def operating():
        return client.body("crm.deal.add", fields={})["time"]["operating"]

    assert operating() == pytest.approx(0.68)
    clock.now += 120
    assert operating() == pytest.approx(1.36)
    assert client.error("crm.deal.add", fields={})[0] == 429
    client.token = "sandboxtoken"
    assert operating() == pytest.approx(0.68)
    client.token = None
    clock.now += 480
    assert operating() == pytest.approx(1.36)


def test_a_batch_is_one_request_and_its_commands_use_up_their_methods(start, clock):
    """The third command of a kind is refused inside the answer."""
    client = start(clock=clock, limits=Limits(capacity=1, operating_seconds=4.0))
    answer = client.result("batch", cmd={f"k{n}": "crm.lead.add?fields[TITLE]=x" for n in range(3)})
    assert list(answer["result"]) == ["k0", "k1"]
    assert answer["result_error"]["k2"]["error"] == "OPERATION_TIME_LIMIT"
    assert answer["result_time"]["k1"]["operating"] == pytest.approx(6.62)


def test_latencies_may_be_those_of_the_documentation(start):
    """A finish takes longer than a list of users; the sandbox itself waits for the client's patience."""
    client = start(latency_seconds=None)
    assert client.portal.latency("telephony.externalCall.finish") == 2.3
    assert client.portal.latency("USER.get.json") == 0.05
    assert client.portal.latency("profile") == 0.4
    both = {"a": "user.get", "b": "telephony.externalCall.finish?CALL_ID=1"}
    assert client.portal.latency("batch", {"cmd": both}) == pytest.approx(0.1 + 0.05 + 2.3)
    with pytest.raises(requests.Timeout):
        client.session.get(client.address("profile"), timeout=0.05)


@pytest.mark.parametrize("code", sorted(SYSTEM))
def test_every_error_of_the_system_can_be_had_by_its_name(client, code):
    """Once, unless more is asked for; and nothing is executed."""
    status, text = SYSTEM[code]
    client.session.post(client.running.url + "sandbox/faults", json={"error": code, "method": "crm.lead.add"})
    assert client.error("crm.lead.add", fields={}) == (status, code, text)
    assert client.portal.ledger.entries("crm.lead.add", lambda entry: entry.is_executed) == []
    assert client.result("crm.lead.add", fields={})


@pytest.mark.parametrize("is_executed", [False, True])
def test_an_internal_error_comes_before_or_after_the_deed(client, is_executed):
    """The client sees the same."""
    client.portal.faults.add(Fault(FaultKind.ANSWER, "crm.lead.add", is_executed=is_executed))
    assert client.error("crm.lead.add", fields={})[:2] == (500, "INTERNAL_SERVER_ERROR")
    assert len(client.result("crm.lead.list")) == 1 + is_executed


def test_a_share_of_the_calls_fails_and_always_the_same_ones(start):
    """Two portals with one seed fail alike, with another one otherwise."""

    def failures(seed):
        client = start()
        client.portal.faults.add(Fault(FaultKind.HTML, times=0, share=0.3, seed=seed))
        return [status == 502 for status in _statuses(client, 60)]

    assert failures(1) == failures(1) != failures(2)
    assert 5 < sum(failures(1)) < 35


def test_a_fault_ends_with_its_time(start, clock):
    """Limits and outages last for a while, not for a number of calls."""
    client = start(clock=clock)
    client.portal.faults.add(Fault(FaultKind.HTML, times=0, for_seconds=30))
    clock.now += 29
    assert _statuses(client, 2) == [502, 502]
    clock.now += 1
    assert _statuses(client, 1) == [200]
    assert client.portal.faults.rules() == []


def test_an_answer_of_another_type_has_been_executed(client):
    """Text where a list should be."""
    client.portal.faults.add(Fault(FaultKind.WRONG, "user.get", value="nonsense"))
    assert client.result("user.get") == "nonsense"
    assert client.portal.ledger.entries("user.get")[0].is_executed


def test_an_answer_may_trickle(client):
    """Every byte comes, in small pieces: a patience that counts from the last piece never ends."""
    client.portal.faults.add(Fault(FaultKind.TRICKLE, "profile", seconds=0.3))
    with socket.create_connection(("127.0.0.1", client.running.port), timeout=10) as connection:
        connection.sendall(b"GET /rest/1/sandboxcode/profile HTTP/1.0\r\n\r\n")
        pieces = list(iter(lambda: connection.recv(65536), b""))
    assert len(pieces) > 5
    assert b'"ADMIN": true' in b"".join(pieces)


def test_an_unreadable_fault_is_refused_whole(client):
    """Nothing of a list is taken when one of it is nonsense."""
    for rule in ({"error": "NO_SUCH"}, {"kind": "html", "colour": 1}, {"kind": "flood"}, 5):
        data = [{"kind": "html"}, rule]
        answer = client.session.post(client.running.url + "sandbox/faults", json=data, timeout=10)
        assert (answer.status_code, "A fault cannot be read" in answer.text) == (400, True)
    assert client.portal.faults.rules() == []


def test_a_plan_without_rest_and_a_portal_without_telephony(start):
    """What an integrator meets before anything works."""
    client = start(is_rest_included=False)
    told = (403, "ACCESS_DENIED", "REST API is available only on commercial plans")
    assert client.error("profile") == told
    client = start(has_telephony=False)
    assert client.error("telephony.externalLine.get")[1] == "ERROR_METHOD_NOT_FOUND"
    assert client.result("profile")["ID"] == "1"
