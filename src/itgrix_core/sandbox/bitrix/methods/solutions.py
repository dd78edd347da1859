"""crm.automatedsolution.*: digital workplaces, under which smart processes are gathered."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix import items
from itgrix_core.sandbox.bitrix.errors import RestError, missing
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, ordered, page, start_of
from itgrix_core.sandbox.bitrix.world import World


def _row(world: World, params: Params) -> Row:
    if params.get("id") is None:
        raise missing("id")
    row = world.solutions.get(as_int(params["id"]))
    if row is None:
        raise RestError(400, "NOT_FOUND", "Not found")
    return row


def _fields(params: Params) -> dict[str, Any]:
    fields = params.get("fields")
    if not isinstance(fields, dict):
        raise missing("fields")
    return fields


def _shown(row: Row) -> Row:
    return {"id": int(row["ID"]), "title": row["TITLE"], "typeIds": row["TYPE_IDS"]}


def _write(row: Row, fields: dict[str, Any]) -> dict[str, Any]:
    row["TITLE"] = as_text(fields.get("title", row["TITLE"]))
    if "typeIds" in fields:
        row["TYPE_IDS"] = [number for one in as_list(fields["typeIds"]) if (number := as_int(one))]
    return {"automatedSolution": _shown(row)}


def add(world: World, _caller: Caller, params: Params) -> dict[str, Any]:
    """crm.automatedsolution.add: a title is wanted."""
    fields = _fields(params)
    if not as_text(fields.get("title")):
        raise RestError(400, "BX_EMPTY_REQUIRED", 'Field "TITLE" is required')
    row: Row = {"TITLE": "", "TYPE_IDS": []}
    world.solutions.add(row)
    return _write(row, fields)


def get(world: World, _caller: Caller, params: Params) -> dict[str, Any]:
    """crm.automatedsolution.get: one."""
    return {"automatedSolution": _shown(_row(world, params))}


def update(world: World, _caller: Caller, params: Params) -> dict[str, Any]:
    """crm.automatedsolution.update: changes what `fields` names."""
    return _write(_row(world, params), _fields(params))


def delete(world: World, _caller: Caller, params: Params) -> None:
    """crm.automatedsolution.delete: only one without smart processes; the answer is null."""
    row = _row(world, params)
    if row["TYPE_IDS"]:
        raise RestError(400, "HAS_BOUND_TYPES", "Automated solution has bound types")
    world.solutions.remove(int(row["ID"]))


def listing(world: World, _caller: Caller, params: Params) -> Reply:
    """crm.automatedsolution.list: by id and title."""
    rows = [_shown(row) for row in world.solutions.rows()]
    found = [row for row in rows if items.fits(row, mapping_of(params, "filter"))]
    answer = page(ordered(found, mapping_of(params, "order")), start_of(params))
    return Reply({"automatedSolutions": answer.result}, answer.total, answer.next)


METHODS = {
    "crm.automatedsolution.add": add,
    "crm.automatedsolution.get": get,
    "crm.automatedsolution.update": update,
    "crm.automatedsolution.delete": delete,
    "crm.automatedsolution.list": listing,
}
