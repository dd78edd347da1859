"""Recorded logs can be read in every form in which people send them, and say why when they cannot."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from itgrix_core.errors import RecordingError
from itgrix_core.sandbox import recordings

RECORDED = Path(__file__).parents[2] / "recorded"
DATA = b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\nEvent: Hangup\r\n\r\n"


def test_packed_and_plain_logs_hold_the_same(tmp_path):
    """A .ami and a .ami.gz of the same bytes are the same log."""
    (tmp_path / "one.ami").write_bytes(DATA)
    (tmp_path / "two.ami.gz").write_bytes(gzip.compress(DATA, mtime=0))

    plain, packed = recordings.load(tmp_path / "one.ami"), recordings.load(str(tmp_path / "two.ami.gz"))

    assert plain.data == packed.data == DATA
    assert (plain.name, packed.name) == ("one", "two")


def test_a_log_without_times_is_one_piece_without_a_time(tmp_path):
    """Without a times.jsonl beside it a log is one piece, received at an unknown time."""
    (tmp_path / "one.ami").write_bytes(DATA)
    assert list(recordings.load(tmp_path / "one.ami").chunks_with_times()) == [(DATA, None)]


def test_pieces_come_with_their_times_and_lose_no_byte(tmp_path):
    """Each piece carries the time of its line; together they are the whole log."""
    (tmp_path / "one.ami").write_bytes(DATA)
    _write_times(tmp_path / "one.times.jsonl", (10, 1.5), (40, 2.5))

    pieces = list(recordings.load(tmp_path / "one.ami").chunks_with_times())

    assert pieces == [(DATA[:10], None), (DATA[10:40], 1.5), (DATA[40:], 2.5)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no such file"),
        (b"{}", "not a recorded AMI connection"),
        (b"", "not a recorded AMI connection"),
        (gzip.compress(DATA, mtime=0)[:-12], "torn or damaged"),
        (gzip.compress(DATA, mtime=0)[:14] + b"\xff" * 20, "torn or damaged"),
    ],
)
def test_an_unusable_log_is_a_sentence_that_names_the_file(tmp_path, content, words):
    """Missing, not AMI and torn each have a sentence of their own."""
    path = tmp_path / "odd.ami.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecordingError, match=words) as caught:
        recordings.load(path)
    assert str(path) in str(caught.value)


def test_a_folder_instead_of_a_file_is_a_sentence(tmp_path):
    """A folder cannot be read, and the sentence says so."""
    with pytest.raises(RecordingError, match="cannot be read"):
        recordings.load(tmp_path)


@pytest.mark.parametrize("line", ['{"offset": 1}', "nonsense", "[1, 2]", '{"offset": 999, "t": 1}'])
def test_times_that_do_not_fit_name_their_line(tmp_path, line):
    """A damaged line of times is named; it is not silently skipped."""
    (tmp_path / "one.ami").write_bytes(DATA)
    (tmp_path / "one.times.jsonl").write_text('{"offset": 0, "t": 1.0}\n' + line + "\n")
    with pytest.raises(RecordingError, match="line 2"):
        recordings.load(tmp_path / "one.ami")


def test_times_that_run_backwards_are_refused(tmp_path):
    """Offsets grow from line to line."""
    (tmp_path / "one.ami").write_bytes(DATA)
    _write_times(tmp_path / "one.times.jsonl", (10, 1.0), (10, 2.0))
    with pytest.raises(RecordingError, match="does not fit"):
        recordings.load(tmp_path / "one.ami")


def test_every_recording_of_the_tests_can_be_read_with_times():
    """All recordings load; times cover them from the first byte and never run backwards."""
    paths = sorted(RECORDED.glob("*/*.ami.gz"))
    assert len(paths) >= 87
    for path in paths:
        log = recordings.load(path)
        pieces = list(log.chunks_with_times())
        assert b"".join(piece for piece, _ in pieces) == log.data, path
        times = [at for _, at in pieces]
        assert None not in times, path
        assert times == sorted(times), path


def test_every_recording_states_its_truth():
    """Beside each log lies a truth.json of the same name."""
    for path in RECORDED.glob("*/*.ami.gz"):
        name = path.name.removesuffix(".ami.gz")
        assert json.loads(path.with_name(f"{name}.truth.json").read_text())["scenario"] == name


def test_bundled_recordings_are_the_tested_ones():
    """What the demo serves is byte for byte what the tests compare with the truth."""
    paths = recordings.bundled()
    assert len(paths) >= 24
    for path in paths:
        name = path.name.removesuffix(".ami.gz")
        for ending in (".ami.gz", ".times.jsonl"):
            ours, tested = path.with_name(name + ending), RECORDED / "ast22" / (name + ending)
            assert ours.read_bytes() == tested.read_bytes(), name


def _write_times(path, *entries):
    path.write_text("".join(json.dumps({"offset": offset, "t": at}) + "\n" for offset, at in entries))
