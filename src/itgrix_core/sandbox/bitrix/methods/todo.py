"""crm.activity.todo.*: reminders at a lead, contact, company or deal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from itgrix_core.sandbox.bitrix import activities
from itgrix_core.sandbox.bitrix.errors import RestError, missing
from itgrix_core.sandbox.bitrix.methods.bindings import number_of
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.table import Row
from itgrix_core.sandbox.bitrix.world import World

_TODO = "6"


def _owner(world: World, params: Params) -> tuple[int, int]:
    owner = (number_of(params, "ownerTypeId"), number_of(params, "ownerId"))
    if not world.owner_exists(*owner):
        raise RestError(400, "OWNER_NOT_FOUND", "Owner was not found")
    return owner


def _fields(params: Params, caller: Caller) -> dict[str, Any]:
    deadline = _text(params, "deadline")
    settings = {"PING_OFFSETS": [as_int(one) for one in as_list(params.get("pingOffsets"))]}
    if "colorId" in params:
        settings["COLOR_ID"] = params["colorId"]
    return {
        "SUBJECT": as_text(params.get("title")),
        "DESCRIPTION": as_text(params.get("description")),
        "DEADLINE": deadline,
        "END_TIME": deadline,
        "RESPONSIBLE_ID": as_int(params.get("responsibleId")) or caller.user_id,
        "ASSOCIATED_ENTITY_ID": as_int(params.get("parentActivityId")) or 0,
        "SETTINGS": settings,
    }


def _text(params: Params, name: str) -> str:
    if not as_text(params.get(name)):
        raise missing(name)
    return as_text(params[name])


def add(world: World, caller: Caller, params: Params) -> dict[str, int]:
    """crm.activity.todo.add: deadline and owner are wanted."""
    fields = _fields(params, caller)
    owner = _owner(world, params)
    kind = {"TYPE_ID": _TODO, "PROVIDER_ID": "CRM_TODO", "PROVIDER_TYPE_ID": "TODO"}
    return {"id": activities.create(world, {**kind, **fields}, [owner], caller.user_id)}


def _todo(world: World, params: Params) -> Row:
    """The reminder that `id` and owner name together."""
    owner = _owner(world, params)
    row = world.activities.get(number_of(params, "id"))
    if row is None or row["PROVIDER_ID"] != "CRM_TODO" or owner not in world.bindings[int(row["ID"])]:
        raise RestError(400, "NOT_FOUND", "Not found.")
    return row


def _changing(fields_of: Callable[[Row, Params, Caller], dict[str, Any]]) -> Callable[..., dict[str, int]]:
    """A method that writes what `fields_of` makes of its parameters into a reminder."""

    def change(world: World, caller: Caller, params: Params) -> dict[str, int]:
        row = _todo(world, params)
        activities.write(world, row, fields_of(row, params, caller), caller.user_id)
        return {"id": int(row["ID"])}

    return change


def _whole(_row: Row, params: Params, caller: Caller) -> dict[str, Any]:
    return _fields(params, caller)


def _deadline(_row: Row, params: Params, _caller: Caller) -> dict[str, Any]:
    value = _text(params, "value")
    return {"DEADLINE": value, "END_TIME": value}


def _description(_row: Row, params: Params, _caller: Caller) -> dict[str, Any]:
    return {"DESCRIPTION": _text(params, "value")}


def _responsible(_row: Row, params: Params, _caller: Caller) -> dict[str, Any]:
    return {"RESPONSIBLE_ID": number_of(params, "responsibleId")}


def _color(row: Row, params: Params, _caller: Caller) -> dict[str, Any]:
    return {"SETTINGS": {**(row["SETTINGS"] or {}), "COLOR_ID": _text(params, "colorId")}}


METHODS = {
    "crm.activity.todo.add": add,
    "crm.activity.todo.update": _changing(_whole),
    "crm.activity.todo.updateDeadline": _changing(_deadline),
    "crm.activity.todo.updateDescription": _changing(_description),
    "crm.activity.todo.updateResponsibleUser": _changing(_responsible),
    "crm.activity.todo.updateColor": _changing(_color),
}
