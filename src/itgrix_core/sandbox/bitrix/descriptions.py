"""What crm.*.fields tells of each field: its type, and whether it may be written.

A field is written here as `NAME:type`, with `!` for one that is read only, `*` required, `^` set once, `+`
with several values. Names and types are those of the official specifications.
"""

from __future__ import annotations

import re
from typing import Any

from itgrix_core.sandbox.bitrix.fields import Kind

_PLACE = (
    "ADDRESS:string ADDRESS_2:string ADDRESS_CITY:string ADDRESS_POSTAL_CODE:string ADDRESS_REGION:string"
    " ADDRESS_PROVINCE:string ADDRESS_COUNTRY:string ADDRESS_COUNTRY_CODE:string ADDRESS_LOC_ADDR_ID:integer"
)
_HAS = "HAS_PHONE:char! HAS_EMAIL:char! HAS_IMOL:char!"
_PEOPLE = (
    "ASSIGNED_BY_ID:user CREATED_BY_ID:user! MODIFY_BY_ID:user! DATE_CREATE:datetime! DATE_MODIFY:datetime!"
)
_MOVED = "MOVED_BY_ID:user! MOVED_TIME:datetime!"
_ORIGIN = "ORIGINATOR_ID:string ORIGIN_ID:string"
_UTM = "UTM_SOURCE:string UTM_MEDIUM:string UTM_CAMPAIGN:string UTM_CONTENT:string UTM_TERM:string"
_ACTIVITY = "LAST_ACTIVITY_TIME:datetime! LAST_ACTIVITY_BY:user!"
_MULTI = (
    "PHONE:crm_multifield+ EMAIL:crm_multifield+ WEB:crm_multifield+ IM:crm_multifield+ LINK:crm_multifield+"
)
_SOURCE = "SOURCE_ID:crm_status SOURCE_DESCRIPTION:string"
_MONEY = "CURRENCY_ID:crm_currency OPPORTUNITY:double IS_MANUAL_OPPORTUNITY:char"
_CLIENT = "COMPANY_ID:crm_company CONTACT_ID:crm_contact CONTACT_IDS:crm_contact+"

OF_KIND = {
    Kind.LEAD: (
        "ID:integer! TITLE:string HONORIFIC:crm_status NAME:string SECOND_NAME:string LAST_NAME:string"
        f" BIRTHDATE:date COMPANY_TITLE:string {_SOURCE} STATUS_ID:crm_status STATUS_DESCRIPTION:string"
        f" STATUS_SEMANTIC_ID:string! POST:string {_PLACE} {_MONEY} OPENED:char COMMENTS:string {_HAS}"
        f" {_PEOPLE}"
        f" {_MOVED} {_CLIENT} IS_RETURN_CUSTOMER:char! DATE_CLOSED:datetime! {_ORIGIN} {_UTM} {_ACTIVITY}"
        f" {_MULTI}"
    ),
    Kind.DEAL: (
        "ID:integer! TITLE:string TYPE_ID:crm_status CATEGORY_ID:crm_category^ STAGE_ID:crm_status"
        " STAGE_SEMANTIC_ID:string! IS_NEW:char! IS_RECURRING:char IS_RETURN_CUSTOMER:char"
        " IS_REPEATED_APPROACH:char"
        f" PROBABILITY:integer {_MONEY} TAX_VALUE:double {_CLIENT} QUOTE_ID:crm_quote! BEGINDATE:date"
        " CLOSEDATE:date"
        f" OPENED:char CLOSED:char COMMENTS:string {_PEOPLE} {_MOVED} {_SOURCE} LEAD_ID:crm_lead!"
        f" ADDITIONAL_INFO:string LOCATION_ID:location {_ORIGIN} {_UTM} {_ACTIVITY}"
    ),
    Kind.CONTACT: (
        "ID:integer! HONORIFIC:crm_status NAME:string SECOND_NAME:string LAST_NAME:string PHOTO:file"
        " BIRTHDATE:date"
        f" TYPE_ID:crm_status {_SOURCE} POST:string {_PLACE} COMMENTS:string OPENED:char EXPORT:char {_HAS}"
        f" {_PEOPLE}"
        f" COMPANY_ID:crm_company COMPANY_IDS:crm_company+ LEAD_ID:crm_lead! {_ORIGIN} ORIGIN_VERSION:string"
        f" FACE_ID:integer {_UTM} {_ACTIVITY} {_MULTI}"
    ),
    Kind.COMPANY: (
        f"ID:integer! TITLE:string* COMPANY_TYPE:crm_status LOGO:file {_PLACE} ADDRESS_LEGAL:string"
        f" {_PLACE.replace('ADDRESS', 'REG_ADDRESS').replace('LOC_REG_ADDRESS', 'LOC')}"
        " BANKING_DETAILS:string"
        " INDUSTRY:crm_status EMPLOYEES:crm_status CURRENCY_ID:crm_currency REVENUE:double OPENED:char"
        " COMMENTS:string"
        f" {_HAS} IS_MY_COMPANY:char {_PEOPLE} CONTACT_ID:crm_contact+ LEAD_ID:crm_lead! {_ORIGIN}"
        f" ORIGIN_VERSION:string {_UTM} {_ACTIVITY} LAST_COMMUNICATION_TIME:string! {_MULTI}"
    ),
}
ACTIVITY = (
    "ID:integer! OWNER_ID:integer^ OWNER_TYPE_ID:crm_enum_ownertype^ TYPE_ID:crm_enum_activitytype*^"
    " PROVIDER_ID:string"
    " PROVIDER_TYPE_ID:string PROVIDER_GROUP_ID:string ASSOCIATED_ENTITY_ID:integer! SUBJECT:string*"
    " START_TIME:datetime END_TIME:datetime DEADLINE:datetime COMPLETED:char STATUS:crm_enum_activitystatus"
    " RESPONSIBLE_ID:user* PRIORITY:crm_enum_activitypriority NOTIFY_TYPE:crm_enum_activitynotifytype"
    " NOTIFY_VALUE:integer DESCRIPTION:string DESCRIPTION_TYPE:crm_enum_contenttype"
    " DIRECTION:crm_enum_activitydirection LOCATION:string CREATED:datetime! AUTHOR_ID:user!"
    " LAST_UPDATED:datetime!"
    " EDITOR_ID:user! SETTINGS:object ORIGIN_ID:string ORIGINATOR_ID:string RESULT_STATUS:integer"
    " RESULT_STREAM:integer RESULT_SOURCE_ID:string PROVIDER_PARAMS:object PROVIDER_DATA:string"
    " RESULT_MARK:integer"
    " RESULT_VALUE:double RESULT_SUM:double RESULT_CURRENCY_ID:string AUTOCOMPLETE_RULE:integer"
    " BINDINGS:crm_activity_binding!+ COMMUNICATIONS:crm_activity_communication*+ FILES:diskfile+"
    " WEBDAV_ELEMENTS:diskfile+ IS_INCOMING_CHANNEL:char!"
)
TIE = "{}:integer* SORT:integer ROLE_ID:integer IS_PRIMARY:char"
"""Of a contact in a company and the other way round."""

_STATUS_LISTS = {
    "SOURCE_ID": "SOURCE",
    "STATUS_ID": "STATUS",
    "STAGE_ID": "DEAL_STAGE",
    "HONORIFIC": "HONORIFIC",
    "COMPANY_TYPE": "COMPANY_TYPE",
    "INDUSTRY": "INDUSTRY",
    "EMPLOYEES": "EMPLOYEES",
}
_ONE = re.compile(r"(?P<name>\w+):(?P<type>\w+)(?P<marks>[!*^+]*)")


def types(text: str) -> dict[str, str]:
    """Field names and their types, without the rest."""
    return {one["name"]: one["type"] for one in _ONE.finditer(text)}


def described(text: str) -> dict[str, dict[str, Any]]:
    """The answer of a crm.*.fields method."""
    return {one["name"]: _described(one["name"], one["type"], one["marks"]) for one in _ONE.finditer(text)}


def _described(name: str, kind: str, marks: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": kind,
        "isRequired": "*" in marks,
        "isReadOnly": "!" in marks,
        "isImmutable": "^" in marks,
        "isMultiple": "+" in marks,
        "isDynamic": False,
    }
    if kind == "crm_status":
        found["statusType"] = _STATUS_LISTS.get(name, name)
    return {**found, "title": name.replace("_", " ").capitalize()}
