"""Whether the files of which a service is made have changed, by looking at them now and then.

A file is looked at by its time, its size and its number: who writes one in place changes the time, who puts
another one there changes the number. What is still being written looks otherwise each time.
"""

from __future__ import annotations

import os
from pathlib import Path

Look = dict[Path, tuple[int, int, int]]


class Changes:
    """Of a configuration and of the Python files in a folder; what is there now is known."""

    def __init__(self, config: Path, folder: Path | None) -> None:
        self._folder = folder
        self._config = config
        self.note()

    def note(self) -> None:
        """What is there now is known."""
        self._known = self._last = self._look()

    def follow(self, folder: Path | None) -> None:
        """From now on look at this folder; what is in another one than before is known."""
        if folder != self._folder:
            self._folder = folder
            self.note()

    def have_come(self) -> bool:
        """Whether there is something else than is known, and it was so at the last look; it is known then."""
        last, self._last = self._last, self._look()
        if self._last == self._known or self._last != last:
            return False
        self._known = self._last
        return True

    def _look(self) -> Look:
        found = ((path, _seen(path)) for path in [self._config, *_python_files(self._folder)])
        return {path: seen for path, seen in found if seen}


def _python_files(folder: Path | None) -> list[Path]:
    """Helpers among them; none where the folder cannot be read."""
    if folder is None:
        return []
    try:
        return [folder / entry.name for entry in os.scandir(folder) if entry.name.endswith(".py")]
    except OSError:
        return []


def _seen(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
