"""How a decision comes about, gathered while it is taken and saved with it, in the same commit.

So the story of a call is told of what was there when it was decided, and costs no commit of its own. Secrets
never get that far; what hooks and rules looked at is for whoever may read the data folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, Final

from itgrix_core.crm.adapter import Step
from itgrix_core.jobs.codec import SavedAnswer, SavedAsking, encode_decision
from itgrix_core.plugins.sources import BUILT_INS
from itgrix_core.telemetry.redaction import redact, redact_value
from itgrix_hooks.table import HOOKS
from itgrix_hooks.trace import Asked, Entry, KeysChanged
from itgrix_hooks.values import PhoneNumber

MOST_ASKINGS: Final = 100
"""So many are kept of one decision; a group of fifty phones asks about each of them."""


class Notes:
    """The notes of one turn (or of a job that is a turn by itself); one thread works on it."""

    def __init__(self, out: Mapping[str, str] | None = None) -> None:
        self._out = dict(out or {})
        self._because: list[str] = []
        self._asked: list[SavedAsking] = []

    def because(self, why: str) -> None:
        """Why nothing is sent, or not more; once."""
        if why and why not in self._because:
            self._because.append(why)

    def asked(self, asked: Asked, about: str, value: Any) -> None:
        """A hook was asked; kept if a plugin was, or if our own changed something.

        Args:
            asked: what came of it.
            about: what it was asked about.
            value: what it began with.
        """
        answers = [answer_of(asked.hook, each) for each in asked.trace if is_telling(each)]
        if answers and len(self._asked) < MOST_ASKINGS:
            cancelled = asked.is_cancelled
            self._asked.append(SavedAsking(asked.hook, about, _plain(value), cancelled, answers))

    def saved_with(self, count: int, steps: Sequence[Step]) -> bytes:
        """A decision as a row, with all that was noted since the last one."""
        row = encode_decision(count, steps, self._because, self._asked, self._out)
        self._because, self._asked = [], []
        return row


def is_telling(entry: Entry) -> bool:
    """Whether an entry is worth a line: our own built-ins that left all as it was are not."""
    return entry.plugin not in BUILT_INS or entry.change is not None or entry.outcome.is_failure


def answer_of(hook: str, entry: Entry) -> SavedAnswer:
    """One plugin's part in one asking, as it is kept."""
    saved = SavedAnswer(entry.plugin, entry.outcome.value, round(entry.seconds, 6), redact(entry.reason))
    change = entry.change
    if isinstance(change, KeysChanged):
        saved.added, saved.removed = _plain(change.added), _plain(change.removed)
        saved.changed = {key: (_plain(old), _plain(new)) for key, (old, new) in change.changed.items()}
    elif change is not None:
        saved.changed = {HOOKS[hook].value or "answer": (_plain(change.old), _plain(change.new))}
    saved.used = dict(entry.used)
    saved.actions = [{"do": type(each).__name__, **_plain(each)} for each in entry.actions]
    return saved


def _plain(value: Any) -> Any:
    """JSON data without secrets."""
    if isinstance(value, PhoneNumber):
        return redact(str(value))
    return redact_value(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value)
