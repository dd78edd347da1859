"""crm.activity.binding.*: what an activity is tied to."""

from __future__ import annotations

from itgrix_core.sandbox.bitrix.errors import RestError, missing
from itgrix_core.sandbox.bitrix.php import as_int
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World


def number_of(params: Params, name: str) -> int:
    """A whole number that must be there."""
    number = as_int(params.get(name))
    if number is None:
        raise missing(name)
    return number


def _bound(world: World, params: Params) -> list[tuple[int, int]]:
    bindings = world.bindings.get(number_of(params, "activityId"))
    if bindings is None:
        raise RestError(400, "NOT_FOUND", "Not found.")
    return bindings


def list_bindings(world: World, _caller: Caller, params: Params) -> list[dict[str, int]]:
    """crm.activity.binding.list: what an activity is tied to."""
    return [{"entityTypeId": kind, "entityId": number} for kind, number in _bound(world, params)]


def add_binding(world: World, _caller: Caller, params: Params) -> bool:
    """crm.activity.binding.add: tie an activity to one more entity."""
    bindings = _bound(world, params)
    owner = (number_of(params, "entityTypeId"), number_of(params, "entityId"))
    if not world.owner_exists(*owner):
        raise RestError(400, "OWNER_NOT_FOUND", "Owner was not found")
    if owner in bindings:
        raise RestError(400, "ACTIVITY_IS_ALREADY_BOUND", "Activity is already bound to this item")
    bindings.append(owner)
    return True


def delete_binding(world: World, _caller: Caller, params: Params) -> bool:
    """crm.activity.binding.delete: untie; the last tie cannot be cut. The owner becomes the next in line."""
    bindings = _bound(world, params)
    owner = (number_of(params, "entityTypeId"), number_of(params, "entityId"))
    if owner not in bindings:
        raise RestError(400, "BINDING_NOT_FOUND", "Activity is not bound to this item")
    if len(bindings) == 1:
        raise RestError(400, "LAST_BINDING_CANNOT_BE_DELETED", "The only binding cannot be deleted")
    bindings.remove(owner)
    row = world.activities.get(number_of(params, "activityId"))
    if row is not None:
        row["OWNER_TYPE_ID"], row["OWNER_ID"] = (str(part) for part in bindings[0])
    return True


def move_binding(world: World, caller: Caller, params: Params) -> bool:
    """crm.activity.binding.move: from one entity to another."""
    source = (number_of(params, "sourceEntityTypeId"), number_of(params, "sourceEntityId"))
    target = (number_of(params, "targetEntityTypeId"), number_of(params, "targetEntityId"))
    if source not in _bound(world, params):
        raise RestError(400, "BINDING_NOT_FOUND", "Activity is not bound to this item")
    activity = {"activityId": params["activityId"]}
    add_binding(world, caller, {**activity, "entityTypeId": target[0], "entityId": target[1]})
    return delete_binding(world, caller, {**activity, "entityTypeId": source[0], "entityId": source[1]})


METHODS = {
    "crm.activity.binding.list": list_bindings,
    "crm.activity.binding.add": add_binding,
    "crm.activity.binding.delete": delete_binding,
    "crm.activity.binding.move": move_binding,
}
