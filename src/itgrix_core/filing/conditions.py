"""An account's table of rules: what follows otherwise, under which conditions. Pure.

A row has conditions, all of which must hold, and effects. Of the rows that fit a call and have an effect the
first one counts, for each effect by itself: a row may say who gets the call and a later one what its entry
says. The effects are applied by a built-in hook (`plugins.rules`), so that code has the last word over them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from itgrix_core.filing.lists import employees_of, is_among, is_listed
from itgrix_core.filing.missed import WorkingHours
from itgrix_core.filing.numbering import is_line_of
from itgrix_hooks.values import Call, EntityKind, Filed

HOOK_OF: Final[Mapping[str, str]] = {
    "file": "need_registration",
    "owners": "process_final_params",
    "subject": "get_updated_activity_fields",
    "description": "get_updated_activity_fields",
    "fields": "get_updated_entity_fields",
    "task_title": "process_task_creation_params",
    "task_text": "process_task_creation_params",
}
"""Every effect, and the hook that applies it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """For which calls a row is; what is empty or `None` holds for all.

    Attributes:
        directions: "inbound", "outbound", "internal".
        lines: DIDs or trunks, in any spelling.
        queues: in which the caller waited.
        extensions: one of these had to do with the call; as in a list, `2*` for all that begin like it.
        numbers: the client's, in any spelling, or `+7495*`.
        is_answered: whether a human took it.
        client: whether the CRM knew the client before the call.
        during, outside: when the call began, by the wall clock of its PBX.
    """

    directions: frozenset[str] = frozenset({"inbound", "outbound"})
    lines: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    is_answered: bool | None = None
    client: Literal["known", "unknown", "any"] = "any"
    during: WorkingHours | None = None
    outside: WorkingHours | None = None

    def holds(self, call: Call, filed: Filed | None) -> bool:
        """Whether it holds; `filed` is `None` as long as nobody can say whether the client is known."""
        return (
            call.direction.value in self.directions
            and (not self.lines or any(is_line_of(each, call) for each in self.lines))
            and (not self.queues or call.queue in self.queues)
            and (not self.extensions or any(is_among(e, self.extensions) for e in employees_of(call)))
            and (not self.numbers or _is_number_of(call, self.numbers))
            and self.is_answered in {None, call.is_answered}
            and self._is_hour(call)
            and (self.client == "any" or (filed is not None and self._is_client(filed)))
        )

    def _is_hour(self, call: Call) -> bool:
        at = call.started_local
        return not (self.during and not self.during.holds(at)) and not (
            self.outside and self.outside.holds(at)
        )

    def _is_client(self, filed: Filed) -> bool:
        """Known is whom the call is bound to, unless the call itself made him."""
        made = {(each.kind, each.id) for each in filed.created}
        is_known = filed.entity is not None and (filed.entity.kind, filed.entity.id) not in made
        return is_known == (self.client == "known")


def _is_number_of(call: Call, listed: tuple[str, ...]) -> bool:
    return call.client_number is not None and is_listed(call.client_number, listed)


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        name: unlike any other row's; a turn among `owners` is kept under it.
        file: whether the CRM is to know of the call.
        owners: user ids on whom the call is booked: the one, or of several each in turn.
        subject, description: of the call's entry, texts with values.
        fields: by kind of entity the CRM's fields to be written into the client at the end, texts likewise.
        task_title, task_text: of the task to call back.
    """

    name: str
    condition: Condition = Condition()
    file: bool | None = None
    owners: tuple[int, ...] = ()
    subject: str = ""
    description: str = ""
    fields: Mapping[EntityKind, Mapping[str, str]] = field(default_factory=dict)
    task_title: str = ""
    task_text: str = ""

    def has(self, effect: str) -> bool:
        """Whether this row has an effect."""
        value: Any = getattr(self, effect)
        return value is not None and (value is False or bool(value))


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The rows, in their order."""

    rows: tuple[Row, ...] = ()

    def first(self, effect: str, call: Call, filed: Filed | None = None) -> Row | None:
        """The row whose effect counts for a call, `None` if there is none.

        `filed`: what the call has put into the CRM, once it is registered; it tells who is known.
        """
        having = (row for row in self.rows if row.has(effect))
        return next((row for row in having if row.condition.holds(call, filed)), None)

    def answers(self, hook: str) -> bool:
        """Whether any row has an effect of this hook; what no row wants costs nothing."""
        return any(row.has(effect) for row in self.rows for effect, asked in HOOK_OF.items() if asked == hook)
