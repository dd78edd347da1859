"""`itgrix replay --json FOLDER`, as anybody runs it, says of every recording what its truth.json says.

Nothing of the program is used here but its command: whoever has recordings in this form, each with a truth
beside it, can do the same.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from comparing import differences, files_of, not_known

HERE = Path(__file__).parent
PLAIN = ("ringgroup_sip", "attended_transfer_refer", "originate_answered", "registration", "pbx_restart")


def replay(*places):
    """The calls that the command prints, by the log's path; it must not complain."""
    command = [sys.executable, "-m", "itgrix_core.app.cli", "replay", "--json", *map(str, places)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    calls = defaultdict(list)
    for line in done.stdout.splitlines():
        call = json.loads(line)
        calls[Path(call["log"])].append(call)
    return calls


@pytest.fixture(scope="module")
def replayed():
    """All recordings in one run."""
    return replay(HERE)


def test_every_recording_is_told_in_the_words_of_its_truth(replayed, each_recording):
    """Fields, legs, transfers, times and sound files."""
    calls, truth = replayed[each_recording.path], each_recording.truth
    skipped = not_known(each_recording.id)
    assert differences(truth["calls"], calls, skipped) == []
    if "recordings" not in skipped:
        assert files_of(calls) == [file["file"] for file in truth["recordings"]]


def test_plain_logs_are_read_as_packed_ones(replayed, tmp_path):
    """Of NAME.ami with NAME.times.jsonl beside it the same is said, word by word."""
    for name in PLAIN:
        packed = HERE / f"ast22/{name}.ami.gz"
        (tmp_path / f"{name}.ami").write_bytes(gzip.decompress(packed.read_bytes()))
        shutil.copy(HERE / f"ast22/{name}.times.jsonl", tmp_path)
    plain = replay(tmp_path)
    for name in PLAIN:
        packed_calls = replayed[HERE / f"ast22/{name}.ami.gz"]
        again = [{**call, "log": ""} for call in plain[tmp_path / f"{name}.ami"]]
        assert again == [{**call, "log": ""} for call in packed_calls]
