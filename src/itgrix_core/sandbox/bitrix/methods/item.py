"""crm.item.*: leads, deals, contacts and companies by the universal methods, with typed values."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix import descriptions, entities, items
from itgrix_core.sandbox.bitrix.errors import RestError, missing
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text, is_yes, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, ordered, page, start_of
from itgrix_core.sandbox.bitrix.world import World


def _kind(params: Params) -> Kind:
    if params.get("entityTypeId") is None:
        raise missing("entityTypeId")
    number = as_int(params["entityTypeId"])
    if number not in {kind.value for kind in Kind}:
        raise RestError(400, "NOT_FOUND", "SPA was not found")
    return Kind(number)


def _row(world: World, kind: Kind, params: Params) -> Row:
    if params.get("id") is None:
        raise missing("id")
    row = world.entity(kind, as_int(params["id"]))
    if row is None:
        raise RestError(400, "NOT_FOUND", "Element not found")
    return row


def _fields(params: Params) -> dict[str, Any]:
    fields = params.get("fields")
    if fields is None:
        raise missing("fields")
    return fields if isinstance(fields, dict) else {}


def _shown(world: World, kind: Kind, row: Row, params: Params) -> dict[str, Any]:
    return {"item": items.item(world, kind, row, is_original=is_yes(params.get("useOriginalUfNames")))}


def add(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """crm.item.add: the new item."""
    kind = _kind(params)
    fields = items.classic_fields(kind, _fields(params))
    number = entities.create(world, kind, fields, caller.user_id)
    return _shown(world, kind, world.entities[kind].by_id[number], params)


def get(world: World, _caller: Caller, params: Params) -> dict[str, Any]:
    """crm.item.get: one item."""
    kind = _kind(params)
    return _shown(world, kind, _row(world, kind, params), params)


def update(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """crm.item.update: the changed item."""
    kind = _kind(params)
    row = _row(world, kind, params)
    entities.write(world, kind, row, items.classic_fields(kind, _fields(params)), caller.user_id)
    return _shown(world, kind, row, params)


def delete(world: World, _caller: Caller, params: Params) -> list[Any]:
    """crm.item.delete: an empty list."""
    kind = _kind(params)
    entities.remove(world, kind, int(_row(world, kind, params)["ID"]))
    return []


def listing(world: World, _caller: Caller, params: Params) -> Reply:
    """crm.item.list: phones can neither be filtered nor, without `*`, be selected."""
    kind = _kind(params)
    is_original = is_yes(params.get("useOriginalUfNames"))
    selected = [as_text(name) for name in as_list(params.get("select"))]
    is_all = not selected or "*" in selected
    with_phones = "*" in selected
    rows = [
        items.item(world, kind, row, is_original=is_original, with_phones=with_phones)
        for row in world.entities[kind].rows()
    ]
    found = [row for row in rows if items.fits(row, mapping_of(params, "filter"))]
    answer = page(ordered(found, mapping_of(params, "order")), start_of(params))
    shown = [{n: v for n, v in row.items() if is_all or n in selected or n == "id"} for row in answer.result]
    return Reply({"items": shown}, answer.total, answer.next)


def fields(_world: World, _caller: Caller, params: Params) -> dict[str, Any]:
    """crm.item.fields: the classic fields under their other names, which `upperName` still tells."""
    kind = _kind(params)
    described = descriptions.described(descriptions.OF_KIND[kind])
    is_original = is_yes(params.get("useOriginalUfNames"))
    return {
        "fields": {
            items.camel(name, is_original=is_original): {**one, "upperName": name}
            for name, one in described.items()
            if one["type"] != "crm_multifield"
        }
    }


METHODS = {
    "crm.item.add": add,
    "crm.item.get": get,
    "crm.item.update": update,
    "crm.item.delete": delete,
    "crm.item.list": listing,
    "crm.item.fields": fields,
}
