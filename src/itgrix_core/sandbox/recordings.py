"""Reads recorded logs: the bytes of an AMI connection, and when each piece of them came.

A recorded log is how a call travels from a customer's Asterisk to our tests, so it must be readable in the
form in which people send it: plain or packed, with its times beside it or without. Times lie in a file of
their own because the bytes stay what Asterisk sent; nothing may be woven into them.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from itgrix_core.errors import RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterator

BANNER = b"Asterisk Call Manager/"
ENDINGS = (".ami.gz", ".ami")
FOLDER = Path(__file__).parent / "recorded"


@dataclass(frozen=True, slots=True)
class RecordedLog:
    """One AMI connection, written down.

    Attributes:
        name: the file's name without folder and ending.
        data: every byte, from the banner on.
        chunks: for each piece that was read, its offset in `data` and when it came (Unix seconds), in order;
            empty when nobody wrote the times down.
    """

    name: str
    data: bytes
    chunks: tuple[tuple[int, float], ...] = ()

    def chunks_with_times(self) -> Iterator[tuple[bytes, float | None]]:
        """The log in the pieces in which it came, each with its time; `None` where no time is known."""
        if not self.chunks or self.chunks[0][0] > 0:
            yield self.data[: self.chunks[0][0] if self.chunks else None], None
        ends = [offset for offset, _ in self.chunks[1:]] + [len(self.data)]
        for (start, at), end in zip(self.chunks, ends, strict=False):
            yield self.data[start:end], at


def load(path: Path | str) -> RecordedLog:
    """The recorded log in this file.

    Args:
        path: NAME.ami or NAME.ami.gz; NAME.times.jsonl beside it is used when it is there.

    Raises:
        RecordingError: the file is missing, unreadable, torn, not AMI, or its times do not fit it.
    """
    path = Path(path)
    data = _unpacked(path)
    if not data.startswith(BANNER):
        raise RecordingError(
            f"{path}: not a recorded AMI connection: it does not begin with '{BANNER.decode()}'. "
            "Record one with `itgrix record`, or keep every byte from the banner on."
        )
    name = _stem(path)
    return RecordedLog(name, data, _times(path.with_name(f"{name}.times.jsonl"), len(data)))


def logs_in(path: Path) -> list[Path]:
    """The recorded logs below a folder, sorted; a file is taken for one, a bare name for a bundled log.

    Raises:
        RecordingError: the folder holds none.
    """
    if not path.is_dir():
        own = FOLDER / f"{path}{ENDINGS[0]}"
        return [own if path.name == str(path) and not path.exists() and own.is_file() else path]
    found = sorted(file for file in path.rglob("*") if file.name.endswith(ENDINGS))
    if not found:
        raise RecordingError(f"{path}: there is no recorded log below this folder: no .ami, no .ami.gz.")
    return found


def bundled() -> list[Path]:
    """The recorded logs that come with the program (Asterisk 22), sorted by name; the demo serves them."""
    return sorted(FOLDER.glob("*.ami.gz"))


def _stem(path: Path) -> str:
    for ending in ENDINGS:
        if path.name.endswith(ending):
            return path.name.removesuffix(ending)
    return path.stem


def _unpacked(path: Path) -> bytes:
    """The file's bytes; what they are says whether they are packed, not the file's name."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise RecordingError(
            f"{path}: there is no such file. Give the path of a .ami or .ami.gz file, or the name of one "
            "that comes with the program, as inbound_answered."
        ) from None
    except OSError as error:
        raise RecordingError(
            f"{path}: cannot be read: {error.strerror}. Give a readable .ami or .ami.gz file."
        ) from None
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise RecordingError(f"{path}: the gzip file is torn or damaged ({error}). Copy it again.") from None


def _times(path: Path, size: int) -> tuple[tuple[int, float], ...]:
    """Offsets and times out of a times.jsonl; empty when there is no such file."""
    if not path.is_file():
        return ()
    chunks: list[tuple[int, float]] = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            entry = json.loads(line)
            offset, at = int(entry["offset"]), float(entry["t"])
        except (KeyError, TypeError, ValueError):
            raise RecordingError(
                f'{path}, line {number}: expected {{"offset": BYTES, "t": UNIX_SECONDS}}. '
                "Mend the line, or take the file away: the log can be read without its times."
            ) from None
        if not (chunks[-1][0] if chunks else -1) < offset < size:
            raise RecordingError(
                f"{path}, line {number}: offset {offset} does not fit, the log has {size} bytes. "
                "Offsets grow: put the times.jsonl made with this log beside it, or take the file away."
            )
        chunks.append((offset, at))
    return tuple(chunks)
