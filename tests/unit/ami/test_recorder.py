"""What the rolling recorder keeps, and how it reads on after a crash."""

import errno
import json
import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itgrix_core.ami.recorder import Position, Recorder
from itgrix_core.errors import DataFolderError
from itgrix_core.wire.frames import Framer, join_blocks, read_blocks

BANNER = b"Asterisk Call Manager/11.0.0"


def event(number, size=0):
    """A block."""
    return f"Event: Hangup\r\nUniqueid: {number}\r\nPadding: {'x' * size}".encode()


def chunk(*numbers):
    """Whole blocks as bytes."""
    return join_blocks([event(number) for number in numbers])


def blocks_of(recorded):
    """The blocks of what was read, with a framer for each segment."""
    blocks, framer, segment = [], Framer(), None
    for each in recorded:
        if each.position.segment != segment:
            framer, segment = Framer(), each.position.segment
        blocks += framer.feed(each.data)
    return blocks


@pytest.fixture
def recorder(tmp_path):
    """A recorder of the Asterisk "main"."""
    made = Recorder(tmp_path / "recorded", "main")
    yield made
    made.close()


def test_a_segment_is_a_recording_beside_its_times(recorder):
    """The bytes as they came, and a line of offset and time for each chunk."""
    recorder.append(join_blocks([BANNER, event(1)]), 100.25)
    recorder.append(chunk(2), 101.5)
    (name,) = recorder.segments()
    data = (recorder.folder / f"{name}.ami").read_bytes()
    assert read_blocks(data) == [BANNER, event(1), event(2)]
    lines = (recorder.folder / f"{name}.times.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"offset": 0, "t": 100.25},
        {"offset": len(data) - len(chunk(2)), "t": 101.5},
    ]


def test_nobody_else_may_read_what_was_recorded(recorder):
    """Phone numbers are in it."""
    recorder.append(chunk(1), 1.0)
    for folder in (recorder.folder, recorder.folder.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in recorder.folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_every_connection_begins_a_segment(recorder):
    """A segment begins with the banner."""
    for _ in range(3):
        recorder.append(join_blocks([BANNER, event(1)]), 1.0)
        recorder.append(chunk(2), 1.0)
    names = recorder.segments()
    assert len(names) == 3
    assert all((recorder.folder / f"{name}.ami").read_bytes().startswith(BANNER) for name in names)


def test_a_segment_that_is_large_enough_is_followed_by_another_at_a_blocks_end(tmp_path):
    """Never in the middle of a block, whatever the chunks are."""
    recorder = Recorder(tmp_path, "main", segment_bytes=100)
    stream = chunk(*range(50))
    for at in range(0, len(stream), 7):
        recorder.append(stream[at : at + 7], 1.0)
    recorder.append(chunk(50), 1.0)
    recorder.append(chunk(51, 52, 53), 1.0)
    recorder.append(chunk(54), 1.0)
    recorder.close()
    assert len(recorder.segments()) >= 3
    assert blocks_of(recorder.read_from()) == [event(number) for number in range(55)]


def test_segments_sort_by_time_also_when_the_clock_is_set_back(tmp_path):
    """And when a new process begins in the same microsecond."""
    clock = iter([1000.0, 1000.0, 10.0, 2000.0])
    for number in range(4):
        recorder = Recorder(tmp_path, "main", clock=lambda: next(clock))
        recorder.append(chunk(number), 1.0)
        recorder.close()
    assert blocks_of(recorder.read_from()) == [event(number) for number in range(4)]
    assert len(set(recorder.segments())) == 4


def test_reading_goes_on_from_every_position_that_was_given(tmp_path):
    """With the chunks' own times, over segments."""
    recorder = Recorder(tmp_path, "main", segment_bytes=200)
    positions = [recorder.append(chunk(number), float(number)) for number in range(12)]
    recorder.close()
    assert positions == sorted(positions)
    assert recorder.end() == positions[-1]
    for done, position in enumerate(positions, 1):
        rest = list(recorder.read_from(position))
        assert blocks_of(rest) == [event(number) for number in range(done, 12)]
        assert [each.received_at for each in rest] == [float(number) for number in range(done, 12)]
        assert [each.position for each in rest] == positions[done:]


def test_a_recorder_that_holds_nothing_has_no_end_and_nothing_to_read(recorder):
    """The first start."""
    assert recorder.end() is None
    assert list(recorder.read_from()) == []
    assert recorder.prune(None, 0) == 0


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_after_a_crash_at_any_byte_every_committed_position_reads_on(tmp_path_factory, data):
    """Property: whole blocks that reached the disk come back once, in order; a torn end harms nothing."""
    folder = tmp_path_factory.mktemp("crash")
    recorder = Recorder(folder, "main")
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=6))
    positions, number = [Position("", 0)], 0
    for size in sizes:
        positions.append(recorder.append(chunk(*range(number, number + size)), float(number)))
        number += size
    recorder.close()
    name = recorder.segments()[-1]
    written = (recorder.folder / f"{name}.ami").read_bytes()
    left = data.draw(st.integers(0, len(written)))
    os.truncate(recorder.folder / f"{name}.ami", left)
    times = recorder.folder / f"{name}.times.jsonl"
    os.truncate(times, data.draw(st.integers(0, times.stat().st_size)))
    after = Recorder(folder, "main")
    after.append(chunk(1000), 5000.0)
    after.close()
    alive = len(read_blocks(written[:left]))
    for position, done in zip(positions, [0, *(sum(sizes[: i + 1]) for i in range(len(sizes)))], strict=True):
        if position.offset <= left:
            expected = [event(each) for each in range(done, alive)] + [event(1000)]
            recorded = list(after.read_from(position))
            assert blocks_of(recorded) == expected
            assert blocks_of(after.read_from(recorded[-1].position)) == []


def test_a_position_whose_segment_is_gone_means_what_is_left(recorder):
    """An operator removed it."""
    first = recorder.append(join_blocks([BANNER, event(1)]), 1.0)
    recorder.append(join_blocks([BANNER, event(2)]), 2.0)
    (recorder.folder / f"{first.segment}.ami").unlink()
    assert blocks_of(recorder.read_from(first)) == [BANNER, event(2)]


def test_bytes_without_times_are_read_with_the_files_time(recorder):
    """Better than not at all."""
    position = recorder.append(chunk(1, 2), 1.0)
    (recorder.folder / f"{position.segment}.times.jsonl").unlink()
    os.utime(recorder.folder / f"{position.segment}.ami", (77.0, 77.0))
    (recorded,) = recorder.read_from()
    assert (recorded.received_at, recorded.position) == (77.0, position)


def test_foreign_files_in_the_folder_are_left_alone(recorder):
    """Somebody's copy of a segment."""
    recorder.append(chunk(1), 1.0)
    (recorder.folder / "bug-17.ami").write_bytes(chunk(9))
    recorder.append(join_blocks([BANNER, event(2)]), 1.0)
    assert blocks_of(recorder.read_from()) == [event(1), BANNER, event(2)]
    assert recorder.prune(recorder.end(), 0) == 1
    assert (recorder.folder / "bug-17.ami").exists()


def test_pruning_removes_the_oldest_segments_but_none_that_is_not_committed(recorder):
    """Down to the bytes that shall be kept."""
    positions = [recorder.append(join_blocks([BANNER, event(n, 1000)]), 1.0) for n in range(6)]
    assert recorder.prune(None, 0) == 0
    assert recorder.prune(positions[3], 10_000) == 0
    assert recorder.prune(positions[3], 4500) == 2
    assert recorder.segments() == [position.segment for position in positions[2:]]
    assert recorder.prune(positions[3], 0) == 1
    assert recorder.prune(positions[5], 0) == 2
    assert recorder.segments() == [positions[5].segment]
    assert sorted(path.suffix for path in recorder.folder.iterdir()) == [".ami", ".jsonl"]
    recorder.append(chunk(7), 1.0)


def test_a_full_disk_is_a_sentence_and_leaves_no_half_chunk(recorder, monkeypatch):
    """The next chunk that fits goes on where the last one ended."""
    before = recorder.append(chunk(1), 1.0)
    real, files = os.write, recorder._files

    def full(descriptor, data):
        if descriptor == files[0] and len(data) < len(chunk(2, 3)):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, bytes(data)[:10] if descriptor == files[0] else data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DataFolderError, match="No space left on device"):
        recorder.append(chunk(2, 3), 2.0)
    monkeypatch.undo()
    assert recorder.end() == before
    after = recorder.append(chunk(4), 4.0)
    assert blocks_of(recorder.read_from()) == [event(1), event(4)]
    assert [each.received_at for each in recorder.read_from(before)] == [4.0]
    assert after.offset == before.offset + len(chunk(4))


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    """A file stands in its place."""
    (tmp_path / "recorded").write_text("not a folder")
    with pytest.raises(DataFolderError, match="cannot be recorded"):
        Recorder(tmp_path / "recorded", "main").append(chunk(1), 1.0)


@pytest.mark.parametrize("pbx", ["../outside", "..", ".hidden", "a/b", "Филиал 2", "%2E"])
def test_no_name_of_an_asterisk_leads_out_of_the_folder(tmp_path, pbx):
    """It is one folder's name, and another one for another Asterisk."""
    recorder = Recorder(tmp_path, pbx)
    assert recorder.folder.parent == tmp_path
    assert recorder.folder.name not in {"", ".", ".."}
    assert recorder.folder != Recorder(tmp_path, "." + pbx[1:] + "x").folder
