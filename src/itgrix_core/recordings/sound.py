"""What the bytes of a recording tell: whether there is sound, how long it is, whether more is to come.

Asterisk writes a WAV's header first, with a length of nothing, and corrects it when the file is closed; with
`append` it goes on behind the old header. So a header that promises less than the file holds is of a file
that is still open, or of one whose Asterisk has died (docs/facts/asterisk.md 42-44).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

HEADER_BYTES = 60
"""Asterisk leaves a header alone (44 bytes for WAV, 60 for GSM in WAV) where nobody talked."""

PCM = 1
_MOST_CHUNKS = 32


@dataclass(frozen=True, slots=True)
class Wave:
    """A WAV's header.

    Attributes:
        coding: 1 is PCM; 49 is GSM.
        rate: samples a second.
        width: bytes of a sample of one channel.
        offset: where the sound begins.
        told: bytes of sound as the header tells them.
        held: bytes of sound that are there.
    """

    coding: int
    channels: int
    rate: int
    width: int
    bytes_per_second: int
    offset: int
    told: int
    held: int

    @property
    def seconds(self) -> float:
        """How long the sound that is there takes."""
        return self.held / self.bytes_per_second if self.bytes_per_second else 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is more than the header tells; a chunk's last byte may be a filling one."""
        return self.held > self.told + 1

    @property
    def is_plain(self) -> bool:
        """Whether samples can be read without a decoder."""
        return self.coding == PCM and self.width == 2  # noqa: PLR2004 - sixteen bits


def wave_of(path: Path) -> Wave | None:
    """The header; `None` for a file that is no WAV. Raises `OSError` if it cannot be read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"RIFF" or file.seek(8) != 8 or file.read(4) != b"WAVE":  # noqa: PLR2004
            return None
        coding = None
        for _ in range(_MOST_CHUNKS):
            head = file.read(8)
            if len(head) < 8:  # noqa: PLR2004 - name and length
                return None
            name, length = struct.unpack("<4sI", head)
            if name == b"data":
                here = file.tell()
                file.seek(here + length + length % 2)
                held = length if _is_chunk(file.read(8), size - file.tell()) else size - here
                return Wave(*coding, here, length, held) if coding else None
            content = file.read(16) if name == b"fmt " else b""
            if len(content) == 16:  # noqa: PLR2004 - the part that every coding has
                number, channels, rate, speed, _, bits = struct.unpack("<HHIIHH", content)
                coding = (number, channels, rate, bits // 8, speed)
            file.seek(length + length % 2 - len(content), 1)
    return None


def _is_chunk(head: bytes, left: int) -> bool:
    """Whether what follows the sound is another chunk, and not more of it."""
    if len(head) < 8:  # noqa: PLR2004 - name and length
        return False
    name, length = head[:4], int.from_bytes(head[4:], "little")
    return name.isalnum() and name.isascii() and length <= left


def has_sound(path: Path) -> bool:
    """Whether there is anything to hear; an unreadable file has nothing."""
    try:
        wave = wave_of(path)
        return wave.held > 0 if wave else path.stat().st_size > HEADER_BYTES
    except (OSError, ValueError):
        return False


def is_open(path: Path) -> bool:
    """Whether the header says that somebody is still writing; `False` where there is none that could."""
    try:
        wave = wave_of(path)
    except (OSError, ValueError):
        return False
    return wave is not None and wave.is_open
