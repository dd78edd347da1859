"""One employee's talk out of a file that holds several."""

import pytest

from itgrix_core.recordings.cutting import cut, stretch
from itgrix_core.recordings.sound import wave_of
from itgrix_core.recordings.workshop import Workshop

BEGAN = 1_000.0
FIRST, SECOND = (1_010.0, 1_015.0), (1_025.0, 1_045.0)


@pytest.mark.parametrize(
    ("own", "connected", "through"), [(FIRST, (0, 5), (10, 15)), (SECOND, (5, 25), (25, 45))]
)
def test_its_length_tells_whether_a_file_holds_only_what_was_connected(own, connected, through):
    """25 s of talks with `b`; 45 s since the recording began without."""
    assert stretch(25.4, BEGAN, [FIRST, SECOND], own) == pytest.approx(connected)
    assert stretch(44.7, BEGAN, [FIRST, SECOND], own) == pytest.approx(through, abs=0.4)


def test_talks_that_overlap_take_their_time_once():
    """Three in a bridge for a while."""
    third = (1_012.0, 1_020.0)
    assert stretch(10.0, BEGAN, [FIRST, third], FIRST) == (0, 5)
    assert stretch(10.0, BEGAN, [FIRST, third], third) == pytest.approx((2, 10))


def test_a_file_that_ended_before_the_talk_does_not_hold_it():
    """The recording was stopped by the dialplan."""
    assert stretch(5.0, BEGAN, [FIRST, SECOND], SECOND) is None


def test_the_cut_holds_just_those_samples(record, tmp_path):
    """And replaces what was there."""
    source = record("in.wav", 3)
    target = tmp_path / "out.wav"
    for _ in range(2):
        cut(source, wave_of(source), (1.0, 1.5), target)
    assert wave_of(target).seconds == 0.5
    assert target.read_bytes()[44:] == source.read_bytes()[44 + 16000 : 44 + 24000]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["in.wav", "out.wav"]


def test_a_job_has_a_bench_of_its_own_that_goes_with_it(record, tmp_path):
    """The file that was found stays as it is."""
    workshop, source = Workshop(tmp_path / "audio"), record("in.wav", 3)
    path, why = workshop.cut("a", source, lambda seconds: (0.0, seconds / 2))
    assert (path.name, wave_of(path).seconds) == ("in.wav", 1.5)
    assert "seconds 0.0 to 1.5 of in.wav" in why
    other, _ = workshop.cut("b", source, lambda _: (0.0, 1.0))
    workshop.clear("a")
    assert (path.exists(), other.exists(), wave_of(source).seconds) == (False, True, 3)


def test_what_cannot_be_cut_is_taken_whole_and_said(tmp_path):
    """An MP3, say."""
    source = tmp_path / "in.mp3"
    source.write_bytes(b"\xff\xf3" * 1000)
    path, why = Workshop(tmp_path / "audio").cut("a", source, lambda _: (0.0, 1.0))
    assert path == source
    assert "attached whole" in why


def test_a_talk_that_is_not_in_the_file_is_nothing(record, tmp_path):
    """Better none than somebody else's."""
    path, why = Workshop(tmp_path / "audio").cut("a", record("in.wav", 3), lambda _: None)
    assert path is None
    assert "does not hold" in why


def test_a_file_whose_asterisk_died_gets_a_true_header(record, tmp_path):
    """So that it can be played."""
    source = record("in.wav", 1)
    source.write_bytes(source.read_bytes() + bytes(16000))
    mended = Workshop(tmp_path / "audio").mended("a", source)
    assert (wave_of(mended).seconds, wave_of(mended).is_open) == (2, False)
