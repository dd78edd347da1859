"""The CRM's own fields that the `params` of a hook hold, so that an editor completes them.

Bitrix24's names and types are those of its REST documentation (telephony.externalCall.register, .finish,
crm.activity.update, tasks.task.add). Fields may be added to a params dict that are not named here: they are
sent as they are.
"""

from __future__ import annotations

from typing import TypedDict


class RegistrationParams(TypedDict, total=False):
    """`process_registration_params`, Bitrix24: telephony.externalCall.register, and `SHOW_TO`."""

    USER_ID: int
    PHONE_NUMBER: str
    TYPE: int
    """1 outgoing, 2 incoming, 3 incoming with redirection, 4 callback."""
    CALL_START_DATE: str
    CRM_CREATE: int
    CRM_SOURCE: str
    CRM_ENTITY_TYPE: str
    """CONTACT, COMPANY or LEAD; together with CRM_ENTITY_ID: no search, this entity."""
    CRM_ENTITY_ID: int
    ADD_TO_CHAT: int
    CALL_LIST_ID: int
    LINE_NUMBER: str
    EXTERNAL_CALL_ID: str
    SHOW_TO: list[int]
    """Ours, never sent: the users who see the card. SHOW itself is set at sending."""


class FinalParams(TypedDict, total=False):
    """`process_final_params`, Bitrix24: telephony.externalCall.finish."""

    USER_ID: int
    DURATION: int
    STATUS_CODE: str
    """200 success, 304 missed, 486 busy, 603 declined, 603-S cancelled, 404, 480, 484, 503, OTHER."""
    FAILED_REASON: str
    COST: float
    COST_CURRENCY: str
    VOTE: int
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
    COMPLETED: str
    PRIORITY: int
    RESPONSIBLE_ID: int
    DEADLINE: str


class EntityFields(TypedDict, total=False):
    """`get_updated_entity_fields`, Bitrix24: fields common to crm.lead/contact/company/deal.update."""

    TITLE: str
    NAME: str
    LAST_NAME: str
    ASSIGNED_BY_ID: int
    SOURCE_ID: str
    SOURCE_DESCRIPTION: str
    STATUS_ID: str
    STAGE_ID: str
    COMMENTS: str


class TaskParams(TypedDict, total=False):
    """`process_task_creation_params`, Bitrix24: fields of tasks.task.add."""

    TITLE: str
    DESCRIPTION: str
    RESPONSIBLE_ID: int
    CREATED_BY: int
    DEADLINE: str
    UF_CRM_TASK: list[str]
