"""The fields of leads, contacts, companies, deals and activities, with the values they are born with.

Names and literal types follow the sample answers of crm.<type>.get: everything is a string or null. A field
that is not listed here is ignored when written, as the portal does, unless it is a custom one (UF_…).
"""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """The four CRM types with their number in OWNER_TYPE_ID."""

    LEAD = 1
    DEAL = 2
    CONTACT = 3
    COMPANY = 4


Blank = dict[str, str | None]


def _nulls(names: str) -> Blank:
    return dict.fromkeys(names.split())


_UTM = "UTM_SOURCE UTM_MEDIUM UTM_CAMPAIGN UTM_CONTENT UTM_TERM"
_SHORT_ADDRESS = (
    "ADDRESS ADDRESS_2 ADDRESS_CITY ADDRESS_POSTAL_CODE ADDRESS_REGION ADDRESS_PROVINCE ADDRESS_COUNTRY"
    " ADDRESS_LOC_ADDR_ID"
)
_ADDRESS = f"{_SHORT_ADDRESS} ADDRESS_COUNTRY_CODE"
_HAS = {"HAS_PHONE": "N", "HAS_EMAIL": "N", "HAS_IMOL": "N"}
_PEOPLE = _nulls("ASSIGNED_BY_ID CREATED_BY_ID MODIFY_BY_ID DATE_CREATE DATE_MODIFY")
_ACTIVITY = _nulls("LAST_ACTIVITY_BY LAST_ACTIVITY_TIME")

BLANKS: dict[Kind, Blank] = {
    Kind.LEAD: {
        **_nulls("ID TITLE HONORIFIC NAME SECOND_NAME LAST_NAME COMPANY_TITLE COMPANY_ID CONTACT_ID"),
        "IS_RETURN_CUSTOMER": "N",
        "BIRTHDATE": "",
        **_nulls("SOURCE_ID SOURCE_DESCRIPTION"),
        "STATUS_ID": "NEW",
        **_nulls("STATUS_DESCRIPTION POST COMMENTS"),
        "CURRENCY_ID": "RUB",
        "OPPORTUNITY": "0.00",
        "IS_MANUAL_OPPORTUNITY": "N",
        **_HAS,
        **_PEOPLE,
        "DATE_CLOSED": "",
        "STATUS_SEMANTIC_ID": "P",
        "OPENED": "Y",
        **_nulls("ORIGINATOR_ID ORIGIN_ID MOVED_BY_ID MOVED_TIME"),
        **_nulls(_ADDRESS),
        **_nulls(_UTM),
        **_ACTIVITY,
    },
    Kind.CONTACT: {
        **_nulls("ID POST COMMENTS HONORIFIC NAME SECOND_NAME LAST_NAME PHOTO LEAD_ID"),
        "TYPE_ID": "CLIENT",
        **_nulls("SOURCE_ID SOURCE_DESCRIPTION COMPANY_ID"),
        "BIRTHDATE": "",
        "EXPORT": "Y",
        **_HAS,
        **_PEOPLE,
        "OPENED": "Y",
        **_nulls("ORIGINATOR_ID ORIGIN_ID ORIGIN_VERSION FACE_ID"),
        **_nulls(_SHORT_ADDRESS),
        **_nulls(_UTM),
        **_ACTIVITY,
    },
    Kind.COMPANY: {
        "ID": None,
        "COMPANY_TYPE": "CUSTOMER",
        **_nulls("TITLE LOGO LEAD_ID"),
        **_HAS,
        **_PEOPLE,
        **_nulls("BANKING_DETAILS INDUSTRY"),
        "REVENUE": "0",
        "CURRENCY_ID": "RUB",
        **_nulls("EMPLOYEES COMMENTS"),
        "OPENED": "Y",
        "IS_MY_COMPANY": "N",
        **_nulls("ORIGINATOR_ID ORIGIN_ID ORIGIN_VERSION"),
        **_nulls(_ADDRESS),
        **_nulls("ADDRESS_LEGAL"),
        **_nulls(_ADDRESS.replace("ADDRESS", "REG_ADDRESS")),
        **_nulls(_UTM),
        **_ACTIVITY,
        "LAST_COMMUNICATION_TIME": None,
    },
    Kind.DEAL: {
        **_nulls("ID TITLE"),
        "TYPE_ID": "SALE",
        "STAGE_ID": "NEW",
        "PROBABILITY": None,
        "CURRENCY_ID": "RUB",
        "OPPORTUNITY": "0.00",
        "IS_MANUAL_OPPORTUNITY": "N",
        "TAX_VALUE": "0.00",
        **_nulls("LEAD_ID COMPANY_ID CONTACT_ID QUOTE_ID BEGINDATE CLOSEDATE"),
        **_PEOPLE,
        "OPENED": "Y",
        "CLOSED": "N",
        **_nulls("COMMENTS ADDITIONAL_INFO LOCATION_ID"),
        "CATEGORY_ID": "0",
        "STAGE_SEMANTIC_ID": "P",
        "IS_NEW": "Y",
        "IS_RECURRING": "N",
        "IS_RETURN_CUSTOMER": "N",
        "IS_REPEATED_APPROACH": "N",
        **_nulls("SOURCE_ID SOURCE_DESCRIPTION ORIGINATOR_ID ORIGIN_ID MOVED_BY_ID MOVED_TIME"),
        **_nulls(_UTM),
        **_ACTIVITY,
    },
}

ACTIVITY: Blank = {
    **_nulls("ID OWNER_ID OWNER_TYPE_ID TYPE_ID PROVIDER_ID PROVIDER_TYPE_ID PROVIDER_GROUP_ID"),
    "ASSOCIATED_ENTITY_ID": "0",
    **_nulls("SUBJECT CREATED LAST_UPDATED START_TIME END_TIME DEADLINE"),
    "COMPLETED": "N",
    "STATUS": "1",
    "RESPONSIBLE_ID": None,
    "PRIORITY": "2",
    "NOTIFY_TYPE": "0",
    "NOTIFY_VALUE": "0",
    "DESCRIPTION": "",
    "DESCRIPTION_TYPE": "1",
    "DIRECTION": "0",
    "LOCATION": "",
    **_nulls("SETTINGS ORIGINATOR_ID ORIGIN_ID AUTHOR_ID EDITOR_ID PROVIDER_PARAMS PROVIDER_DATA"),
    "RESULT_MARK": "0",
    **_nulls("RESULT_VALUE RESULT_SUM RESULT_CURRENCY_ID"),
    "RESULT_STATUS": "0",
    "RESULT_STREAM": "0",
    "RESULT_SOURCE_ID": None,
    "AUTOCOMPLETE_RULE": "0",
}

READ_ONLY = frozenset(
    {
        "ID",
        "DATE_CREATE",
        "DATE_MODIFY",
        "HAS_PHONE",
        "HAS_EMAIL",
        "HAS_IMOL",
        "CREATED_BY_ID",
        "MODIFY_BY_ID",
    }
    | {
        "STATUS_SEMANTIC_ID",
        "STAGE_SEMANTIC_ID",
        "CLOSED",
        "IS_NEW",
        "LAST_ACTIVITY_BY",
        "LAST_ACTIVITY_TIME",
    }
    | {"CREATED", "LAST_UPDATED", "EDITOR_ID", "MOVED_BY_ID", "MOVED_TIME"}
)
