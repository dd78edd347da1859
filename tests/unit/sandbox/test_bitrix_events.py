"""Events: posted to handlers as the portal posts them, or waiting in the offline queue."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from itgrix_core.sandbox.bitrix import Application, OutgoingWebhook
from itgrix_core.sandbox.bitrix.php import parse_query
from itgrix_core.sandbox.bitrix.posting import is_here

CLICK = "ONEXTERNALCALLSTART"


class Listener:
    """Somebody who is told events; `status` is what he answers."""

    def __init__(self):
        self.heard = queue.Queue()
        self.status = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                listener.heard.put((self.path, self.headers["Content-Type"], parse_query(body)))
                self.send_response(listener.status)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/events"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def hear(self):
        """The next event."""
        return self.heard.get(timeout=10)[2]

    def close(self):
        """Hear nothing more."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def listener():
    """A listener on this machine."""
    one = Listener()
    yield one
    one.close()


@pytest.fixture
def application(start):
    """A client with an application's token."""
    return start(token="sandboxtoken")


def test_a_click_registers_the_call_shows_the_card_and_is_posted(application, listener, do):
    """A form with PHP brackets, upper case, everything text; the CALL_ID is the registered one."""
    application.result("event.bind", event="OnExternalCallStart", handler=listener.address)
    call_id = do(application, "click", user_id=11, number="+7 916 000-00-01")
    path, kind, event = listener.heard.get(timeout=10)
    assert (path, kind, event["event"]) == ("/events", "application/x-www-form-urlencoded", CLICK)
    data = event["data"]
    assert (data["CALL_ID"], data["USER_ID"], data["LINE_NUMBER"], data["IS_MOBILE"]) == (
        call_id,
        "11",
        "",
        "0",
    )
    assert (data["PHONE_NUMBER"], data["PHONE_NUMBER_INTERNATIONAL"]) == ("+7 916 000-00-01", "+79160000001")
    assert (data["CRM_ENTITY_TYPE"], data["CRM_ENTITY_ID"]) == ("CONTACT", "3001")
    assert application.portal.world.cards[call_id] == {11}


def test_an_event_proves_itself_and_carries_the_clicking_user_s_token(application, listener, do):
    """application_token and member_id are those of the portal; no refresh token."""
    application.result("event.bind", event=CLICK, handler=listener.address)
    do(application, "click", user_id=12, number="79990000001")
    auth = listener.hear()["auth"]
    assert (auth["application_token"], auth["user_id"], auth["status"]) == (
        "sandboxapplicationtoken",
        "12",
        "L",
    )
    assert auth["member_id"] == application.portal.settings.member_id
    assert "refresh_token" not in auth
    application.token = auth["access_token"]
    assert application.result("user.current")["ID"] == "12"


def test_the_call_of_a_click_is_finished_by_its_call_id_and_registering_makes_a_second(application, do):
    """The portal registered it without EXTERNAL_CALL_ID."""
    call_id = do(application, "click", user_id=11, number="79990000001")
    other = application.register(TYPE=1, PHONE_NUMBER="79990000001", EXTERNAL_CALL_ID="1.1")["CALL_ID"]
    assert other != call_id
    assert application.finish(call_id, STATUS_CODE="486")["CALL_FAILED_CODE"] == "486"


def test_without_a_default_number_nobody_hears_of_a_click(start, listener, do):
    """The commonest "click-to-call does nothing"."""
    client = start(token="sandboxtoken", outgoing_app="")
    client.result("event.bind", event=CLICK, handler=listener.address)
    do(client, "click", user_id=11, number="79990000001")
    assert client.portal.world.posts == []


def test_a_callback_comes_without_a_call(application, listener, do):
    """The application registers it itself (TYPE 4); nobody stands behind it, so there is no token."""
    application.result("event.bind", event="ONEXTERNALCALLBACKSTART", handler=listener.address)
    do(application, "call_back", number="79160000002", text="Please call", line="74950000001")
    event = listener.hear()
    assert event["data"] == {
        "PHONE_NUMBER": "79160000002",
        "TEXT": "Please call",
        "VOICE": "",
        "CRM_ENTITY_TYPE": "COMPANY",
        "CRM_ENTITY_ID": "4001",
        "LINE_NUMBER": "74950000001",
    }
    assert "access_token" not in event["auth"]


def test_changes_in_the_crm_tell_ids_and_nothing_else(application, listener):
    """Added, updated and deleted; also what a call makes by itself."""
    names = [f"ONCRMLEAD{what}" for what in ("ADD", "UPDATE", "DELETE")]
    for name in [*names, "ONCRMACTIVITYADD", "ONVOXIMPLANTCALLEND"]:
        application.result("event.bind", event=name, handler=listener.address)
    number = application.result("crm.lead.add", fields={"TITLE": "New"})
    application.result("crm.lead.update", id=number, fields={"TITLE": "Old"})
    application.result("crm.lead.delete", id=number)
    told = [listener.hear() for _ in range(3)]
    assert [event["event"] for event in told] == names
    assert [event["data"] for event in told] == [{"FIELDS": {"ID": str(number)}}] * 3
    call_id = application.register(CRM_CREATE=1)["CALL_ID"]
    assert listener.hear()["event"] == "ONCRMLEADADD"
    application.finish(call_id, DURATION=7)
    rest = {event["event"]: event["data"] for event in (listener.hear() for _ in range(3))}
    assert rest["ONVOXIMPLANTCALLEND"]["CALL_DURATION"] == "7"
    assert set(rest) == {"ONCRMLEADUPDATE", "ONCRMACTIVITYADD", "ONVOXIMPLANTCALLEND"}


def test_a_lost_event_is_not_repeated(application, listener):
    """The handler's mistake costs the event; the next one comes."""
    application.result("event.bind", event="ONCRMLEADADD", handler=listener.address)
    listener.status = 500
    for _ in range(2):
        application.result("crm.lead.add", fields={})
        listener.hear()
    assert listener.heard.empty()


def test_nothing_is_posted_to_another_machine(application):
    """The subscription is taken, as the portal takes it; the sandbox keeps to this machine and says so."""
    application.result("event.bind", event="ONCRMLEADADD", handler="https://example.com/events")
    application.result("crm.lead.add", fields={})
    application.running.stop()
    assert [post.outcome[:9] for post in application.portal.world.posts] == ["not sent:"]
    assert [
        is_here(f"http://{host}/") for host in ("127.0.0.9", "localhost", "[::1]", "10.0.0.1", "example.com")
    ] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_an_outgoing_webhook_gets_events_without_any_token(start, listener, do):
    """Made by hand in the portal; it proves itself by a token of its own."""
    client = start(outgoing=(OutgoingWebhook(listener.address),))
    do(client, "click", user_id=11, number="79990000001")
    auth = listener.hear()["auth"]
    assert set(auth) == {"domain", "client_endpoint", "server_endpoint", "member_id", "application_token"}
    assert auth["application_token"] == "sandboxoutgoingtoken"


def test_installing_posts_a_pair_to_the_install_callback(start, listener, do):
    """ONAPPINSTALL is the one event with a refresh token."""
    client = start(applications=(Application(install_handler=listener.address),))
    do(client, "install")
    event = listener.hear()
    assert (event["event"], event["data"]["INSTALLED"]) == ("ONAPPINSTALL", "Y")
    secrets = {
        "client_id": "local.sandbox.1",
        "client_secret": "sandboxsecret",
        "grant_type": "refresh_token",
    }
    query = {**secrets, "refresh_token": event["auth"]["refresh_token"]}
    answer = client.session.get(client.running.url + "oauth/token/", params=query, timeout=10)
    assert answer.json()["user_id"] == 1


def test_removing_the_application_takes_its_lines_and_handlers_with_it(application, listener, do):
    """It is told once more."""
    application.result("event.bind", event="ONAPPUNINSTALL", handler=listener.address)
    application.result("telephony.externalLine.add", NUMBER="5")
    do(application, "uninstall")
    assert listener.hear()["data"]["CLEAN"] == "1"
    assert application.portal.world.handlers == []
    assert "5" not in [line.number for line in application.portal.world.lines]


@pytest.mark.parametrize(
    ("params", "answer"),
    [
        (
            {"event": "NO_SUCH", "handler": "http://127.0.0.1/"},
            (400, "ERROR_EVENT_NOT_FOUND", "Event not found"),
        ),
        ({"event": CLICK}, (400, "ERROR_ARGUMENT", "Argument 'HANDLER' is null or empty")),
    ],
)
def test_what_cannot_be_bound_is_refused(application, params, answer):
    """Status, code and text."""
    assert application.error("event.bind", **params) == answer


def test_the_same_handler_is_bound_once_and_unbound_by_its_address(application):
    """event.get lists the application's own."""
    bound = {"event": CLICK, "handler": "http://127.0.0.1:9/"}
    assert application.result("event.bind", **bound) is True
    assert application.error("event.bind", **bound)[1] == "ERROR_HANDLER_ALREADY_EXIST"
    assert application.result("event.get") == [{**bound, "auth_type": "0", "offline": 0}]
    assert application.result("event.unbind", **bound) == {"count": 1}
    assert application.result("event.unbind", **bound) == {"count": 0}


def test_webhooks_bind_nothing(client):
    """Events are for applications; webhooks have outgoing ones."""
    for method in ("event.bind", "event.get", "event.offline.get"):
        assert client.error(method, event=CLICK)[1] == "WRONG_AUTH_TYPE"


def _events(client, **params):
    return client.result("event.offline.get", **params)["events"]


def test_offline_events_wait_until_they_are_fetched_and_are_gone_then(application, do):
    """Click-to-call without any public address."""
    application.result("event.bind", event=CLICK, event_type="offline")
    call_id = do(application, "click", user_id=11, number="79990000001")
    (event,) = _events(application)
    assert (event["EVENT_NAME"], event["EVENT_DATA"]["CALL_ID"]) == (CLICK, call_id)
    assert event["EVENT_ADDITIONAL"] == {"user_id": 11}
    assert _events(application) == []


def test_one_object_s_changes_fall_together(application):
    """Two updates of one lead are one event, those of another are another."""
    application.result("event.bind", event="ONCRMLEADUPDATE", event_type="offline")
    other = application.result("crm.lead.add", fields={})
    for number in (1001, 1001, other):
        application.result("crm.lead.update", id=number, fields={})
    assert [one["EVENT_DATA"]["FIELDS"]["ID"] for one in _events(application)] == [1001, other]


def test_reserved_events_belong_to_their_process_until_they_are_cleared(application):
    """A change that comes meanwhile is a new event."""
    application.result("event.bind", event="ONCRMLEADUPDATE", event_type="offline")
    application.result("crm.lead.update", id=1001, fields={})
    taken = application.result("event.offline.get", clear=0)
    process = taken["process_id"]
    application.result("crm.lead.update", id=1001, fields={})
    assert len(taken["events"]) == len(_events(application)) == 1
    assert len(_events(application, clear=0, process_id=process)) == 1
    assert application.body("event.offline.list")["total"] == 1
    application.result("event.offline.clear", process_id=process)
    assert application.body("event.offline.list")["total"] == 0


def test_events_that_failed_are_met_again_only_when_asked_for(application):
    """event.offline.error marks them by MESSAGE_ID."""
    application.result("event.bind", event="ONCRMLEADUPDATE", event_type="offline")
    application.result("crm.lead.update", id=1001, fields={})
    taken = application.result("event.offline.get", clear=0)
    process, message = taken["process_id"], taken["events"][0]["MESSAGE_ID"]
    application.result("event.offline.error", process_id=process, message_id=[message])
    assert _events(application, clear=0, process_id=process) == []
    assert len(_events(application, clear=0, process_id=process, error=1)) == 1
    (row,) = application.result("event.offline.list")
    assert (row["PROCESS_ID"], row["ERROR"]) == (process, "1")


def test_a_connector_does_not_hear_of_its_own_changes(application):
    """auth_connector in the subscription and in the request that changes something."""
    application.result("event.bind", event="ONCRMLEADUPDATE", event_type="offline", auth_connector="us")
    application.result("crm.lead.update", id=1001, fields={}, auth_connector="us")
    assert _events(application, auth_connector="us") == []
    application.result("crm.lead.update", id=1001, fields={})
    assert len(_events(application, auth_connector="us")) == 1
    assert _events(application) == []


def test_an_offline_nudge_says_that_something_waits(application, listener):
    """ONOFFLINEEVENT is online."""
    application.result("event.bind", event="ONOFFLINEEVENT", handler=listener.address)
    application.result("event.bind", event="ONCRMLEADUPDATE", event_type="offline")
    application.result("crm.lead.update", id=1001, fields={})
    assert listener.hear()["event"] == "ONOFFLINEEVENT"


def test_only_administrators_use_the_offline_queue_and_reserving_needs_the_plan(application, do, listener):
    """Both are told as ACCESS_DENIED."""
    application.portal.change(features=frozenset())
    assert application.error("event.offline.get", clear=0)[:2] == (403, "ACCESS_DENIED")
    assert application.result("feature.get", CODE="rest_offline_extended") == {"value": "N"}
    application.result("event.bind", event=CLICK, handler=listener.address)
    do(application, "click", user_id=11, number="79990000001")
    application.token = listener.hear()["auth"]["access_token"]
    assert application.error("event.offline.list") == (403, "ACCESS_DENIED", "Access denied!")
    assert application.error("event.bind", event=CLICK, event_type="offline")[1] == "ACCESS_DENIED"
