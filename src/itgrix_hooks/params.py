"""The CRM's own fields that the `params` of a hook hold, so that an editor completes them.

Bitrix24's names and types are those of its REST documentation (telephony.externalCall.register, .finish,
crm.activity.update, crm.lead|contact|company|deal.update, tasks.task.add). Fields may be added to a params
dict that are not named here: they are sent as they are. amoCRM's are in `itgrix_hooks.amocrm`.
"""

from __future__ import annotations

from typing import TypedDict


class RegistrationParams(TypedDict, total=False):
    """`process_registration_params`, Bitrix24: telephony.externalCall.register, and `SHOW_TO`."""

    USER_ID: int
    PHONE_NUMBER: str
    TYPE: int
    """1 outgoing, 2 incoming, 3 incoming with redirection, 4 callback, 5 informational."""
    CALL_START_DATE: str
    """ISO 8601 with the zone."""
    CRM_CREATE: int
    """1: the portal creates something when it finds nothing."""
    CRM_SOURCE: str
    """STATUS_ID of the directory SOURCE."""
    CRM_ENTITY_TYPE: str
    """CONTACT, COMPANY or LEAD; together with CRM_ENTITY_ID: no search, this entity."""
    CRM_ENTITY_ID: int
    ADD_TO_CHAT: int
    """1: a message in the employee's chat."""
    CALL_LIST_ID: int
    LINE_NUMBER: str
    EXTERNAL_CALL_ID: str
    SHOW_TO: list[int]
    """Ours, never sent: the users who see the card. SHOW itself is set at sending."""


class FinalParams(TypedDict, total=False):
    """`process_final_params`, Bitrix24: telephony.externalCall.finish."""

    USER_ID: int
    """On whom it is booked; he becomes responsible for what the call has created, too."""
    DURATION: int
    """Seconds; more than 0 is an answered call for the portal, whatever STATUS_CODE says."""
    STATUS_CODE: str
    """200 success, 304 missed, 486 busy, 603 declined, 603-S cancelled, 402 to 404, 423, 480, 484, 503."""
    FAILED_REASON: str
    COST: float
    COST_CURRENCY: str
    VOTE: int
    """1 to 5."""
    ADD_TO_CHAT: int


class OriginateParams(TypedDict, total=False):
    """`process_originate_params`: what Asterisk is told to dial."""

    pbx: str
    channel: str
    context: str
    extension: str
    priority: int
    caller_id: str
    timeout_seconds: float
    variables: dict[str, str]


class ActivityFields(TypedDict, total=False):
    """`get_updated_activity_fields`, Bitrix24: fields of crm.activity.update."""

    SUBJECT: str
    DESCRIPTION: str
    DESCRIPTION_TYPE: int
    """1 text, 2 BB code, 3 HTML."""
    COMPLETED: str
    """Y or N."""
    PRIORITY: int
    """1 low, 2 middle, 3 high."""
    RESPONSIBLE_ID: int
    START_TIME: str
    END_TIME: str
    DEADLINE: str
    NOTIFY_TYPE: int
    NOTIFY_VALUE: int


class EntityFields(TypedDict, total=False):
    """`get_updated_entity_fields`, Bitrix24: fields common to crm.lead/contact/company/deal.update."""

    TITLE: str
    NAME: str
    SECOND_NAME: str
    LAST_NAME: str
    ASSIGNED_BY_ID: int
    OPENED: str
    """Y or N: whether everybody may see it."""
    SOURCE_ID: str
    SOURCE_DESCRIPTION: str
    STATUS_ID: str
    """Of a lead."""
    CATEGORY_ID: int
    """A deal's pipeline."""
    STAGE_ID: str
    """Of a deal: NEW, in pipeline 9 C9:NEW."""
    OPPORTUNITY: float
    CURRENCY_ID: str
    CONTACT_ID: int
    COMPANY_ID: int
    TYPE_ID: str
    COMPANY_TYPE: str
    PHONE: list[dict[str, str]]
    """Each {"VALUE": …, "VALUE_TYPE": "WORK"}; with "ID" the one that is there."""
    EMAIL: list[dict[str, str]]
    COMMENTS: str
    UTM_SOURCE: str
    UTM_MEDIUM: str
    UTM_CAMPAIGN: str
    UTM_CONTENT: str
    UTM_TERM: str


class TaskParams(TypedDict, total=False):
    """`process_task_creation_params`, Bitrix24: fields of tasks.task.add."""

    TITLE: str
    DESCRIPTION: str
    RESPONSIBLE_ID: int
    CREATED_BY: int
    ACCOMPLICES: list[int]
    AUDITORS: list[int]
    DEADLINE: str
    PRIORITY: int
    """0 low, 1 middle, 2 high."""
    GROUP_ID: int
    PARENT_ID: int
    UF_CRM_TASK: list[str]
    """What it is tied to: L_1, C_2, CO_3, D_4."""
