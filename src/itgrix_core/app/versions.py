"""What differs between two versions of hooks, on the same calls: requests, reasons, failures.

Who was asked is told where it led to something else, and makes no difference by itself: a hook that is
written anew and does the same is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from itgrix_core.app.rehearsal import Inquiry, Rehearsed
from itgrix_core.crm.adapter import Step
from itgrix_core.jobs.narrating import answered, changes, short
from itgrix_core.jobs.noting import answer_of, is_telling
from itgrix_hooks.trace import Entry, KeysChanged, change
from itgrix_hooks.values import Call

Key = tuple[str, str, int]
"""Call, kind of event, and which one of that kind: a turn that both versions have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A turn in which they differ.

    Attributes:
        call, event: which turn.
        lines: begin with - (only before) or + (only after), or are a request's changed fields.
    """

    call: Call
    event: str
    lines: tuple[str, ...]


def differences(before: Iterable[Rehearsed], after: Iterable[Rehearsed]) -> Iterator[Difference]:
    """Turn by turn, in the order of the calls."""
    old, new = _by_key(before), _by_key(after)
    for key in dict.fromkeys([*old, *new]):
        lines = tuple(_turn(old.get(key), new.get(key)))
        if lines:
            turn = new.get(key) or old[key]
            yield Difference(turn.call, turn.event, lines)


def _asked(turn: Rehearsed | None) -> Iterator[str]:
    for inquiry in turn.inquiries if turn else ():
        for entry in inquiry.asked.trace:
            if is_telling(entry):
                yield _line(inquiry, entry)


def _by_key(turns: Iterable[Rehearsed]) -> dict[Key, Rehearsed]:
    counts: Counter[tuple[str, str]] = Counter()
    found: dict[Key, Rehearsed] = {}
    for turn in turns:
        counts[turn.call.key, turn.event] += 1
        found[turn.call.key, turn.event, counts[turn.call.key, turn.event]] = turn
    return found


def _turn(old: Rehearsed | None, new: Rehearsed | None) -> Iterator[str]:
    effects = [
        *_steps(old.steps if old else (), new.steps if new else ()),
        *_only("not filed: ", old.skipped if old else (), new.skipped if new else ()),
    ]
    failed = list(_only("", _failures(old), _failures(new)))
    if effects or failed:
        asked = _only("", _asked(old), _asked(new))
        yield from dict.fromkeys([*asked, *failed, *effects])


def _steps(old: Sequence[Step], new: Sequence[Step]) -> Iterator[str]:
    """Requests that one version alone makes, and changed fields of those that both make."""
    before, after = _numbered(old), _numbered(new)
    for key in dict.fromkeys([*before, *after]):
        was, becomes = before.get(key), after.get(key)
        if was is None or becomes is None:
            sign, step = ("+", becomes) if was is None else ("-", was)
            if step:
                yield f"{sign} {step.command.kind}: {short(step.params)}"
        elif was.params != becomes.params:
            yield f"  {was.command.kind}: {_changes(was.params, becomes.params)}"


def _changes(old: dict[str, Any], new: dict[str, Any]) -> str:
    changed = change(old, new)
    if not isinstance(changed, KeysChanged):
        return ""
    return ", ".join(changes(changed.added, changed.changed, changed.removed))


def _numbered(steps: Sequence[Step]) -> Mapping[tuple[str, int], Step]:
    counts: Counter[str] = Counter()
    found = {}
    for step in steps:
        counts[step.command.kind] += 1
        found[step.command.kind, counts[step.command.kind]] = step
    return found


def _failures(turn: Rehearsed | None) -> Iterator[str]:
    for inquiry in turn.inquiries if turn else ():
        yield from (_line(inquiry, entry) for entry in inquiry.asked.failures)


def _line(inquiry: Inquiry, entry: Entry) -> str:
    """Without how long it took, which is another time each time."""
    return f"hook {inquiry.hook}: {answered(answer_of(inquiry.hook, entry), is_timed=False)}"


def _only(word: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    before, after = Counter(old), Counter(new)
    yield from (f"- {word}{line}" for line in (before - after).elements())
    yield from (f"+ {word}{line}" for line in (after - before).elements())
