"""The source that the settings of a PBX mean."""

from __future__ import annotations

from itgrix_core.config.schema_recordings import RecordingSettings
from itgrix_core.recordings.folder import FolderSource
from itgrix_core.recordings.source import Source


def source_of(settings: RecordingSettings, where: str) -> Source:
    """The one that is set; `where` is the settings' place in the configuration, for sentences."""
    if settings.folder is not None:
        return FolderSource(settings.folder, f"{where}.folder")
    raise ValueError(f"{where} names no place")
