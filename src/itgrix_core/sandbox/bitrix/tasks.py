"""What a task is made of and how it is shown: rows in UPPER_CASE, answers in camelCase strings."""

from __future__ import annotations

import re
from typing import Any

from itgrix_core.sandbox.bitrix.php import as_int
from itgrix_core.sandbox.bitrix.records import User
from itgrix_core.sandbox.bitrix.table import Row
from itgrix_core.sandbox.bitrix.world import World

PENDING, COMPLETED = "2", "5"
NULLS = (
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
BLANK: Row = {
    "TITLE": "",
    "DESCRIPTION": "",
    "PRIORITY": "1",
    "STATUS": PENDING,
    "STAGE_ID": "0",
    "TIME_ESTIMATE": "0",
    "SITE_ID": "s1",
    "SUBORDINATE": "Y",
    "OUTLOOK_VERSION": "1",
    "DESCRIPTION_IN_BBCODE": "Y",
    "DURATION_TYPE": "days",
    "GROUP_ID": "0",
    **dict.fromkeys(NULLS.split()),
    **dict.fromkeys(_NO.split(), "N"),
}
LISTS = ("AUDITORS", "ACCOMPLICES", "CHECKLIST", "GROUP", "ACCOMPLICES_DATA", "AUDITORS_DATA")
_YES = (
    "complete start delegate remove edit defer create changeDeadline checklistAddItems addFavorite rate"
    " checklist.reorder elapsedtime.add edit.plan checklist.add favorite.add"
)
_NOT = (
    "accept decline approve disapprove pause renew deleteFavorite edit.originator dayplan.timer.toggle"
    " favorite.delete take"
)
_ACTIONS = dict.fromkeys(_YES.split(), True) | dict.fromkeys(_NOT.split(), False)
READ_ONLY = frozenset(
    {"ID", "GUID", "CREATED_DATE", "CHANGED_DATE", "CHANGED_BY", "CLOSED_DATE", "CLOSED_BY"}
)
CUSTOM = ("UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE")
_COUNTERS = "expired newComments projectExpired projectNewComments mutedExpired mutedNewComments"
LISTED: dict[str, Any] = {
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


def task_of(world: World, row: Row, selected: list[str] | None = None) -> dict[str, Any]:
    """A task as the methods answer it; custom fields only when selected."""
    wanted = {each for name in selected or [] for each in (name, f"{name}_DATA")}
    is_all = not wanted or "*" in wanted
    shown = {
        _camel(name): value
        for name, value in row.items()
        if name in wanted or name == "ID" or (is_all and (name not in CUSTOM or "UF_*" in wanted))
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
