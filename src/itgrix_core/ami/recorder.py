"""The rolling recorder: what Asterisk said, so that it can be said again.

After a crash the tracker knows what was committed, and Asterisk repeats nothing. So every chunk is on disk
before it is understood, the outbox commits a `Position` together with what the chunk has led to, and the next
start reads on from there. And since a segment is written as recordings are (bytes beside times, from the
banner on), every bug report of a customer is a recording that replays.

Layout: `<folder>/<pbx>/<segment>.ami` holds the bytes, `<segment>.times.jsonl` a line
`{"offset": n, "t": unix}` for each chunk. Segments are named by their time (UTC), sort by it, and are never
appended to by another process than the one that began them.

Nothing is synced: the page cache outlives us (`kill -9`), not the machine. After a power cut the channel list
tells what lives. The time is written before the bytes, so that a crash in between leaves a line that points
at nothing, which harms nobody.
"""

from __future__ import annotations

import json
import mmap
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from urllib.parse import quote

from itgrix_core.errors import DataFolderError
from itgrix_core.wire.frames import BANNER

SEGMENT_BYTES = 64 * 1024 * 1024
_NAME_FORMAT = "%Y%m%d-%H%M%S-%f"
_NAME = re.compile(r"\d{8}-\d{6}-\d{6}")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the recorded stream, between two blocks; later places are greater.

    Attributes:
        segment: the segment's name.
        offset: bytes from its begin.
    """

    segment: str
    offset: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A chunk as it was recorded.

    Attributes:
        data: its bytes.
        received_at: Unix seconds.
        position: where it ends: commit this when the chunk is done with.
    """

    data: bytes
    received_at: float
    position: Position


class Recorder:
    """Writes and reads the segments of one Asterisk; one thread appends.

    Args:
        folder: where the recordings of all Asterisks lie; made with mode 0700.
        pbx: the Asterisk's name.
        segment_bytes: a segment that has grown beyond is followed by another one.
        clock: Unix time, for the segments' names.
    """

    def __init__(
        self,
        folder: Path,
        pbx: str,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        clock: Callable[[], float] = time,
    ) -> None:
        self.folder = folder / _as_file_name(pbx)
        self._segment_bytes = segment_bytes
        self._clock = clock
        self._segment = ""
        self._size = 0
        self._files: tuple[int, int] | None = None  # descriptors of the bytes and of the times
        self._may_roll = False

    def append(self, data: bytes, received_at: float) -> Position:
        """Write a chunk of whole blocks (as `Supervisor` gives them) and return where it ends.

        A chunk that begins with the banner begins a segment: a connection never goes on in another's.

        Raises:
            DataFolderError: it cannot be written; nothing of it is left in the segment.
        """
        is_full = self._may_roll and self._size >= self._segment_bytes
        try:
            files = self._files
            if files is None or is_full or data.startswith(BANNER):
                files = self._begin_segment()
            self._write(*files, data, received_at)
        except OSError as error:
            raise DataFolderError(
                f"{self.folder}: what Asterisk says cannot be recorded: {error.strerror}. "
                "Free some space, or make the folder writable for this user."
            ) from None
        self._may_roll = data.endswith((b"\r\n\r\n", b"\r\n\n"))
        return Position(self._segment, self._size)

    def close(self) -> None:
        """End the segment; the next chunk begins another."""
        for descriptor in self._files or ():
            os.close(descriptor)
        self._files = None

    def segments(self) -> list[str]:
        """Names of all segments, oldest first."""
        return sorted(path.stem for path in self.folder.glob("*.ami") if _NAME.fullmatch(path.stem))

    def holding(self, words: bytes) -> list[str]:
        """Names of the segments that hold these bytes, oldest first; found without reading them as AMI."""
        return [name for name in self.segments() if _holds(self._path(name), words)]

    def end(self) -> Position | None:
        """Where the newest segment ends; `None` when nothing was ever recorded."""
        names = self.segments()
        return Position(names[-1], self._path(names[-1]).stat().st_size) if names else None

    def read_from(self, position: Position | None = None) -> Iterator[Recorded]:
        """All chunks from a position on, oldest first; from the oldest segment on for `None`.

        A position in a segment that is gone means the begin of the next one that is left. A framer has to
        begin anew where `Recorded.position.segment` changes; the last bytes of a segment may be half a block.
        """
        for name in self.segments():
            if position is None or name >= position.segment:
                start = position.offset if position is not None and name == position.segment else 0
                yield from self._read_segment(name, start)

    def prune(self, before: Position | None, keep_bytes: int) -> int:
        """Remove the oldest segments until no more than `keep_bytes` are left; returns how many went.

        Segments from the one of `before` (the committed position) on are never removed; for `None` none is.
        """
        sizes = {name: self._path(name).stat().st_size for name in self.segments()}
        total, removed = sum(sizes.values()), 0
        for name, size in sizes.items():
            if before is None or name >= before.segment or name == self._segment or total <= keep_bytes:
                break
            self._path(name).unlink()
            self._times_path(name).unlink(missing_ok=True)
            total -= size
            removed += 1
        return removed

    # -- writing

    def _begin_segment(self) -> tuple[int, int]:
        self.close()
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._segment, self._size = self._next_name(), 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        times = os.open(self._times_path(self._segment), flags, 0o600)
        try:
            self._files = (os.open(self._path(self._segment), flags, 0o600), times)
        except OSError:
            os.close(times)
            raise
        return self._files

    def _next_name(self) -> str:
        """The time, or a little later than the newest segment where the clock was set back."""
        moment = datetime.fromtimestamp(self._clock(), UTC)
        name = moment.strftime(_NAME_FORMAT)
        newest = max([*self.segments(), self._segment])
        if name > newest:
            return name
        later = datetime.strptime(newest, _NAME_FORMAT).replace(tzinfo=UTC) + timedelta(microseconds=1)
        return later.strftime(_NAME_FORMAT)

    def _write(self, to_bytes: int, to_times: int, data: bytes, received_at: float) -> None:
        line = json.dumps({"offset": self._size, "t": round(received_at, 6)}) + "\n"
        _write_all(to_times, line.encode())
        try:
            _write_all(to_bytes, data)
        except OSError:
            os.ftruncate(to_bytes, self._size)
            raise
        self._size += len(data)

    # -- reading

    def _read_segment(self, name: str, start: int) -> Iterator[Recorded]:
        with self._path(name).open("rb") as file:
            about = os.fstat(file.fileno())
            times = _Times(self._read_times(name), about.st_mtime, about.st_size)
            offset = file.seek(start)
            while offset < about.st_size:
                received_at, until = times.around(offset)
                data = file.read(until - offset)
                offset = until
                yield Recorded(data, received_at, Position(name, offset))

    def _read_times(self, name: str) -> list[tuple[int, float]]:
        try:
            lines = self._times_path(name).read_bytes().splitlines()
        except OSError:
            return []
        return sorted(entry for line in lines if (entry := _parse_time(line)))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.ami"

    def _times_path(self, name: str) -> Path:
        return self.folder / f"{name}.times.jsonl"


def _holds(path: Path, words: bytes) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(words) >= 0


class _Times:
    """When the bytes of a segment came: offsets that grow, each with a time."""

    def __init__(self, entries: list[tuple[int, float]], fallback: float, size: int) -> None:
        self._offsets = [offset for offset, _ in entries]
        self._seconds = [seconds for _, seconds in entries]
        self._fallback = fallback
        self._size = size

    def around(self, offset: int) -> tuple[float, int]:
        """When the byte at `offset` came (Unix seconds), and where the bytes of that chunk end."""
        index = bisect_right(self._offsets, offset)
        seconds = self._seconds[max(index - 1, 0)] if self._seconds else self._fallback
        until = self._offsets[index] if index < len(self._offsets) else self._size
        return seconds, min(until, self._size)


def _parse_time(line: bytes) -> tuple[int, float] | None:
    """One line of `times.jsonl`; `None` for a torn one."""
    try:
        entry = json.loads(line)
        return int(entry["offset"]), float(entry["t"])
    except (ValueError, TypeError, KeyError):
        return None


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _as_file_name(pbx: str) -> str:
    """A folder's name for any name of an Asterisk, the same for the same and different for different ones."""
    name = quote(pbx, safe=" ")
    return "%2E" + name[1:] if name.startswith(".") else name
