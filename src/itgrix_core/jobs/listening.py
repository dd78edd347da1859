"""Listens to one Asterisk: records its words, lets the tracker understand them, stores what came of it.

For each chunk: on disk first (the recorder), then understood, then one commit of new events, changed calls
and the position reached. After a crash the log is fed again from that position, and ids made from meaning
see to it that nothing is stored twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from threading import Lock

import structlog

from itgrix_core.ami.recorder import Position, Recorder
from itgrix_core.calls.events import CallEnded, CallEvent, CallMerged, ConversationRequested, Oddity
from itgrix_core.calls.questions import ASKED_ABOUT, Action
from itgrix_core.calls.tracker import TICK, WANTED, Tracker
from itgrix_core.errors import AmiError, DataFolderError
from itgrix_core.jobs.clock import StreamClock
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.watching import Watcher
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.spool import Spool
from itgrix_core.wire.frames import is_banner, only, read_blocks
from itgrix_core.wire.messages import Message

COALESCING_SECONDS = 0.1
"""How long a ring waits for its colleagues, so that a group, or a queue's round, is one request."""

LOST_SIGHT_SECONDS = 15 * 60.0
"""How long a lost-sight end waits for a better account; a finish cannot be corrected."""

TICK_SECONDS = 60.0
KEPT_BYTES = 512 * 1024 * 1024
"""How much of the recorded log is kept behind the position."""

_log = structlog.get_logger(__name__)


class Listening:
    """One Asterisk's stream, from bytes to stored events. `on_chunk` is called by one thread.

    Args:
        pbx: its name.
        tracker: understands it.
        recorder: writes it down.
        spool: stores what came of it.
        clock: told the time of each message.
        watcher: told each event and oddity.
        send: sends an action; its answer comes in the stream.
        wall: Unix seconds here: what is read later than it was received is as much older.
        lost_sight_seconds: see `LOST_SIGHT_SECONDS`.
    """

    def __init__(
        self,
        pbx: str,
        tracker: Tracker,
        recorder: Recorder,
        spool: Spool,
        clock: StreamClock,
        watcher: Watcher,
        send: Callable[[Action], None],
        *,
        lost_sight_seconds: float = LOST_SIGHT_SECONDS,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._pbx = pbx
        self._tracker = tracker
        self._recorder = recorder
        self._spool = spool
        self._clock = clock
        self._watcher = watcher
        self._send = send
        self._lost_sight_seconds = lost_sight_seconds
        self._wall = wall
        self._ticked_at = 0.0
        self._waiting: dict[str, float] = {}
        self._jobs: list[Job] = []
        self._rows: dict[str, bytes | None] = {}
        self._lock = Lock()
        self._oddities: Counter[str] = Counter()

    @property
    def oddities(self) -> dict[str, int]:
        """How many messages did not fit, by kind."""
        with self._lock:
            return dict(self._oddities)

    def catch_up(self) -> int:
        """Go on from where the last process was: saved calls, and the log behind its last commit.

        Returns:
            How many blocks were fed again.
        """
        unusable = self._tracker.load(self._spool.calls(self._pbx))
        for key in unusable:
            _log.warning("a saved call is of another version; the channel list will tell of it", call=key)
        saved = self._spool.position(self._pbx)
        if saved is None:  # from now on every word counts, also those before the first commit
            end = self._recorder.end() or Position("", 0)
            self._spool.commit(self._pbx, [], {}, f"{end.segment}:{end.offset}")
            return 0
        fed = 0
        for recorded in self._recorder.read_from(_position(saved)):
            blocks = read_blocks(recorded.data)
            fed += len(blocks)
            self._understand(blocks, recorded.received_at, is_asking=False)
            self._commit(recorded.position)
        return fed

    def on_chunk(self, data: bytes, received_at: float) -> None:
        """Whole blocks of the stream as they came, and when (Unix seconds)."""
        position = self._record(data, received_at)
        self._understand(read_blocks(data), received_at, is_asking=True)
        if received_at - self._ticked_at > TICK_SECONDS:
            self._tick(received_at)
        self._commit(position)

    def _record(self, data: bytes, received_at: float) -> Position | None:
        """Where the chunk ends on disk; `None` if it cannot be written: it is understood all the same."""
        try:
            return self._recorder.append(data, received_at)
        except DataFolderError as error:
            _log.error(f"{error} Calls are filed on, but a crash now would lose what is going on.")
            return None

    def _understand(self, blocks: Iterable[bytes], received_at: float, *, is_asking: bool) -> None:
        age = max(0.0, self._wall() - received_at)
        for block in only(WANTED | ASKED_ABOUT, blocks):
            if is_banner(block):
                self._tracker.connected()
                continue
            message = Message(block)
            at = self._clock.time_of(message.timestamp, received_at)
            self._clock.seen(at + age)
            for told in self._tracker.feed(message, at):
                self._tell(told, received_at)
            question = self._tracker.question_about(message) if is_asking else None
            if question:
                self._ask(question)

    def _ask(self, question: Action) -> None:
        try:
            self._send(question)
        except (AmiError, ValueError) as error:
            _log.debug("a question could not be sent", error=str(error))

    def _tell(self, told: CallEvent | Oddity, received_at: float) -> None:
        if isinstance(told, Oddity):
            with self._lock:
                self._oddities[told.what] += 1
            self._watcher.odd(told)
            return
        delay = self._delay(told, received_at)
        is_provisional = isinstance(told, CallEnded) and told.is_provisional
        self._jobs.append(job_of(told, received_at, delay_seconds=delay, is_provisional=is_provisional))
        self._watcher.happened(told)

    def _delay(self, event: CallEvent, received_at: float) -> float:
        """A ring waits a moment for the others, who follow it without a delay of their own.

        A lost-sight end waits for somebody who knows better.
        """
        key = event.call.key
        if isinstance(event, CallEnded | CallMerged):
            self._waiting.pop(key, None)
            lost = isinstance(event, CallEnded) and event.is_provisional
            return self._lost_sight_seconds if lost else 0.0
        if not isinstance(event, ConversationRequested) or received_at < self._waiting.get(key, 0.0):
            return 0.0
        self._waiting[key] = received_at + COALESCING_SECONDS
        return COALESCING_SECONDS

    def _tick(self, at: float) -> None:
        self._ticked_at = at
        for told in self._tracker.feed(TICK, self._clock.now()):
            self._tell(told, at)
        try:
            saved = self._spool.position(self._pbx)
            self._recorder.prune(_position(saved) if saved else None, KEPT_BYTES)
        except (DataFolderError, OSError) as error:
            _log.error(f"the recorded log cannot be shortened: {error}")

    def _commit(self, position: Position | None) -> None:
        """Store what has come up; what cannot be stored now is kept and stored with the next chunk."""
        self._rows |= self._tracker.changes()
        if not self._jobs and not self._rows:
            return
        try:
            place = f"{position.segment}:{position.offset}" if position else None
            self._spool.commit(self._pbx, self._jobs, self._rows, place)
        except DataFolderError as error:
            _log.error(f"{error} Nothing is lost: it is tried again with the next message.")
            return
        self._jobs, self._rows = [], {}


def _position(saved: str) -> Position:
    segment, _, offset = saved.rpartition(":")
    return Position(segment, int(offset))
