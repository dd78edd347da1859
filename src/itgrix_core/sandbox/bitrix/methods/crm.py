"""crm.lead|contact|company|deal.*, the search for duplicates, comments and the CRM's word lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from itgrix_core.sandbox.bitrix import descriptions, entities
from itgrix_core.sandbox.bitrix.directory import Category, status_rows
from itgrix_core.sandbox.bitrix.errors import RestError, classic, missing
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.multifields import NAMES
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import Row, listed, ordered
from itgrix_core.sandbox.bitrix.world import World

Handler = Callable[[World, Caller, Params], Any]
_MOST_FOUND = 20
_SEARCH_ORDER = (Kind.LEAD, Kind.CONTACT, Kind.COMPANY)


def id_of(params: Params) -> int:
    """The `id` parameter in any case; raises the classic error when it is no id."""
    number = as_int(any_case(params, "id"))
    if number is None or number <= 0:
        raise classic("ID is not defined or invalid.")
    return number


def fields_of(params: Params) -> dict[str, Any]:
    """The `fields` parameter in any case; raises the classic error when it is no map."""
    if not isinstance(any_case(params, "fields"), dict | list):
        raise classic("Parameter 'fields' must be array.")
    return mapping_of(params, "fields")


def _row(world: World, kind: Kind, params: Params) -> Row:
    row = world.entity(kind, id_of(params))
    if row is None:
        raise classic("Not found")
    return row


def _methods_of(kind: Kind) -> dict[str, Handler]:
    def add(world: World, caller: Caller, params: Params) -> int:
        return entities.create(world, kind, fields_of(params), caller.user_id)

    def get(world: World, _caller: Caller, params: Params) -> Row:
        return _row(world, kind, params)

    def update(world: World, caller: Caller, params: Params) -> bool:
        row = _row(world, kind, params)
        entities.write(world, kind, row, fields_of(params), caller.user_id)
        return True

    def delete(world: World, _caller: Caller, params: Params) -> bool:
        entities.remove(world, kind, int(_row(world, kind, params)["ID"]))
        return True

    def listing(world: World, _caller: Caller, params: Params) -> Reply:
        return listed(world.entities[kind].rows(), params, hidden=NAMES)

    def fields(_world: World, _caller: Caller, _params: Params) -> dict[str, Any]:
        return descriptions.described(descriptions.OF_KIND[kind])

    named = {"add": add, "get": get, "update": update, "delete": delete, "list": listing, "fields": fields}
    return {f"crm.{kind.name.lower()}.{name}": handler for name, handler in named.items()}


def find_duplicates(world: World, _caller: Caller, params: Params) -> Any:
    """crm.duplicate.findbycomm: ids by type, types without hits absent, `[]` when there is nothing.

    As soon as one type has twenty hits, the types after it are not searched.
    """
    field = as_text(any_case(params, "type"))
    values = [as_text(one) for one in as_list(any_case(params, "values"))][:_MOST_FOUND]
    if not field:
        raise RestError(400, "Communication type is not defined", "")
    if not values:
        raise RestError(400, "Communication values is not defined", "")
    if field not in {"PHONE", "EMAIL"}:
        raise RestError(400, f"Communication type '{field}' is not supported in current context", "")
    wanted = as_text(any_case(params, "entity_type")).upper()
    found: dict[str, list[int]] = {}
    for kind in _SEARCH_ORDER:
        hits = _hits(world, kind, values, field) if wanted in ("", kind.name) else []
        if hits:
            found[kind.name] = hits[:_MOST_FOUND]
        if len(hits) >= _MOST_FOUND:
            break
    return found or []


def _hits(world: World, kind: Kind, values: list[str], field: str) -> list[int]:
    ids = {int(row["ID"]) for value in values for row in entities.with_phone(world, kind, value, field)}
    return sorted(ids)


def add_comment(world: World, caller: Caller, params: Params) -> int:
    """crm.timeline.comment.add: the key must be exactly `fields`."""
    fields = params.get("fields")
    if not isinstance(fields, dict):
        raise missing("fields")
    for name in ("ENTITY_ID", "ENTITY_TYPE"):
        if not as_text(fields.get(name)):
            raise missing(name)
    text = as_text(fields.get("COMMENT"))
    if not text:
        raise RestError(400, "INVALID_ARG_VALUE", "Empty comment message")
    kind = as_text(fields["ENTITY_TYPE"]).upper()
    number = as_int(fields["ENTITY_ID"])
    if kind not in Kind.__members__ or world.entity(Kind[kind], number) is None:
        raise RestError(400, "OWNER_NOT_FOUND", "Owner was not found")
    row = {"CREATED": world.now_iso(), "ENTITY_ID": number, "ENTITY_TYPE": kind.lower(), "COMMENT": text}
    files = [as_list(one)[0] for one in as_list(fields.get("FILES")) if as_list(one)]
    return world.comments.add({**row, "AUTHOR_ID": str(caller.user_id), "FILES": files})


def list_statuses(world: World, _caller: Caller, params: Params) -> Reply:
    """crm.status.list: all rows at once, without pages."""
    conditions = mapping_of(params, "filter")
    rows = [row for row in status_rows(world.statuses) if matches(row, conditions)]
    return Reply(ordered(rows, mapping_of(params, "order")), total=len(rows))


def _check_deals(params: Params) -> None:
    if as_int(params.get("entityTypeId")) is None:
        raise missing("entityTypeId")
    if as_int(params["entityTypeId"]) != Kind.DEAL.value:
        raise RestError(400, "ENTITY_TYPE_NOT_SUPPORTED", "Entity type is not supported")


def list_categories(world: World, _caller: Caller, params: Params) -> Reply:
    """crm.category.list: the funnels of deals; the default one has id 0."""
    _check_deals(params)
    rows = [_category(one) for one in world.categories]
    return Reply({"categories": rows}, total=len(rows))


def get_category(world: World, _caller: Caller, params: Params) -> dict[str, Any]:
    """crm.category.get: one funnel."""
    _check_deals(params)
    if params.get("id") is None:
        raise missing("id")
    for one in world.categories:
        if one.id == as_int(params["id"]):
            return {"category": _category(one)}
    raise RestError(400, "NOT_FOUND", "Element not found")


def _category(category: Category) -> dict[str, Any]:
    return {
        "id": category.id,
        "name": category.name,
        "sort": 200 if category.id else 300,
        "entityTypeId": Kind.DEAL.value,
        "isDefault": "N" if category.id else "Y",
        **({"originId": "", "originatorId": ""} if category.id else {}),
    }


def activity_fields(_world: World, _caller: Caller, _params: Params) -> dict[str, Any]:
    """crm.activity.fields: what an activity is made of."""
    return descriptions.described(descriptions.ACTIVITY)


def crm_mode(world: World, _caller: Caller, _params: Params) -> int:
    """crm.settings.mode.get: 1 with leads, 2 without."""
    return world.settings.crm_mode.value


METHODS: dict[str, Handler] = {
    **{name: handler for kind in Kind for name, handler in _methods_of(kind).items()},
    "crm.duplicate.findbycomm": find_duplicates,
    "crm.timeline.comment.add": add_comment,
    "crm.status.list": list_statuses,
    "crm.category.list": list_categories,
    "crm.category.get": get_category,
    "crm.activity.fields": activity_fields,
    "crm.settings.mode.get": crm_mode,
}
