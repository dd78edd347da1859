"""Recordings in a folder of this machine: the PBX's own, or a share."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from itgrix_core.recordings.source import Seen, SourceError, is_audio, is_pattern, parts_of


class FolderSource:
    """`Source` in a folder.

    Args:
        setting: where the folder is set, for sentences.
    """

    def __init__(self, folder: Path, setting: str = "recordings.folder") -> None:
        self._folder = folder
        self._setting = setting

    def look(self, names: Sequence[str]) -> Seen | None:
        """As `Source.look`."""
        for name in names:
            found = [seen for path in self._paths(name) if (seen := self._seen(path))]
            if found:
                return max(found, key=lambda each: each.size)
        return None

    def bring(self, seen: Seen, folder: Path) -> Path:  # noqa: ARG002 - the contract's
        """As `Source.bring`: it is here already."""
        return Path(seen.place)

    def probe(self) -> str:
        """As `Source.probe`."""
        try:
            count = sum(1 for _ in os.scandir(self._folder))
        except OSError as error:
            raise SourceError(
                f"{self._folder} cannot be read ({error.strerror}); mend it or correct {self._setting}"
            ) from None
        return f"{self._folder} ({count} entries)"

    def close(self) -> None:
        """Nothing is open."""

    def _paths(self, name: str) -> Iterator[Path]:
        parts = parts_of(name)
        if parts is None:
            return
        path = self._folder.joinpath(*parts)
        if not is_pattern(parts[-1]):
            yield path
            return
        try:
            with os.scandir(path.parent) as entries:
                names = [entry.name for entry in entries]
        except OSError:
            return
        yield from (path.parent / each for each in names if is_audio(each) and fnmatchcase(each, parts[-1]))

    def _seen(self, path: Path) -> Seen | None:
        """A file below the folder, also after links were followed."""
        try:
            is_inside = path.resolve().is_relative_to(self._folder.resolve())
            if not (is_inside and path.is_file()):
                return None
            told = path.stat()
        except OSError:
            return None
        return Seen(str(path), told.st_size, told.st_mtime)
