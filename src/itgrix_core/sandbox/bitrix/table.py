"""Rows with ids, and the portal's way of listing them: filter, order, 50 a page, select."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from itgrix_core.sandbox.bitrix.filters import matches, sort_key
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_list, as_text, mapping_of
from itgrix_core.sandbox.bitrix.settings import Params, Reply

PAGE = 50
Row = dict[str, Any]


@dataclass
class Table:
    """Rows of one kind by id. Ids are never used twice; a row holds its own under ID, as a string."""

    next_id: int = 1
    by_id: dict[int, Row] = field(default_factory=dict)

    def add(self, row: Row) -> int:
        """Keep a row and give it the next id."""
        number, self.next_id = self.next_id, self.next_id + 1
        row["ID"] = str(number)
        self.by_id[number] = row
        return number

    def get(self, number: int | None) -> Row | None:
        """The row of an id, `None` if there is none."""
        return self.by_id.get(number) if number is not None else None

    def remove(self, number: int) -> None:
        """Forget a row."""
        self.by_id.pop(number, None)

    def rows(self) -> list[Row]:
        """All rows, oldest first."""
        return list(self.by_id.values())


def page(rows: list[Row], start: int) -> Reply:
    """One page with total and, when more remain, next. `start` -1 counts nothing and starts at 0."""
    if start < 0:
        return Reply(rows[:PAGE])
    following = start + PAGE
    more = following if following < len(rows) else None
    return Reply(rows[start:following], total=len(rows), next=more)


def listed(rows: Iterable[Row], params: Params, *, hidden: frozenset[str]) -> Reply:
    """A classic list: parameters filter, order, select, start. `hidden` fields come only when selected."""
    conditions = mapping_of(params, "filter")
    found = ordered([row for row in rows if matches(row, conditions)], mapping_of(params, "order"))
    answer = page(found, start_of(params))
    selected = [as_text(name) for name in as_list(any_case(params, "select"))]
    shown = [project(row, selected, hidden) for row in answer.result]
    return Reply(shown, answer.total, answer.next)


def start_of(params: Params) -> int:
    """The `start` parameter, 0 when absent or nonsense."""
    return as_int(any_case(params, "start")) or 0


def ordered(rows: list[Row], order: Mapping[str, Any]) -> list[Row]:
    """Rows sorted by several fields, the first counting most; `{"ID": "DESC"}`."""
    for name, direction in reversed(list(order.items())):
        is_down = as_text(direction).upper() == "DESC"
        rows = sorted(rows, key=lambda row: sort_key(row.get(name)), reverse=is_down)
    return rows


def project(row: Row, selected: list[str], hidden: frozenset[str]) -> Row:
    """The asked fields of a row. Nothing or `*`: all but hidden ones and UF_ fields; `UF_*` adds those."""
    is_all = not selected or "*" in selected
    return {
        name: value
        for name, value in row.items()
        if name in selected
        or name == "ID"
        or (is_all and name not in hidden and not name.startswith("UF_"))
        or ("UF_*" in selected and name.startswith("UF_"))
    }
