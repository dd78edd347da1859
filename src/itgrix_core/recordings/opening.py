"""The source that the settings of a PBX mean."""

from __future__ import annotations

from threading import Lock

from itgrix_core.config.schema_recordings import RecordingSettings
from itgrix_core.recordings.folder import FolderSource
from itgrix_core.recordings.http import HttpSource
from itgrix_core.recordings.sftp import SftpSource
from itgrix_core.recordings.source import Source


def source_of(settings: RecordingSettings, where: str) -> Source:
    """The one that is set (`is_set`); `where` is the settings' place in the configuration, for sentences."""
    if settings.folder is not None:
        return FolderSource(settings.folder, f"{where}.folder")
    if settings.sftp.host:
        return SftpSource(settings.sftp, f"{where}.sftp")
    return HttpSource(settings.http, f"{where}.http")


class OpenSources:
    """A service's: one for each place, also over a reload that changed something else."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: list[tuple[str, RecordingSettings, Source]] = []

    def of(self, settings: RecordingSettings, where: str) -> Source:
        """As `source_of`; the same again for the same settings."""
        with self._lock:
            for place, known, source in self._open:
                if (place, known) == (where, settings):
                    return source
            self._open.append((where, settings, source_of(settings, where)))
            return self._open[-1][-1]

    def close(self) -> None:
        """Let go of all connections."""
        for _, _, source in self._open:
            source.close()
