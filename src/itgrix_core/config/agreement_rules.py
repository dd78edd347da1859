"""What is wrong with a table of rules although each of its values is right: rows in vain, or too late."""

from __future__ import annotations

from collections.abc import Iterator

from itgrix_core.config.mistakes import KeyPath
from itgrix_core.config.schema import BitrixSettings
from itgrix_core.config.schema_conditions import EFFECTS, RuleSettings, has_effect, is_for_all

_LATE = {
    "answered": "nobody knows yet whether somebody will take it",
    "client": "nobody has asked yet whether the CRM knows the client",
}
"""Conditions that are not known when it is decided whether the CRM hears of a call, and why."""


def disagreements_of_rules(crm: BitrixSettings) -> Iterator[tuple[KeyPath, str]]:
    """(where, sentence with the way out) of everything in `rules` that does not fit together."""
    for place, rule in enumerate(crm.rules):
        here: KeyPath = ("rules", place)
        before = crm.rules[:place]
        yield from (((*here, *where), sentence) for where, sentence in _of_row(rule))
        yield from (((*here, *where), sentence) for where, sentence in _among(rule, before))
        if (rule.task_title or rule.task_text) and crm.missed.ask == "nothing":
            which = "task_title" if rule.task_title else "task_text"
            yield (
                (*here, which),
                "there is no task, as missed.ask is nothing; write task there, or drop this",
            )


def _of_row(rule: RuleSettings) -> Iterator[tuple[KeyPath, str]]:
    """A row by itself."""
    if not any(has_effect(rule, effect) for effect in EFFECTS):
        yield (), f"says for which calls, but not what follows; write one of: {', '.join(EFFECTS)}"
    if rule.file is not None:
        if rule.answered is not None:
            yield ("answered",), _too_late("answered")
        if rule.client != "any":
            yield ("client",), _too_late("client")
    if (rule.task_title or rule.task_text) and rule.answered:
        yield ("answered",), "a task is made for missed calls only; leave this out, or write false"
    if rule.during and rule.outside:
        yield ("outside",), "stands beside `during`; leave one of the two, or make two rules of it"
    for name, hours in (("during", rule.during), ("outside", rule.outside)):
        if hours and hours.begin >= hours.end:
            yield (
                (name,),
                "begin is not before end; swap the two (for a night write the day's hours as `outside`)",
            )


def _among(rule: RuleSettings, before: list[RuleSettings]) -> Iterator[tuple[KeyPath, str]]:
    """A row beside those before it."""
    if not rule.name:
        yield ("name",), "is empty; give the rule a name, by which logs and turns know it"
    elif rule.name in {other.name for other in before}:
        yield ("name",), f'there is a rule "{rule.name}" already; give this one another name'
    for effect in EFFECTS:
        first = next((other for other in before if has_effect(other, effect) and is_for_all(other)), None)
        if first is not None and has_effect(rule, effect):
            yield (
                (effect,),
                f'is never reached: rule "{first.name}" before it holds for every call; change their order',
            )


def _too_late(condition: str) -> str:
    return f"cannot stand beside `file`: when that is decided, {_LATE[condition]}; leave one of the two"
