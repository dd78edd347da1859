"""The portal's answers in our words. Pure.

Numbers come as numbers from some methods and as text from others, nothing comes as `null`, `false`, `0`,
`"0"`, `""` or not at all, and an empty map is an empty list: so fields are read through `number`, `rows` and
`mapping`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast, get_args

from itgrix_core.crm.bitrix24.params import CREATED
from itgrix_core.filing.commands import (
    AttachRecording,
    CreateForCall,
    FinishCall,
    HideCard,
    RegisterCall,
    ShowCard,
)
from itgrix_hooks.values import Entity, EntityKind, Filed, User


def number(value: Any) -> int | None:
    """An id, `None` for anything that is not a positive whole number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return (int(text) or None) if text.isascii() and text.isdigit() else None


def mapping(value: Any) -> Mapping[str, Any]:
    """An object; the empty one comes as `[]`."""
    return value if isinstance(value, Mapping) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; anything else in it is left out."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def user_of(row: Mapping[str, Any]) -> User | None:
    """A row of user.get; `None` if it has no id. Empty fields are left out by the portal."""
    user_id = number(row.get("ID"))
    if user_id is None:
        return None
    name = " ".join(str(row[key]).strip() for key in ("NAME", "LAST_NAME") if row.get(key))
    extension = str(row.get("UF_PHONE_INNER") or "").strip()
    is_active = row.get("ACTIVE") in {True, "Y", "true", "1"}
    return User(user_id, name, extension or None, is_active)


def entity_of(kind: Any, entity_id: Any, row: Mapping[str, Any] | None = None) -> Entity | None:
    """An entity from the portal's type name and id; `None` for a type that is not ours or no id."""
    kind, found = str(kind or "").casefold(), number(entity_id)
    if found is None or kind not in get_args(EntityKind):
        return None
    row = row or {}
    name = str(row.get("TITLE") or "") or " ".join(
        str(row[key]) for key in ("NAME", "LAST_NAME") if isinstance(row.get(key), str) and row[key]
    )
    return Entity(cast(EntityKind, kind), found, name, number(row.get("ASSIGNED_BY_ID")), dict(row))


def clients_of(result: Any) -> tuple[Entity, ...]:
    """The entities of telephony.externalCall.searchCrmEntities, in the portal's order."""
    found = (entity_of(row.get("CRM_ENTITY_TYPE"), row.get("CRM_ENTITY_ID"), row) for row in rows(result))
    return tuple(entity for entity in found if entity)


def statistics_answer(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of voximplant.statistic.get, all text, as `finish` would have answered it (and `register`)."""
    return {
        "CALL_ID": row.get("CALL_ID"),
        "EXTERNAL_CALL_ID": row.get("EXTERNAL_CALL_ID"),
        "PORTAL_USER_ID": number(row.get("PORTAL_USER_ID")),
        "CALL_DURATION": number(row.get("CALL_DURATION")) or 0,
        "CALL_FAILED_CODE": row.get("CALL_FAILED_CODE"),
        "CRM_ENTITY_TYPE": row.get("CRM_ENTITY_TYPE"),
        "CRM_ENTITY_ID": number(row.get("CRM_ENTITY_ID")),
        "CRM_ACTIVITY_ID": number(row.get("CRM_ACTIVITY_ID")),
    }


def filed_of(effects: Sequence[tuple[str, Mapping[str, Any], Any]]) -> Filed:
    """What the done effects of one call amount to: (command kind, params, answer) each, in their order."""
    filed = Filed()
    for kind, params, answer in effects:
        told = mapping(answer)
        if kind == RegisterCall.kind:
            filed = _registered(filed, params, told)
        elif kind == CreateForCall.kind:
            made = entity_of(params.get(CREATED), answer)
            filed = replace(filed, created=filed.created + ((made,) if made else ()))
        elif kind in {ShowCard.kind, HideCard.kind}:
            filed = replace(filed, shown_to=_shown(filed, kind, params))
        elif kind == FinishCall.kind:
            filed = _finished(filed, told)
        elif kind == AttachRecording.kind:
            filed = replace(filed, recording_id=number(told.get("FILE_ID")) or filed.recording_id)
    return filed


def _registered(filed: Filed, params: Mapping[str, Any], answer: Mapping[str, Any]) -> Filed:
    """What the registration's answer adds."""
    return replace(
        filed,
        call_id=str(answer["CALL_ID"]) if answer.get("CALL_ID") else filed.call_id,
        user_id=number(params.get("USER_ID")) or filed.user_id,
        entity=entity_of(answer.get("CRM_ENTITY_TYPE"), answer.get("CRM_ENTITY_ID")) or filed.entity,
        created=filed.created + tuple(_created(answer)),
        shown_to=tuple(params.get("SHOW_TO") or ()),
    )


def _shown(filed: Filed, kind: str, params: Mapping[str, Any]) -> tuple[int, ...]:
    """Who sees the card after it was shown to, or hidden from, more users."""
    users = tuple(params.get("USER_ID") or ())
    if kind == HideCard.kind:
        return tuple(user for user in filed.shown_to if user not in users)
    return tuple(dict.fromkeys((*filed.shown_to, *users)))


def _created(answer: Mapping[str, Any]) -> Iterator[Entity]:
    """What the portal created; older ones name a lead only, in a field of its own."""
    told = [
        (row.get("ENTITY_TYPE"), row.get("ENTITY_ID")) for row in rows(answer.get("CRM_CREATED_ENTITIES"))
    ]
    for kind, entity_id in told or [("LEAD", answer.get("CRM_CREATED_LEAD"))]:
        entity = entity_of(kind, entity_id)
        if entity:
            yield entity


def _finished(filed: Filed, answer: Mapping[str, Any]) -> Filed:
    """What the finish's answer adds: the activity, and the entity as the portal knows it by now."""
    return replace(
        filed,
        is_finished=True,
        activity_id=number(answer.get("CRM_ACTIVITY_ID")) or filed.activity_id,
        entity=entity_of(answer.get("CRM_ENTITY_TYPE"), answer.get("CRM_ENTITY_ID")) or filed.entity,
    )
