"""Calls as they were understood beside calls as the phones know them, in the words of `recorded/README.md`.

Recorded streams, live ones and what `itgrix replay --json` prints are all compared here, and only here. What
an object of the truth does not name is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

CallWords = dict[str, Any]
"""A call in the words of `recorded/README.md`: out of a truth.json, or of `itgrix replay --json`."""

EQUAL = (
    "direction", "external_number", "external_name", "did", "trunk", "extension", "dialled", "queue",
    "answered_by", "last_agent", "transfers", "disposition", "hangup_by", "click_to_call", "tried_trunks",
    "action_id", "before_login", "blacklisted",
)  # fmt: skip
"""Fields that have to be equal."""

WITHIN = {
    "started_at": 0.5,
    "rang_at": 0.3,
    "caller_heard_answer_at": 0.5,
    "answered_at": 0.5,
    "ended_at": 0.6,
    "wait_s": 1.0,
    "talk_s": 1.0,
    "agent_rang_at": 0.3,
    "agent_answered_at": 0.5,
}
"""Seconds by which a time may differ: phones and Asterisk do not write the same moment down."""

LEG_WITHIN = {"rang_at": 0.3, "answered_at": 0.5}
"""The same for a leg. Its end is not compared: a phone that has sent a client on hangs up when it likes."""

NOT_KNOWN: tuple[tuple[str, frozenset[str], str], ...] = (
    ("*-min/*", frozenset({"recordings"}), "file names travel in VarSet, which this user may not read"),
    (
        "*snapshot_midcall",
        frozenset(
            {
                "started_at",
                "rang_at",
                "caller_heard_answer_at",
                "answered_at",
                "wait_s",
                "talk_s",
                "legs.rang_at",
                "legs.answered_at",
            }
        ),
        "the connection came in the middle of the calls, and the channel list counts whole seconds",
    ),
    ("*snapshot_midcall", frozenset({"dialled"}), "the channel list shows a Gosub's `s` in its place"),
    ("*/load_sipp_200", frozenset({"legs"}), "the truth names none: two hundred calls met one endpoint"),
    ("*/load_sipp_200", frozenset({"recordings"}), "the truth names none of its two hundred files"),
    ("*/originate_agent_no_answer", frozenset({"trunk"}), "the trunk was never dialled"),
    (
        "*originate_agent_no_answer",
        frozenset({"action_id"}),
        "the response to an Originate that failed names no channel",
    ),
    (
        "*originate_agent_*",
        frozenset({"external_number"}),
        "the client was never dialled: his number is known as typed (8…), not as sent (7…)",
    ),
)
"""Recordings, fields that are not compared there, and why they cannot be known."""


def not_known(name: str) -> frozenset[str]:
    """The fields that cannot be known of a recording ("ast22/NAME") or a live scenario ("live22/NAME")."""
    return frozenset().union(*(fields for pattern, fields, _ in NOT_KNOWN if fnmatch(name, pattern)))


def differences(
    wanted: list[CallWords], seen: list[CallWords], skipped: frozenset[str] = frozenset()
) -> list[str]:
    """A sentence for everything in which the calls that were seen are not those that were made."""
    found = [f"{len(seen)} calls, not {len(wanted)}"] if len(seen) != len(wanted) else []
    for want, call in pairs(wanted, seen):
        who = f"{want['direction']} {want.get('external_number') or want.get('extension')}"
        found += [
            f"{who}: {field} {is_} instead of {should}"
            for field, is_, should in _unequal(want, call)
            if field not in skipped
        ]
    return found


def differing(wanted: list[CallWords], seen: list[CallWords]) -> set[str]:
    """Names of the fields in which calls differ anywhere."""
    return {field for want, call in pairs(wanted, seen) for field, _, _ in _unequal(want, call)}


def files_of(calls: Iterable[CallWords]) -> list[str]:
    """The sound files of calls, sorted; a truth names them for all of its calls together."""
    return sorted({file["file"] for call in calls for file in call["recordings"]})


def pairs(wanted: list[CallWords], seen: list[CallWords]) -> Iterator[tuple[Any, Any]]:
    """Each true call with the seen one that it must be: the same parties, else the nearest in time."""
    left = list(seen)
    for want in sorted(wanted, key=_begin):
        if left:
            call = min(left, key=lambda call: _distance(want, call))
            left.remove(call)
            yield want, call


def _distance(want: Mapping[str, Any], call: Mapping[str, Any]) -> tuple[int, float]:
    identity = ("direction", "external_number", "did", "extension")
    unlike = sum(key in want and want[key] != call[key] for key in identity)
    return unlike, abs(call["started_at"] - (_begin(want) or call["started_at"]))


def _begin(want: Mapping[str, Any]) -> float:
    return want.get("started_at") or want.get("agent_rang_at") or 0.0


def _unequal(want: CallWords, call: CallWords) -> Iterator[tuple[str, Any, Any]]:
    for field in EQUAL:
        if field in want and want[field] != call[field]:
            yield field, call[field], want[field]
    for field, seconds in WITHIN.items():
        if field in want and not _is_near(want[field], call[field], seconds):
            yield field, call[field], want[field]
    if "legs" in want:
        yield from _unequal_legs(want["legs"], call["legs"])


def _unequal_legs(wanted: list[CallWords], legs: list[CallWords]) -> Iterator[tuple[str, Any, Any]]:
    def outcome(leg: CallWords) -> tuple[str, str, float]:
        return leg["extension"], leg["result"], leg.get("rang_at") or 0.0

    wanted, legs = sorted(wanted, key=outcome), sorted(legs, key=outcome)
    if [outcome(leg)[:2] for leg in wanted] != [outcome(leg)[:2] for leg in legs]:
        yield "legs", [outcome(leg)[:2] for leg in legs], [outcome(leg)[:2] for leg in wanted]
        return
    for want, leg in zip(wanted, legs, strict=True):
        for field, seconds in LEG_WITHIN.items():
            if field in want and not _is_near(want[field], leg[field], seconds):
                yield f"legs.{field}", leg[field], want[field]


def _is_near(one: float | None, other: float | None, seconds: float) -> bool:
    return one is other if one is None or other is None else abs(one - other) <= seconds
