"""Under which names a call's recording may lie. Pure.

What Asterisk has said comes first: the same place below the source's root, then its bare name. Then files
that hold the call's unique id in their names, as FreePBX gives it to them, in the day's folder. Last, or
where Asterisk said nothing, the patterns of the configuration; one with a value that this call lacks is left
out, as it would fit others' files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from itgrix_hooks.values import Call, Recording

_BRACES = re.compile(r"\{(\w+)\}")
_NO_DIGIT = "[!0-9]"
"""1700000000.1 is not the beginning of 1700000000.12."""


def names_of(recording: Recording | None, call: Call, patterns: Sequence[str] = ()) -> list[str]:
    """The names, the likeliest first, each once; relative, and with `*` where they are patterns."""
    return list(dict.fromkeys([*_told(recording, call), *_expected(recording, call, patterns)]))


def _told(recording: Recording | None, call: Call) -> Iterator[str]:
    if recording is None:
        return
    below = recording.path.partition("/monitor/")[2] or PurePosixPath(recording.path).name
    for name in (below, PurePosixPath(below).name):
        yield name
        if PurePosixPath(name).name:
            yield str(PurePosixPath(name).with_suffix(".mp3"))
    began = datetime.fromtimestamp(recording.began_at, ZoneInfo(call.timezone))
    for uniqueid in filter(None, dict.fromkeys((_bare(recording.channel), call.linkedid))):
        yield f"{began:%Y/%m/%d}/*{_literal(uniqueid)}{_NO_DIGIT}*"


def _expected(recording: Recording | None, call: Call, patterns: Sequence[str]) -> Iterator[str]:
    values = values_of(recording, call)
    for pattern in patterns:
        if all(values[name] for name in _BRACES.findall(pattern) if name in values):
            whole = re.sub(r"\{(linkedid|uniqueid)\}\*", rf"{{\1}}{_NO_DIGIT}*", pattern)
            yield _BRACES.sub(lambda found: values.get(found[1], found[0]), whole)


def values_of(recording: Recording | None, call: Call) -> Mapping[str, str]:
    """What the names in braces of a pattern stand for; none of them leads into another folder."""
    started, told = call.started_local, recording.path if recording else ""
    number = call.client_number.digits if call.client_number else ""
    return {
        "year": f"{started:%Y}",
        "month": f"{started:%m}",
        "day": f"{started:%d}",
        "date": f"{started:%Y%m%d}",
        "time": f"{started:%H%M%S}",
        "linkedid": _literal(call.linkedid),
        "uniqueid": _literal(_bare(recording.channel) if recording else call.linkedid),
        "number": number,
        "did": _literal(call.did or ""),
        "extension": _literal(call.last_agent or call.extension or ""),
        "name": _literal(PurePosixPath(told).stem) if told else "*",
    }


def _bare(channel: str) -> str:
    """A Uniqueid without the PBX before it."""
    return channel.rpartition("/")[2]


def _literal(text: str) -> str:
    """A value that stays within its place in a name, and stands for itself alone."""
    return "".join("?" if sign in "*?[]/\\" or not sign.isprintable() else sign for sign in text)
