"""What the bytes of a recording tell."""

import struct

import pytest

from itgrix_core.recordings.sound import has_sound, is_open, wave_of


def test_a_wav_tells_how_long_it_is(record):
    """To the sample."""
    header = wave_of(record("a.wav", 2.5))
    assert (header.seconds, header.rate, header.is_plain, header.is_open) == (2.5, 8000, True, False)


def test_a_header_alone_is_no_recording(record):
    """44 bytes."""
    path = record("a.wav", 0)
    assert path.stat().st_size == 44
    assert not has_sound(path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"\xff\xf3" * 20])
def test_too_little_of_anything_is_none(tmp_path, content):
    """Nor is a file that is not there."""
    path = tmp_path / "a.wav"
    assert not has_sound(path)
    path.write_bytes(content)
    assert not has_sound(path)


def test_a_file_that_asterisk_has_open_promises_less_than_it_holds(record):
    """Its header has a length of nothing until it is closed, or the old one while it is appended to."""
    path = record("a.wav", 1)
    content = path.read_bytes()
    path.write_bytes(content[:40] + struct.pack("<I", 0) + content[44:])
    assert is_open(path)
    assert wave_of(path).seconds == 1
    path.write_bytes(content + bytes(8000))
    assert is_open(path)
    assert wave_of(path).seconds == 1.5


def test_another_chunk_behind_the_sound_is_none_of_it(record):
    """As editors leave it."""
    path = record("a.wav", 1)
    path.write_bytes(path.read_bytes() + b"LIST" + struct.pack("<I", 4) + b"INFO")
    assert not is_open(path)
    assert wave_of(path).seconds == 1


def test_a_damaged_header_breaks_nothing(record):
    """Whatever its numbers."""
    content = record("a.wav", 1).read_bytes()
    for place in range(12, 44):
        path = record("b.wav", 0)
        path.write_bytes(content[:place] + b"\xff" + content[place + 1 :])
        assert has_sound(path) in {True, False}
        path.write_bytes(content[:place])
        assert has_sound(path) in {True, False}
