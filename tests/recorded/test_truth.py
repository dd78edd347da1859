"""Every recording, understood, is what its phones know to have happened.

The truth is made by the phones, not by us; README.md tells its words, tests/shared/comparing.py what counts
as equal and what cannot be known.
"""

from __future__ import annotations

from fnmatch import fnmatch

import pytest
from comparing import NOT_KNOWN, differences, differing, files_of, not_known, pairs

from itgrix_core.app.outward import call_as_json, file_name
from itgrix_core.calls.events import CallEnded, Oddity
from itgrix_core.calls.tracker import Tracker
from itgrix_core.filing.talks import recordings_of
from itgrix_core.recordings.sound import HEADER_BYTES
from itgrix_hooks.values import PhoneNumber


def test_every_truth_was_checked_by_somebody(each_recording):
    """`itgrix record` drafts it from what the tracker understood: compared with itself it proves nothing."""
    assert each_recording.truth.get("checked", True)


def test_calls_are_what_the_phones_know(each_recording):
    """Number of calls, parties, phones, times, transfers, how it ended and who ended it."""
    wanted, seen = each_recording.truth["calls"], _calls(each_recording)
    found = differences(wanted, seen, not_known(each_recording.id))
    assert not found, "\n".join(found)


def test_recordings_are_the_files_that_appeared(each_recording):
    """Every sound file is known by its path, and no other."""
    if "recordings" in not_known(each_recording.id):
        pytest.skip("cannot be known here: NOT_KNOWN says why")
    assert files_of(_calls(each_recording)) == sorted(
        file["file"] for file in each_recording.truth["recordings"]
    )


def test_the_file_that_goes_to_the_crm_holds_sound(each_recording):
    """Of a talk's files some may be a header alone: a member's who only rang, a group's that was left."""
    sizes = {file["file"]: file["bytes"] for file in each_recording.truth["recordings"]}
    for event in each_recording.told:
        if not isinstance(event, CallEnded) or not event.call.is_answered:
            continue
        heard = {file_name(r) for r in event.call.recordings if sizes.get(file_name(r), 0) > HEADER_BYTES}
        wanted = recordings_of(event.call)
        assert not heard or file_name(wanted[0]) in heard


def test_a_number_as_typed_means_the_subscriber_that_was_wanted(each_recording):
    """Where the sent form cannot be known, the typed one leads to the same subscriber."""
    for want, call in pairs(each_recording.truth["calls"], _calls(each_recording)):
        if want["direction"] == "outbound":
            typed, sent = PhoneNumber(call["external_number"]), PhoneNumber(want["external_number"])
            assert typed.same_as(sent)


def test_calls_between_two_pbxes_are_what_the_phones_know(each_pair):
    """A call over the trunk between them is one, each phone a leg at its own PBX; all files are known."""
    wanted, seen = each_pair.truth["calls"], _calls(each_pair)
    found = differences(wanted, seen)
    for want, call in pairs(wanted, seen):
        where = [
            sorted((leg["pbx"], leg["extension"]) for leg in each.get("legs", [])) for each in (want, call)
        ]
        found += [] if where[0] == where[1] else [f"legs at {where[1]} instead of {where[0]}"]
        found += [] if want.get("pbx", call["pbx"]) == call["pbx"] else [f"a call of {call['pbx']}"]
    assert not found, "\n".join(found)
    files = sorted((file["pbx"], file["file"]) for call in seen for file in call["recordings"])
    assert files == sorted((file["pbx"], file["file"]) for file in each_pair.truth["recordings"])
    assert [event for event in each_pair.told if isinstance(event, Oddity)] == []


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


def _calls(recorded):
    return [call_as_json(event.call) for event in recorded.told if isinstance(event, CallEnded)]


def _differing(recorded):
    """Fields that differ anywhere in a recording."""
    calls = _calls(recorded)
    found = differing(recorded.truth["calls"], calls)
    files = sorted(r["file"] for r in recorded.truth["recordings"])
    return found if files_of(calls) == files else found | {"recordings"}
