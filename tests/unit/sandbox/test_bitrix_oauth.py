"""A local application's way to its tokens, and what becomes of them."""

from urllib.parse import parse_qs, urlsplit

import pytest

from itgrix_core.sandbox.bitrix import Application

HANDLER = "http://127.0.0.1:9/back?from=portal"
SCOPES = frozenset({"crm", "telephony", "user"})


@pytest.fixture
def portal(start, clock):
    """A portal with an application whose handler is known."""
    return start(clock=clock, applications=(Application(handler=HANDLER, scopes=SCOPES),), tokens=())


def authorize(portal, client_id="local.sandbox.1"):
    """The answer that the browser gets."""
    address = f"{portal.running.url}oauth/authorize/?client_id={client_id}&state=s%26t"
    return portal.session.get(address, timeout=10, allow_redirects=False)


def code_of(answer):
    """The code in the address to which the browser is sent."""
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def token(portal, **params):
    """Status and body of the OAuth server."""
    usual = {"client_id": "local.sandbox.1", "client_secret": "sandboxsecret"}
    answer = portal.session.get(portal.running.url + "oauth/token/", params={**usual, **params}, timeout=10)
    return answer.status_code, answer.json()


def pair(portal):
    """A pair by the whole way."""
    return token(portal, grant_type="authorization_code", code=code_of(authorize(portal)))[1]


def refreshed(portal, refresh_token):
    """The answer to a refresh token."""
    return token(portal, grant_type="refresh_token", refresh_token=refresh_token)


def test_the_browser_comes_back_to_the_form_s_handler_with_a_code(portal):
    """The handler is that of the form, its own query stays, `state` is returned as it was."""
    answer = authorize(portal)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(HANDLER + "&")
    assert (query["from"], query["state"], query["scope"]) == (["portal"], ["s&t"], ["crm,telephony,user"])
    assert query["domain"] == [f"127.0.0.1:{portal.running.port}"]


def test_an_unknown_application_is_shown_to_the_browser_and_sent_nowhere(portal):
    """No redirect, so that nobody learns of it who was not asked."""
    answer = authorize(portal, "local.other")
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_a_code_becomes_a_pair_that_opens_the_portal(portal):
    """The answer names both endpoints, the portal's lasting name and whose token it is."""
    given = pair(portal)
    assert given["client_endpoint"] == given["server_endpoint"] == portal.running.url + "rest/"
    assert (given["user_id"], given["expires_in"], given["status"]) == (1, 3600, "L")
    assert given["expires"] == portal.portal.clock() + 3600
    portal.token = given["access_token"]
    assert portal.result("app.info")["CODE"] == "local.sandbox.1"
    assert portal.error("tasks.task.list")[1] == "insufficient_scope"


def test_a_code_is_good_once_and_for_half_a_minute(portal, clock):
    """After that it is `invalid_grant`."""
    code = code_of(authorize(portal))
    assert token(portal, grant_type="authorization_code", code=code)[0] == 200
    assert token(portal, grant_type="authorization_code", code=code) == (400, {"error": "invalid_grant"})
    late = code_of(authorize(portal))
    clock.now += 30
    assert token(portal, grant_type="authorization_code", code=late)[1] == {"error": "invalid_grant"}


def test_an_access_token_lives_an_hour_and_a_refresh_token_brings_the_next(portal, clock):
    """`expired_token` is the sign; the new pair opens again."""
    given = pair(portal)
    portal.token = given["access_token"]
    clock.now += 3600
    assert portal.error("profile")[:2] == (401, "expired_token")
    status, new = refreshed(portal, given["refresh_token"])
    portal.token = new["access_token"]
    assert (status, portal.result("profile")["ID"]) == (200, "1")
    assert new["refresh_token"] != given["refresh_token"]


def test_a_refresh_token_is_good_once(portal):
    """Whoever comes second with the same one has lost."""
    given = pair(portal)
    assert refreshed(portal, given["refresh_token"])[0] == 200
    assert refreshed(portal, given["refresh_token"]) == (400, {"error": "invalid_grant"})


def test_a_lax_server_takes_an_old_refresh_token_again(portal):
    """Nobody knows which of the two the cloud is, so both are played."""
    portal.portal.change(is_refresh_strict=False)
    given = pair(portal)
    assert [refreshed(portal, given["refresh_token"])[0] for _ in range(2)] == [200, 200]


def test_a_refresh_token_dies_after_half_a_year(portal, clock):
    """Unless it is used before."""
    given = pair(portal)
    clock.now += 180 * 86400
    assert refreshed(portal, given["refresh_token"])[1] == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("params", "answer"),
    [
        ({"client_id": "other", "grant_type": "refresh_token"}, (200, {"error": "wrong_client"})),
        ({"client_secret": "guess", "grant_type": "refresh_token"}, (400, {"error": "invalid_client"})),
        (
            {"grant_type": "refresh_token"},
            (400, {"error": "invalid_request", "error_description": 'No "refresh_token" parameter found'}),
        ),
        (
            {"grant_type": "password"},
            (400, {"error": "invalid_request", "error_description": "Unknown grant_type"}),
        ),
    ],
)
def test_the_oauth_server_says_no_in_its_own_words(portal, params, answer):
    """An unknown client even with status 200."""
    assert token(portal, **params) == answer


def test_neither_secrets_nor_tokens_come_into_the_ledger(portal):
    """It tells that tokens were asked for and by which application."""
    given = pair(portal)
    told = portal.session.get(portal.running.url + "sandbox/ledger", timeout=10).text
    assert '"oauth/token"' in told
    for secret in ("sandboxsecret", given["access_token"], given["refresh_token"]):
        assert secret not in told


def test_the_oauth_server_can_fail_like_a_method(portal):
    """Its name in a fault is oauth/token."""
    portal.session.post(
        portal.running.url + "sandbox/faults",
        json={"error": "INTERNAL_SERVER_ERROR", "method": "oauth/token"},
    )
    assert token(portal, grant_type="refresh_token", refresh_token="x")[0] == 500
    given = pair(portal)
    portal.session.post(
        portal.running.url + "sandbox/faults", json={"kind": "wrong", "method": "oauth/token"}
    )
    assert refreshed(portal, given["refresh_token"]) == (200, {"result": "unexpected"})


def test_a_removed_application_has_lost_its_tokens(portal, do):
    """The portal and the OAuth server name it differently."""
    given = pair(portal)
    portal.token = given["access_token"]
    do(portal, "uninstall")
    assert portal.error("profile") == (401, "ERROR_OAUTH", "Application not installed")
    assert refreshed(portal, given["refresh_token"])[1]["error"] == "NOT_INSTALLED"
    do(portal, "install")
    assert refreshed(portal, given["refresh_token"])[1]["error"] == "invalid_grant"
    assert pair(portal)["access_token"]


def test_all_tokens_can_be_expired_at_once(start, do):
    """For whoever does not want to wait an hour; a token from the settings, too."""
    client = start(token="sandboxtoken")
    do(client, "expire_tokens")
    assert client.error("profile")[:2] == (401, "expired_token")


def test_a_moved_portal_leads_from_the_old_address_and_names_the_new_one(portal, do):
    """A redirect without JSON; tokens stay good and their answers name the new host."""
    given = pair(portal)
    new = f"localhost:{portal.running.port}"
    do(portal, "rename", host=new)
    address = f"{portal.running.url}rest/profile?auth={given['access_token']}"
    answer = portal.session.get(address, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Content-Type"]) == (302, "text/html; charset=utf-8")
    assert answer.headers["Location"] == address.replace("127.0.0.1", "localhost")
    assert portal.session.get(answer.headers["Location"], timeout=10).json()["result"]["ID"] == "1"
    assert refreshed(portal, given["refresh_token"])[1]["client_endpoint"] == f"http://{new}/rest/"
