"""crm.calllist.*: lists of clients who are to be called one after the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from itgrix_core.sandbox.bitrix.errors import RestError, missing
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, ordered, project
from itgrix_core.sandbox.bitrix.world import World

_WORDS = ("IN_WORK", "SUCCESS", "WRONG_NUMBER", "STOP_CALLING")
_FIRST_STATUS_ID = 61


def _asked(world: World, params: Params) -> tuple[Kind, list[int]]:
    """The type and the members that the parameters name; raises for members that are not there."""
    kind_name = as_text(any_case(params, "ENTITY_TYPE")).upper()
    if kind_name not in ("CONTACT", "COMPANY"):
        raise RestError(400, "ERROR_CORE", "Incorrect entity type")
    numbers = [number for one in as_list(any_case(params, "ENTITIES")) if (number := as_int(one))]
    if not numbers or any(world.entity(Kind[kind_name], number) is None for number in numbers):
        raise RestError(400, "ERROR_CORE", "Incorrect entities")
    return Kind[kind_name], numbers


def add(world: World, caller: Caller, params: Params) -> int:
    """crm.calllist.add: the list's id; every member is in work."""
    kind, numbers = _asked(world, params)
    form = as_int(any_case(params, "WEBFORM_ID"))
    moment = datetime.fromtimestamp(world.clock(), ZoneInfo(world.settings.timezone))
    row: Row = {
        "DATE_CREATE": f"{moment:%Y-%m-%d %H:%M:%S}",
        "CREATED_BY_ID": str(caller.user_id),
        "WEBFORM_ID": str(form) if form else None,
        "ENTITY_TYPE_ID": str(kind.value),
        "ITEMS": {str(number): _WORDS[0] for number in numbers},
    }
    return world.call_lists.add(row)


def _list(world: World, params: Params, name: str) -> Row:
    if any_case(params, name) is None:
        raise missing(name)
    row = world.call_lists.get(as_int(any_case(params, name)))
    if row is None:
        raise RestError(400, "ERROR_CORE", "Call list not found")
    return row


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "ITEMS"}


def get(world: World, _caller: Caller, params: Params) -> Row:
    """crm.calllist.get: one list."""
    row = _shown(_list(world, params, "ID"))
    return {**row, "ENTITY_TYPE": Kind(int(row["ENTITY_TYPE_ID"])).name}


def listing(world: World, _caller: Caller, params: Params) -> Reply:
    """crm.calllist.list: all lists at once."""
    conditions = mapping_of(params, "FILTER")
    rows = [_shown(row) for row in world.call_lists.rows() if matches(row, conditions)]
    selected = [as_text(name) for name in as_list(any_case(params, "SELECT"))]
    found = ordered(rows, mapping_of(params, "ORDER"))
    return Reply([project(row, selected, frozenset()) for row in found])


def update(world: World, _caller: Caller, params: Params) -> bool:
    """crm.calllist.update: other members; those that stay keep their status."""
    row = _list(world, params, "LIST_ID")
    kind, numbers = _asked(world, params)
    old = row["ITEMS"] if row["ENTITY_TYPE_ID"] == str(kind.value) else {}
    row["ENTITY_TYPE_ID"] = str(kind.value)
    row["ITEMS"] = {str(number): old.get(str(number), _WORDS[0]) for number in numbers}
    if any_case(params, "WEBFORM_ID") is not None:
        row["WEBFORM_ID"] = as_text(any_case(params, "WEBFORM_ID"))
    return True


def items(world: World, _caller: Caller, params: Params) -> list[dict[str, Any]]:
    """crm.calllist.items.get: the members with their statuses."""
    row = _list(world, params, "LIST_ID")
    kind = int(row["ENTITY_TYPE_ID"])
    wanted = mapping_of(params, "FILTER")
    rows = [{"ID": int(number), "STATUS": word, "ENTITY_TYPE": kind} for number, word in row["ITEMS"].items()]
    return [one for one in rows if matches(one, wanted)]


def statuses(_world: World, _caller: Caller, _params: Params) -> list[dict[str, Any]]:
    """crm.calllist.statuslist: what can become of a member."""
    return [
        {
            "ID": _FIRST_STATUS_ID + 2 * n,
            "NAME": word.replace("_", " ").capitalize(),
            "SORT": 10 * (n + 1),
            "STATUS_ID": word,
        }
        for n, word in enumerate(_WORDS)
    ]


METHODS = {
    "crm.calllist.add": add,
    "crm.calllist.get": get,
    "crm.calllist.list": listing,
    "crm.calllist.update": update,
    "crm.calllist.items.get": items,
    "crm.calllist.statuslist": statuses,
}
