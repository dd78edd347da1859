"""Settings of a PBX's recordings: where they lie, under which names, in which shape the CRM gets them."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from itgrix_core.config.section import Port, Section

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


def _host_key(line: str) -> str:
    """`TYPE KEY`, also as `ssh-keyscan` prints it, with the host before it."""
    words = line.split()
    words = words[1:] if len(words) > 2 else words  # noqa: PLR2004 - host, type, key
    try:
        base64.b64decode(words[1], validate=True)
    except (IndexError, ValueError):
        raise ValueError("must be a line of `ssh-keyscan HOST`: ssh-ed25519 AAAA…") from None
    return " ".join(words[:2])


class SftpSettings(Section):
    """Recordings on another machine, over SFTP; wants itgrix[sftp]."""

    host: str = Field(default="", description="Which machine; name or address.")
    port: Port = Field(default=22, description="Where its SSH listens.")
    username: str = Field(default="itgrix", description="An account that may read them.")
    password: SecretStr = Field(
        default=SecretStr(""), description="Its password, or the key's; or {env: NAME} or {file: PATH}."
    )
    key_file: Path | None = Field(default=None, description="Our private key.")
    host_keys: list[Annotated[str, AfterValidator(_host_key)]] = Field(
        default=[], description="What `ssh-keyscan HOST` says; no other machine is trusted."
    )
    known_hosts: Path | None = Field(default=None, description="Or a file in which it says so.")
    folder: str = Field(default="/var/spool/asterisk/monitor", description="Where they lie there.")


class HttpSettings(Section):
    """Recordings on a web server, by their names."""

    url: str = Field(
        default="",
        description="What comes before their names.",
        pattern=r"^(https?://\S+)?$",
        examples=["https://pbx.example.com/monitor"],
    )
    username: str = Field(default="", description="For basic authentication.")
    password: SecretStr = Field(
        default=SecretStr(""), description="Its password; or {env: NAME} or {file: PATH}."
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates (PEM) of who signed its own; the system's if left out."
    )


class RecordingSettings(Section):
    """Where the recordings of this PBX can be had, and in which shape the CRM gets them."""

    folder: Path | None = Field(default=None, description="Folder in which they can be read here.")
    sftp: SftpSettings = Field(default=SftpSettings(), description="Or over SFTP.")
    http: HttpSettings = Field(default=HttpSettings(), description="Or from a web server.")
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
        return bool(self.places)

    @property
    def places(self) -> list[str]:
        """Which of the places are set, by their names here; more than one is a mistake."""
        named = {"folder": self.folder is not None, "sftp": self.sftp.host, "http": self.http.url}
        return [name for name, is_set in named.items() if is_set]


def _short(value: Any) -> Any:
    """A path alone is the folder."""
    if value is None:
        return {}
    return {"folder": value} if isinstance(value, str | Path) else value


Recordings = Annotated[RecordingSettings, BeforeValidator(_short)]
