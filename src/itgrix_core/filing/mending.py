"""Which differences between a call and the CRM's account of it can be mended, and how. Pure.

A CRM's list of calls cannot be changed afterwards: neither whose a call is in it, nor its length. What can be
is the call's activity, on which people work: its responsible and what it is tied to. It is changed only
while it still says what the list wrongly says; where it says a third thing a person has been at it. So what
the list keeps is told for ever, and counts as repaired once the activity is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from itgrix_core.filing.reconciling import same_entity
from itgrix_core.filing.sheet import Fault, Finding, Remedy
from itgrix_hooks.values import Entity

_LIST_KEEPS: Final = "the CRM's list of calls keeps what it has, which no request changes"


@dataclass(frozen=True, slots=True)
class ActivityState:
    """A call's activity as it is now: its responsible, and what it is tied to."""

    user_id: int | None
    ties: tuple[Entity, ...] = ()


def needs_activity(finding: Finding) -> bool:
    """Whether judging it takes a look at the call's activity."""
    entry = finding.entry
    is_of_it = finding.fault in (Fault.PERSON, Fault.ENTITY)
    return is_of_it and entry is not None and entry.activity_id is not None


def judged(finding: Finding, activity: ActivityState | None) -> Finding:
    """The finding with its remedy and the way out.

    Args:
        finding: as the comparison made it.
        activity: the call's, where `needs_activity` says so and there is one.
    """
    match finding.fault:
        case Fault.ABSENT:
            return _possible(finding, "--repair files it, without a card.")
        case Fault.RECORDING:
            return _possible(finding, "--repair looks for the file once more and attaches it.")
        case Fault.PERSON:
            return _person(finding, activity)
        case Fault.ENTITY:
            return _entity(finding, activity)
        case Fault.DURATION | Fault.RESULT:
            text = f"Nothing to repair: {_LIST_KEEPS}. Tell those who count by it."
            return replace(finding, way_out=text)
        case Fault.TWICE:
            text = "A row cannot be taken back. Delete the activity of the second one by hand."
            return replace(finding, way_out=text)
    return finding


def _possible(finding: Finding, text: str) -> Finding:
    return replace(finding, way_out=text, remedy=Remedy.POSSIBLE)


def _person(finding: Finding, activity: ActivityState | None) -> Finding:
    call, entry = finding.call, finding.entry
    if activity is None or call is None or entry is None:
        return replace(finding, way_out=f"It has no activity to mend; {_LIST_KEEPS}.")
    if activity.user_id == call.user_id:
        return _done(finding, f"user {call.user_id}")
    if activity.user_id != entry.user_id:
        return _by_people(finding, f"user {activity.user_id}")
    return replace(
        finding,
        remedy=Remedy.POSSIBLE,
        way_out=f"--repair gives the activity {entry.activity_id} to user {call.user_id}; {_LIST_KEEPS}.",
    )


def _entity(finding: Finding, activity: ActivityState | None) -> Finding:
    call, entry = finding.call, finding.entry
    if activity is None or call is None or entry is None or call.entity is None:
        return replace(finding, way_out=f"It has no activity to mend; {_LIST_KEEPS}.")
    right, wrong = call.entity, entry.entity
    has_right, has_wrong = is_tied(activity.ties, right), is_tied(activity.ties, wrong)
    if has_right and not has_wrong:
        return _done(finding, f"{right.kind} {right.id}")
    if not has_wrong and wrong is not None:
        return _by_people(finding, ", ".join(f"{each.kind} {each.id}" for each in activity.ties) or "nothing")
    return replace(
        finding,
        remedy=Remedy.POSSIBLE,
        way_out=f"--repair ties the activity {entry.activity_id} to {right.kind} {right.id} instead; "
        f"{_LIST_KEEPS}.",
    )


def is_tied(ties: Sequence[Entity], entity: Entity | None) -> bool:
    """Whether an entity is among these."""
    return entity is not None and any(same_entity(each, entity) for each in ties)


def _done(finding: Finding, right: str) -> Finding:
    return replace(
        finding, remedy=Remedy.DONE, way_out=f"Its activity has {right}, as it should; {_LIST_KEEPS}."
    )


def _by_people(finding: Finding, have: str) -> Finding:
    return replace(
        finding, way_out=f"Its activity has {have}: somebody changed it since, so it is left alone."
    )
