"""Where recordings are worked on: a folder for each job, which goes when the job is over."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from itgrix_core.recordings.converting import to_mp3
from itgrix_core.recordings.cutting import Span, cut
from itgrix_core.recordings.sound import wave_of

MP3 = ".mp3"
UPLOADED = frozenset({".wav", MP3})
"""Endings that a CRM takes."""


class Workshop:
    """The work of one service; what a crash leaves is used again by the same job.

    Args:
        folder: below the data folder; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def bench(self, job: str) -> Path:
        """A folder for a job, by its key."""
        bench = self._bench(job)
        bench.mkdir(mode=0o700, parents=True, exist_ok=True)
        return bench

    def clear(self, job: str) -> None:
        """The job is over."""
        shutil.rmtree(self._bench(job), ignore_errors=True)

    def cut(self, job: str, source: Path, find: Callable[[float], Span | None]) -> tuple[Path | None, str]:
        """A talk out of a file that holds several, and a sentence about it; `None` if it is not in there.

        Args:
            job: whose bench the new file lies on.
            source: a file with sound.
            find: the stretch of a file of so many seconds.
        """
        header = wave_of(source)
        if header is None or not header.is_plain:
            return source, f"{source.name} holds several talks and is no plain WAV: it is attached whole"
        span = find(header.seconds)
        if span is None:
            return None, f"{source.name} does not hold this talk"
        target = self.bench(job) / f"{source.stem}.wav"
        text = f"seconds {span[0]:.1f} to {span[1]:.1f} of {source.name} are this talk"
        return cut(source, header, span, target), text

    def mended(self, job: str, source: Path) -> Path:
        """The file with a header that tells all of it: its Asterisk has died over it."""
        header = wave_of(source)
        if header is None or not header.is_plain:
            return source
        return cut(source, header, (0.0, header.seconds), self.bench(job) / source.name)

    def converted(self, job: str, source: Path, kbps: int) -> Path:
        """The file as MP3. Raises as `to_mp3`."""
        return to_mp3(source, self.bench(job) / f"{source.stem}{MP3}", kbps)

    def _bench(self, job: str) -> Path:
        return self._folder / hashlib.sha256(job.encode()).hexdigest()[:24]
