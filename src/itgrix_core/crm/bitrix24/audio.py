"""A recording's file as telephony.externalCall.attachRecord takes it."""

from __future__ import annotations

import base64
from pathlib import Path

from itgrix_core.crm.adapter import Refused

_SUFFIXES = (".wav", ".mp3")
_HEADER_BYTES = 60
"""Asterisk leaves a header alone (44 bytes for WAV, 60 for GSM in WAV) when nobody talked."""


def fit(path: str) -> Path | Refused:
    """The file; `Refused("params")` with the way out for one that the portal should not get."""
    file = Path(path)
    if file.suffix.casefold() not in _SUFFIXES:
        return _refused(path, "is neither .wav nor .mp3: convert it before it is attached")
    try:
        size = file.stat().st_size
    except (OSError, ValueError) as error:
        return _unreadable(path, error)
    if size <= _HEADER_BYTES:
        return _refused(path, f"holds no sound ({size} bytes): nothing to attach")
    return file


def content_of(file: Path) -> str | Refused:
    """The file in base64."""
    try:
        return base64.b64encode(file.read_bytes()).decode()
    except OSError as error:
        return _unreadable(str(file), error)


def _unreadable(path: str, error: Exception) -> Refused:
    reason = getattr(error, "strerror", None) or "not a file name"
    return _refused(path, f"cannot be read ({reason}): see `recordings` and the folder's rights")


def _refused(path: str, text: str) -> Refused:
    return Refused("params", f"recording {path}: {text}")
