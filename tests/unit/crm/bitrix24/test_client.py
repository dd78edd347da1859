import logging
import socket

import pytest

from itgrix_core.crm.adapter import Blocked, Refused, Unknown
from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.client import Reply
from itgrix_core.crm.bitrix24.methods import FINISH, REGISTER


def test_a_result_comes_back_with_its_paging(portal, make_client):
    """`total` and `next` are optional, and so is `time`."""
    portal.says("crm.lead.list", (200, {"result": [1], "total": 120, "next": "50"}), (200, {"result": []}))
    client = make_client()
    assert client.call("crm.lead.list", {"start": 0}) == Reply([1], 120, 50)
    assert client.call("crm.lead.list") == Reply([])
    assert portal.asked("crm.lead.list") == [{"start": 0}, {}]


@pytest.mark.parametrize(
    "body", [b"<html>502 Bad Gateway</html>", b"", b"[1]", b'{"results": 1}', b"\xff\xfe"]
)
@pytest.mark.parametrize("status", [200, 502])
def test_what_is_not_the_envelope_is_unknown(portal, make_client, body, status):
    """It may have been executed before somebody in between spoke."""
    portal.says(FINISH, (status, body))
    assert isinstance(make_client().call(FINISH), Unknown)


def test_an_error_in_a_200_is_an_error(portal, make_client):
    """The envelope's word counts."""
    portal.says(REGISTER, (200, {"error": "", "error_description": "Unknown TYPE"}))
    assert isinstance(make_client().call(REGISTER), Refused)


def test_a_result_is_a_result_beside_an_empty_error(portal, make_client):
    """A falsy `error` says nothing."""
    portal.says("profile", (200, {"result": {"ID": "1"}, "error": ""}))
    assert make_client().call("profile") == Reply({"ID": "1"})


def test_a_redirect_is_not_followed(portal, make_client):
    """The new host is named, once asked."""
    portal.says("profile", (302, b""))
    failure = make_client().call("profile")
    assert isinstance(failure, Blocked)
    assert "new.example.com" in failure.text
    assert len(portal.requests) == 1


def test_a_portal_that_cannot_be_reached_blocks_after_three_tries(make_client):
    """Nothing was sent, so it is tried again within the job, then left to the outbox."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
        client = make_client(f"http://127.0.0.1:{taken.getsockname()[1]}/rest/1/s3cr3tc0de/")
        waits = []
        client._sleep = waits.append
        failure = client.call("crm.lead.add")
    assert isinstance(failure, Blocked)
    assert (failure.why, len(waits)) == ("unreachable", 2)
    assert "s3cr3tc0de" not in failure.text


def test_a_host_that_cannot_be_looked_up_does_not_raise(make_client):
    """An address may have the right shape and still be none."""
    failure = make_client(f"https://{'a' * 70}.example.com/rest/1/s3cr3tc0de/").call("profile")
    assert isinstance(failure, Blocked)
    assert "s3cr3tc0de" not in failure.text


def test_a_cut_request_is_repeated_only_where_it_does_no_harm(portal, make_client, words):
    """A registration with its EXTERNAL_CALL_ID is; finish is looked up first, an add never goes out twice."""
    for method in (REGISTER, FINISH, "crm.lead.add"):
        portal.says(method, words.cut, {"CALL_ID": "x"})
    client = make_client()
    assert isinstance(client.call(REGISTER), Reply)
    assert isinstance(client.call(FINISH), Unknown)
    assert isinstance(client.call("crm.lead.add"), Unknown)
    assert portal.methods == [REGISTER.casefold()] * 2 + [FINISH.casefold(), "crm.lead.add"]


def test_a_portal_that_does_not_answer_in_time_is_unknown(portal, make_client, words):
    """Even a blind method is not waited for three times."""
    portal.says(REGISTER, words.hang)
    assert isinstance(make_client(timeout_seconds=0.15).call(REGISTER), Unknown)
    assert len(portal.requests) == 1


def test_our_own_bucket_blocks_without_a_request(portal, make_client, clock):
    """The seconds are said, not slept."""
    portal.says("profile", {})
    client = make_client(bucket=Bucket(1, 2.0, clock))
    assert isinstance(client.call("profile"), Reply)
    blocked = client.call("profile")
    assert (blocked.why, blocked.seconds, len(portal.requests)) == ("quota", 0.5, 1)
    clock.at += 0.5
    assert isinstance(client.call("profile"), Reply)


def test_the_portals_limit_fills_our_bucket(portal, make_client, words):
    """QUERY_LIMIT_EXCEEDED was not executed; the next request stays at home."""
    portal.says("profile", words.fails("QUERY_LIMIT_EXCEEDED", "Too many requests", 503), {})
    client = make_client()
    assert client.call("profile").why == "quota"
    assert client.call("profile").why == "quota"
    assert len(portal.requests) == 1


def test_the_operating_limit_closes_one_method_only(portal, make_client, clock, words):
    """Until the portal's hour; other methods go on."""
    limit = words.fails(
        "OPERATION_TIME_LIMIT", "Method is blocked", 429, time={"operating_reset_at": clock.at + 30}
    )
    portal.says(FINISH, limit, {"ID": 1})
    portal.says(REGISTER, {})
    client = make_client()
    assert client.call(FINISH).seconds == 30
    assert client.call(FINISH.upper()).seconds == 30
    assert isinstance(client.call(REGISTER), Reply)
    clock.at += 31
    assert client.call(FINISH) == Reply({"ID": 1})
    assert portal.methods.count(FINISH.casefold()) == 2


def test_params_that_are_not_json_are_refused_before_anything_is_sent(portal, make_client):
    """A hook may have put anything into them."""
    failure = make_client().call("crm.lead.add", {"fields": {"TITLE": object()}})
    assert isinstance(failure, Refused)
    assert failure.why == "params"
    assert portal.requests == []


def test_a_body_larger_than_the_sockets_buffer_arrives_whole(portal, make_client):
    """Recordings are megabytes in one JSON body."""
    portal.says("big", True)
    assert make_client().call("big", {"FILE_CONTENT": "A" * 8_000_000}) == Reply(result=True)
    assert len(portal.asked("big")[0]["FILE_CONTENT"]) == 8_000_000


def test_the_code_is_in_no_text_repr_or_log(portal, make_client, words, caplog):
    """Not even at urllib3's debug level, nor when the portal repeats the address."""
    caplog.set_level(logging.DEBUG)
    echo = words.fails("NO_AUTH_FOUND", f"wrong /rest/1/{words.code}/profile", 401)
    portal.says("profile", echo, words.cut)
    client = make_client()
    texts = [client.call("profile").text, client.call("profile").text, repr(client), caplog.text]
    assert all(words.code not in text for text in texts)
    assert "/rest/1/***/" in caplog.text


def test_a_body_leaves_piece_by_piece(portal, make_client, monkeypatch):
    """Given whole, an hour's recording would have to leave within the connect time-out."""
    portal.says("big", True)
    client, bodies = make_client(), []
    post = client._session.post
    monkeypatch.setattr(client._session, "post", lambda *a, **k: bodies.append(k["data"]) or post(*a, **k))
    client.call("big", {"x": 1})
    assert hasattr(bodies[0], "read")
