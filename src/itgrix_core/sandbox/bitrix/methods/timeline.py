"""crm.activity.*: reading and changing activities, reminders, and what an activity is tied to."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix import activities
from itgrix_core.sandbox.bitrix.errors import RestError, classic, missing
from itgrix_core.sandbox.bitrix.methods.crm import fields_of, id_of
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, listed
from itgrix_core.sandbox.bitrix.world import World

_TODO = "6"


def get(world: World, _caller: Caller, params: Params) -> Row:
    """crm.activity.get: one activity without its communications and files."""
    row = world.activities.get(id_of(params))
    if row is None:
        raise classic("Not found")
    return {name: value for name, value in row.items() if name not in activities.HIDDEN}


def listing(world: World, _caller: Caller, params: Params) -> Reply:
    """crm.activity.list: as other lists, and BINDINGS as a condition of its own."""
    conditions = mapping_of(params, "filter")
    wanted = {_owner(one) for one in as_list(conditions.get("BINDINGS")) if isinstance(one, dict)}
    rest = {name: value for name, value in conditions.items() if name != "BINDINGS"}
    rows = [
        row for row in world.activities.rows() if not wanted or wanted & set(world.bindings[int(row["ID"])])
    ]
    others = {name: value for name, value in params.items() if name.lower() != "filter"}
    return listed(rows, {**others, "filter": rest}, hidden=activities.HIDDEN)


def _owner(one: dict[str, Any]) -> tuple[int | None, int | None]:
    return as_int(one.get("OWNER_TYPE_ID")), as_int(one.get("OWNER_ID"))


def add(world: World, caller: Caller, params: Params) -> int:
    """crm.activity.add: subject, responsible, type and owner are wanted."""
    fields = fields_of(params)
    if not as_text(fields.get("SUBJECT")):
        raise classic("The field SUBJECT is not defined or empty")
    for name in ("RESPONSIBLE_ID", "TYPE_ID"):
        if not as_int(fields.get(name)):
            raise classic(f"The field {name} is not defined or invalid")
    type_id, number = _owner(fields)
    if type_id is None or number is None or not world.owner_exists(type_id, number):
        raise classic(
            "Could not build binding. Please ensure that owner info and communications are defined correctly"
        )
    return activities.create(world, fields, [(type_id, number)], caller.user_id)


def update(world: World, caller: Caller, params: Params) -> bool:
    """crm.activity.update: changes what `fields` names."""
    row = world.activities.get(id_of(params))
    if row is None:
        raise classic("Activity is not found")
    activities.write(world, row, fields_of(params), caller.user_id)
    return True


def add_todo(world: World, caller: Caller, params: Params) -> dict[str, int]:
    """crm.activity.todo.add: a reminder at a lead, contact, company or deal."""
    type_id, number = _number(params, "ownerTypeId"), _number(params, "ownerId")
    deadline = as_text(params.get("deadline"))
    if not deadline:
        raise missing("deadline")
    if not world.owner_exists(type_id, number):
        raise RestError(400, "OWNER_NOT_FOUND", "Owner was not found")
    fields = {
        "TYPE_ID": _TODO,
        "PROVIDER_ID": "CRM_TODO",
        "PROVIDER_TYPE_ID": "TODO",
        "SUBJECT": as_text(params.get("title")),
        "DESCRIPTION": as_text(params.get("description")),
        "DEADLINE": deadline,
        "END_TIME": deadline,
        "RESPONSIBLE_ID": as_int(params.get("responsibleId")) or caller.user_id,
        "ASSOCIATED_ENTITY_ID": as_int(params.get("parentActivityId")) or 0,
        "SETTINGS": {"PING_OFFSETS": [as_int(one) for one in as_list(params.get("pingOffsets"))]},
    }
    return {"id": activities.create(world, fields, [(type_id, number)], caller.user_id)}


def _number(params: Params, name: str) -> int:
    number = as_int(params.get(name))
    if number is None:
        raise missing(name)
    return number


def _bound(world: World, params: Params) -> list[tuple[int, int]]:
    bindings = world.bindings.get(_number(params, "activityId"))
    if bindings is None:
        raise RestError(400, "NOT_FOUND", "Not found.")
    return bindings


def list_bindings(world: World, _caller: Caller, params: Params) -> list[dict[str, int]]:
    """crm.activity.binding.list: what an activity is tied to."""
    return [{"entityTypeId": kind, "entityId": number} for kind, number in _bound(world, params)]


def add_binding(world: World, _caller: Caller, params: Params) -> bool:
    """crm.activity.binding.add: tie an activity to one more entity."""
    bindings = _bound(world, params)
    owner = (_number(params, "entityTypeId"), _number(params, "entityId"))
    if not world.owner_exists(*owner):
        raise RestError(400, "OWNER_NOT_FOUND", "Owner was not found")
    if owner in bindings:
        raise RestError(400, "ACTIVITY_IS_ALREADY_BOUND", "Activity is already bound to this item")
    bindings.append(owner)
    return True


def delete_binding(world: World, _caller: Caller, params: Params) -> bool:
    """crm.activity.binding.delete: untie; the last tie cannot be cut. The owner becomes the next in line."""
    bindings = _bound(world, params)
    owner = (_number(params, "entityTypeId"), _number(params, "entityId"))
    if owner not in bindings:
        raise RestError(400, "BINDING_NOT_FOUND", "Activity is not bound to this item")
    if len(bindings) == 1:
        raise RestError(400, "LAST_BINDING_CANNOT_BE_DELETED", "The only binding cannot be deleted")
    bindings.remove(owner)
    row = world.activities.get(_number(params, "activityId"))
    if row is not None:
        row["OWNER_TYPE_ID"], row["OWNER_ID"] = (str(part) for part in bindings[0])
    return True


METHODS = {
    "crm.activity.get": get,
    "crm.activity.list": listing,
    "crm.activity.add": add,
    "crm.activity.update": update,
    "crm.activity.todo.add": add_todo,
    "crm.activity.binding.list": list_bindings,
    "crm.activity.binding.add": add_binding,
    "crm.activity.binding.delete": delete_binding,
}
