"""Writes recorded logs in the form in which `recordings` reads them, and keeps no more than is wished.

The files of one recording: NAME.ami.gz, NAME.times.jsonl, NAME.truth.json. They are whole or not there: the
bytes are written last, under another name first.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from itgrix_core.errors import RecordingError
from itgrix_core.sandbox.recordings import RecordedLog

BYTES, TIMES, TRUTH = ".ami.gz", ".times.jsonl", ".truth.json"
_OURS = re.compile(r"\d{8}-\d{6}-[\w-]+")
"""Names that begin with a time: nothing else in the folder is ever removed."""


class Shelf:
    """A folder of recorded logs, for its owner alone.

    Args:
        folder: made with mode 0700 if it is not there.
        keep_calls: how many recordings may lie there; `None` for any number.
        keep_bytes: how large they may be together; `None` for any size.
    """

    def __init__(self, folder: Path, keep_calls: int | None = None, keep_bytes: int | None = None) -> None:
        self._folder = folder
        self._keep_calls = keep_calls
        self._keep_bytes = keep_bytes

    def put(self, log: RecordedLog, truth: Mapping[str, Any]) -> Path:
        """Write a recording, under its name or, where that is taken, with a number behind; remove the oldest.

        Raises:
            RecordingError: the folder cannot be written.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / self._free(log.name)
            times = [json.dumps({"offset": offset, "t": round(at, 6)}) for offset, at in log.chunks]
            _write(_beside(path, TIMES), "".join(f"{line}\n" for line in times).encode())
            _write(_beside(path, TRUTH), _as_json({"scenario": path.name, **truth}))
            _write(_beside(path, BYTES), gzip.compress(log.data, mtime=0))
            self._roll()
        except OSError as error:
            raise RecordingError(
                f"{self._folder}: a recording cannot be written: {error.strerror}. "
                "Free some space, or name a folder that this user may write (--to)."
            ) from None
        return _beside(path, BYTES)

    def _free(self, name: str) -> str:
        number, free = 1, name
        while _beside(self._folder / free, BYTES).exists():
            number += 1
            free = f"{name}-{number}"
        return free

    def _roll(self) -> None:
        """Remove the oldest until no more is left than may be; the newest stays."""
        paths = sorted(self._folder.glob(f"*{BYTES}"))
        names = [name for path in paths if _OURS.fullmatch(name := path.name.removesuffix(BYTES))]
        sizes = {name: self._size(name) for name in names}
        for name in names[:-1]:
            is_many = self._keep_calls is not None and len(sizes) > self._keep_calls
            is_large = self._keep_bytes is not None and sum(sizes.values()) > self._keep_bytes
            if not is_many and not is_large:
                return
            for ending in (BYTES, TIMES, TRUTH):
                _beside(self._folder / name, ending).unlink(missing_ok=True)
            del sizes[name]

    def _size(self, name: str) -> int:
        files = (_beside(self._folder / name, ending) for ending in (BYTES, TIMES, TRUTH))
        return sum(file.stat().st_size for file in files if file.exists())


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _as_json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _write(path: Path, data: bytes) -> None:
    """A new file with mode 0600, whole."""
    half = path.with_name(path.name + ".part")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    half.replace(path)
