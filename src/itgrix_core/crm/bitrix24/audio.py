"""A recording's file as telephony.externalCall.attachRecord takes it."""

from __future__ import annotations

import base64
from pathlib import Path

from itgrix_core.crm.adapter import Refused

_SUFFIXES = (".wav", ".mp3")
_HEADER_BYTES = 60
"""Asterisk leaves a header alone (44 bytes for WAV, 60 for GSM in WAV) when nobody talked."""


def content_of(path: str) -> str | Refused:
    """The file in base64; `Refused("params")` with the way out for one that the portal should not get."""
    file = Path(path)
    if file.suffix.casefold() not in _SUFFIXES:
        return _refused(path, "is neither .wav nor .mp3: convert it before it is attached")
    try:
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        return _refused(path, f"cannot be read ({reason}): see `recordings` and the folder's rights")
    if len(data) <= _HEADER_BYTES:
        return _refused(path, f"holds no sound ({len(data)} bytes): nothing to attach")
    return base64.b64encode(data).decode()


def _refused(path: str, text: str) -> Refused:
    return Refused("params", f"recording {path}: {text}")
