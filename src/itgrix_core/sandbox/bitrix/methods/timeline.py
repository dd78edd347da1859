"""crm.activity.add, get, list, update and delete: the entries of the timeline."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix import activities
from itgrix_core.sandbox.bitrix.errors import classic
from itgrix_core.sandbox.bitrix.methods.crm import fields_of, id_of
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, listed
from itgrix_core.sandbox.bitrix.world import World


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


def delete(world: World, _caller: Caller, params: Params) -> bool:
    """crm.activity.delete: an activity and its ties."""
    number = id_of(params)
    if world.activities.get(number) is None:
        raise classic("Activity is not found")
    activities.remove(world, number)
    return True


METHODS = {
    "crm.activity.get": get,
    "crm.activity.list": listing,
    "crm.activity.add": add,
    "crm.activity.update": update,
    "crm.activity.delete": delete,
}
