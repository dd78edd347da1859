"""What a replayed PBX will say and when: recordings, side by side or one after another, on one time line.

Recordings are served by *their own* time line, not by the clock: each event is due so many seconds after
its recording began, and what is due first goes first. So the order in which overlapping calls mix is the
same at any pace, also when there is no pace at all, and a failure seen once can be seen again.

A recording that was begun and not finished when the line broke is served again from its start: the client
may have lost any part of it. Even the one whose last byte has left is kept back (`settling`) for a moment,
because bytes in a socket are not bytes that somebody has read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from itgrix_core.wire.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from itgrix_core.sandbox.recordings import RecordedLog


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One event of a recording, ready to be sent.

    Attributes:
        message: the event, with a `Timestamp` header: when the recording's own reader got it.
        classes: the AMI classes it belongs to (`call`, `dialplan`, …); one that is wanted is enough.
        at: that time, Unix seconds; `None` when the recording has no times.
    """

    message: Message
    classes: frozenset[str]
    at: float | None


def events_of(log: RecordedLog) -> list[RecordedEvent]:
    """What this Asterisk said by itself, in order; answers and items of lists are left out.

    An item of a list is an event by its form, but has no class after which it could be masked: `Privilege`
    is missing, or lacks the `,all` that Asterisk puts behind every class (`Status` items, recording
    `snapshot_midcall`). `FullyBooted` is left out as well: it greets a login, and ours come at other moments.
    """
    events = []
    for raw, at in _blocks(log):
        message = Message(raw)
        classes = message.get("Privilege").split(",")
        if message.is_event and len(classes) > 1 and message.name != "FullyBooted":
            stamped = message if at is None else Message(_stamped(raw, at))
            events.append(RecordedEvent(stamped, frozenset(classes) - {"all"}, at))
    return events


_ENTRY = re.compile(rb"^Event: DBGetResponse\r\n(?:.+\r\n)*", re.MULTILINE)


def entries_of(logs: Iterable[RecordedLog]) -> dict[tuple[str, str], str]:
    """What AstDB held when these were recorded, by family and key, as far as somebody asked.

    Each entry is what was told of it first; that a hot desk changes hands in the middle is not replayed.
    """
    entries: dict[tuple[str, str], str] = {}
    for log in logs:
        for raw in _ENTRY.findall(log.data):
            message = Message(raw.rstrip(b"\r\n"))
            entries.setdefault((message.get("Family"), message.get("Key")), message.get("Val"))
    return entries


def _blocks(log: RecordedLog) -> Iterator[tuple[bytes, float | None]]:
    """Every AMI block and the time of the piece that completed it; the banner line is not a block."""
    offsets = [offset for offset, _ in log.chunks]
    start = log.data.find(b"\r\n") + 2
    while (end := log.data.find(b"\r\n\r\n", start)) >= 0:
        piece = bisect_right(offsets, end + 3) - 1
        if block := log.data[start:end].strip(b"\r\n"):
            yield block, log.chunks[piece][1] if piece >= 0 else None
        start = end + 4


def _stamped(raw: bytes, at: float) -> bytes:
    """The event with a `Timestamp` after its `Privilege`, where Asterisk puts it; its own one stays."""
    if b"\r\nTimestamp: " in raw:
        return raw
    head, mark, tail = raw.partition(b"\r\nPrivilege: ")
    privilege, newline, rest = tail.partition(b"\r\n")
    return head + mark + privilege + f"\r\nTimestamp: {at:.6f}".encode() + newline + rest


@dataclass(slots=True)
class Run:
    """One recording being served.

    Attributes:
        place: its place in the programme.
        name: the recording's name.
        events: all that it will say.
        begins_at: where on the common time line it begins, seconds.
        position: how many of its events have been said.
    """

    place: int
    name: str
    events: Sequence[RecordedEvent]
    begins_at: float
    position: int = 0

    @property
    def due_at(self) -> float:
        """Where on the common time line its next event lies, seconds."""
        first, event = self.events[0].at, self.events[self.position].at
        return self.begins_at if first is None or event is None else self.begins_at + event - first


class Programme:
    """Recordings in the order given, at most `overlap` of them at a time.

    Args:
        logs: what to serve. One without any event counts as served at once.
        overlap: how many may be under way together, at least 1.
    """

    def __init__(self, logs: Sequence[RecordedLog], overlap: int = 1) -> None:
        self._overlap = max(1, overlap)
        self._names = [log.name for log in logs]
        self._events = [events_of(log) for log in logs]
        self._waiting = [place for place, events in enumerate(self._events) if events]
        self._running: list[Run] = []
        self._settling: list[tuple[Run, float]] = []
        self.served = [self._names[place] for place, events in enumerate(self._events) if not events]
        self.now = 0.0

    def next(self) -> Run | None:
        """The recording whose event is due next; `None` when every event has been said."""
        while self._waiting and len(self._running) < self._overlap:
            place = self._waiting.pop(0)
            self._running.append(Run(place, self._names[place], self._events[place], self.now))
        return min(self._running, key=lambda run: (run.due_at, run.place), default=None)

    def take(self, run: Run, clock: float) -> RecordedEvent:
        """The next event of this recording, said from now on (`clock`: any steady seconds)."""
        event = run.events[run.position]
        self.now = max(self.now, run.due_at)
        run.position += 1
        if run.position == len(run.events):
            self._running.remove(run)
            self._settling.append((run, clock))
        return event

    def settle(self, clock: float, after: float) -> float | None:
        """Counts as served what ended at least `after` seconds ago.

        Returns:
            The clock at which the next one will count; `None` when none waits for it.
        """
        while self._settling and self._settling[0][1] + after <= clock:
            self.served.append(self._settling.pop(0)[0].name)
        return self._settling[0][1] + after if self._settling else None

    def rewind(self) -> set[str]:
        """The line broke: everything begun and not counted as served will be said again from its start.

        Returns:
            The names of what was interrupted.
        """
        interrupted = [*self._running, *(run for run, _ in self._settling)]
        self._waiting = sorted([run.place for run in interrupted] + self._waiting)
        self._running.clear()
        self._settling.clear()
        return {run.name for run in interrupted}

    @property
    def done(self) -> bool:
        """Whether every recording has been served completely."""
        return not (self._waiting or self._running or self._settling)
