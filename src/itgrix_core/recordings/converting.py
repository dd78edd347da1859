"""A recording as MP3: by lameenc where it is installed (the extra `mp3`), else by ffmpeg where that is.

lameenc takes plain WAV alone; ffmpeg takes what Asterisk writes otherwise, too (gsm, ulaw, …).
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

from itgrix_core.errors import RecordingError
from itgrix_core.recordings.sound import Wave, wave_of

FFMPEG_SECONDS = 600.0
"""How long a conversion may take: an hour's talk takes half a minute on a small machine."""

_PIECE_BYTES = 1 << 16
_WAY_OUT = "install itgrix[mp3], or ffmpeg"


class ConversionError(RecordingError):
    """There is nothing here that could; the text says the way out."""


def to_mp3(source: Path, target: Path, kbps: int) -> Path:
    """Convert a file; `target` is replaced if it is there.

    Raises:
        ConversionError: nothing is installed that can read this file.
        OSError: one of the two cannot be used.
    """
    part = target.with_name(f"{target.name}.part")
    header, lame = wave_of(source), _lameenc()
    if header is not None and header.is_plain and header.channels <= 2 and lame is not None:  # noqa: PLR2004
        _by_lame(lame, source, header, part, kbps)
    else:
        _by_ffmpeg(source, part, kbps)
    return part.replace(target)


def converter() -> str:
    """What converts here, in words; "" if nothing does."""
    return "lameenc" if _lameenc() else "ffmpeg" if shutil.which("ffmpeg") else ""


def _lameenc() -> Any:
    try:
        return importlib.import_module("lameenc")
    except ImportError:
        return None


def _by_lame(lame: Any, source: Path, header: Wave, target: Path, kbps: int) -> None:
    encoder = lame.Encoder()
    encoder.set_bit_rate(kbps)
    encoder.set_in_sample_rate(header.rate)
    encoder.set_channels(header.channels)
    encoder.set_quality(5)
    encoder.silence()
    frame = header.channels * header.width
    left = header.held - header.held % frame
    with source.open("rb") as read, target.open("wb") as written:
        read.seek(header.offset)
        while left > 0 and (piece := read.read(min(left, _PIECE_BYTES))):
            left -= len(piece)
            written.write(encoder.encode(piece[: len(piece) - len(piece) % frame]))
        written.write(encoder.flush())


def _by_ffmpeg(source: Path, target: Path, kbps: int) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        raise ConversionError(f"{source.name} cannot be made an MP3: {_WAY_OUT}")
    command = [program, "-nostdin", "-v", "error", "-y", "-i", f"file:{source}"]
    command += ["-b:a", f"{kbps}k", "-f", "mp3", f"file:{target}"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=FFMPEG_SECONDS)  # noqa: S603 - ours
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise ConversionError(f"ffmpeg cannot read {source.name}: {said[0]}") from None
    except subprocess.TimeoutExpired:
        raise ConversionError(f"ffmpeg needs more than {FFMPEG_SECONDS:g} s for {source.name}") from None
