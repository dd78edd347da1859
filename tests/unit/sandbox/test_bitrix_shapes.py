"""Answers have the keys and types of the samples in the official method specifications."""

import pytest

from itgrix_core.sandbox.bitrix import Seed, default_seed

STRING, INT, BOOL, LIST, MAP, NULL = str, int, bool, list, dict, type(None)

TIME = {
    "start",
    "finish",
    "duration",
    "processing",
    "date_start",
    "date_finish",
    "operating_reset_at",
    "operating",
}
RECORD = {"ID": STRING, "VALUE_TYPE": STRING, "VALUE": STRING, "TYPE_ID": STRING}
ACTIVITY_STRINGS = (
    "ID OWNER_ID OWNER_TYPE_ID TYPE_ID PROVIDER_ID PROVIDER_TYPE_ID ASSOCIATED_ENTITY_ID SUBJECT"
    " CREATED LAST_UPDATED START_TIME END_TIME DEADLINE COMPLETED STATUS RESPONSIBLE_ID PRIORITY"
    " NOTIFY_TYPE NOTIFY_VALUE DESCRIPTION DESCRIPTION_TYPE DIRECTION LOCATION AUTHOR_ID EDITOR_ID"
    " RESULT_MARK RESULT_STATUS RESULT_STREAM AUTOCOMPLETE_RULE"
)
ACTIVITY_NULLS = (
    "PROVIDER_GROUP_ID ORIGINATOR_ID PROVIDER_DATA RESULT_VALUE RESULT_SUM RESULT_CURRENCY_ID"
    " RESULT_SOURCE_ID"
)
STATUS_STRINGS = "ID ENTITY_ID STATUS_ID NAME NAME_INIT SORT SYSTEM COLOR"

SHAPES = {
    "telephony.externalCall.register": (
        {"USER_ID": 11, "PHONE_NUMBER": "+79160000001", "TYPE": 2},
        {
            "CALL_ID": STRING,
            "CRM_CREATED_LEAD": NULL,
            "CRM_CREATED_ENTITIES": LIST,
            "CRM_ENTITY_TYPE": STRING,
            "CRM_ENTITY_ID": INT,
        },
    ),
    "telephony.externalLine.add": ({"NUMBER": "5"}, {"ID": INT}),
    "telephony.externalLine.get": ({}, [{"NUMBER": STRING, "NAME": STRING, "CRM_AUTO_CREATE": STRING}]),
    "telephony.externalCall.searchCrmEntities": (
        {"PHONE_NUMBER": "79160000001"},
        [
            {
                "CRM_ENTITY_TYPE": STRING,
                "CRM_ENTITY_ID": INT,
                "ASSIGNED_BY_ID": INT,
                "NAME": STRING,
                "ASSIGNED_BY": MAP,
            }
        ],
    ),
    "crm.lead.add": ({"fields": {"TITLE": "x"}}, INT),
    "crm.contact.update": ({"id": 3001, "fields": {}}, BOOL),
    "crm.company.list": (
        {"select": ["TITLE", "ASSIGNED_BY_ID", "PHONE"]},
        [{"ID": STRING, "TITLE": STRING, "ASSIGNED_BY_ID": STRING, "PHONE": [RECORD]}],
    ),
    "crm.activity.get": (
        {"id": 7001},
        {
            **dict.fromkeys(ACTIVITY_STRINGS.split(), STRING),
            **dict.fromkeys(ACTIVITY_NULLS.split(), NULL),
            "SETTINGS": LIST,
            "PROVIDER_PARAMS": LIST,
            "ORIGIN_ID": STRING,
        },
    ),
    "crm.activity.binding.list": ({"activityId": 7001}, [{"entityTypeId": INT, "entityId": INT}]),
    "crm.activity.todo.add": (
        {"ownerTypeId": 3, "ownerId": 3001, "deadline": "2026-12-01T10:00:00"},
        {"id": INT},
    ),
    "crm.duplicate.findbycomm": ({"type": "PHONE", "values": ["79160000001"]}, {"CONTACT": [INT]}),
    "crm.timeline.comment.add": ({"fields": {"ENTITY_ID": 1001, "ENTITY_TYPE": "lead", "COMMENT": "x"}}, INT),
    "crm.status.list": (
        {"filter": {"ENTITY_ID": "DEAL_STAGE"}},
        [
            {
                **dict.fromkeys(STATUS_STRINGS.split(), STRING),
                "CATEGORY_ID": NULL,
                "SEMANTICS": NULL,
                "EXTRA": {"SEMANTICS": STRING, "COLOR": STRING},
            }
        ],
    ),
    "crm.settings.mode.get": ({}, INT),
    "department.get": ({"PARENT": 1}, [{"ID": STRING, "NAME": STRING, "SORT": INT, "PARENT": STRING}]),
    "method.get": ({"name": "batch"}, {"isExisting": BOOL, "isAvailable": BOOL}),
    "im.notify.system.add": ({"USER_ID": 11, "MESSAGE": "x"}, INT),
}


def _shape(value, wanted):
    """The shape of a value, as deep as the wanted one goes."""
    if isinstance(wanted, dict):
        return {name: _shape(each, wanted.get(name)) for name, each in value.items()}
    if isinstance(wanted, list):
        return [_shape(value[0], wanted[0])]
    return type(value)


@pytest.mark.parametrize("method", SHAPES)
def test_an_answer_has_the_shape_of_its_sample(client, method):
    """Top-level keys and types, and the whole time block."""
    client.finish(client.register(PHONE_NUMBER="+79160000001")["CALL_ID"], DURATION=5)
    params, wanted = SHAPES[method]
    body = client.body(method, **params)
    assert _shape(body["result"], wanted) == wanted
    assert set(body["time"]) == TIME


LEAD = (
    "ID TITLE HONORIFIC NAME SECOND_NAME LAST_NAME COMPANY_TITLE COMPANY_ID CONTACT_ID"
    " IS_RETURN_CUSTOMER BIRTHDATE SOURCE_ID SOURCE_DESCRIPTION STATUS_ID STATUS_DESCRIPTION POST"
    " COMMENTS CURRENCY_ID OPPORTUNITY IS_MANUAL_OPPORTUNITY HAS_PHONE HAS_EMAIL HAS_IMOL"
    " ASSIGNED_BY_ID CREATED_BY_ID MODIFY_BY_ID DATE_CREATE DATE_MODIFY DATE_CLOSED STATUS_SEMANTIC_ID"
    " OPENED ORIGINATOR_ID ORIGIN_ID MOVED_BY_ID MOVED_TIME ADDRESS ADDRESS_2 ADDRESS_CITY"
    " ADDRESS_POSTAL_CODE ADDRESS_REGION ADDRESS_PROVINCE ADDRESS_COUNTRY ADDRESS_COUNTRY_CODE"
    " ADDRESS_LOC_ADDR_ID UTM_SOURCE UTM_MEDIUM UTM_CAMPAIGN UTM_CONTENT UTM_TERM LAST_ACTIVITY_BY"
    " LAST_ACTIVITY_TIME PHONE"
)
DEAL = (
    "ID TITLE TYPE_ID STAGE_ID PROBABILITY CURRENCY_ID OPPORTUNITY IS_MANUAL_OPPORTUNITY TAX_VALUE"
    " LEAD_ID COMPANY_ID CONTACT_ID QUOTE_ID BEGINDATE CLOSEDATE ASSIGNED_BY_ID CREATED_BY_ID"
    " MODIFY_BY_ID DATE_CREATE DATE_MODIFY OPENED CLOSED COMMENTS ADDITIONAL_INFO LOCATION_ID"
    " CATEGORY_ID STAGE_SEMANTIC_ID IS_NEW IS_RECURRING IS_RETURN_CUSTOMER IS_REPEATED_APPROACH"
    " SOURCE_ID SOURCE_DESCRIPTION ORIGINATOR_ID ORIGIN_ID MOVED_BY_ID MOVED_TIME LAST_ACTIVITY_TIME"
    " UTM_SOURCE UTM_MEDIUM UTM_CAMPAIGN UTM_CONTENT UTM_TERM LAST_ACTIVITY_BY"
)
CONTACT = (
    "ID POST COMMENTS HONORIFIC NAME SECOND_NAME LAST_NAME PHOTO LEAD_ID TYPE_ID SOURCE_ID"
    " SOURCE_DESCRIPTION COMPANY_ID BIRTHDATE EXPORT HAS_PHONE HAS_EMAIL HAS_IMOL DATE_CREATE"
    " DATE_MODIFY ASSIGNED_BY_ID CREATED_BY_ID MODIFY_BY_ID OPENED ORIGINATOR_ID ORIGIN_ID"
    " ORIGIN_VERSION FACE_ID LAST_ACTIVITY_TIME ADDRESS ADDRESS_2 ADDRESS_CITY ADDRESS_POSTAL_CODE"
    " ADDRESS_REGION ADDRESS_PROVINCE ADDRESS_COUNTRY ADDRESS_LOC_ADDR_ID UTM_SOURCE UTM_MEDIUM"
    " UTM_CAMPAIGN UTM_CONTENT UTM_TERM LAST_ACTIVITY_BY PHONE"
)


@pytest.mark.parametrize(
    ("kind", "number", "names"), [("lead", 1001, LEAD), ("deal", 2001, DEAL), ("contact", 3001, CONTACT)]
)
def test_an_entity_has_all_fields_of_its_sample(start, kind, number, names):
    """Strings and nulls, PHONE a list of records."""
    usual = default_seed()
    seed = Seed(users=usual.users, leads=usual.leads, contacts=usual.contacts, deals=({"TITLE": "Sale"},))
    row = start(seed=seed).entity(kind, number)
    assert set(row) == set(names.split())
    odd = {name: value for name, value in row.items() if not isinstance(value, str | None)}
    assert set(odd) <= {"PHONE"}


def test_a_statistics_row_has_all_fields_of_its_sample(client):
    """Twenty-nine of them."""
    client.finish(client.register()["CALL_ID"])
    names = (
        "ID PORTAL_USER_ID PORTAL_NUMBER PHONE_NUMBER CALL_ID EXTERNAL_CALL_ID CALL_CATEGORY CALL_LOG"
        " CALL_DURATION CALL_START_DATE CALL_RECORD_URL CALL_VOTE COST COST_CURRENCY CALL_FAILED_CODE"
        " CALL_FAILED_REASON CRM_ENTITY_TYPE CRM_ENTITY_ID CRM_ACTIVITY_ID REST_APP_ID REST_APP_NAME"
        " TRANSCRIPT_ID TRANSCRIPT_PENDING SESSION_ID REDIAL_ATTEMPT COMMENT RECORD_DURATION"
        " RECORD_FILE_ID CALL_TYPE"
    )
    assert list(client.result("voximplant.statistic.get")[0]) == names.split()


def test_a_user_has_the_types_of_its_sample(client):
    """Dates that PHP could not write are empty objects."""
    user = client.result("user.get", ID=11)[0]
    assert (user["TIMESTAMP_X"], user["LAST_ACTIVITY_DATE"]) == ({}, {})
    odd = {name: type(value) for name, value in user.items() if not isinstance(value, str | dict)}
    assert odd == {"ACTIVE": bool, "UF_DEPARTMENT": list}


def test_an_error_has_two_keys(client):
    """No time block: the real portal sends none with errors."""
    answer = client.session.get(client.address("nope"), timeout=10)
    assert set(answer.json()) == {"error", "error_description"}
