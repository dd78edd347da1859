"""tasks.task.*: takes UPPER_CASE, answers camelCase strings."""

from __future__ import annotations

import re
import uuid
from typing import Any

from itgrix_core.sandbox.bitrix import events
from itgrix_core.sandbox.bitrix.errors import RestError, missing
from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.records import User
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, ordered, page, start_of
from itgrix_core.sandbox.bitrix.world import World

_PENDING, _COMPLETED = "2", "5"
_NULLS = (
    "PARENT_ID MARK SPRINT_ID BACKLOG_ID STATUS_CHANGED_BY CLOSED_BY CLOSED_DATE DATE_START DEADLINE"
    " START_DATE_PLAN"
    " END_DATE_PLAN XML_ID COMMENTS_COUNT SERVICE_COMMENTS_COUNT FORKED_BY_TEMPLATE_ID TIME_SPENT_IN_LOGS"
    " FORUM_TOPIC_ID FORUM_ID EXCHANGE_MODIFIED EXCHANGE_ID VIEWED_DATE SORTING DURATION_FACT FLOW_ID"
    " DURATION_PLAN"
)
_NO = (
    "MULTITASK NOT_VIEWED REPLICATE ALLOW_CHANGE_DEADLINE ALLOW_TIME_TRACKING TASK_CONTROL ADD_IN_REPORT"
    " MATCH_WORK_TIME IS_MUTED IS_PINNED IS_PINNED_IN_GROUP FAVORITE"
)
_BLANK: Row = {
    "TITLE": "",
    "DESCRIPTION": "",
    "PRIORITY": "1",
    "STATUS": _PENDING,
    "STAGE_ID": "0",
    "TIME_ESTIMATE": "0",
    "SITE_ID": "s1",
    "SUBORDINATE": "Y",
    "OUTLOOK_VERSION": "1",
    "DESCRIPTION_IN_BBCODE": "Y",
    "DURATION_TYPE": "days",
    "GROUP_ID": "0",
    **dict.fromkeys(_NULLS.split()),
    **dict.fromkeys(_NO.split(), "N"),
}
_LISTS = ("AUDITORS", "ACCOMPLICES", "CHECKLIST", "GROUP", "ACCOMPLICES_DATA", "AUDITORS_DATA")
_YES = (
    "complete start delegate remove edit defer create changeDeadline checklistAddItems addFavorite rate"
    " checklist.reorder elapsedtime.add edit.plan checklist.add favorite.add"
)
_NOT = (
    "accept decline approve disapprove pause renew deleteFavorite edit.originator dayplan.timer.toggle"
    " favorite.delete take"
)
_ACTIONS = dict.fromkeys(_YES.split(), True) | dict.fromkeys(_NOT.split(), False)
_READ_ONLY = frozenset(
    {"ID", "GUID", "CREATED_DATE", "CHANGED_DATE", "CHANGED_BY", "CLOSED_DATE", "CLOSED_BY"}
)
_CUSTOM = ("UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE")
_COUNTERS = "expired newComments projectExpired projectNewComments mutedExpired mutedNewComments"
_LISTED: dict[str, Any] = {
    "lengthDeadline": "1",
    "taskRequireResult": "N",
    "taskHasOpenResult": "N",
    "taskHasResult": "N",
    "timeElapsed": None,
    "timerIsRunningForCurrentUser": "N",
    "counter": {"counters": dict.fromkeys(_COUNTERS.split(), 0), "color": "gray", "value": 0},
    "tags": [],
}
"""What tasks.task.list tells besides a task's fields."""


def add(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """tasks.task.add: a title and a responsible are wanted."""
    fields = _fields(params)
    for name, label in (("TITLE", "Task name"), ("RESPONSIBLE_ID", "Assignee")):
        if not as_text(fields.get(name)):
            raise RestError(400, "ERROR_CORE", f"{label} is not specified<br>")
    now = world.now_iso()
    row: Row = {
        **_BLANK,
        **{name: [] for name in (*_LISTS, *_CUSTOM)},
        "CREATED_BY": str(caller.user_id),
        "CREATED_DATE": now,
        "ACTIVITY_DATE": now,
        "STATUS_CHANGED_DATE": now,
        "GUID": f"{{{uuid.uuid4()}}}",
    }
    world.tasks.add(row)
    _write(world, caller, row, fields)
    _tell(world, "ADD", row, "undefined")
    return {"task": _task(world, row)}


def _fields(params: Params) -> dict[str, Any]:
    fields = params.get("fields")
    if not isinstance(fields, dict):
        raise missing("fields")
    return fields


def _write(world: World, caller: Caller, row: Row, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name in (*_LISTS, *_CUSTOM):
            row[name] = [as_text(one) for one in as_list(value)]
        elif (name in row or name == "RESPONSIBLE_ID") and name not in _READ_ONLY:
            row[name] = as_text(value) or (None if name in _NULLS.split() else "")
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


def _task(world: World, row: Row, selected: list[str] | None = None) -> dict[str, Any]:
    """A task as the methods answer it; custom fields only when selected."""
    wanted = {each for name in selected or [] for each in (name, f"{name}_DATA")}
    is_all = not wanted or "*" in wanted
    shown = {
        _camel(name): value
        for name, value in row.items()
        if name in wanted or name == "ID" or (is_all and (name not in _CUSTOM or "UF_*" in wanted))
    }
    people = {"creator": row["CREATED_BY"], "responsible": row["RESPONSIBLE_ID"]}
    shown |= {name: _person(world, number) for name, number in people.items()}
    rest = {
        "newCommentsCount": 0,
        "action": _ACTIONS,
        "checkListTree": _check_list(row),
        "checkListCanAdd": True,
    }
    return {**shown, **rest}


def _check_list(row: Row) -> dict[str, Any]:
    """The root of a check list without points."""
    nothing = dict.fromkeys(("id", "copiedId", "entityId", "createdBy", "parentId", "sortIndex", "nodeId"))
    texts = {"userId": as_int(row["CREATED_BY"]), "title": "", "displaySortIndex": ""}
    flags = {"isComplete": False, "isImportant": False, "completedCount": 0, "members": [], "attachments": []}
    return {"nodeId": 0, "fields": {**nothing, **texts, **flags}, "action": [], "descendants": []}


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda hit: hit[1].upper(), name.lower())


def _person(world: World, number: str) -> dict[str, str]:
    user = world.users.get(as_int(number) or 0, User(0, ""))
    return {
        "id": number,
        "name": user.full_name,
        "link": f"/company/personal/user/{number}/",
        "icon": "/bitrix/images/tasks/default_avatar.png",
        "workPosition": "",
    }


def _row(world: World, params: Params) -> Row:
    if params.get("taskId") is None:
        raise missing("taskId")
    row = world.tasks.get(as_int(params["taskId"]))
    if row is None:
        raise RestError(400, "ERROR_CORE", "Task not found or not accessible")
    return row


def get(world: World, _caller: Caller, params: Params) -> dict[str, Any]:
    """tasks.task.get: one task; `select` names fields in UPPER_CASE."""
    return {"task": _task(world, _row(world, params), _selected(params))}


def update(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """tasks.task.update: changes what `fields` names."""
    row = _row(world, params)
    _write(world, caller, row, _fields(params))
    _tell(world, "UPDATE", row, {"ID": row["ID"]})
    return {"task": _task(world, row)}


def complete(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """tasks.task.complete: done; a task that is done already cannot be done again."""
    row = _row(world, params)
    if row["STATUS"] == _COMPLETED:
        raise RestError(400, "1048582", "Action on task is not allowed")
    now = world.now_iso()
    row |= {"STATUS": _COMPLETED, "CLOSED_DATE": now, "CLOSED_BY": str(caller.user_id)}
    _write(world, caller, row, {"STATUS_CHANGED_BY": caller.user_id, "STATUS_CHANGED_DATE": now})
    _tell(world, "UPDATE", row, {"ID": row["ID"]})
    return {"task": _task(world, row)}


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
            **_task(world, row, _selected(params)),
            **_LISTED,
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
