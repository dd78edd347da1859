"""Our mark on what must not be made twice, and the question that finds it again. Pure.

Every `add` of the portal adds. So a new entity carries ORIGINATOR_ID and ORIGIN_ID (the effect's key), a
comment and a task carry a short mark at the end of their text; when an answer was lost, it is looked for.
Comments and tasks cannot be filtered by their text: the newest fifty of the entity or responsible are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from itgrix_core.crm.bitrix24 import methods
from itgrix_core.crm.bitrix24.answers import mapping, number, rows
from itgrix_core.crm.bitrix24.params import ENTITY_TYPE_IDS

ORIGINATOR = "itgrix"

_ADDS = {f"crm.{kind}.add" for kind in ENTITY_TYPE_IDS}
_UPDATES = {f"crm.{kind}.update" for kind in ENTITY_TYPE_IDS}
_ITEM_ADD = "crm.item.add"
_CONTACTS = ("PHONE", "EMAIL", "WEB", "IM")


@dataclass(frozen=True, slots=True)
class Question:
    """How to ask whether a step was executed: `find` gets its answer out of the result, `None` if not."""

    method: str
    params: dict[str, Any]
    find: Callable[[Any], Any]


def mark(key: str) -> str:
    """The text by which an effect's comment or task is known."""
    return f"[{ORIGINATOR}:{hashlib.sha256(key.encode()).hexdigest()[:12]}]"


def marked(method: str, params: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The params as they are sent: with our mark where the method adds something; else as they are."""
    name, place = method.casefold(), _place(params)
    if name == methods.NOTIFY:
        return {**params, "TAG": mark(key), "CLIENT_ID": ORIGINATOR}
    fields = params.get(place)
    if not isinstance(fields, Mapping):
        return dict(params)
    if name in _ADDS:
        added: dict[str, Any] = {"ORIGINATOR_ID": ORIGINATOR, "ORIGIN_ID": key}
    elif name == _ITEM_ADD:
        added = {"originatorId": ORIGINATOR, "originId": key}
    elif name == methods.COMMENT:
        added = {"COMMENT": _with_mark(fields.get("COMMENT"), key)}
    elif name in {methods.TASK, methods.TODO}:
        added = {"DESCRIPTION": _with_mark(fields.get("DESCRIPTION"), key)}
    else:
        return dict(params)
    return {**params, place: {**fields, **added}}


def question_of(method: str, params: Mapping[str, Any], key: str) -> Question | None:
    """How to find what the method made under this key; `None` where it leaves nothing to be found by."""
    name, fields = method.casefold(), mapping(params.get(_place(params)))
    if name in _ADDS:
        wanted = {"ORIGINATOR_ID": ORIGINATOR, "ORIGIN_ID": key}
        question = {"filter": wanted, "order": {"ID": "ASC"}, "select": ["ID"]}
        return Question(name.replace(".add", ".list"), question, _first_id)
    if name == _ITEM_ADD and number(params.get("entityTypeId")) in ENTITY_TYPE_IDS.values():
        return _item_question(params, key)
    if name == methods.COMMENT:
        place = {"ENTITY_ID": fields.get("ENTITY_ID"), "ENTITY_TYPE": fields.get("ENTITY_TYPE")}
        question = {"filter": place, "order": {"ID": "DESC"}, "select": ["ID", "COMMENT"]}
        return Question(
            "crm.timeline.comment.list", question, lambda result: _marked_id(rows(result), "COMMENT", key)
        )
    if name == methods.TASK:
        return _task_question(fields, key)
    if name == methods.TODO:
        return _todo_question(params, key)
    if name == methods.BIND:
        return _binding_question(params)
    added = _added_contacts(fields) if name in _UPDATES else {}
    return _update_question(name, params, added) if added else None


def _item_question(params: Mapping[str, Any], key: str) -> Question:
    """For crm.item.add, whose answer is `{item: {...}}`."""
    question = {
        "entityTypeId": params["entityTypeId"],
        "filter": {"originatorId": ORIGINATOR, "originId": key},
        "order": {"id": "ASC"},
    }

    def find(result: Any) -> Any:
        items = rows(mapping(result).get("items"))
        return {"item": dict(items[0])} if items else None

    return Question("crm.item.list", question, find)


def _task_question(fields: Mapping[str, Any], key: str) -> Question:
    """For tasks.task.add, whose answer is `{task: {id, ...}}`."""
    question = {
        "filter": {"RESPONSIBLE_ID": fields.get("RESPONSIBLE_ID")},
        "order": {"ID": "desc"},
        "select": ["ID", "DESCRIPTION"],
    }

    def find(result: Any) -> Any:
        tasks = rows(mapping(result).get("tasks"))
        return next(
            ({"task": dict(task)} for task in tasks if mark(key) in str(task.get("description"))), None
        )

    return Question("tasks.task.list", question, find)


def _todo_question(params: Mapping[str, Any], key: str) -> Question:
    """For crm.activity.todo.add, whose answer is `{id}`."""
    place = {"OWNER_TYPE_ID": params.get("ownerTypeId"), "OWNER_ID": params.get("ownerId")}
    question = {
        "filter": {**place, "PROVIDER_ID": "CRM_TODO"},
        "order": {"ID": "DESC"},
        "select": ["ID", "DESCRIPTION"],
    }

    def find(result: Any) -> Any:
        found = _marked_id(rows(result), "DESCRIPTION", key)
        return {"id": found} if found else None

    return Question("crm.activity.list", question, find)


def _binding_question(params: Mapping[str, Any]) -> Question:
    """For crm.activity.binding.add: the binding itself is the mark."""
    wanted = (number(params.get("entityTypeId")), number(params.get("entityId")))

    def find(result: Any) -> Any:
        bound = {(number(row.get("entityTypeId")), number(row.get("entityId"))) for row in rows(result)}
        return True if wanted in bound else None

    return Question("crm.activity.binding.list", {"activityId": params.get("activityId")}, find)


def _update_question(name: str, params: Mapping[str, Any], added: Mapping[str, set[str]]) -> Question:
    """For an update that adds a phone or address: they are there, or the update was not executed."""

    def find(result: Any) -> Any:
        found = mapping(result)
        has = all(
            values <= {str(row.get("VALUE")) for row in rows(found.get(key))} for key, values in added.items()
        )
        return True if has else None

    place = next((key for key in params if key.casefold() == "id"), "id")
    return Question(name.replace(".update", ".get"), {"id": params.get(place)}, find)


def _added_contacts(fields: Mapping[str, Any]) -> dict[str, set[str]]:
    """The phones and addresses that an update adds: those without an ID."""
    added = {
        key: {str(row["VALUE"]) for row in rows(fields.get(key)) if row.get("VALUE") and not row.get("ID")}
        for key in _CONTACTS
    }
    return {key: values for key, values in added.items() if values}


def _place(params: Mapping[str, Any]) -> str:
    """The key that holds the fields: hooks write it in either case."""
    return next((key for key in params if key.casefold() == "fields"), "fields")


def _with_mark(text: Any, key: str) -> str:
    """A text with the mark at its end, on a line of its own."""
    return f"{text or ''}\n{mark(key)}".lstrip("\n")


def _first_id(result: Any) -> int | None:
    """The id of the first row."""
    return next((number(row.get("ID")) for row in rows(result)), None)


def _marked_id(found: list[Mapping[str, Any]], field: str, key: str) -> int | None:
    """The id of the row whose text carries the mark."""
    return next((number(row.get("ID")) for row in found if mark(key) in str(row.get(field))), None)
