"""tasks.task.*: takes UPPER_CASE, answers camelCase strings."""

from __future__ import annotations

import uuid
from typing import Any

from itgrix_core.sandbox.bitrix import events
from itgrix_core.sandbox.bitrix.errors import RestError, missing
from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, ordered, page, start_of
from itgrix_core.sandbox.bitrix.tasks import (
    BLANK,
    COMPLETED,
    CUSTOM,
    LISTED,
    LISTS,
    NULLS,
    READ_ONLY,
    task_of,
)
from itgrix_core.sandbox.bitrix.world import World


def add(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """tasks.task.add: a title and a responsible are wanted."""
    fields = _fields(params)
    for name, label in (("TITLE", "Task name"), ("RESPONSIBLE_ID", "Assignee")):
        if not as_text(fields.get(name)):
            raise RestError(400, "ERROR_CORE", f"{label} is not specified<br>")
    now = world.now_iso()
    row: Row = {
        **BLANK,
        **{name: [] for name in (*LISTS, *CUSTOM)},
        "CREATED_BY": str(caller.user_id),
        "CREATED_DATE": now,
        "ACTIVITY_DATE": now,
        "STATUS_CHANGED_DATE": now,
        "GUID": f"{{{uuid.uuid4()}}}",
    }
    world.tasks.add(row)
    _write(world, caller, row, fields)
    _tell(world, "ADD", row, "undefined")
    return {"task": task_of(world, row)}


def _fields(params: Params) -> dict[str, Any]:
    fields = params.get("fields")
    if not isinstance(fields, dict):
        raise missing("fields")
    return fields


def _write(world: World, caller: Caller, row: Row, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name in (*LISTS, *CUSTOM):
            row[name] = [as_text(one) for one in as_list(value)]
        elif (name in row or name == "RESPONSIBLE_ID") and name not in READ_ONLY:
            row[name] = as_text(value) or (None if name in NULLS.split() else "")
    row |= {"CHANGED_DATE": world.now_iso(), "CHANGED_BY": str(caller.user_id)}


def _tell(world: World, what: str, row: Row, before: Any) -> None:
    after = {"ID": row["ID"]}
    data = {
        "FIELDS_BEFORE": before,
        "FIELDS_AFTER": after,
        "IS_ACCESSIBLE_BEFORE": "N",
        "IS_ACCESSIBLE_AFTER": "Y",
    }
    events.fire(world, f"ONTASK{what}", data)


def _row(world: World, params: Params) -> Row:
    if params.get("taskId") is None:
        raise missing("taskId")
    row = world.tasks.get(as_int(params["taskId"]))
    if row is None:
        raise RestError(400, "ERROR_CORE", "Task not found or not accessible")
    return row


def get(world: World, _caller: Caller, params: Params) -> dict[str, Any]:
    """tasks.task.get: one task; `select` names fields in UPPER_CASE."""
    return {"task": task_of(world, _row(world, params), _selected(params))}


def update(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """tasks.task.update: changes what `fields` names."""
    row = _row(world, params)
    _write(world, caller, row, _fields(params))
    _tell(world, "UPDATE", row, {"ID": row["ID"]})
    return {"task": task_of(world, row)}


def complete(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """tasks.task.complete: done; a task that is done already cannot be done again."""
    row = _row(world, params)
    if row["STATUS"] == COMPLETED:
        raise RestError(400, "1048582", "Action on task is not allowed")
    now = world.now_iso()
    row |= {"STATUS": COMPLETED, "CLOSED_DATE": now, "CLOSED_BY": str(caller.user_id)}
    _write(world, caller, row, {"STATUS_CHANGED_BY": caller.user_id, "STATUS_CHANGED_DATE": now})
    _tell(world, "UPDATE", row, {"ID": row["ID"]})
    return {"task": task_of(world, row)}


def _selected(params: Params) -> list[str]:
    return [as_text(name).upper() for name in as_list(params.get("select"))]


def listing(world: World, _caller: Caller, params: Params) -> Reply:
    """tasks.task.list: filter and order in UPPER_CASE; newest first unless told otherwise."""
    conditions = mapping_of(params, "filter")
    rows = [row for row in world.tasks.rows() if matches(row, conditions)]
    found = ordered(rows, mapping_of(params, "order") or {"ID": "DESC"})
    answer = page(found, start_of(params))
    tasks = [
        {
            **task_of(world, row, _selected(params)),
            **LISTED,
            "parsedDescription": row["DESCRIPTION"],
            "subStatus": row["STATUS"],
        }
        for row in answer.result
    ]
    return Reply({"tasks": tasks}, answer.total, answer.next)


METHODS = {
    "tasks.task.add": add,
    "tasks.task.get": get,
    "tasks.task.update": update,
    "tasks.task.complete": complete,
    "tasks.task.list": listing,
}
