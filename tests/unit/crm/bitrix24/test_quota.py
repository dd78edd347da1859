import socket

import pytest

from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import Blocked, Refused, Unknown
from itgrix_core.crm.bitrix24.breaker import FAILURES, LIVE_PAUSE_SECONDS
from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.client import Reply
from itgrix_core.crm.bitrix24.errand import errand_of
from itgrix_core.crm.bitrix24.errors import UNREACHABLE_SECONDS
from itgrix_core.crm.bitrix24.methods import FINISH, REGISTER, SHOW
from itgrix_core.crm.bitrix24.quota import PARKED_SECONDS


def time(used, reset_in=600.0):
    """What a portal tells of a method beside its result."""
    return {"operating": used, "operating_reset_at": 1_000 + reset_in, "finish": 1_000.0}


def old(client, method, params=None):
    """A request of the backlog, as a lane of its own."""
    with urgency.backlog():
        return client.call(method, params)


def fall(client, portal, words):
    """Let the portal fail until the backlog is kept away."""
    portal.says("profile", *[(502, b"<html>")] * FAILURES, {"ID": 1})
    for _ in range(FAILURES):
        assert isinstance(client.call("profile"), Unknown)
    assert client.quota.breaker == "open"


def test_a_batchs_errand_names_the_methods_inside():
    """As an object or as a list of commands; what is no command is passed over."""
    batch = {"cmd": {"register": f"{REGISTER}?TYPE=2", "show": f"{SHOW}?CALL_ID=$result[register][CALL_ID]"}}
    assert errand_of("batch", batch).methods == ("batch", REGISTER.casefold(), SHOW.casefold())
    assert errand_of("batch", {"cmd": ["profile", "scope"]}).inner == {"0": "profile", "1": "scope"}
    assert errand_of("batch", {"cmd": "profile"}).methods == ("batch",)
    assert errand_of(FINISH, {"cmd": {"a": "b"}}).methods == (FINISH.casefold(),)


def test_each_command_of_a_batch_is_counted_by_its_own_time(portal, make_client):
    """The portal adds up by method, not by request."""
    inner = {"result_time": {"end": time(470.0), "more": time(12.0)}, "result": {}}
    portal.says("batch", (200, {"result": inner, "time": time(0.0)}))
    client = make_client()
    batch = {"cmd": {"end": f"{FINISH}?CALL_ID=1", "more": "user.get?ID=1"}}
    assert isinstance(client.call("batch", batch), Reply)
    methods = client.quota.methods
    assert methods[FINISH.casefold()].operating_seconds == 470.0
    assert methods["user.get"].operating_seconds == 12.0
    blocked = old(client, "batch", batch)
    assert (blocked.why, FINISH.casefold() in blocked.text) == ("quota", True)
    assert isinstance(old(client, "batch", {"cmd": {"more": "user.get"}}), Reply)


def test_a_method_that_runs_out_of_time_lets_others_go_on(portal, make_client):
    """And its live calls, for which the rest is kept."""
    portal.says(FINISH, (200, {"result": {}, "time": time(400.0)}))
    portal.says(REGISTER, {})
    client = make_client()
    assert isinstance(old(client, FINISH), Reply)
    assert isinstance(old(client, FINISH), Blocked)
    assert isinstance(old(client, REGISTER), Reply)
    assert isinstance(client.call(FINISH), Reply)


def test_a_portal_that_is_down_is_not_asked_by_the_backlog(portal, make_client, clock, words):
    """Old jobs cost no request, until one of them may probe."""
    client = make_client()
    fall(client, portal, words)
    asked = len(portal.requests)
    blocked = [old(client, "profile") for _ in range(100)]
    assert {each.why for each in blocked} == {"unreachable"}
    assert "is left alone for a while" in blocked[0].text
    assert len(portal.requests) == asked
    clock.at += 1.0
    assert isinstance(old(client, "profile"), Reply)
    assert client.quota.breaker == "closed"
    assert isinstance(old(client, "profile"), Reply)


def test_a_live_call_finds_out_that_the_portal_is_back(portal, make_client, words):
    """At once: its card is the probe, and counts for all."""
    client = make_client()
    fall(client, portal, words)
    assert isinstance(client.call("profile"), Reply)
    assert isinstance(old(client, "profile"), Reply)


def test_a_card_that_met_an_outage_is_tried_again_soon(make_client):
    """The backlog takes its time, and each of it another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
        client = make_client(f"http://127.0.0.1:{taken.getsockname()[1]}/rest/1/s3cr3tc0de/")
        assert client.call("profile").seconds == LIVE_PAUSE_SECONDS
        waits = [old(client, "profile").seconds for _ in range(FAILURES + 20)]
    assert waits[0] == UNREACHABLE_SECONDS
    assert len(set(waits[-20:])) == 20


def test_a_refusal_is_a_word_of_the_portal(portal, make_client, words):
    """It answers, so it is not down."""
    portal.says("profile", *[(502, b"")] * (FAILURES - 1), words.fails("ERROR_CORE"), (502, b""), {})
    client = make_client()
    for _ in range(FAILURES + 1):
        client.call("profile")
    assert client.quota.breaker == "closed"


def test_credentials_that_are_refused_park_the_portal(portal, make_client, clock, words):
    """A thousand calls would ask the same; the sentence with the way out is told to each."""
    portal.says("profile", words.fails("NO_AUTH_FOUND", "Wrong authorization data", 401), {"ID": 1})
    client = make_client()
    assert old(client, "profile").why == "credentials"
    blocked = old(client, REGISTER)
    assert (blocked.why, "make a new inbound webhook" in blocked.text) == ("credentials", True)
    assert blocked.seconds >= PARKED_SECONDS
    assert len(portal.requests) == 1
    clock.at += PARKED_SECONDS
    assert isinstance(old(client, "profile"), Reply)


def test_a_plan_without_rest_parks_the_portal_whichever_method_was_asked(portal, make_client, words):
    """For most methods the same code is a refusal of that one."""
    text = "REST API is available only on commercial plans"
    portal.says("crm.lead.list", words.fails("ACCESS_DENIED", text, 403))
    client = make_client()
    assert isinstance(old(client, "crm.lead.list"), Refused)
    assert old(client, "profile").why == "credentials"
    assert len(portal.requests) == 1


def test_a_method_that_is_closed_to_us_parks_itself_only(portal, make_client, words):
    """Also inside a batch, which is refused before it is sent."""
    portal.says(REGISTER, words.fails("WRONG_AUTH_TYPE", "", 403))
    portal.says(SHOW, True)
    client = make_client()
    assert old(client, REGISTER).why == "configuration"
    assert isinstance(old(client, REGISTER), Blocked)
    assert isinstance(old(client, "batch", {"cmd": {"register": f"{REGISTER}?TYPE=2"}}), Blocked)
    assert isinstance(old(client, SHOW), Reply)
    assert portal.methods == [REGISTER.casefold(), SHOW.casefold()]


def test_a_method_that_works_again_inside_a_batch_is_open_again(portal, make_client, clock, words):
    """Until then it is told for how long it is closed; a batch may be the probe."""
    portal.says(REGISTER, words.fails("WRONG_AUTH_TYPE", "", 403), {"CALL_ID": "x"})
    portal.says("batch", {"result": {"register": {"CALL_ID": "x"}}})
    client = make_client()
    old(client, REGISTER)
    assert client.quota.methods[REGISTER.casefold()].closed_seconds == PARKED_SECONDS
    clock.at += PARKED_SECONDS
    assert isinstance(old(client, "batch", {"cmd": {"register": f"{REGISTER}?TYPE=2"}}), Reply)
    assert isinstance(old(client, REGISTER), Reply)
    assert REGISTER.casefold() not in client.quota.methods


def test_live_calls_do_not_hammer_a_portal_that_refuses_them(portal, make_client, clock, words):
    """The first tries it; the next two seconds later at the soonest."""
    portal.says("profile", words.fails("NO_AUTH_FOUND", "Wrong authorization data", 401))
    client = make_client()
    for _ in range(20):
        client.call("profile")
    assert len(portal.requests) == 2
    clock.at += LIVE_PAUSE_SECONDS
    client.call("profile")
    assert len(portal.requests) == 3


def test_a_request_that_was_cut_and_repeated_counts_twice(portal, make_client, clock, words):
    """The portal counted both."""
    portal.says(REGISTER, words.cut, {"CALL_ID": "x"})
    client = make_client(bucket=Bucket(50, 2.0, clock))
    client.call(REGISTER)
    assert client.quota.requests_left == 48


def test_the_state_tells_how_much_is_left(portal, make_client, adapter):
    """For live calls, for the backlog, and whether other processes are counted."""
    portal.says("profile", {})
    client = make_client()
    client.call("profile")
    state = client.quota
    assert (state.requests_at_once, state.requests_left, state.backlog_left) == (50, 49, 34)
    assert (state.is_shared, state.breaker, state.probe_seconds, state.why) == (False, "closed", 0.0, "")
    assert adapter.quota.requests_left == 50


@pytest.mark.parametrize("is_live", [True, False])
def test_urgency_ends_with_its_block(is_live):
    """What nobody has said anything about is live."""
    assert urgency.current().is_live
    with urgency.work(is_live=is_live) as one:
        assert urgency.current() is one
        assert one.is_live is is_live
    assert urgency.current().is_live
