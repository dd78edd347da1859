"""The official Python SDK and our client, with the sandbox as they would with a portal.

The SDK knows TLS and one OAuth host only: a door of TLS stands before the sandbox, and the address of that
host, a constant of the SDK, leads there, too. Nothing else of it is changed.
"""

import base64

import pytest
from b24pysdk import BitrixApp, BitrixToken, BitrixWebhook, Client
from b24pysdk.api.requesters import BitrixOAuthRequester
from b24pysdk.credentials import OAuthEventData, RenewedOAuth
from b24pysdk.errors import BitrixAPIBadRequest, BitrixAPIExpiredToken, BitrixResponse302JSONDecodeError
from b24pysdk.errors.oauth import BitrixOAuthInvalidClient, BitrixOAuthInvalidGrant, BitrixOauthWrongClient

from itgrix_core.crm.adapter import Blocked, Refused, Unknown
from itgrix_core.crm.bitrix24.address import webhook
from itgrix_core.crm.bitrix24.client import Client as OurClient
from itgrix_core.sandbox.bitrix import Fault, FaultKind, Settings, oauth, run_portal
from itgrix_core.sandbox.bitrix.errors import SYSTEM
from itgrix_core.sandbox.bitrix.posting import form

UNKNOWN = {"INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER"}
"""Perhaps executed: our client says so and looks before it repeats."""
REFUSED = {
    "ACCESS_DENIED",
    "ERROR_BATCH_LENGTH_EXCEEDED",
    "ERROR_BATCH_METHOD_NOT_ALLOWED",
    "ERROR_MANIFEST_IS_NOT_AVAILABLE",
    "ERROR_METHOD_NOT_FOUND",
    "METHOD_CONFIRM_DENIED",
    "METHOD_CONFIRM_WAITING",
    "WRONG_AUTH_TYPE",
    "insufficient_scope",
}
"""Concerns this method only; the rest of the service goes on (with a telephony method it would not)."""
SANDBOX_APP = BitrixApp(client_id="local.sandbox.1", client_secret="sandboxsecret")


class Keeping(BitrixToken):
    """A token that stays with its address, so that a redirect can be seen."""

    _AUTO_CHANGED_DOMAIN = False


@pytest.fixture
def running(tls, monkeypatch):
    """A portal behind the door of TLS."""
    monkeypatch.setattr(BitrixOAuthRequester, "_OAUTH_TOKEN_URL", f"https://{tls.domain}/oauth/token/")
    with run_portal(Settings(limits=None)) as portal:
        tls.leads_to(portal.port)
        yield portal


@pytest.fixture
def office(running, tls):
    """The SDK's face of the portal, by webhook."""
    return Client(BitrixWebhook(domain=tls.domain, webhook_token="1/sandboxcode"))


@pytest.fixture
def token(running, tls):
    """The SDK's token of a pair that the sandbox has given out."""
    with running.portal.changing() as world:
        pair = oauth.give(world, "3", 1)
    return BitrixToken(
        domain=tls.domain, auth_token=pair.access, refresh_token=pair.refresh, bitrix_app=SANDBOX_APP
    )


def test_a_call_from_register_to_its_record(office, running):
    """By the SDK's own methods, with its own checks of types."""
    calls = office.telephony.external_call
    call_id = calls.register(
        user_phone_inner="101",
        phone_number="+79160000001",
        call_type=2,
        user_id=11,
        call_start_date="2026-11-20T10:00:00+03:00",
        crm_create=1,
        show=0,
        external_call_id="1795.1",
    ).result["CALL_ID"]
    assert calls.show(call_id, user_id=[11, 12]).result is True
    assert calls.hide(call_id, user_id=[12]).result is True
    assert running.portal.world.cards[call_id] == {11}
    done = calls.finish(call_id, user_id=11, user_phone_inner="101", duration=30, status_code="200").result
    assert (done["CALL_DURATION"], done["CRM_ENTITY_TYPE"], done["CALL_START_DATE"]) == (30, "CONTACT", {})
    record = base64.b64encode(b"ID3" + bytes(100)).decode()
    assert calls.attach_record(call_id, filename="a.mp3", file_content=record).result["FILE_ID"]
    row = office.voximplant.statistic.get(filter={"CALL_ID": call_id}).result[0]
    assert (row["CALL_DURATION"], row["EXTERNAL_CALL_ID"]) == ("30", "1795.1")
    (found,) = calls.search_crm_entities("79160000001").result
    assert found["CRM_ENTITY_ID"] == 3001


def test_the_crm_by_the_sdk(office):
    """Entities, duplicates, lists over several pages, batches."""
    number = office.crm.lead.add(fields={"TITLE": "By SDK", "PHONE": [{"VALUE": "+79995550000"}]}).result
    assert office.crm.lead.get(number).result["TITLE"] == "By SDK"
    assert office.crm.duplicate.findbycomm(values=["79995550000"], type="PHONE").result == {"LEAD": [number]}
    for _ in range(60):
        office.crm.contact.add(fields={"NAME": "One of many"}).result  # noqa: B018 - a request is sent when it is read
    assert len(list(office.crm.contact.list(select=["ID"]).as_list().result)) == 61
    answer = office.call_batch({"me": office.profile(), "lead": office.crm.lead.get(number)}).result
    assert (answer.result["me"]["ID"], answer.result["lead"]["ID"]) == ("1", str(number))
    with pytest.raises(BitrixAPIBadRequest, match="Not found"):
        office.crm.lead.get(77777).result  # noqa: B018


def test_an_expired_token_is_refreshed_by_the_sdk_and_the_call_repeated(running, token):
    """It sees expired_token, asks the OAuth server, and goes on with the new pair."""
    with running.portal.changing() as world:
        oauth.expire_all(world)
    old = token.refresh_token
    assert token.call_method("user.current")["result"]["ID"] == "1"
    assert token.refresh_token != old
    assert token.expires_in == 3600
    with pytest.raises(BitrixOAuthInvalidGrant):
        SANDBOX_APP.refresh_oauth_token(old)


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (("local.sandbox.1", "guess"), BitrixOAuthInvalidClient),
        (("local.other", "sandboxsecret"), BitrixOauthWrongClient),
    ],
)
def test_the_sdk_knows_the_oauth_server_s_errors(running, names, error):
    """Each has a class of its own there."""
    application = BitrixApp(client_id=names[0], client_secret=names[1])
    with pytest.raises(error):
        application.refresh_oauth_token("x")


def test_the_sdk_reads_the_oauth_server_s_answer(running):
    """All that it wants of a pair is there."""
    with running.portal.changing() as world:
        pair = oauth.give(world, "3", 11)
    given = SANDBOX_APP.refresh_oauth_token(pair.refresh)
    assert isinstance(given, RenewedOAuth)
    assert (given.user_id, given.member_id) == (11, running.portal.settings.member_id)


def test_a_moved_portal_is_a_redirect_to_the_sdk(running, tls, token):
    """It finds the new address in Location."""
    with running.portal.changing() as world:
        world.moved_to = "new-name.localhost"
    keeping = Keeping(domain=tls.domain, auth_token=token.auth_token, bitrix_app=SANDBOX_APP)
    with pytest.raises(BitrixResponse302JSONDecodeError) as caught:
        keeping.call_method("profile")
    assert caught.value.new_domain == "new-name.localhost"


def test_the_sdk_reads_the_sandbox_s_events(running, token):
    """As they were posted: flat names with brackets, everything text."""
    token.call_method("event.bind", {"event": "ONCRMLEADADD", "handler": "http://127.0.0.1:9/"})
    token.call_method("crm.lead.add", {"fields": {"TITLE": "x"}})
    (post,) = running.portal.world.posts
    event = OAuthEventData.from_dict(dict(form(post.payload)))
    assert (event.event, event.is_system) == ("ONCRMLEADADD", False)
    assert event.auth.application_token == "sandboxapplicationtoken"
    assert event.data["FIELDS"]["ID"] == "1002"


@pytest.mark.parametrize("code", sorted(set(SYSTEM) - {"QUERY_LIMIT_EXCEEDED", "OVERLOAD_LIMIT"}))
def test_every_system_error_is_one_to_the_sdk_and_to_our_client(running, tls, code):
    """The two of status 503 the SDK repeats after pauses; they are left to the sandbox's own tests."""
    running.portal.faults.add(Fault.from_json({"error": code, "method": "crm.lead.get", "times": 2}))
    office = BitrixWebhook(domain=tls.domain, webhook_token="1/sandboxcode")
    with pytest.raises(Exception, match=SYSTEM[code][1]) as caught:
        office.call_method("crm.lead.get", {"id": 1001})
    assert caught.value.status_code == SYSTEM[code][0]
    if code == "expired_token":
        assert isinstance(caught.value, BitrixAPIExpiredToken)
    ours = OurClient(webhook(running.webhook))
    outcome = ours.call("crm.lead.get", {"id": 1001})
    ours.close()
    assert type(outcome) is (Unknown if code in UNKNOWN else Refused if code in REFUSED else Blocked)
    assert code in outcome.text


def test_a_gateway_s_page_is_no_answer_to_either(running, tls):
    """Neither takes HTML for a result."""
    running.portal.faults.add(Fault(FaultKind.HTML, "crm.lead.get", times=2))
    with pytest.raises(Exception, match="JSON"):
        BitrixWebhook(domain=tls.domain, webhook_token="1/sandboxcode").call_method(
            "crm.lead.get", {"id": 1001}
        )
