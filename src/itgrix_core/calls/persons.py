"""Several phones, one person: an employee's desk phone, softphone and mobile that ring together are one leg.

Each phone keeps a leg of its own (its channel, its causes); those that one call rings for one extension at
the same time are folded: `Leg.person` names the first of them, whose key is the conversation's. What is told
and counted is the person (docs/architecture.md §8.1): he rings when the first phone rings, and has not
answered before all of them are silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from itgrix_core.calls.state import CallState, Leg
from itgrix_core.calls.table import LegState
from itgrix_hooks.values import Result

STRONGEST = (
    Result.ANSWERED, Result.PICKED_UP, Result.ANSWERED_ELSEWHERE, Result.DECLINED, Result.NO_ANSWER,
    Result.PBX_RESTARTED, Result.BUSY, Result.FAILED, Result.UNREACHABLE,
)  # fmt: skip
"""What a person did is the first of these that a phone of his did: deeds before silence before faults."""

AT_ONCE = 0.5
"""Seconds within which one Dial begins to ring all its phones."""

_OPEN = (LegState.TALKING, LegState.RINGING, LegState.TRIED)


def fold(call: CallState, leg: Leg) -> None:
    """Count a phone that is rung now with the same employee's others that are ringing."""
    for other in call.legs.values():
        if other is not leg and not other.person and _rings_with(call, other, leg):
            leg.person = other.key
            return


def _rings_with(call: CallState, first: Leg, leg: Leg) -> bool:
    if first.extension != leg.extension or first.is_caller or not first.is_rung:
        return False
    phones = phones_of(call, first)
    if state_of(phones) is LegState.TALKING or any(_is_dialled_anew(phone, leg) for phone in phones):
        return False
    return any(phone.stopped_at is None and phone.ended_at is None for phone in phones)


def _is_dialled_anew(phone: Leg, leg: Leg) -> bool:
    """Whether it is the same phone in a later round. One Dial may ring one endpoint at several places."""
    return phone.phone == leg.phone and (leg.tried_at or 0.0) - (phone.tried_at or 0.0) >= AT_ONCE


def phones_of(call: CallState, leg: Leg) -> list[Leg]:
    """All legs of the same person as this one, the first first."""
    first = call.legs.get(leg.person, leg)
    others = (other for other in call.legs.values() if other.person == first.key)
    return [first, *others]


def persons(call: CallState) -> Iterable[Leg]:
    """Every person's leg, in the order in which they were first rung."""
    return [as_one(phones_of(call, leg)) for leg in call.legs.values() if not leg.person]


def state_of(phones: list[Leg]) -> LegState:
    """Where a person is: with his furthest phone, and over with the last."""
    states = {phone.state for phone in phones}
    return next((state for state in _OPEN if state in states), LegState.OVER)


def as_one(phones: list[Leg]) -> Leg:
    """A person's phones as one leg; it has a result when all phones have one."""
    first = phones[0]
    if len(phones) == 1:
        return first
    is_over = all(phone.result for phone in phones)
    counts = min(phones, key=_rank) if is_over else first
    ends = [phone.ended_at for phone in phones if phone.ended_at]
    return replace(
        first,
        rang_at=_earliest(phone.rang_at for phone in phones),
        answered_at=_earliest(phone.answered_at for phone in phones),
        ended_at=(counts.ended_at if counts.answered_at else max(ends)) if is_over else None,
        is_up=any(phone.is_up for phone in phones),
        result=counts.result if is_over else None,
        picked_up_by=counts.picked_up_by,
        trunk=counts.trunk,
    )


def _rank(phone: Leg) -> int:
    return STRONGEST.index(phone.result) if phone.result else len(STRONGEST)


def _earliest(times: Iterable[float | None]) -> float | None:
    return min((at for at in times if at), default=None)
