"""Listens to one Asterisk: records its words, lets the tracker understand them, stores what came of it.

For each chunk: on disk first (the recorder), then understood, then one commit of new events, changed calls
and the position reached. After a crash the log is fed again from that position, and ids made from meaning
see to it that nothing is stored twice.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from threading import Lock

import structlog

from itgrix_core.ami.recorder import Position, Recorded, Recorder
from itgrix_core.calls.events import CallEnded, CallEvent, Oddity
from itgrix_core.calls.questions import ASKED_ABOUT, Action
from itgrix_core.calls.tracker import TICK, WANTED, Tracker
from itgrix_core.errors import AmiError, DataFolderError
from itgrix_core.jobs.clock import StreamClock
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.sharing import Shared
from itgrix_core.jobs.watching import Watcher
from itgrix_core.outbox.spool import Spool
from itgrix_core.wire.frames import Sieve, is_banner, read_blocks
from itgrix_core.wire.messages import Message

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
        shared: what it shares with the PBXes to which this one is linked.
        wall: Unix seconds here: what is read later than it was received is as much older.
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
        shared: Shared | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._pbx = pbx
        self._tracker = tracker
        self._recorder = recorder
        self._spool = spool
        self._clock = clock
        self._watcher = watcher
        self._send = send
        self._wall = wall
        self._ticked_at = 0.0
        self._shared = shared or Shared(pbx)
        self._lock = Lock()
        self._oddities: Counter[str] = Counter()
        self._complaints: dict[str, str] = {}

    @property
    def oddities(self) -> dict[str, int]:
        """How many messages did not fit, by kind."""
        with self._lock:
            return dict(self._oddities)

    def load(self) -> None:
        """Take up the saved calls, those of linked PBXes with them."""
        for key in self._tracker.load(self._spool.calls(self._shared.name)):
            _log.warning("a saved call is of another version; the channel list will tell of it", call=key)

    def unread(self) -> Iterator[tuple[Recorded, Listening]]:
        """The chunks of the log behind the last commit, each with the one to feed again: itself."""
        saved = self._spool.position(self._pbx)
        if saved is None:  # from now on every word counts, also those before the first commit
            end = self._recorder.end() or Position("", 0)
            self._spool.commit(self._pbx, [], {}, f"{end.segment}:{end.offset}")
            return
        for recorded in self._recorder.read_from(_position(saved)):
            yield recorded, self

    def feed_again(self, recorded: Recorded) -> int:
        """Understand a chunk that was recorded before; how many blocks it holds."""
        blocks = read_blocks(recorded.data)
        with self._shared.lock:
            self._understand(blocks, recorded.data, recorded.received_at)
            self._commit(recorded.position)
        return len(blocks)

    def on_chunk(self, data: bytes, received_at: float) -> None:
        """Whole blocks of the stream as they came, and when (Unix seconds)."""
        position = self._record(data, received_at)
        with self._shared.lock:
            questions = self._understand(read_blocks(data), data, received_at)
            if received_at - self._ticked_at > TICK_SECONDS:
                self._tick(received_at)
            self._commit(position)
        for question in questions:
            self._ask(question)

    def _record(self, data: bytes, received_at: float) -> Position | None:
        """Where the chunk ends on disk; `None` if it cannot be written: it is understood all the same."""
        try:
            position = self._recorder.append(data, received_at)
        except DataFolderError as error:
            what = f"{error} Calls are filed on, but a crash now would lose what is going on."
            self._complain("recorded", what)
            return None
        self._complain("recorded", "")
        return position

    def _understand(self, blocks: Sequence[bytes], data: bytes, received_at: float) -> list[Action]:
        """Feed the blocks of `data` to the tracker and keep what it tells; what is to be asked now."""
        questions = []
        age = max(0.0, self._wall() - received_at)
        for block in READ.pick(blocks, data):
            if is_banner(block):
                self._tracker.connected()
                continue
            message = Message(block)
            at = self._clock.time_of(message.timestamp, received_at)
            self._clock.seen(at + age)
            for told in self._tracker.feed(message, at):
                self._tell(told, received_at)
            question = self._tracker.question_about(message)
            if question:
                questions.append(question)
        return questions

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
        delay = self._shared.gathering.delay(told, received_at)
        is_provisional = isinstance(told, CallEnded) and told.is_provisional
        self._shared.jobs.append(
            job_of(told, received_at, delay_seconds=delay, is_provisional=is_provisional)
        )
        self._watcher.happened(told)

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
        self._shared.rows |= self._tracker.changes()
        if position:
            self._shared.places[self._pbx] = f"{position.segment}:{position.offset}"
        try:
            self._shared.store(self._spool)
        except DataFolderError as error:
            self._complain("stored", f"{error} Nothing is lost: it is tried again with the next message.")
        else:
            self._complain("stored", "")

    def _complain(self, about: str, sentence: str) -> None:
        """Log what is wrong when that changes, not with each chunk: the log may lie on the same full disk."""
        was = self._complaints.pop(about, "")
        if sentence:
            self._complaints[about] = sentence
        if sentence and sentence != was:
            _log.error(sentence)
        elif was and not sentence:
            _log.warning(f"Asterisk {self._pbx}: what it says is {about} again")


def catch_up(listenings: Sequence[Listening]) -> int:
    """Go on from where the last process was: saved calls, and the logs behind their last commits.

    Args:
        listenings: one, or those of PBXes that are linked; their logs are read in the order in which their
            chunks came.

    Returns:
        How many blocks were fed again.
    """
    listenings[0].load()
    logs = heapq.merge(*(each.unread() for each in listenings), key=lambda each: each[0].received_at)
    return sum(listening.feed_again(recorded) for recorded, listening in logs)


READ = Sieve(dict.fromkeys(ASKED_ABOUT, b"") | WANTED)
"""What the tracker reads, and what it does not but that gives rise to a question."""


def _position(saved: str) -> Position:
    segment, _, offset = saved.rpartition(":")
    return Position(segment, int(offset))
