"""One employee's talk out of a file that holds those of several: which stretch of it, and the file with that.

Asterisk goes on writing into the same file over transfers. With MixMonitor's option `b`, as FreePBX has it,
only time in which people are connected is written; without it all time since the recording began. Which
of the two a file is, its length tells.
"""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

from itgrix_core.recordings.sound import Wave

SHORTEST_SECONDS = 0.2
"""A shorter stretch is no talk, but the rim of another one."""

_COPY_BYTES = 1 << 20

Span = tuple[float, float]


def stretch(seconds: float, began_at: float, talks: Sequence[Span], own: Span) -> Span | None:
    """From which to which second of a file somebody's talk is.

    Args:
        seconds: how long the file is.
        began_at: when its recording began (Unix seconds).
        talks: when people talked (Unix seconds), all talks that the file may hold.
        own: which of them is wanted.

    Returns:
        `None` if the file does not hold it.
    """
    joined = _joined([*talks, own])
    talked = sum(end - begin for begin, end in joined)
    whole = joined[-1][1] - began_at
    if abs(seconds - talked) <= abs(seconds - whole):
        begin = sum(min(end, own[0]) - start for start, end in joined if start < own[0])
    else:
        begin = own[0] - began_at
    begin, end = max(0.0, begin), min(seconds, begin + own[1] - own[0])
    return (begin, end) if end - begin >= SHORTEST_SECONDS else None


def _joined(spans: Sequence[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def cut(source: Path, header: Wave, span: Span, target: Path) -> Path:
    """Write that stretch of a plain WAV (`Wave.is_plain`) into a file of its own; replaces it if it is there.

    Raises:
        OSError: either cannot be used.
    """
    frame = header.channels * header.width
    first, last = (round(second * header.rate) * frame for second in span)
    part = target.with_name(f"{target.name}.part")
    with source.open("rb") as read, wave.open(str(part), "wb") as written:
        written.setnchannels(header.channels)
        written.setsampwidth(header.width)
        written.setframerate(header.rate)
        read.seek(header.offset + first)
        left = min(last, header.held) - first
        while left > 0 and (piece := read.read(min(left, _COPY_BYTES))):
            written.writeframesraw(piece)
            left -= len(piece)
    return part.replace(target)
