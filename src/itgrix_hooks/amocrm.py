"""amoCRM's own fields, as the params of its hooks will hold them: `params` tells Bitrix24's.

No adapter sends them yet. They are here, and checked like Bitrix24's, because the contract of hooks has to
fit both before anybody builds on it (docs/decisions/0022). Names and types are those of the developer site
(platform API v4: calls, notes, contacts, leads, tasks; telephony: call events). Fields without a value are
left out: amoCRM refuses null.
"""

from __future__ import annotations

from typing import Any, TypedDict


class CardParams(TypedDict, total=False):
    """`process_registration_params`: the pop-up, POST /api/v2/events. Nothing is stored by it."""

    type: str
    phone_number: str
    users: list[int]
    """Who sees it; left out: everyone."""


class CallParams(TypedDict, total=False):
    """`process_final_params` and `get_updated_activity_fields`: the call, POST /api/v4/calls."""

    direction: str
    """inbound or outbound."""
    uniq: str
    duration: int
    source: str
    phone: str
    """Found by its last ten digits; a number that nobody has stores nothing."""
    link: str
    call_result: str
    call_status: int
    """1 left a message, 2 call back later, 3 not available, 4 talked, 5 wrong number, 6 no answer, 7 busy."""
    call_responsible: int
    responsible_user_id: int
    created_by: int
    """Left out, statistics show a robot."""
    created_at: int
    request_id: str
    entity_type: str
    """Ours, never sent: lead, contact or company. With entity_id the call becomes a note of that entity."""
    entity_id: int


class EntityFields(TypedDict, total=False):
    """`get_updated_entity_fields`: PATCH /api/v4/leads, contacts or companies."""

    name: str
    first_name: str
    last_name: str
    responsible_user_id: int
    price: int
    pipeline_id: int
    status_id: int
    """142 won, 143 lost."""
    loss_reason_id: int
    custom_fields_values: list[dict[str, Any]]


class TaskParams(TypedDict, total=False):
    """`process_task_creation_params`: POST /api/v4/tasks."""

    task_type_id: int
    """1 call, 2 meeting."""
    text: str
    complete_till: int
    """Unix seconds."""
    responsible_user_id: int
    entity_id: int
    entity_type: str
    """leads, contacts or companies."""
