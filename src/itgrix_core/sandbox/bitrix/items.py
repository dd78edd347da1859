"""Leads, deals, contacts and companies as crm.item.* shows them: camelCase, numbers as numbers.

The rows are the classic ones; this is a second spelling of them and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from itgrix_core.sandbox.bitrix import descriptions, links
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.multifields import NAMES as MULTIFIELDS
from itgrix_core.sandbox.bitrix.php import as_float, as_int, as_list, as_text
from itgrix_core.sandbox.bitrix.table import Row
from itgrix_core.sandbox.bitrix.world import World

_RENAMED = {
    "CREATED_BY_ID": "createdBy",
    "MODIFY_BY_ID": "updatedBy",
    "MOVED_BY_ID": "movedBy",
    "DATE_CREATE": "createdTime",
    "DATE_MODIFY": "updatedTime",
    "STATUS_ID": "stageId",
    "STATUS_SEMANTIC_ID": "stageSemanticId",
}
_BACK = {"createdBy": "CREATED_BY_ID", "updatedBy": "MODIFY_BY_ID", "movedBy": "MOVED_BY_ID"} | {
    "createdTime": "DATE_CREATE",
    "updatedTime": "DATE_MODIFY",
}
_NUMBERS = frozenset(
    {"integer", "user", "crm_company", "crm_contact", "crm_lead", "crm_quote", "crm_category"}
)
_SHORT = "dateCreateShort dateModifyShort productId webformId searchContent"
_EMPTY = {
    Kind.LEAD: (
        f"{_SHORT} isConvert shortName login phoneMobile phoneWork phoneMailing emailHome emailWork"
        " emailMailing"
        " skype icq imol email phone"
    ),
    Kind.DEAL: (
        f"{_SHORT} begindateShort closedateShort eventDate eventDateShort eventId eventDescription orderStage"
        " isWork isWon isLose receivedAmount lostAmount hasProducts"
    ),
    Kind.CONTACT: _SHORT,
    Kind.COMPANY: _SHORT,
}
"""What items have besides their row's fields, always null here."""
_ALIASES = {"phone": ("PHONE", None), "phoneWork": ("PHONE", "WORK"), "phoneMobile": ("PHONE", "MOBILE")} | {
    "email": ("EMAIL", None),
    "emailWork": ("EMAIL", "WORK"),
    "emailHome": ("EMAIL", "HOME"),
}


def item(world: World, kind: Kind, row: Row, *, is_original: bool = False, with_phones: bool = True) -> Row:
    """A row as an item. `is_original` keeps the names of custom fields, `with_phones` adds `fm`."""
    types = descriptions.types(descriptions.OF_KIND[kind])
    shown: Row = dict.fromkeys(_EMPTY[kind].split())
    for name, value in row.items():
        if name not in MULTIFIELDS:
            shown[camel(name, is_original=is_original)] = _typed(types.get(name, "string"), value)
    if kind is Kind.LEAD:
        shown |= {alias: _first(row, *where) for alias, where in _ALIASES.items()}
    if with_phones and kind is not Kind.DEAL:
        shown["fm"] = [_record(one) for name in sorted(MULTIFIELDS) for one in row.get(name, [])]
    return {**shown, "observers": [], **_ties(world, kind, row), "entityTypeId": kind.value}


def _ties(world: World, kind: Kind, row: Row) -> Row:
    """The plural of contactId and companyId."""
    if kind is Kind.CONTACT:
        return {"companyIds": links.companies_of(world, int(row["ID"]))}
    if kind is Kind.COMPANY:
        return {"contactIds": links.contacts_of(world, int(row["ID"]))}
    contact = as_int(row.get("CONTACT_ID"))
    return {"contactIds": [contact] if contact else []}


def _typed(kind: str, value: Any) -> Any:
    if isinstance(value, list | dict) or value is None:
        return value
    if kind in _NUMBERS:
        return as_int(value)
    if kind == "double":
        number = as_float(value)
        return int(number) if number.is_integer() else number
    return value


def _first(row: Row, name: str, kind: str | None) -> str:
    """The first phone or e-mail (of this VALUE_TYPE), "" when there is none."""
    return next((one["VALUE"] for one in row.get(name, []) if kind in (None, one["VALUE_TYPE"])), "")


def _record(one: Mapping[str, str]) -> Row:
    return {
        "id": int(one["ID"]),
        "valueType": one["VALUE_TYPE"],
        "value": one["VALUE"],
        "typeId": one["TYPE_ID"],
    }


def camel(name: str, *, is_original: bool = False) -> str:
    """`ASSIGNED_BY_ID` as `assignedById`, `UF_CRM_1` as `ufCrm_1` unless original names are wanted."""
    if name in _RENAMED:
        return _RENAMED[name]
    if name.startswith("UF_CRM_"):
        return name if is_original else f"ufCrm_{name.removeprefix('UF_CRM_')}"
    return re.sub(r"_(\w)", lambda hit: hit[1].upper(), name.lower())


def classic(kind: Kind, name: str) -> str:
    """The other way round; an unknown name becomes one that no row has."""
    if name.startswith("ufCrm_"):
        return f"UF_CRM_{name.removeprefix('ufCrm_')}"
    if name in ("stageId", "stageSemanticId") and kind is Kind.LEAD:
        return {"stageId": "STATUS_ID", "stageSemanticId": "STATUS_SEMANTIC_ID"}[name]
    return _BACK.get(name) or (name if name.isupper() else re.sub(r"([A-Z])", r"_\1", name).upper())


def classic_fields(kind: Kind, fields: Mapping[str, Any]) -> Row:
    """Fields of crm.item.add and update as the classic methods take them, `fm` among them.

    On update `fm` is keyed by record: `{"n0": …}` adds one, `{"15": …}` changes record 15.
    """
    found = {classic(kind, name): value for name, value in fields.items() if name != "fm"}
    sent = fields.get("fm")
    keyed = (
        sent.items() if isinstance(sent, dict) else ((f"n{n}", one) for n, one in enumerate(as_list(sent)))
    )
    for key, one in keyed:
        record = {"VALUE": one.get("value"), "VALUE_TYPE": one.get("valueType")}
        if key.isdigit():
            record["ID"] = key
        found.setdefault(as_text(one.get("typeId")) or "PHONE", []).append(record)
    return found


def fits(shown: Row, conditions: Mapping[str, Any]) -> bool:
    """Whether an item meets a filter, which may nest: `{"logic": "OR", "0": {…}, "1": {…}}`."""
    parts: list[bool] = []
    for key, wanted in conditions.items():
        if key == "logic":
            continue
        if isinstance(wanted, dict):
            parts.append(fits(shown, wanted))
        else:
            parts.append(matches(shown, {key: wanted}))
    decide: Callable[[list[bool]], bool] = any if as_text(conditions.get("logic")).upper() == "OR" else all
    return decide(parts)
