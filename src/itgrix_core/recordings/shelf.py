"""What links lead to: the PBX's own file where it lies here, else a copy that is kept as long as they are."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

from itgrix_core.recordings.links import Linked, Links

KEPT = ""
"""The root of what was made here."""

_SWEEP_SECONDS = 3600.0


class LinkShelf:
    """Gives each file a link.

    Args:
        kept: the folder of copies.
        days: how long a copy stays; 0 is for ever.
        roots: the folders of recordings that lie here, by PBX.
    """

    def __init__(
        self, links: Links, kept: Path, days: float, roots: Callable[[], Mapping[str, Path]]
    ) -> None:
        self._links = links
        self._kept = kept
        self._seconds = days * 86_400
        self._roots = roots
        self._lock = Lock()
        self._swept_at = 0.0

    def link(self, call: str, path: Path) -> str:
        """The address under which a file can be heard. Raises `OSError` if it cannot be kept."""
        self._sweep()
        for pbx, root in self._roots().items():
            if path.resolve().is_relative_to(root.resolve()):
                name = path.resolve().relative_to(root.resolve()).as_posix()
                return self._links.link(Linked(call, pbx, name))
        folder = self._kept / hashlib.sha256(call.encode()).hexdigest()[:24]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = folder / f"{path.name}.part"
        shutil.copyfile(path, part)
        part.replace(folder / path.name)
        return self._links.link(Linked(call, KEPT, f"{folder.name}/{path.name}"))

    def _sweep(self) -> None:
        """Copies to which no link leads any more go, looked for once an hour."""
        now = time.time()
        with self._lock:
            if not self._seconds or now - self._swept_at < _SWEEP_SECONDS:
                return
            self._swept_at = now
        for folder in self._kept.glob("*"):
            try:
                if now - folder.stat().st_mtime > self._seconds:
                    shutil.rmtree(folder, ignore_errors=True)
            except OSError:  # another one has swept it
                continue
