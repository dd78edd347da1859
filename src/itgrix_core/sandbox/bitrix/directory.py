"""The portal's word lists: sources, lead statuses, deal stages, funnels.

Rows are those of crm.status.list, strings throughout; the meaning of a stage (under way, won, lost) is read
from here, so that a custom stage given to a portal behaves like a built-in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SEMANTICS = {"": "process", "S": "success", "F": "failure"}


@dataclass(frozen=True, slots=True)
class Status:
    """A word of a list: `list_id` is ENTITY_ID, `id` STATUS_ID; `semantics` is "", "S" or "F"."""

    list_id: str
    id: str
    name: str
    semantics: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """A funnel of deals; the default one has id 0."""

    id: int
    name: str


_SOURCES = (
    "CALL EMAIL WEB ADVERTISING PARTNER RECOMMENDATION TRADE_SHOW WEBFORM CALLBACK RC_GENERATOR STORE OTHER"
)
_STATUSES = ("NEW", "IN_PROCESS", "PROCESSED", "CONVERTED:S", "JUNK:F")
_STAGES = (
    "NEW",
    "PREPARATION",
    "PREPAYMENT_INVOICE",
    "EXECUTING",
    "FINAL_INVOICE",
    "WON:S",
    "LOSE:F",
    "APOLOGY:F",
)


def default_statuses(categories: tuple[Category, ...]) -> list[Status]:
    """The lists of a fresh portal, deal stages for each funnel."""
    found = [Status("SOURCE", name, _title(name)) for name in _SOURCES.split()]
    found += [_status("STATUS", word) for word in _STATUSES]
    for category in categories:
        found += [_status(stage_list(category.id), stage_id(category.id, word)) for word in _STAGES]
    return found


def stage_list(category: int) -> str:
    """ENTITY_ID of a funnel's stages."""
    return f"DEAL_STAGE_{category}" if category else "DEAL_STAGE"


def stage_id(category: int, stage: str) -> str:
    """STAGE_ID in a funnel: `NEW` in the default one, `C9:NEW` in funnel 9."""
    return f"C{category}:{stage}" if category else stage


def _status(list_id: str, word: str) -> Status:
    head, _, tail = word.rpartition(":")
    if tail in {"S", "F"}:
        return Status(list_id, head, _title(head), tail)
    return Status(list_id, word, _title(word))


def _title(word: str) -> str:
    return word.rpartition(":")[2].replace("_", " ").capitalize()


def semantics_of(statuses: list[Status], list_id: str, status_id: str) -> str:
    """The meaning of a status, "P", "S" or "F"; an unknown one counts as under way."""
    return next((s.semantics or "P" for s in statuses if (s.list_id, s.id) == (list_id, status_id)), "P")


def status_rows(statuses: list[Status]) -> list[dict[str, Any]]:
    """All words as rows of crm.status.list."""
    return [_row(number, status) for number, status in enumerate(statuses, start=1)]


def _row(number: int, status: Status) -> dict[str, Any]:
    category = status.list_id.removeprefix("DEAL_STAGE_")
    return {
        "ID": str(number * 2 + 1),
        "ENTITY_ID": status.list_id,
        "STATUS_ID": status.id,
        "NAME": status.name,
        "NAME_INIT": status.name,
        "SORT": str(number * 10),
        "SYSTEM": "Y" if status.semantics == "S" else "N",
        "CATEGORY_ID": category if category.isdigit() else None,
        "COLOR": "#39A8EF",
        "SEMANTICS": status.semantics or None,
        "EXTRA": {"SEMANTICS": SEMANTICS[status.semantics], "COLOR": "#39A8EF"},
    }
