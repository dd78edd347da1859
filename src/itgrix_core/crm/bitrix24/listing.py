"""All clients of a portal with their numbers, page by page, and what has changed: for an index of numbers.

Pages of fifty follow each other by id, ten in one request, each beginning where the one before ended
(`$result`, apidocs.bitrix24.com: batch, huge data): 200,000 clients are 400 requests. Counting is switched
off (`start` -1), since the portal counts longer than it lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from itgrix_core.crm.adapter import Blocked, CrmUnavailable, Done, Outcome, Unknown
from itgrix_core.crm.bitrix24.answers import entity_of, mapping, number, rows
from itgrix_core.crm.bitrix24.batching import MOST, Request, send_together
from itgrix_core.crm.bitrix24.client import Client
from itgrix_core.crm.bitrix24.directory import Directory
from itgrix_core.crm.bitrix24.errors import UNREACHABLE_SECONDS
from itgrix_core.errors import CrmError
from itgrix_hooks.values import Entity, EntityKind, PhoneNumber, User

KINDS: Final[tuple[EntityKind, ...]] = ("contact", "company", "lead")
"""What has phones."""

PAGES_AT_ONCE = 10
PAGE_ROWS = 50
_OPEN = "P"
_NAMES = {"contact": ("NAME", "LAST_NAME"), "company": ("TITLE",)}
_LEAD = ("TITLE", "NAME", "LAST_NAME", "STATUS_SEMANTIC_ID")


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the list.

    Attributes:
        listed: entities with their numbers; of leads the open ones.
        gone: ids of leads that are closed.
        last_id: where the next one begins.
        is_last: whether nothing comes after it.
        newest: when the portal's last change was, as it says it: asked before a stretch of changes, else "".
    """

    listed: tuple[tuple[Entity, tuple[PhoneNumber, ...]], ...]
    gone: tuple[int, ...]
    last_id: int
    is_last: bool
    newest: str = ""


class Listing:
    """One portal's. Every method raises `CrmUnavailable` where it cannot be asked now, else `CrmError`."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client = client
        self._directory = directory

    def page(self, kind: EntityKind, after_id: int, since: str = "", pages: int = PAGES_AT_ONCE) -> Page:
        """The next stretch by id.

        Args:
            kind: one of `KINDS`.
            after_id: the last id that is known; 0 at the beginning.
            since: only what was changed then or later, in the portal's own words; "" for everything.
            pages: how many pages of fifty at most.
        """
        before = [_newest(kind)] if since else []
        places = range(len(before), len(before) + pages - 1)
        begins = [str(after_id), *(f"$result[c{place}][{PAGE_ROWS - 1}][ID]" for place in places)]
        outcomes = self._together([*before, *(_question(kind, begin, since) for begin in begins)])
        newest = _last_change(outcomes.pop(0)) if since else ""
        found: list[Mapping[str, Any]] = []
        for outcome in outcomes:
            page = rows(_done(outcome))
            found += page
            if len(page) < PAGE_ROWS:  # what comes behind has begun nowhere
                break
        ids = [each for row in found if (each := number(row.get("ID")))]
        listed, gone = _sorted(kind, found)
        return Page(listed, gone, max(ids, default=after_id), len(found) < pages * PAGE_ROWS, newest)

    def newest(self, kind: EntityKind) -> str:
        """When the last change was, as the portal says it; "" where there is nothing."""
        return _last_change(self._together([_newest(kind)])[0])

    def staff(self) -> list[User]:
        """The active employees, at most five minutes old."""
        return list(self._directory.snapshot().users.values())

    def working_days(self, users: Sequence[int]) -> dict[int, str]:
        """How their working days stand (OPENED, PAUSED, CLOSED, EXPIRED), as far as the portal tells."""
        told: dict[int, str] = {}
        for begin in range(0, len(users), MOST):
            some = users[begin : begin + MOST]
            outcomes = self._together([Request("timeman.status", {"USER_ID": each}) for each in some])
            _done(outcomes[0])
            for user, outcome in zip(some, outcomes, strict=True):
                if isinstance(outcome, Done):
                    told[user] = str(mapping(outcome.answer).get("STATUS") or "")
        return told

    def _together(self, requests: Sequence[Request]) -> list[Outcome]:
        outcomes = send_together(self._client, requests)
        return outcomes if isinstance(outcomes, list) else [outcomes]


def _question(kind: EntityKind, begin: str, since: str) -> Request:
    conditions = {">ID": begin} | ({">=DATE_MODIFY": since} if since else {})
    if kind == "lead" and not since:
        conditions["STATUS_SEMANTIC_ID"] = _OPEN
    select = ["ID", "ASSIGNED_BY_ID", "PHONE", *_NAMES.get(kind, _LEAD)]
    return Request(
        f"crm.{kind}.list", {"order": {"ID": "ASC"}, "filter": conditions, "select": select, "start": -1}
    )


def _newest(kind: EntityKind) -> Request:
    question = {"order": {"DATE_MODIFY": "DESC"}, "select": ["ID", "DATE_MODIFY"], "start": -1}
    return Request(f"crm.{kind}.list", question)


def _last_change(outcome: Outcome) -> str:
    return next((str(row.get("DATE_MODIFY") or "") for row in rows(_done(outcome))), "")


def _sorted(
    kind: EntityKind, found: Sequence[Mapping[str, Any]]
) -> tuple[tuple[tuple[Entity, tuple[PhoneNumber, ...]], ...], tuple[int, ...]]:
    """What counts, with its numbers, and the ids of what counts no longer."""
    listed, gone = [], []
    for row in found:
        entity = entity_of(kind, row.get("ID"), _named(kind, row))
        if entity is None:
            continue
        if kind == "lead" and row.get("STATUS_SEMANTIC_ID") not in {_OPEN, None}:
            gone.append(entity.id)
            continue
        numbers = (str(each.get("VALUE") or "") for each in rows(row.get("PHONE")))
        listed.append((entity, tuple(PhoneNumber(each) for each in numbers if each)))
    return tuple(listed), tuple(gone)


def _named(kind: EntityKind, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A lead's title tells how it came; what a phone is to show is the person's name, where there is one."""
    is_person = kind == "lead" and (row.get("NAME") or row.get("LAST_NAME"))
    return {**row, "TITLE": ""} if is_person else row


def _done(outcome: Outcome) -> Any:
    """What was answered, or the exception that says why nothing was."""
    match outcome:
        case Done():
            return outcome.answer
        case Blocked():
            raise CrmUnavailable(outcome.seconds, outcome.text, outcome.why)
        case Unknown():
            raise CrmUnavailable(UNREACHABLE_SECONDS, outcome.text, "unknown")
    raise CrmError(outcome.text)
