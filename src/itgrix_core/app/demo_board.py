"""What the demo shows: a row per call, with its stage, what was filed and which hook changed what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from rich.table import Table

from itgrix_core.calls.events import CallEvent, Oddity
from itgrix_core.crm.adapter import Done, Outcome, Refused, Step
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import Call

STAGES = {
    "CallStarted": "begins",
    "ConversationRequested": "rings",
    "ConversationAccepted": "talks",
    "ConversationEnded": "talk over",
    "CallMerged": "joined another",
}


@dataclass(slots=True)
class Row:
    """One call on the board."""

    call: Call
    stage: str = ""
    filed: list[str] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def is_merged(self) -> bool:
        """Whether the call turned out to be a part of another."""
        return self.stage == STAGES["CallMerged"]

    @property
    def who(self) -> str:
        """The employees in it: who answered, or who was rung."""
        call = self.call
        if call.extension:
            return call.extension
        return call.last_agent or ", ".join(call.rung)

    def cells(self) -> tuple[str, ...]:
        """The columns of the table."""
        number = str(self.call.client_number or self.call.dialled or "no number")
        filed = self.skipped and f"not filed: {self.skipped}"
        return (
            f"{self.call.started_local:%H:%M:%S}",
            str(self.call.direction),
            number,
            self.who,
            self.stage,
            filed or " · ".join(self.filed),
            "\n".join(dict.fromkeys(self.hooks)),
        )


class Board:
    """A watcher that keeps the rows; safe to be told and read by several threads.

    Args:
        on_event: called with each event before it is filed.
    """

    def __init__(self, on_event: Callable[[CallEvent], None]) -> None:
        self._on_event = on_event
        self._lock = Lock()
        self._rows: dict[str, Row] = {}
        self.changes: Counter[str] = Counter()
        self.refused: list[str] = []
        self.failures: list[str] = []
        self.on_row: Callable[[Row], None] = lambda _row: None

    def happened(self, event: CallEvent) -> None:
        """A new stage of a call."""
        self._on_event(event)
        with self._lock:
            row = self._row(event.call)
            row.call = event.call
            row.stage = STAGES.get(event.kind) or str(event.call.disposition)

    def odd(self, oddity: Oddity) -> None:
        """Not shown."""

    def asked(self, call: Call, asked: Asked) -> None:
        """What hooks changed, and who failed."""
        with self._lock:
            row = self._row(call)
            for entry in asked.trace:
                if entry.change or entry.actions:
                    self.changes[entry.plugin] += 1
                    row.hooks.append(f"{entry.plugin}: {entry.change or entry.actions}")
            self.failures += [f"{asked.hook}: {entry}" for entry in asked.failures]

    def performed(self, call: Call, step: Step, outcome: Outcome) -> None:
        """What was filed."""
        with self._lock:
            row = self._row(call)
            if isinstance(outcome, Done):
                row.filed.append(step.command.kind)
            elif isinstance(outcome, Refused):
                self.refused.append(f"{call.key}: {step.command.kind}: {outcome.text}")

    def closed(self, call: Call) -> None:
        """The call is filed, all but its recording."""
        with self._lock:
            row = self._rows[call.key]
        self.on_row(row)

    def skipped(self, call: Call, why: str) -> None:
        """What is not filed, and why."""
        with self._lock:
            row = self._row(call)
            row.skipped = why
        self.on_row(row)

    def _row(self, call: Call) -> Row:
        """The call's row (the lock is held); a later talk has one of its own, told of by nobody before."""
        stage = str(call.disposition) if call.part_of else ""
        return self._rows.setdefault(call.key, Row(call, stage))

    @property
    def rows(self) -> list[Row]:
        """All calls, in the order of their beginning here."""
        with self._lock:
            return list(self._rows.values())

    def table(self, rows: int = 40) -> Table:
        """The newest calls as a table."""
        table = Table(title="Calls of a real Asterisk, filed in the sandbox portal", expand=True)
        for name in ("time", "way", "number", "employee", "stage", "in the CRM", "hooks changed"):
            table.add_column(name, overflow="fold")
        for row in self.rows[-rows:]:
            table.add_row(*row.cells())
        return table
