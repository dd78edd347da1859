"""Recorded logs are put down whole, for their owner alone, and no more than are wished."""

import json

import pytest

from itgrix_core.errors import RecordingError
from itgrix_core.sandbox.recordings import RecordedLog, load
from itgrix_core.sandbox.shelf import Shelf

DATA = b"Asterisk Call Manager/11.0.0\r\nEvent: Hangup\r\nUniqueid: 1\r\n\r\n"


def log(number):
    """A recorded log whose name begins with a time."""
    return RecordedLog(f"20261122-2030{number:02}-inbound-1", DATA, ((0, 5.0), (30, 6.5)))


def names(folder):
    """Which recordings lie there."""
    return sorted(path.name.removesuffix(".ami.gz") for path in folder.glob("*.ami.gz"))


def test_what_was_put_is_loaded_again(tmp_path):
    """Bytes and times; the truth lies beside them."""
    path = Shelf(tmp_path / "calls").put(log(1), {"calls": []})
    assert load(path) == log(1)
    truth = json.loads((tmp_path / "calls" / "20261122-203001-inbound-1.truth.json").read_text())
    assert truth == {"scenario": "20261122-203001-inbound-1", "calls": []}


def test_files_and_folder_are_for_their_owner(tmp_path):
    """They tell of people, masked or not."""
    Shelf(tmp_path / "calls").put(log(1), {})
    assert (tmp_path / "calls").stat().st_mode & 0o777 == 0o700
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "calls").iterdir()}
    assert modes == {0o600}
    assert not list((tmp_path / "calls").glob("*.part"))


def test_the_same_bytes_give_the_same_file(tmp_path):
    """Packed without a time or a name of their own."""
    one, two = (Shelf(tmp_path / name).put(log(1), {}) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_a_name_that_is_taken_gets_a_number(tmp_path):
    """Two calls of one second between the same parties."""
    for _ in range(3):
        Shelf(tmp_path).put(log(1), {})
    assert names(tmp_path) == [f"20261122-203001-inbound-1{end}" for end in ("", "-2", "-3")]


def test_the_oldest_go_when_there_are_too_many(tmp_path):
    """With all their files; others in the folder are nobody's business."""
    (tmp_path / "mine.ami.gz").write_bytes(b"x")
    shelf = Shelf(tmp_path, keep_calls=2)
    for number in range(4):
        shelf.put(log(number), {})
    assert names(tmp_path) == ["20261122-203002-inbound-1", "20261122-203003-inbound-1", "mine"]
    assert len(list(tmp_path.iterdir())) == 2 * 3 + 1


def test_the_oldest_go_when_they_are_too_large(tmp_path):
    """The newest stays, however large."""
    size = sum(path.stat().st_size for path in Shelf(tmp_path / "a").put(log(1), {}).parent.iterdir())
    shelf = Shelf(tmp_path / "b", keep_bytes=2 * size)
    for number in range(4):
        shelf.put(log(number), {})
    assert len(names(tmp_path / "b")) == 2
    Shelf(tmp_path / "b", keep_bytes=1).put(log(9), {})
    assert names(tmp_path / "b") == ["20261122-203009-inbound-1"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    """With the option that names another."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match=r"file/calls: a recording cannot be written: .*--to"):
        Shelf(tmp_path / "file" / "calls").put(log(1), {})
