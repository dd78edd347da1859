"""A recorded log through the tracker. Every bug report is a recorded log; this is how one is looked at."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence

from itgrix_core.calls.events import CallEnded, Told
from itgrix_core.calls.parts import Entry
from itgrix_core.calls.retelling import NOBODY_LIVES
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.tracker import Exchange, Tracker
from itgrix_core.sandbox.recordings import RecordedLog
from itgrix_core.wire.frames import Framer, is_banner, join_blocks
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Call

PBX = "replay"
UNTIMED = 1.0
"""When everything happens in a log without any times (Unix seconds; 0 would mean "never")."""


def tell(log: RecordedLog, topology: Topology, timezone: str = "UTC", pbx: str = PBX) -> Iterator[Told]:
    """Everything that the tracker tells of a recording; calls that it does not end are ended at its end."""
    return _tell({pbx: Tracker(pbx, topology, timezone)}, {pbx: log})


def tell_linked(logs: Mapping[str, RecordedLog], topologies: Mapping[str, Topology]) -> Iterator[Told]:
    """As `tell`, for the logs of linked PBXes, by name: read together, in the order in which all was said."""
    exchange = Exchange()
    return _tell({pbx: exchange.tracker(pbx, topologies[pbx]) for pbx in logs}, logs)


def _tell(trackers: Mapping[str, Tracker], logs: Mapping[str, RecordedLog]) -> Iterator[Told]:
    at = UNTIMED
    for at, pbx, message in heapq.merge(*(_said(*log) for log in logs.items()), key=lambda said: said[0]):
        if message is None:
            trackers[pbx].connected()
        else:
            yield from trackers[pbx].feed(message, at)
    for tracker in trackers.values():
        if tracker.live_calls:
            for message in NOBODY_LIVES:
                yield from tracker.feed(message, at)


def _said(pbx: str, log: RecordedLog) -> Iterator[tuple[float, str, Message | None]]:
    """When a PBX said what; `None` where a connection begins."""
    framer = Framer()
    at = UNTIMED
    for chunk, received_at in log.chunks_with_times():
        for block in framer.feed(chunk):
            message = None if is_banner(block) else Message(block)
            at = (message.timestamp if message else None) or received_at or at
            yield at, pbx, message


def log_of(name: str, entries: Iterable[Entry]) -> RecordedLog:
    """Messages that were cut out of a stream, as a log of their own."""
    data, chunks = bytearray(), []
    for entry in entries:
        chunks.append((len(data), entry.received_at))
        data += join_blocks([entry.block])
    return RecordedLog(name, bytes(data), tuple(chunks))


def ended_calls(told: Sequence[Told]) -> list[Call]:
    """The calls of a log as they were last known, in the order of their ends."""
    ended = {event.id: event.call for event in told if isinstance(event, CallEnded)}
    return list(ended.values())
