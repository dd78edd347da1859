"""Settings of a PBX's recordings: where they lie, under which names, in which shape the CRM gets them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from itgrix_core.config.section import Section

PLACEHOLDERS = (
    "year", "month", "day", "date", "time", "linkedid", "uniqueid", "number", "did", "extension", "name",
)  # fmt: skip
"""The names that a pattern may hold in braces (`itgrix_core.recordings.names`)."""


def _pattern(text: str) -> str:
    if unknown := set(re.findall(r"\{(\w*)\}", text)) - set(PLACEHOLDERS):
        names = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
        raise ValueError(f"there is no {{{min(unknown)}}}; write one of: {names}")
    if not text.strip("/") or ".." in text.split("/"):
        raise ValueError("must be a name below the folder: {year}/{month}/{day}/*{linkedid}*")
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]


class RecordingSettings(Section):
    """Where the recordings of this PBX can be had, and in which shape the CRM gets them."""

    folder: Path | None = Field(default=None, description="Folder in which they can be read here.")
    patterns: list[Pattern] = Field(
        default=[],
        description="Names below it where Asterisk tells none, or another one; * stands for anything.",
        examples=[["{year}/{month}/{day}/*{linkedid}*"]],
    )
    wait_days: float = Field(
        default=3.0, gt=0, le=365, description="How long a file that Asterisk has named is waited for."
    )
    mp3: bool = Field(
        default=False, description="Whether they become MP3 first; wants itgrix[mp3] or ffmpeg."
    )
    mp3_kbps: int = Field(default=32, ge=8, le=320, description="Its bits a second, in thousands.")

    @property
    def is_set(self) -> bool:
        """Whether there is a place to look at."""
        return self.folder is not None


def _short(value: Any) -> Any:
    """A path alone is the folder."""
    if value is None:
        return {}
    return {"folder": value} if isinstance(value, str | Path) else value


Recordings = Annotated[RecordingSettings, BeforeValidator(_short)]
