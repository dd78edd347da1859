"""How requests reach the portal: addresses, spellings of parameters, credentials."""

import threading

import pytest
import requests

from itgrix_core.sandbox.bitrix import Token, Webhook, run_portal


def _get(client, path):
    return client.session.get(client.running.url + path, timeout=10)


@pytest.mark.parametrize("name", ["user.current", "user.current.json", "USER.Current"])
def test_a_method_is_called_by_webhook_in_any_case_with_or_without_json(client, name):
    """The documentation and the connectors spell names differently."""
    assert _get(client, f"rest/1/sandboxcode/{name}").json()["result"]["ID"] == "1"


def test_a_method_is_called_by_token_in_the_query_or_in_the_body(client):
    """Applications send `auth` with the parameters."""
    assert _get(client, "rest/user.current?auth=sandboxtoken").json()["result"]["ID"] == "1"
    form = client.session.post(
        client.running.url + "rest/user.current", data={"auth": "sandboxtoken"}, timeout=10
    )
    assert form.json()["result"]["ID"] == "1"


def test_query_form_and_json_mean_the_same(client):
    """PHP brackets and JSON are two spellings of one structure."""
    address = client.address("user.get")
    answers = [
        client.session.get(address + "?FILTER[UF_PHONE_INNER]=103", timeout=10),
        client.session.post(address, data={"FILTER[UF_PHONE_INNER]": "103"}, timeout=10),
        client.session.post(address, json={"FILTER": {"UF_PHONE_INNER": "103"}}, timeout=10),
    ]
    assert [[user["ID"] for user in answer.json()["result"]] for answer in answers] == [["13"]] * 3


@pytest.mark.parametrize("name", ["USER_ID[]", "USER_ID[0]"])
def test_a_list_is_written_with_empty_or_numbered_brackets(client, name):
    """`USER_ID[]=12` and `USER_ID[0]=12` are lists of one."""
    call_id = client.register(SHOW=0)["CALL_ID"]
    address = client.address("telephony.externalCall.show")
    client.session.post(address, data={"CALL_ID": call_id, name: "12"}, timeout=10)
    assert client.portal.world.cards[call_id] == {12}


@pytest.mark.parametrize(
    ("path", "status", "code", "text"),
    [
        ("rest/1/wrong/profile", 403, "INVALID_CREDENTIALS", "Invalid request credentials"),
        ("rest/2/sandboxcode/profile", 403, "INVALID_CREDENTIALS", "Invalid request credentials"),
        ("rest/profile", 401, "NO_AUTH_FOUND", "Wrong authorization data"),
        ("rest/profile?auth=nobody", 401, "invalid_token", "Unable to get application by token"),
        ("rest/1/sandboxcode/no.such.method", 404, "ERROR_METHOD_NOT_FOUND", "Method not found!"),
        ("rest/1/sandboxcode//profile", 404, "ERROR_METHOD_NOT_FOUND", "Method not found!"),
    ],
)
def test_what_is_wrong_with_the_address_is_told_as_the_portal_tells_it(client, path, status, code, text):
    """Status, code and text; a double slash breaks the address as it does there."""
    answer = _get(client, path)
    assert (answer.status_code, answer.json()) == (status, {"error": code, "error_description": text})


def test_an_expired_token_is_named_so(start, clock):
    """Only this answer allows a refresh."""
    client = start(clock=clock, token="t", tokens=(Token("t", expires_at=clock.now + 60),))
    assert client.result("user.current")["ID"] == "1"
    clock.now += 60
    assert client.error("user.current") == (401, "expired_token", "The access token provided has expired")


def test_a_method_outside_the_scope_is_refused(start):
    """A webhook may be made for telephony only; profile needs no scope."""
    client = start(webhooks=(Webhook(scopes=frozenset({"telephony"})),))
    assert client.error("crm.lead.list")[:2] == (403, "insufficient_scope")
    assert client.result("profile")["ADMIN"] is True
    assert client.result("scope") == ["telephony"]


def test_phones_of_employees_need_more_than_the_brief_scope(start):
    """The brief scope shows extensions and no phones."""
    client = start(webhooks=(Webhook(scopes=frozenset({"user_brief"})),))
    user = client.result("user.get", ID=13)[0]
    assert user["UF_PHONE_INNER"] == "103"
    assert "EMAIL" not in user


def test_where_webhooks_may_not_register_the_answer_says_so(start):
    """One of the two worlds: calls and lines are for applications only, the rest works."""
    client = start(webhook_may_register=False)
    refused = (403, "WRONG_AUTH_TYPE", "Current authorization type is denied for this method")
    for method in (
        "telephony.externalCall.register",
        "telephony.externalCall.finish",
        "telephony.externalLine.get",
    ):
        assert client.error(method) == refused
    assert client.result("telephony.externalCall.show", CALL_ID="x") is False


def test_an_application_may_register_in_both_worlds(start):
    """Its id and name stand in the finished call."""
    client = start(webhook_may_register=False, token="sandboxtoken")
    finished = client.finish(client.register()["CALL_ID"])
    assert (finished["REST_APP_ID"], finished["REST_APP_NAME"]) == ("3", "Itgrix")
    assert finished["PORTAL_NUMBER"] == "REST_APP:3"


def test_app_info_is_for_applications(start):
    """A webhook learns nothing from it; the plan's family tells the limits."""
    assert start().error("app.info")[:2] == (403, "ACCESS_DENIED")
    info = start(token="sandboxtoken", license="ru_ent250").result("app.info")
    assert (info["INSTALLED"], info["LICENSE_FAMILY"]) == (True, "ent")


def test_method_get_tells_what_exists_and_what_is_allowed(start):
    """The set-up doctor asks before it promises anything."""
    client = start(webhooks=(Webhook(scopes=frozenset({"telephony"})),))
    assert client.result("method.get", name="crm.lead.add") == {"isExisting": True, "isAvailable": False}
    assert client.result("method.get", name="batch") == {"isExisting": True, "isAvailable": True}
    assert client.result("method.get", name="nope") == {"isExisting": False, "isAvailable": False}


def test_a_stopped_portal_leaves_no_thread_and_no_port():
    """Stopping twice is harmless; afterwards nobody answers."""
    before = set(threading.enumerate())
    with run_portal() as running:
        assert requests.get(running.webhook + "profile", timeout=10).status_code == 200
    running.stop()
    assert set(threading.enumerate()) == before
    with pytest.raises(requests.ConnectionError):
        requests.get(running.webhook + "profile", timeout=10)
