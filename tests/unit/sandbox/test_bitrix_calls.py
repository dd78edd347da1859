"""The life of a call: register, cards, finish, and what goes wrong with each."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from itgrix_core.sandbox.bitrix import Seed, User, default_users, phones

REGISTER = "telephony.externalCall.register"
FINISH = "telephony.externalCall.finish"
NOT_FOUND = "Call is not found (call should be registered prior to finishing"


def test_a_registered_call_has_an_id_and_shows_its_card(client):
    """CALL_ID is externalCall, 32 hex digits and the second; SHOW is 1 unless told otherwise."""
    answer = client.register()
    assert re.fullmatch(r"externalCall\.[0-9a-f]{32}\.\d{10}", answer["CALL_ID"])
    assert client.portal.world.cards[answer["CALL_ID"]] == {11}


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "USER_ID or USER_PHONE_INNER should be set"),
        ({"USER_PHONE_INNER": "999"}, "USER_ID or USER_PHONE_INNER should be set"),
        ({"USER_PHONE_INNER": "107", "TYPE": 2}, "USER_ID or USER_PHONE_INNER should be set"),
        ({"USER_ID": 11, "TYPE": 6}, "Unknown TYPE"),
        ({"USER_ID": 11, "PHONE_NUMBER": "1"}, "Unknown TYPE"),
        (
            {"USER_ID": 11, "TYPE": 2, "PHONE_NUMBER": "1", "CALL_START_DATE": "today"},
            "CALL_START_DATE should be in the ISO-8601 format",
        ),
        ({"USER_ID": 11, "TYPE": 2, "PHONE_NUMBER": "anonymous"}, "Unsupported phone number format"),
        ({"USER_ID": 11, "TYPE": 2}, "Unsupported phone number format"),
        ({"USER_ID": 404, "TYPE": 2, "PHONE_NUMBER": "1"}, "User is not found or is not active"),
        ({"USER_ID": 17, "TYPE": 2, "PHONE_NUMBER": "1"}, "User is not found or is not active"),
    ],
)
def test_register_says_what_is_wrong_and_registers_nothing(client, params, text):
    """Each sentence of the documentation, with status 400."""
    assert client.error(REGISTER, **params) == (400, "ERROR_CORE", text)
    assert not client.portal.world.active


def test_a_portal_may_leave_the_error_code_empty(start):
    """Real portals were seen to do so; the text is then all there is."""
    assert start(telephony_code="").error(REGISTER)[:2] == (400, "")


def test_an_extension_stands_for_its_user(client):
    """USER_PHONE_INNER instead of USER_ID."""
    call_id = client.register(USER_ID=None, USER_PHONE_INNER="102")["CALL_ID"]
    assert client.portal.world.active[call_id].user_id == 12


def test_the_same_call_registered_twice_is_one_call(client):
    """Neither the start nor the CRM entity is in the key."""
    first = client.register(EXTERNAL_CALL_ID="a")
    again = client.register(EXTERNAL_CALL_ID="a", CALL_START_DATE="2026-01-01T00:00:00+03:00", CRM_CREATE=1)
    assert again == first


def test_one_call_registered_from_many_threads_at_once_is_one_call(client):
    """Methods run one at a time."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.register(EXTERNAL_CALL_ID="a")["CALL_ID"], range(24)))
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"EXTERNAL_CALL_ID": "b"},
        {"EXTERNAL_CALL_ID": "a", "PHONE_NUMBER": "+79990000001"},
        {"EXTERNAL_CALL_ID": "a", "TYPE": 1},
        {"EXTERNAL_CALL_ID": "a", "USER_ID": 12},
        {"EXTERNAL_CALL_ID": "a", "LINE_NUMBER": "74950000001"},
    ],
)
def test_a_call_that_differs_in_the_key_is_another_call(client, other):
    """Number, type, user, and line and own id when they are sent."""
    first = client.register(EXTERNAL_CALL_ID="a")["CALL_ID"]
    assert client.register(**other)["CALL_ID"] != first


def test_without_an_own_id_parallel_calls_of_a_pair_share_one(client):
    """So that the second finish fails: the trap that EXTERNAL_CALL_ID avoids."""
    first = client.register()["CALL_ID"]
    assert client.register()["CALL_ID"] == first
    client.finish(first)
    assert client.error(FINISH, CALL_ID=first, USER_ID=11) == (400, "ERROR_CORE", NOT_FOUND)


def test_an_unfinished_call_poisons_its_pair_for_thirty_minutes(start, clock):
    """After that the same register makes a new call."""
    client = start(clock=clock)
    first = client.register()["CALL_ID"]
    clock.now += 1800
    assert client.register()["CALL_ID"] == first
    clock.now += 1
    assert client.register()["CALL_ID"] != first


def test_after_finish_the_same_register_makes_a_second_call(client):
    """Only active calls are looked at."""
    first = client.register(EXTERNAL_CALL_ID="a")["CALL_ID"]
    client.finish(first)
    assert client.register(EXTERNAL_CALL_ID="a")["CALL_ID"] != first


def test_two_applications_do_not_meet_in_one_call(start):
    """The application is part of the key: here a webhook and a local application."""
    client = start()
    first = client.register()["CALL_ID"]
    client.token = "sandboxtoken"
    assert client.register()["CALL_ID"] != first


def test_a_repeated_register_shows_the_card_again(client):
    """SHOW=1 of a duplicate counts."""
    call_id = client.register()["CALL_ID"]
    client.result("telephony.externalCall.hide", CALL_ID=call_id)
    assert client.portal.world.cards[call_id] == set()
    client.register()
    assert client.portal.world.cards[call_id] == {11}


def test_cards_are_shown_to_and_hidden_from_a_whole_group_at_once(client):
    """USER_ID may be one id or a list."""
    call_id = client.register(SHOW=0)["CALL_ID"]
    assert client.result("telephony.externalCall.show", CALL_ID=call_id, USER_ID=[11, 12, 13]) is True
    assert client.portal.world.cards[call_id] == {11, 12, 13}
    assert client.result("telephony.externalCall.hide", CALL_ID=call_id, USER_ID=12) is True
    assert client.portal.world.cards[call_id] == {11, 13}


@pytest.mark.parametrize("method", ["show", "hide"])
def test_show_and_hide_of_an_unknown_call_are_false(client, method):
    """No error: a finished call is unknown, too."""
    call_id = client.register()["CALL_ID"]
    client.finish(call_id)
    assert client.result(f"telephony.externalCall.{method}", CALL_ID=call_id) is False


def test_finish_takes_away_only_the_card_of_its_own_user(client):
    """Who was not hidden before keeps a card that nobody can hide any more."""
    call_id = client.register(SHOW=0)["CALL_ID"]
    client.result("telephony.externalCall.show", CALL_ID=call_id, USER_ID=[11, 12])
    client.finish(call_id)
    assert client.portal.world.cards[call_id] == {12}


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"CALL_ID": 5, "USER_ID": 11}, "INVALID_ARGUMENT", "CALL_ID must be a string"),
        ({"USER_ID": 11}, "INVALID_ARGUMENT", "CALL_ID must be a string"),
        ({"CALL_ID": "x"}, "ERROR_CORE", "USER_ID or USER_PHONE_INNER should be set"),
        ({"CALL_ID": "x", "USER_ID": 11}, "ERROR_CORE", NOT_FOUND),
    ],
)
def test_finish_says_what_is_wrong(client, params, code, text):
    """The missing bracket of "not found" is the portal's own."""
    assert client.error(FINISH, **params) == (400, code, text)


def test_a_dismissed_user_cannot_finish_and_the_call_stays_open(client):
    """A later finish by somebody else works."""
    call_id = client.register()["CALL_ID"]
    assert client.error(FINISH, CALL_ID=call_id, USER_ID=17)[2] == "User is not found or is not active"
    assert client.finish(call_id, USER_ID=12)["PORTAL_USER_ID"] == 12


def test_the_result_of_finish_mixes_its_types_as_the_portal_does(client):
    """A number without plus, a type as text, an empty object for the date."""
    call_id = client.register(PHONE_NUMBER="+7 (916) 000-00-01", LINE_NUMBER="74950000001")["CALL_ID"]
    result = client.finish(call_id, DURATION=95, STATUS_CODE="200", VOTE=5)
    assert result == {
        "CALL_ID": call_id,
        "EXTERNAL_CALL_ID": None,
        "PORTAL_USER_ID": 11,
        "PHONE_NUMBER": "79160000001",
        "PORTAL_NUMBER": "74950000001",
        "INCOMING": "2",
        "CALL_DURATION": 95,
        "CALL_START_DATE": {},
        "CALL_STATUS": 1,
        "CALL_VOTE": 5,
        "COST": 0,
        "COST_CURRENCY": "",
        "CALL_FAILED_CODE": "200",
        "CALL_FAILED_REASON": "",
        "REST_APP_ID": None,
        "REST_APP_NAME": None,
        "CRM_ACTIVITY_ID": 7001,
        "COMMENT": None,
        "CRM_ENTITY_TYPE": "CONTACT",
        "CRM_ENTITY_ID": 3001,
        "ID": 1,
    }


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"DURATION": 10}, 1, "200"),
        ({}, 0, "304"),
        ({"DURATION": 10, "STATUS_CODE": "304"}, 1, "304"),
        ({"DURATION": 0, "STATUS_CODE": "200"}, 0, "200"),
        ({"DURATION": "12", "STATUS_CODE": 486}, 1, "486"),
    ],
)
def test_whether_a_call_succeeded_is_read_from_its_duration(client, params, status, code):
    """Not from STATUS_CODE, which is 200 or 304 by duration when it is not sent."""
    result = client.finish(client.register()["CALL_ID"], **params)
    assert (result["CALL_STATUS"], result["CALL_FAILED_CODE"]) == (status, code)


def test_a_call_bound_to_nothing_gets_statistics_and_no_activity(client):
    """CRM_ACTIVITY_ID is false, and ERRORS says why."""
    result = client.finish(client.register()["CALL_ID"])
    assert result["CRM_ACTIVITY_ID"] is False
    assert "crm entity" in result["ERRORS"]["ACTIVITY_CREATION"]
    assert (result["CRM_ENTITY_TYPE"], result["CRM_ENTITY_ID"]) == ("", None)
    assert client.body("voximplant.statistic.get")["total"] == 1


def test_an_unknown_line_is_created_in_silence(client):
    """Cut to fifty characters and owned by the caller."""
    client.register(LINE_NUMBER="9" * 60)
    assert {"NUMBER": "9" * 50, "NAME": "", "CRM_AUTO_CREATE": "Y"} in client.result(
        "telephony.externalLine.get"
    )


def test_a_missed_call_is_on_the_missed_list_until_it_is_called_back(client):
    """Only a successful outgoing call takes it off."""
    client.finish(client.register()["CALL_ID"], DURATION=0, STATUS_CODE="304")
    assert list(client.portal.world.missed) == ["79990000000"]
    client.finish(client.register(TYPE=1)["CALL_ID"], DURATION=0, STATUS_CODE="603-S")
    assert client.portal.world.missed
    client.finish(client.register(TYPE=1, PHONE_NUMBER="89990000000")["CALL_ID"], DURATION=3)
    assert not client.portal.world.missed


@pytest.mark.parametrize(
    ("tells", "params", "count"), [(True, {}, 1), (False, {}, 0), (True, {"ADD_TO_CHAT": 0}, 0)]
)
def test_the_chat_is_told_unless_it_is_not_wanted(start, tells, params, count):
    """What an absent ADD_TO_CHAT means differs between portals."""
    client = start(finish_tells_chat=tells)
    client.finish(client.register()["CALL_ID"], **params)
    assert len(client.portal.world.messages) == count


def test_a_client_is_found_with_his_responsible_and_the_way_to_him(start):
    """Contacts, leads, companies; the responsible's extension and working day; never deals."""
    users = (
        *default_users(),
        User(99, "Ivan", extension="199", timeman="CLOSED", personal_mobile="+79161112233"),
    )
    seed = Seed(
        users=users,
        contacts=(
            {"NAME": "Pavel", "LAST_NAME": "Client", "PHONE": phones("84951112233"), "ASSIGNED_BY_ID": 99},
        ),
        companies=({"TITLE": "Daisy", "PHONE": phones("+7 495 111-22-33")},),
        deals=({"TITLE": "Sale", "CONTACT_ID": 3001},),
    )
    found = start(seed=seed).result("telephony.externalCall.searchCrmEntities", PHONE_NUMBER="+74951112233")
    assert [one["CRM_ENTITY_TYPE"] for one in found] == ["CONTACT", "COMPANY"]
    assert found[0] == {
        "CRM_ENTITY_TYPE": "CONTACT",
        "CRM_ENTITY_ID": 3001,
        "ASSIGNED_BY_ID": 99,
        "NAME": "Pavel Client",
        "ASSIGNED_BY": {
            "ID": "99",
            "TIMEMAN_STATUS": "CLOSED",
            "USER_PHONE_INNER": "199",
            "WORK_PHONE": None,
            "PERSONAL_PHONE": None,
            "PERSONAL_MOBILE": "+79161112233",
        },
    }


def test_a_search_without_a_number_is_refused(client):
    """Nobody found is an empty list."""
    search = "telephony.externalCall.searchCrmEntities"
    assert client.error(search) == (400, "ERROR_CORE", "PHONE_NUMBER is empty")
    assert client.result(search, PHONE_NUMBER="5") == []
