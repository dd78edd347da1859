"""Asks the example with a converter that runs anywhere: it copies, and counts how often it was called."""

import sys
import tempfile
from pathlib import Path

import pytest

from itgrix_hooks.testing import ask, assert_failed, assert_untouched, load, recorded_call

HOOK = load(Path(__file__).with_name("mp3.py"))
COPY = "import shutil, sys; shutil.copy(*sys.argv[1:]); open(sys.argv[1] + '.log', 'a').write('x')"


@pytest.fixture
def wav(tmp_path, monkeypatch):
    """A recording of a recorded call's name, and a folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / Path(recorded_call("inbound_answered").recordings[0].path).name
    path.write_bytes(b"sound")
    return path


def converted(path, *command):
    """The hook's answer for a file."""
    given = {"path": str(path) if path else None, "settings": {"command": list(command)}}
    return ask("process_record_file_path", HOOK, limit_seconds=60.0, **given)


def test_a_recording_is_converted_once(wav):
    """Asked again for the same call, the file is there."""
    command = [sys.executable, "-c", COPY, "{wav}", "{mp3}"]
    (answer,) = {converted(wav, *command).answer for _ in range(2)}
    assert Path(answer).read_bytes() == b"sound"
    assert (Path(answer).name, Path(f"{wav}.log").read_text()) == (f"{wav.stem}.mp3", "x")


def test_a_converter_that_fails_leaves_nothing_half_done(wav):
    """The service attaches the WAV, and the next try begins anew."""
    assert_failed(converted(wav, sys.executable, "-c", "exit(3)"), "CalledProcessError")
    assert list(wav.parent.glob("itgrix-mp3/*.mp3")) == []


def test_what_is_no_wav_stays(tmp_path):
    """And a recording that was not found."""
    assert_untouched(converted(tmp_path / "a.mp3"))
    assert_untouched(converted(None))
