"""Every recording, understood, is what its phones know to have happened.

The truth is made by the phones, not by us; README.md tells its words. What an object of the truth does not
name is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

import pytest

from itgrix_core.app.outward import call_as_json
from itgrix_core.calls.events import CallEnded, Oddity
from itgrix_core.calls.tracker import Tracker
from itgrix_hooks.values import PhoneNumber

EQUAL = (
    "direction", "external_number", "external_name", "did", "trunk", "extension", "dialled", "queue",
    "answered_by", "last_agent", "transfers", "disposition", "hangup_by", "click_to_call",
)  # fmt: skip
"""Fields that have to be equal."""

WITHIN = {
    "started_at": 0.5,
    "rang_at": 0.3,
    "answered_at": 0.5,
    "ended_at": 0.6,
    "wait_s": 1.0,
    "talk_s": 1.0,
}
"""Seconds by which a time may differ: phones and Asterisk do not write the same moment down."""

RANG_WITHIN = 0.3

NOT_KNOWN: tuple[tuple[str, frozenset[str], str], ...] = (
    ("ast22-min/*", frozenset({"recordings"}), "file names travel in VarSet, which this user may not read"),
    (
        "*/snapshot_midcall",
        frozenset({"started_at", "rang_at", "answered_at", "wait_s", "talk_s", "legs.rang_at"}),
        "the connection came in the middle of the calls, and the channel list counts whole seconds",
    ),
    ("*/snapshot_midcall", frozenset({"dialled"}), "the channel list shows a Gosub's `s` in its place"),
    ("*/load_sipp_200", frozenset({"legs"}), "the truth names none: two hundred calls met one endpoint"),
    ("*/load_sipp_200", frozenset({"recordings"}), "the truth names none of its two hundred files"),
    ("*/originate_agent_no_answer", frozenset({"trunk"}), "the trunk was never dialled"),
    (
        "*/originate_agent_*",
        frozenset({"external_number"}),
        "the client was never dialled: his number is known as typed (8…), not as sent (7…)",
    ),
)
"""Recordings, fields that are not compared there, and why they cannot be known."""


def test_every_truth_was_checked_by_somebody(each_recording):
    """`itgrix record` drafts it from what the tracker understood: compared with itself it proves nothing."""
    assert each_recording.truth.get("checked", True)


def test_calls_are_what_the_phones_know(each_recording):
    """Number of calls, parties, phones, times, transfers, how it ended and who ended it."""
    wanted, seen = each_recording.truth["calls"], _calls(each_recording)
    skipped = _not_known(each_recording.id)
    differences = [f"{len(seen)} calls, not {len(wanted)}"] if len(seen) != len(wanted) else []
    for want, call in _pairs(wanted, seen):
        differences += _differences(want, call, skipped)
    assert not differences, "\n".join(differences)


def test_recordings_are_the_files_that_appeared(each_recording):
    """Every sound file is known by its path, and no other."""
    if "recordings" in _not_known(each_recording.id):
        pytest.skip("cannot be known here: NOT_KNOWN says why")
    seen = sorted({file["file"] for call in _calls(each_recording) for file in call["recordings"]})
    assert seen == sorted(file["file"] for file in each_recording.truth["recordings"])


def test_a_number_as_typed_means_the_subscriber_that_was_wanted(each_recording):
    """Where the sent form cannot be known, the typed one leads to the same subscriber."""
    for want, call in _pairs(each_recording.truth["calls"], _calls(each_recording)):
        if want["direction"] == "outbound":
            typed, sent = PhoneNumber(call["external_number"]), PhoneNumber(want["external_number"])
            assert typed.same_as(sent)


def test_nothing_is_odd_and_nothing_stays(each_recording):
    """A healthy PBX gives no oddity, and when all phones are down no call is left."""
    tracker = Tracker("lab")
    told = [event for message, at in each_recording.messages for event in tracker.feed(message, at)]
    assert [event for event in told if isinstance(event, Oddity)] == []
    assert list(tracker.live_calls) == []


def test_every_exception_is_needed(all_recordings):
    """The table of what cannot be known names recordings that exist, and only fields that do differ."""
    unneeded = []
    for pattern, fields, _ in NOT_KNOWN:
        found = {field for rec in all_recordings if fnmatch(rec.id, pattern) for field in _differing(rec)}
        unneeded += [(pattern, field) for field in fields - found]
    assert unneeded == []


# ---- comparing --------------------------------------------------------------------------------------------
def _calls(recorded) -> list[dict[str, Any]]:
    return [call_as_json(event.call) for event in recorded.told if isinstance(event, CallEnded)]


def _not_known(name: str) -> frozenset[str]:
    return frozenset().union(*(fields for pattern, fields, _ in NOT_KNOWN if fnmatch(name, pattern)))


def _pairs(wanted: list[dict[str, Any]], seen: list[dict[str, Any]]) -> Iterator[tuple[Any, Any]]:
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


def _differences(want: dict[str, Any], call: dict[str, Any], skipped: frozenset[str]) -> list[str]:
    """Sentences about the fields in which a call is not what it was."""
    who = f"{want['direction']} {want.get('external_number') or want.get('extension')}"
    return [
        f"{who}: {field} {is_} instead of {should}"
        for field, is_, should in _unequal(want, call)
        if field not in skipped
    ]


def _unequal(want: dict[str, Any], call: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for field in EQUAL:
        if field in want and want[field] != call[field]:
            yield field, call[field], want[field]
    for field, seconds in WITHIN.items():
        if field in want and not _is_near(want[field], call[field], seconds):
            yield field, call[field], want[field]
    if "legs" in want:
        yield from _unequal_legs(want["legs"], call["legs"])


def _unequal_legs(wanted: list[dict[str, Any]], legs: list[dict[str, Any]]) -> Iterator[tuple[str, Any, Any]]:
    def outcome(leg: dict[str, Any]) -> tuple[str, str, float]:
        return leg["extension"], leg["result"], leg.get("rang_at") or 0.0

    wanted, legs = sorted(wanted, key=outcome), sorted(legs, key=outcome)
    if [outcome(leg)[:2] for leg in wanted] != [outcome(leg)[:2] for leg in legs]:
        yield "legs", [outcome(leg)[:2] for leg in legs], [outcome(leg)[:2] for leg in wanted]
        return
    for want, leg in zip(wanted, legs, strict=True):
        if "rang_at" in want and not _is_near(want["rang_at"], leg["rang_at"], RANG_WITHIN):
            yield "legs.rang_at", leg["rang_at"], want["rang_at"]


def _is_near(one: float | None, other: float | None, seconds: float) -> bool:
    return one is other if one is None or other is None else abs(one - other) <= seconds


def _differing(recorded) -> set[str]:
    """Fields that differ anywhere in a recording."""
    calls = _calls(recorded)
    found = {
        field for want, call in _pairs(recorded.truth["calls"], calls) for field, _, _ in _unequal(want, call)
    }
    files = {file["file"] for call in calls for file in call["recordings"]}
    return found if files == {r["file"] for r in recorded.truth["recordings"]} else found | {"recordings"}
