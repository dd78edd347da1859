"""What was filed beside what the CRM has: which calls are absent there, what is wrong of the others. Pure.

A call is recognised by its key (EXTERNAL_CALL_ID) or the CRM's own id of it, else by direction, number and
time: then it is maybe somebody else's account of the same call. Which of the differences can be mended, and
how, says `filing/mending.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from itgrix_core.filing.sheet import Entry, Expected, Fault, Finding, Sheet
from itgrix_hooks.values import Entity, PhoneNumber


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two accounts of one call may differ.

    Attributes:
        talk_seconds: in its length.
        begin_seconds: in when it began, where no id tells that they are one call.
    """

    talk_seconds: float = 1.0
    begin_seconds: float = 60.0


TOLERANCE: Final = Tolerance()


def compare(
    expected: Sequence[Expected],
    entries: Sequence[Entry],
    since: float,
    until: float,
    tolerance: Tolerance = TOLERANCE,
) -> Sheet:
    """The sheet of a period.

    Args:
        expected: calls that began within it.
        entries: of the CRM's list, from `tolerance.begin_seconds` before it until as long after it.
        since: where the period begins (Unix seconds); entries from outside it are nobody unknown.
        until: where it ends.
        tolerance: what counts as the same.
    """
    pairs, left = _by_id(expected, entries)
    pairs, left = _by_number(expected, pairs, left, tolerance.begin_seconds)
    findings: list[Finding] = []
    for call in sorted(expected, key=lambda each: (each.began_at, each.key)):
        found = pairs.get(call.key, [])
        findings += _of_call(call, found, tolerance) if found else [_absent(call)]
    known = {call.key for call in expected}
    findings += [
        _unknown(entry)
        for entry in left
        if since <= entry.began_at < until and entry.external_id not in known
    ]
    return Sheet(len(expected), tuple(findings))


def _by_id(
    expected: Sequence[Expected], entries: Sequence[Entry]
) -> tuple[dict[str, list[Entry]], list[Entry]]:
    """What each call's key and the CRM's id of it lead to, and the rest."""
    keys = {call.key: call.key for call in expected}
    ids = {call.call_id: call.key for call in expected if call.call_id}
    pairs: dict[str, list[Entry]] = {}
    left = []
    for entry in entries:
        key = ids.get(entry.call_id) or keys.get(entry.external_id)
        if key:
            pairs.setdefault(key, []).append(entry)
        else:
            left.append(entry)
    wanted = {call.key: call.call_id for call in expected}
    for key, found in pairs.items():
        found.sort(key=lambda entry: (entry.call_id != wanted[key], entry.row_id))
    return pairs, left


def _by_number(
    expected: Sequence[Expected], pairs: dict[str, list[Entry]], left: list[Entry], seconds: float
) -> tuple[dict[str, list[Entry]], list[Entry]]:
    """The nearest in time of the same number and direction, each entry for one call only."""
    places: dict[str, list[int]] = {}
    for place, entry in enumerate(left):
        places.setdefault(_subscriber(entry.number), []).append(place)
    near = sorted(
        (abs(left[place].began_at - call.began_at), call.key, place)
        for call in expected
        if call.key not in pairs
        for place in places.get(_subscriber(call.number), ())
        if _is_like(call, left[place], seconds)
    )
    taken: set[int] = set()
    pairs = dict(pairs)
    for _, key, place in near:
        if key not in pairs and place not in taken:
            pairs[key] = [left[place]]
            taken.add(place)
    return pairs, [entry for place, entry in enumerate(left) if place not in taken]


def _is_like(call: Expected, entry: Entry, seconds: float) -> bool:
    return (
        abs(entry.began_at - call.began_at) <= seconds
        and entry.direction in (call.direction, None)
        and PhoneNumber(call.number).same_as(PhoneNumber(entry.number))
    )


def _subscriber(number: str) -> str:
    """Equal for numbers that mean one subscriber (`PhoneNumber.same_as`)."""
    return PhoneNumber(number).digits[-10:]


def _of_call(call: Expected, found: Sequence[Entry], tolerance: Tolerance) -> Iterator[Finding]:
    entry = found[0]
    told = [
        (Fault.PERSON, _user(call.user_id), _user(entry.user_id), _is_other_person(call, entry)),
        (
            Fault.DURATION,
            f"{call.talk_seconds} s",
            f"{entry.talk_seconds} s",
            call.talk_seconds is not None
            and abs(call.talk_seconds - entry.talk_seconds) > tolerance.talk_seconds,
        ),
        (Fault.RESULT, call.code, entry.code, bool(call.code) and call.code != entry.code),
        (Fault.ENTITY, _entity(call.entity), _entity(entry.entity), _is_other_entity(call, entry)),
        (Fault.RECORDING, "a recording", "none", call.has_recording and not entry.has_recording),
    ]
    for fault, expected, have, is_wrong in told:
        if is_wrong:
            yield Finding(fault, call.key, expected, have, call=call, entry=entry)
    for other in found[1:]:
        what = f"rows {entry.row_id} and {other.row_id}"
        yield Finding(Fault.TWICE, call.key, "one row", what, call=call, entry=other)


def _absent(call: Expected) -> Finding:
    talk = f", {call.talk_seconds} s" if call.talk_seconds else ""
    return Finding(
        Fault.ABSENT, call.key, f"a call of {_user(call.user_id)}{talk}", call.lost or "no row", call=call
    )


def _unknown(entry: Entry) -> Finding:
    by = f" by {entry.by}" if entry.by else ""
    return Finding(
        Fault.UNKNOWN,
        entry.external_id,
        "nothing",
        f"row {entry.row_id}{by}",
        way_out="Nothing here knows of it: somebody else filed it, or it is older than the outbox.",
        entry=entry,
    )


def _is_other_person(call: Expected, entry: Entry) -> bool:
    return call.user_id is not None and call.user_id != entry.user_id


def _is_other_entity(call: Expected, entry: Entry) -> bool:
    return call.entity is not None and not same_entity(call.entity, entry.entity)


def same_entity(one: Entity | None, other: Entity | None) -> bool:
    """Whether both are the same entity; fields and names do not count."""
    return (one and (one.kind, one.id)) == (other and (other.kind, other.id))


def _user(user_id: int | None) -> str:
    return f"user {user_id}" if user_id else "an unknown user"


def _entity(entity: Entity | None) -> str:
    return f"{entity.kind} {entity.id}" if entity else "nothing"
