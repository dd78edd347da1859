"""user.*, profile, timeman.status and department.get: who works here and under which extension.

Fields of a user without a value are left out of the answer, and phones are told only to scopes above
user_brief: both have surprised connectors.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.records import Department, User
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, ordered, page, project, start_of
from itgrix_core.sandbox.bitrix.world import World

_PHONES = ("EMAIL", "WORK_PHONE", "PERSONAL_PHONE", "PERSONAL_MOBILE")
_RICH_SCOPES = frozenset({"user", "user_basic"})


def user_row(user: User, caller: Caller) -> Row:
    """An employee as user.get shows him: id a string, ACTIVE a bool, departments ints."""
    optional = {
        "EMAIL": user.email,
        "WORK_PHONE": user.work_phone,
        "PERSONAL_PHONE": user.personal_phone,
        "PERSONAL_MOBILE": user.personal_mobile,
        "UF_PHONE_INNER": user.extension,
    }
    is_rich = bool(_RICH_SCOPES & caller.scopes)
    return {
        "ID": str(user.id),
        "ACTIVE": user.is_active,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "LAST_LOGIN": "2024-07-24T09:01:55+00:00",
        "DATE_REGISTER": "2024-07-22T00:00:00+00:00",
        "IS_ONLINE": "N",
        "TIMESTAMP_X": {},
        "LAST_ACTIVITY_DATE": {},
        "PERSONAL_GENDER": "",
        "PERSONAL_BIRTHDAY": "",
        "WORK_POSITION": "",
        "UF_EMPLOYMENT_DATE": "",
        "UF_DEPARTMENT": list(user.departments),
        "USER_TYPE": "employee",
        **{name: text for name, text in optional.items() if text and (is_rich or name not in _PHONES)},
    }


def get(world: World, caller: Caller, params: Params) -> Reply:
    """user.get: FILTER (or the conditions beside it), sort, order, select, start; ADMIN_MODE is ignored."""
    conditions = {**_loose(params), **mapping_of(params, "FILTER")}
    search = as_text(conditions.pop("NAME_SEARCH", ""))
    rows = [user_row(u, caller) for u in world.users.values() if search.lower() in u.full_name.lower()]
    found = [row for row in rows if matches(row, conditions)]
    field = as_text(any_case(params, "sort")) or "ID"
    answer = page(ordered(found, {field: any_case(params, "order") or "ASC"}), start_of(params))
    selected = [as_text(name) for name in as_list(any_case(params, "select"))] or ["*", "UF_*"]
    return Reply([project(row, selected, frozenset()) for row in answer.result], answer.total, answer.next)


def search(world: World, caller: Caller, params: Params) -> Reply:
    """user.search: like user.get; FIND looks through names, NAME and LAST_NAME for their beginnings."""
    conditions = {**_loose(params), **mapping_of(params, "FILTER")}
    find = as_text(conditions.pop("FIND", "")).lower()
    prefixes = {
        name: as_text(conditions.pop(name)).lower() for name in ("NAME", "LAST_NAME") if name in conditions
    }
    keep = {
        "ID": [
            str(user.id)
            for user in world.users.values()
            if find in user.full_name.lower()
            and user.name.lower().startswith(prefixes.get("NAME", ""))
            and user.last_name.lower().startswith(prefixes.get("LAST_NAME", ""))
        ]
    }
    others = {
        name: value for name, value in params.items() if name.upper() in ("SORT", "ORDER", "SELECT", "START")
    }
    return get(world, caller, {**others, "FILTER": {**conditions, **keep}})


def timeman(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """timeman.status: a user's working day; of another one only to administrators."""
    number = as_int(any_case(params, "USER_ID")) or caller.user_id
    user = world.users.get(number)
    if user is None:
        raise RestError(400, "", "User not found")
    is_open = user.timeman in ("OPENED", "PAUSED")
    now = datetime.fromtimestamp(world.clock(), ZoneInfo(world.settings.timezone))
    start, end = now.replace(hour=9, minute=0, second=0), now.replace(hour=18, minute=0, second=0)
    return {
        "STATUS": user.timeman,
        "TIME_START": start.isoformat(timespec="seconds"),
        "TIME_FINISH": None if is_open else end.isoformat(timespec="seconds"),
        "DURATION": "00:00:00",
        "TIME_LEAKS": "00:00:00",
        "ACTIVE": is_open,
        "IP_OPEN": "",
        "IP_CLOSE": "",
        **dict.fromkeys(("LAT_OPEN", "LON_OPEN", "LAT_CLOSE", "LON_CLOSE"), 0),
        "TZ_OFFSET": int((now.utcoffset() or timedelta()).total_seconds()),
        "TIME_FINISH_DEFAULT": end.isoformat(timespec="seconds"),
    }


def _loose(params: Params) -> dict[str, Any]:
    """Conditions given without FILTER: user.get reads `ID=1` from the parameters themselves."""
    known = {"ID", "ACTIVE", "UF_PHONE_INNER", "UF_DEPARTMENT", "NAME", "LAST_NAME", "EMAIL", "NAME_SEARCH"}
    return {name.upper(): value for name, value in params.items() if name.upper() in known}


def current(world: World, caller: Caller, _params: Params) -> Row:
    """user.current: the user behind the webhook or token."""
    return user_row(_caller(world, caller), caller)


def profile(world: World, caller: Caller, _params: Params) -> Row:
    """Profile: name and rights of the user behind the credentials; needs no scope."""
    user = _caller(world, caller)
    return {
        "ID": str(user.id),
        "ADMIN": user.is_admin,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "PERSONAL_GENDER": "",
        "TIME_ZONE": "",
        "TIME_ZONE_OFFSET": 0,
    }


def _caller(world: World, caller: Caller) -> User:
    return world.users.get(caller.user_id, User(caller.user_id, ""))


def departments(world: World, _caller: Caller, params: Params) -> Reply:
    """department.get: by ID, NAME, PARENT or UF_HEAD."""
    names = ("ID", "NAME", "PARENT", "UF_HEAD")
    conditions = {name: params[name] for name in names if name in params}
    rows = [row for one in world.departments if matches(row := _department(one), conditions)]
    field = as_text(any_case(params, "sort"))
    found = ordered(rows, {field: any_case(params, "order") or "ASC"}) if field else rows
    return page(found, start_of(params))


def _department(department: Department) -> Row:
    row: Row = {"ID": str(department.id), "NAME": department.name, "SORT": 500}
    if department.parent is not None:
        row["PARENT"] = str(department.parent)
    if department.head is not None:
        row["UF_HEAD"] = str(department.head)
    return row


METHODS = {
    "user.get": get,
    "user.search": search,
    "user.current": current,
    "timeman.status": timeman,
    "profile": profile,
    "department.get": departments,
}
