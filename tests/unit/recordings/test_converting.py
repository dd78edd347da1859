"""A recording as MP3."""

import pytest

from itgrix_core.recordings import converting
from itgrix_core.recordings.converting import ConversionError, converter, to_mp3

KBPS = 32


def test_a_wav_becomes_an_mp3_of_the_same_length(record, tmp_path):
    """Told by its size, as every second has the same number of bits."""
    pytest.importorskip("lameenc")
    target = to_mp3(record("in.wav", 10), tmp_path / "in.mp3", KBPS)
    content = target.read_bytes()
    assert content[0] == 0xFF
    assert content[1] & 0xE0 == 0xE0
    assert len(content) * 8 / (KBPS * 1000) == pytest.approx(10, abs=0.5)
    assert converter() == "lameenc"


def test_where_nothing_converts_it_says_what_would(record, tmp_path, monkeypatch):
    """Neither the extra nor ffmpeg."""
    monkeypatch.setattr(converting, "_lameenc", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConversionError, match=r"install itgrix\[mp3\], or ffmpeg"):
        to_mp3(record("in.wav", 1), tmp_path / "in.mp3", KBPS)
    assert converter() == ""


@pytest.mark.parametrize(("status", "is_made"), [(0, True), (1, False)])
def test_ffmpeg_converts_what_lameenc_cannot_read(tmp_path, monkeypatch, status, is_made):
    """Asterisk's gsm; its last words are told where it fails."""
    program, source = tmp_path / "ffmpeg", tmp_path / "in.gsm"
    program.write_text(
        '#!/bin/sh\nfor last; do :; done\necho "$@" > "${last#file:}"\necho strange sound >&2\n'
        f"exit {status}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    source.write_bytes(bytes(1000))
    target = tmp_path / "in.mp3"
    if is_made:
        assert f"-i file:{source} -b:a 32k -f mp3" in to_mp3(source, target, KBPS).read_text()
    else:
        with pytest.raises(ConversionError, match=r"ffmpeg cannot read in\.gsm: strange sound"):
            to_mp3(source, target, KBPS)
        assert not target.exists()
