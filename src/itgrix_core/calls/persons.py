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
    """Count a phone that is rung now with the same employee's others that are ringing.

    Also where he is rung because he clicked: then all of them are the caller's.
    """
    for phones in _by_person(call).values():
        if phones[0] is not leg and _ring_with(phones, leg):
            leg.person, leg.is_caller = phones[0].key, phones[0].is_caller
            return


def _ring_with(phones: list[Leg], leg: Leg) -> bool:
    first = phones[0]
    if (first.pbx, first.extension) != (leg.pbx, leg.extension) or not first.is_rung:
        return False
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
    return [as_one(phones) for phones in _by_person(call).values()]


def _by_person(call: CallState) -> dict[str, list[Leg]]:
    """The phones of each person, by the key of the first.

    Looks at each leg once: a queue rings its members anew every quarter of a minute, for hours if need be.
    """
    phones = {key: [leg] for key, leg in call.legs.items() if not leg.person}
    for leg in call.legs.values():
        if leg.person in phones:
            phones[leg.person].append(leg)
    return phones


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
    counts = next((phone for phone in phones if first.is_caller and phone.is_up), counts)
    ends = [phone.ended_at for phone in phones if phone.ended_at]
    return replace(
        first,
        rang_at=_earliest(phone.rang_at for phone in phones),
        answered_at=_earliest(phone.answered_at for phone in phones),
        ended_at=(counts.ended_at if counts.answered_at else max(ends)) if is_over else None,
        is_up=any(phone.is_up for phone in phones),
        up_at=_earliest(phone.up_at for phone in phones),
        result=counts.result if is_over else None,
        picked_up_by=counts.picked_up_by,
        trunk=counts.trunk,
    )


def _rank(phone: Leg) -> int:
    return STRONGEST.index(phone.result) if phone.result else len(STRONGEST)


def _earliest(times: Iterable[float | None]) -> float | None:
    return min((at for at in times if at), default=None)
