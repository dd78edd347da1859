"""PHONE and EMAIL: fields with several values, each a record with an id of its own.

On update an item with ID changes that record, one without adds one, one with ID and an empty VALUE deletes
it. Sending the same phone without its ID therefore multiplies phones, here as there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from itgrix_core.sandbox.bitrix.php import as_list, as_text

NAMES = frozenset({"PHONE", "EMAIL", "WEB", "IM"})
Items = list[dict[str, str]]


def merged(name: str, old: Items, sent: Any, next_id: Callable[[], int]) -> Items:
    """The records of field `name` after `sent` was applied to `old`."""
    items = {item["ID"]: dict(item) for item in old}
    for one in as_list(sent):
        record = one if isinstance(one, dict) else {"VALUE": one}
        _apply(name, items, record, next_id)
    return list(items.values())


def _apply(
    name: str, items: dict[str, dict[str, str]], record: dict[str, Any], next_id: Callable[[], int]
) -> None:
    value = as_text(record.get("VALUE"))
    number = as_text(record.get("ID"))
    if number in items:
        if not value or as_text(record.get("DELETE")) == "Y":
            del items[number]
            return
        items[number]["VALUE"] = value
        items[number]["VALUE_TYPE"] = as_text(record.get("VALUE_TYPE")) or items[number]["VALUE_TYPE"]
    elif value:
        own = str(next_id())
        kind = as_text(record.get("VALUE_TYPE")) or "WORK"
        items[own] = {"ID": own, "VALUE_TYPE": kind, "VALUE": value, "TYPE_ID": name}
