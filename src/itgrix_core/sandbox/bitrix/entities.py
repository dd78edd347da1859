"""Leads, contacts, companies and deals: written, derived, found by phone. No HTTP words in here.

Both the crm.* methods and the calls that create entities by themselves come through this file, so that what
a call makes looks like what a client makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from itgrix_core.sandbox.bitrix import events, links, multifields
from itgrix_core.sandbox.bitrix.directory import semantics_of, stage_list
from itgrix_core.sandbox.bitrix.fields import BLANKS, READ_ONLY, Kind
from itgrix_core.sandbox.bitrix.numbers import is_same
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text
from itgrix_core.sandbox.bitrix.table import Row
from itgrix_core.sandbox.bitrix.world import World

_LINKS = {"CONTACT_IDS": "CONTACT_ID", "COMPANY_IDS": "COMPANY_ID"}


def literal(value: Any) -> Any:
    """A value as classic rows hold it: strings, null and arrays."""
    if value is None or isinstance(value, str | list | dict):
        return value
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value)


def create(world: World, kind: Kind, fields: Mapping[str, Any], user_id: int) -> int:
    """Add an entity with these fields, responsible `user_id` unless they say otherwise; answers its id."""
    now = world.now_iso()
    row: Row = {**BLANKS[kind], "DATE_CREATE": now, "LAST_ACTIVITY_TIME": now}
    row |= {"ASSIGNED_BY_ID": str(user_id), "CREATED_BY_ID": str(user_id), "LAST_ACTIVITY_BY": str(user_id)}
    number = world.entities[kind].add(row)
    _fill(world, kind, row, fields, user_id)
    if "TITLE" in row and not row["TITLE"]:
        row["TITLE"] = f"{kind.name.capitalize()} #{number}"
    _tell(world, kind, "ADD", number)
    return number


def write(world: World, kind: Kind, row: Row, fields: Mapping[str, Any], user_id: int) -> None:
    """Write fields into a row; unknown and read-only ones are ignored, as the portal does."""
    _fill(world, kind, row, fields, user_id)
    _tell(world, kind, "UPDATE", int(row["ID"]))


def remove(world: World, kind: Kind, number: int) -> None:
    """Forget an entity."""
    world.entities[kind].remove(number)
    _tell(world, kind, "DELETE", number)


def _tell(world: World, kind: Kind, what: str, number: int) -> None:
    events.fire(world, f"ONCRM{kind.name}{what}", {"FIELDS": {"ID": number}})


def _fill(world: World, kind: Kind, row: Row, fields: Mapping[str, Any], user_id: int) -> None:
    stage = _stage(row)
    for name, value in fields.items():
        if name in multifields.NAMES:
            row[name] = multifields.merged(name, row.get(name, []), value, world.next_id)
        elif name == "COMPANY_IDS" and kind is Kind.CONTACT:
            links.put(world, row, [number for one in as_list(value) if (number := as_int(one))])
        elif name in _LINKS and _LINKS[name] in row:
            row[_LINKS[name]] = next((literal(one) for one in as_list(value)), None)
        elif (name in row and name not in READ_ONLY) or name.startswith("UF_"):
            row[name] = literal(value)
    row |= {"MODIFY_BY_ID": str(user_id), "DATE_MODIFY": world.now_iso()}
    if "MOVED_TIME" in row and (row["MOVED_TIME"] is None or _stage(row) != stage):
        row |= {"MOVED_BY_ID": str(user_id), "MOVED_TIME": world.now_iso()}
    _derive(world, kind, row)


def _stage(row: Row) -> Any:
    return row.get("STATUS_ID", row.get("STAGE_ID"))


def _derive(world: World, kind: Kind, row: Row) -> None:
    for name in ("PHONE", "EMAIL"):
        if f"HAS_{name}" in row:
            row[f"HAS_{name}"] = "Y" if row.get(name) else "N"
        if not row.get(name, True):
            del row[name]
    if kind is Kind.LEAD:
        row["STATUS_SEMANTIC_ID"] = semantics_of(world.statuses, "STATUS", as_text(row["STATUS_ID"]))
    elif kind is Kind.DEAL:
        category = as_int(row["CATEGORY_ID"]) or 0
        row["STAGE_SEMANTIC_ID"] = semantics_of(
            world.statuses, stage_list(category), as_text(row["STAGE_ID"])
        )
        row["CLOSED"] = "N" if row["STAGE_SEMANTIC_ID"] == "P" else "Y"


def with_phone(world: World, kind: Kind, number: str, field: str = "PHONE") -> list[Row]:
    """Entities that have this number in any spelling, oldest first; `field` EMAIL compares text."""
    return [row for row in world.entities[kind].rows() if _has(row, number, field)]


def _has(row: Row, wanted: str, field: str) -> bool:
    values = [item["VALUE"] for item in row.get(field, [])]
    if field == "PHONE":
        return any(is_same(value, wanted) for value in values)
    return any(value.lower() == wanted.lower() for value in values)


def of_client(world: World, kind: Kind, contact: int | None, company: int | None) -> list[Row]:
    """Leads or deals that are still open and belong to this contact or company."""
    semantic = "STATUS_SEMANTIC_ID" if kind is Kind.LEAD else "STAGE_SEMANTIC_ID"
    return [
        row
        for row in world.entities[kind].rows()
        if row[semantic] == "P"
        and (
            (contact is not None and as_int(row["CONTACT_ID"]) == contact)
            or (company is not None and as_int(row["COMPANY_ID"]) == company)
        )
    ]


def name_of(kind: Kind, row: Row) -> str:
    """What a person calls it: title, or first and last name."""
    if kind in {Kind.COMPANY, Kind.DEAL}:
        return as_text(row["TITLE"])
    full = f"{as_text(row['NAME'])} {as_text(row['LAST_NAME'])}".strip()
    return full or as_text(row.get("TITLE"))
