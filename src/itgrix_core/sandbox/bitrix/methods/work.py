"""tasks.task.add, tasks.task.list and im.notify.system.add: what a missed call leads to."""

from __future__ import annotations

import re
from typing import Any

from itgrix_core.sandbox.bitrix.errors import RestError, missing
from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.records import User
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, ordered, page, start_of
from itgrix_core.sandbox.bitrix.world import World


def add_task(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """tasks.task.add: takes UPPER_CASE, answers camelCase strings."""
    fields = params.get("fields")
    if not isinstance(fields, dict):
        raise missing("fields")
    for name, label in (("TITLE", "Task name"), ("RESPONSIBLE_ID", "Assignee")):
        if not as_text(fields.get(name)):
            raise RestError(400, "ERROR_CORE", f"{label} is not specified<br>")
    now = world.now_iso()
    row: Row = {
        "TITLE": as_text(fields["TITLE"]),
        "DESCRIPTION": as_text(fields.get("DESCRIPTION")),
        "PRIORITY": as_text(fields.get("PRIORITY")) or "1",
        "STATUS": "2",
        "CREATED_BY": as_text(fields.get("CREATED_BY")) or str(caller.user_id),
        "CREATED_DATE": now,
        "CHANGED_DATE": now,
        "RESPONSIBLE_ID": as_text(fields["RESPONSIBLE_ID"]),
        "DEADLINE": as_text(fields.get("DEADLINE")) or None,
        "UF_CRM_TASK": as_list(fields.get("UF_CRM_TASK")),
    }
    world.tasks.add(row)
    return {"task": _task(world, row)}


def _task(world: World, row: Row) -> dict[str, Any]:
    camel = {_camel(name): value for name, value in row.items() if name != "UF_CRM_TASK"}
    people = {"creator": row["CREATED_BY"], "responsible": row["RESPONSIBLE_ID"]}
    return {"id": row["ID"], **camel, **{name: _person(world, number) for name, number in people.items()}}


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda hit: hit.group(1).upper(), name.lower())


def _person(world: World, number: str) -> dict[str, str]:
    user = world.users.get(as_int(number) or 0, User(0, ""))
    return {
        "id": number,
        "name": user.full_name,
        "link": f"/company/personal/user/{number}/",
        "icon": "/bitrix/images/tasks/default_avatar.png",
        "workPosition": "",
    }


def list_tasks(world: World, _caller: Caller, params: Params) -> Reply:
    """tasks.task.list: filter and order in UPPER_CASE."""
    conditions = mapping_of(params, "filter")
    rows = [row for row in world.tasks.rows() if matches(row, conditions)]
    answer = page(ordered(rows, mapping_of(params, "order")), start_of(params))
    return Reply({"tasks": [_task(world, row) for row in answer.result]}, answer.total, answer.next)


def notify(world: World, caller: Caller, params: Params) -> int:
    """im.notify.system.add: a notice to one user; by webhook a TAG needs a CLIENT_ID."""
    user_id = as_int(any_case(params, "USER_ID"))
    text = as_text(any_case(params, "MESSAGE"))
    if not user_id:
        raise RestError(400, "USER_ID_EMPTY", "User ID can't be empty")
    if not text:
        raise RestError(400, "MESSAGE_EMPTY", "Message can't be empty")
    if caller.app_id is None and any_case(params, "TAG") and not any_case(params, "CLIENT_ID"):
        raise RestError(400, "CLIENT_ID_EMPTY", "CLIENT_ID is required with TAG in webhook mode")
    return world.tell(user_id, text)


METHODS = {
    "tasks.task.add": add_task,
    "tasks.task.list": list_tasks,
    "im.notify.system.add": notify,
}
