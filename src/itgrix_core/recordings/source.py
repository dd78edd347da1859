"""Where the recordings of a PBX lie, as the rest of the house sees it: one shape for every kind of place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from itgrix_core.errors import RecordingError

ENDINGS: Final = frozenset({
    ".alaw", ".g722", ".gsm", ".mp3", ".ogg", ".opus", ".sln", ".sln16", ".ulaw", ".wav", ".wav49",
})  # fmt: skip
"""Of files that may be a recording when only a pattern tells their name; in small letters."""


class SourceError(RecordingError):
    """The place cannot be looked at now: it is asked again later. The text names setting and way out."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that is there.

    Attributes:
        place: where, in the source's own words.
        size: bytes.
        changed_at: when it was last written to (Unix seconds, by the clock of whoever has it).
    """

    place: str
    size: int
    changed_at: float


class Source(Protocol):
    """The recordings of one PBX; safe to share between threads. Every method may raise `SourceError`."""

    def look(self, names: Sequence[str]) -> Seen | None:
        """The first of these names that is there, below the source's root and nowhere else.

        A name may hold `*` and `?` in its last part; of several files that of most bytes counts.
        """

    def bring(self, seen: Seen, folder: Path) -> Path:
        """The file on this machine: copied into `folder` where it lies elsewhere."""

    def probe(self) -> str:
        """A sentence about what can be read, for `itgrix check`."""

    def close(self) -> None:
        """Let go of connections."""


def parts_of(name: str) -> tuple[str, ...] | None:
    """A name's parts; `None` if it is none: it leads upwards, is empty, or holds what no file name can."""
    if not name.isprintable():
        return None
    parts = PurePosixPath(name.lstrip("/")).parts
    return parts if parts and ".." not in parts else None


def is_pattern(name: str) -> bool:
    """Whether a name stands for several."""
    return any(sign in name for sign in "*?")


def is_audio(name: str) -> bool:
    """Whether a file's name ends like a recording's."""
    return PurePosixPath(name).suffix.casefold() in ENDINGS
