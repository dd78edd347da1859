"""What Asterisk said of one call, out of the rolling recorded log of a service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from itgrix_core.ami.recorder import Position, Recorder
from itgrix_core.app.replay import log_of
from itgrix_core.calls.excerpts import Excerpts
from itgrix_core.calls.parts import Excerpt
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.tracker import Tracker
from itgrix_core.calls.wording import in_words
from itgrix_core.sandbox.recordings import RecordedLog
from itgrix_core.wire.frames import BANNER, Framer, is_banner
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Call


@dataclass(frozen=True, slots=True)
class Line:
    """One message in words: seconds since the first one, its name, the words."""

    after_seconds: float
    event: str
    words: str


@dataclass(frozen=True, slots=True)
class Overheard:
    """A call's part of the log: `excerpt`, or `why` there is none."""

    excerpt: Excerpt | None
    why: str = ""

    @property
    def log(self) -> RecordedLog | None:
        """As a recorded log."""
        return log_of(self.excerpt.call, self.excerpt.entries) if self.excerpt else None

    def lines(self) -> Iterator[Line]:
        """What says something about the call's way."""
        entries = [
            each for each in (self.excerpt.entries if self.excerpt else []) if not is_banner(each.block)
        ]
        for entry in entries:
            message = Message(entry.block).readable()
            words = in_words(message)
            if words:
                at = message.timestamp or entry.received_at
                first = Message(entries[0].block).timestamp or entries[0].received_at
                yield Line(max(0.0, at - first), message.name, words)


def overhear(folder: Path, call: Call, topology: Topology) -> Overheard:
    """Look for a call in the recorded log.

    Args:
        folder: where the logs of all Asterisks lie.
        call: as it was last known.
        topology: the numbering rules of its Asterisk.
    """
    recorder = Recorder(folder, call.pbx)
    segments = recorder.segments()
    holding = recorder.holding(f"\r\nLinkedid: {call.linkedid}\r\n".encode()) if call.linkedid else []
    if not holding:
        since = f" and begins {segments[0][:13]} UTC" if segments else ""
        return Overheard(None, f"the recorded log of {call.pbx} does not hold this call (any more){since}")
    found = _cut(recorder, _from(recorder, segments, holding[0]), holding[-1], call, topology)
    return Overheard(found, "" if found else "the recorded log holds only a part of this call")


def _from(recorder: Recorder, segments: list[str], first: str) -> str:
    """The segment to read from: where a connection goes on in the first, the one before tells of the PBX."""
    place = segments.index(first)
    return first if _is_begin(recorder, first) else segments[max(0, place - 1)]


def _is_begin(recorder: Recorder, segment: str) -> bool:
    """Whether a connection begins with it: then all that is known of the PBX stands in it."""
    first = next(recorder.read_from(Position(segment, 0)), None)
    return first is not None and first.data.startswith(BANNER)


def _cut(recorder: Recorder, first: str, last: str, call: Call, topology: Topology) -> Excerpt | None:
    """The call's excerpt out of these segments and those between them."""
    excerpts, framer, segment = Excerpts(Tracker(call.pbx, topology, call.timezone)), Framer(), first
    for recorded in recorder.read_from(Position(first, 0)):
        if recorded.position.segment != segment:
            segment, framer = recorded.position.segment, Framer()
        if segment > last:
            break
        for block in framer.feed(recorded.data):
            for excerpt in excerpts.feed(block, recorded.received_at):
                if excerpt.call == call.key:
                    return excerpt
    return next((each for each in excerpts.close() if each.call == call.key), None)
