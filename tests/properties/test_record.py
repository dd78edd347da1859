"""`itgrix record`, on every recording: its fixtures replay to the same calls, and show nobody.

What masks may change is told by the same masker: nothing here knows how a number is masked.
"""

from __future__ import annotations

import gzip
import random
import re

import pytest

from itgrix_core.app.outward import call_as_json
from itgrix_core.app.record import CallRecorder, streams_of
from itgrix_core.app.replay import PBX, ended_calls, tell
from itgrix_core.calls.events import Oddity
from itgrix_core.calls.excerpts import Excerpts
from itgrix_core.calls.handlers.births import NOT_KNOWN
from itgrix_core.calls.masking import Masker
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.tracker import Tracker
from itgrix_core.sandbox.recordings import load
from itgrix_core.sandbox.shelf import Shelf
from itgrix_core.wire.frames import read_blocks

KEY = b"a key of the tests"
SAMPLE = 40
LARGEST = 60_000
"""Bytes packed; larger recordings are for the slow run."""
PHONE = re.compile(r"(?<!\d)[78][49]\d{9}(?!\d)")
NUMBERS = (
    "external_number", "did", "trunk", "extension", "dialled", "answered_by", "last_agent", "hangup_by",
)  # fmt: skip
"""Words of a call that a mask may change."""


@pytest.fixture(params=["sampled", pytest.param("every", marks=pytest.mark.slow)])
def some_recordings(request, all_recordings):
    """Recordings of all families; in the slow run all there are."""
    if request.param == "every":
        return all_recordings
    small = [recorded for recorded in all_recordings if recorded.path.stat().st_size < LARGEST]
    return random.Random(20261125).sample(small, SAMPLE)


def written(recorded, folder, *, is_masking):
    """The fixtures that a recording is cut into."""
    recorder = CallRecorder(Shelf(folder), Topology(), is_masking=is_masking, key=KEY)
    for stream in streams_of(recorded.path):
        for data, received_at in stream:
            recorder.take(data, received_at)
    recorder.close()
    return sorted(folder.glob("*.ami.gz"))


def calls_of(paths):
    """The ended calls of some logs in outward words, by key."""
    told = [event for path in paths for event in tell(load(path), Topology())]
    assert not [event for event in told if isinstance(event, Oddity)], paths
    return {call.key: call_as_json(call) for call in ended_calls(told)}


def without_names(call):
    """The call but for the name of the party outside, which is replaced."""
    return {**call, "external_name": bool(call["external_name"])}


def masked(call, masker):
    """The call as its masked recording tells it."""
    hidden = {word: call[word] and masker.text(call[word]) for word in NUMBERS}
    legs = [{**leg, "extension": masker.text(leg["extension"])} for leg in call["legs"]]
    transfers = [
        {**transfer, "from": masker.text(transfer["from"]), "to": masker.text(transfer["to"])}
        for transfer in call["transfers"]
    ]
    for recording in call["recordings"]:
        assert recording["file"]
    hidden["key"], hidden["action_id"] = (
        key_of(call, masker),
        call["action_id"] and masker.text(call["action_id"]),
    )
    return {**call, **hidden, "legs": legs, "transfers": transfers, "recordings": len(call["recordings"])}


def key_of(call, masker):
    """Its key in a masked fixture: an ActionID that stands for a call may hold a number."""
    action = call["action_id"]
    return call["key"].replace(action, masker.text(action)) if action else call["key"]


def test_fixtures_replay_to_the_calls_of_the_recording(some_recordings, tmp_path):
    """Each call is in one of them, whole, and nothing else is: times, legs, results, files are the same."""
    for number, recorded in enumerate(some_recordings):
        paths = written(recorded, tmp_path / str(number), is_masking=False)
        undisturbed = calls_of([recorded.path])
        assert len(paths) == len(undisturbed), recorded.id
        assert {key: without_names(call) for key, call in calls_of(paths).items()} == {
            key: without_names(call) for key, call in undisturbed.items()
        }, recorded.id


def test_masked_fixtures_replay_to_the_same_calls_with_masked_numbers(some_recordings, tmp_path):
    """The tracker understands the same: only what was masked differs, and it differs alike everywhere."""
    masker = Masker(Topology(), KEY)
    for number, recorded in enumerate(some_recordings):
        paths = written(recorded, tmp_path / str(number), is_masking=True)
        expected = {key_of(call, masker): masked(call, masker) for call in calls_of([recorded.path]).values()}
        told = {key: {**call, "recordings": len(call["recordings"])} for key, call in calls_of(paths).items()}
        assert {key: without_names(call) for key, call in told.items()} == {
            key: without_names(call) for key, call in expected.items()
        }, recorded.id


def test_a_masked_fixture_shows_no_number_name_or_address(some_recordings, tmp_path):
    """Neither in the events nor in the draft of the truth, nor in the names of the files."""
    for number, recorded in enumerate(some_recordings):
        original = gzip.decompress(recorded.path.read_bytes()).decode("utf-8", "replace")
        private = set(PHONE.findall(original)) | {
            name
            for name in re.findall(r"(?:CallerIDName|MemberName): ([^\r\n]+)", original)
            if not name.isdigit() and name not in NOT_KNOWN
        }
        written(recorded, tmp_path / str(number), is_masking=True)
        for path in (tmp_path / str(number)).glob("*"):
            raw = path.read_bytes()
            text = (gzip.decompress(raw) if path.name.endswith(".gz") else raw).decode()
            shown = {secret for secret in private if secret in text or secret in path.name}
            assert not shown, (recorded.id, path.name)
            assert "127.0.0." not in text


def test_the_key_of_every_call_stays(recording_of, tmp_path):
    """So what was written of a call is found by the Linkedid that the service's log names."""
    (path,) = written(recording_of["ast22/inbound_answered"], tmp_path, is_masking=True)
    assert list(calls_of([path])) == [f"{PBX}/1795379452.4"]


def test_a_stream_may_begin_anywhere_lose_anything_and_say_it_twice(some_recordings):
    """Nothing raises, and nothing is kept of a stream that is over."""
    dice = random.Random(20261125)
    for recorded in some_recordings[::4]:
        blocks = read_blocks(gzip.decompress(recorded.path.read_bytes()))[:2000]
        start, lost, twice = (dice.randrange(len(blocks)) for _ in range(3))
        for stream in (
            blocks[start:],
            blocks[:lost] + blocks[lost + 1 :],
            blocks[: twice + 1] + blocks[twice:],
            blocks[start:] + blocks,
            dice.sample(blocks, len(blocks)),
        ):
            excerpts = Excerpts(Tracker(PBX))
            cut = [part for at, block in enumerate(stream) for part in excerpts.feed(block, at / 10)]
            cut += excerpts.close()
            assert all(part.entries == sorted(part.entries) for part in cut), recorded.id
            assert excerpts.close() == []
