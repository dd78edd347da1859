"""telephony.externalLine.*: the outside numbers of an application."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix.php import as_text
from itgrix_core.sandbox.bitrix.records import Line
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World


def add(world: World, caller: Caller, params: Params) -> dict[str, int]:
    """A new line; the id is a number here and text in update's answer."""
    number = _number(world, params)
    if world.line_of(number, caller) is not None:
        raise world.telephony_error("Line already exists")
    auto_create = as_text(params.get("CRM_AUTO_CREATE")) or "Y"
    return {"ID": world.add_line(number, as_text(params.get("NAME")), auto_create, caller).id}


def get(world: World, caller: Caller, _params: Params) -> list[dict[str, str]]:
    """The caller's lines."""
    return [
        {"NUMBER": line.number, "NAME": line.name, "CRM_AUTO_CREATE": line.crm_auto_create}
        for line in world.lines_of(caller)
    ]


def update(world: World, caller: Caller, params: Params) -> dict[str, str]:
    """Change a line's name or automatic creation."""
    line = _line(world, caller, params)
    if "NAME" not in params and "CRM_AUTO_CREATE" not in params:
        raise world.telephony_error("There are no fields to update")
    line.name = as_text(params.get("NAME", line.name))
    line.crm_auto_create = as_text(params.get("CRM_AUTO_CREATE", line.crm_auto_create))
    return {"ID": str(line.id)}


def delete(world: World, caller: Caller, params: Params) -> list[Any]:
    """Forget a line; the answer is an empty list."""
    world.lines.remove(_line(world, caller, params))
    return []


def _number(world: World, params: Params) -> str:
    number = as_text(params.get("NUMBER"))
    if not number:
        raise world.telephony_error("NUMBER should not be empty")
    return number


def _line(world: World, caller: Caller, params: Params) -> Line:
    number = _number(world, params)
    line = world.line_of(number, caller)
    if line is None:
        raise world.telephony_error(f"Could not find line with number {number}")
    return line


METHODS = {
    "telephony.externalLine.add": add,
    "telephony.externalLine.get": get,
    "telephony.externalLine.update": update,
    "telephony.externalLine.delete": delete,
}
