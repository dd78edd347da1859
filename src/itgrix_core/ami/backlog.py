"""What was read and not yet understood.

Asterisk drops a client that does not read for `writetimeout` (100 ms by default), in the middle of an event.
So the reading thread never waits for anybody: it puts here, another thread takes. A consumer that falls
behind for long must not eat the memory either. Beyond half of the limit we leave out events that say nothing
about calls; beyond the limit all events, and then the list of channels has to put things right afterwards.
A list that lost an item must not end: its `Complete` is left out as well, or calls would be missed in it
that live.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from itgrix_core.wire.frames import join_blocks, name_of
from itgrix_core.wire.messages import Message

LIMIT = 32 * 1024 * 1024
NOISE = frozenset(
    b"VarSet Newexten RTCPSent RTCPReceived DeviceStateChange ExtensionStatus PresenceStateChange PeerStatus"
    b" QueueMemberStatus ContactStatus ChallengeSent SuccessfulAuth Registry TestEvent DTMFBegin DTMFEnd"
    b" MusicOnHoldStart MusicOnHoldStop ChannelTalkingStart ChannelTalkingStop".split()
)
TOGETHER_SECONDS = 0.02
"""Chunks that came within this time are taken as one by a consumer that is behind: one commit for all."""
_END_OF_LIST = b"\r\nEventList: Complete"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole blocks of the stream as they came, and when (Unix seconds)."""

    data: bytes
    received_at: float


Task = Callable[[], None]
"""Something that the consumer does in its turn: a callback of a response, the word that the line is lost."""


class Backlog:
    """A queue of one reader and one consumer that never makes the reader wait.

    Args:
        limit: bytes of chunks that may wait.

    Attributes:
        shed: how many events were left out.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.shed = 0
        self._limit = limit
        self._items: deque[Chunk | Task] = deque()
        self._changed = threading.Condition()
        self._waiting = 0
        self._is_closed = False
        self._is_short = False
        self._lists: set[str] = set()
        self._broken: set[str] = set()

    @property
    def waiting(self) -> int:
        """Bytes that wait for the consumer."""
        return self._waiting

    def put(self, blocks: list[bytes], data: bytes, received_at: float) -> None:
        """Take the blocks and their bytes `data`. The reader's."""
        kept = self._follow_lists(blocks) if self._lists or self._broken else blocks
        if self._waiting > self._limit // 2:
            kept = self._shed(kept)
        if len(kept) < len(blocks):
            data = join_blocks(kept)
        if data:
            with self._changed:
                self._waiting += len(data)
                self._items.append(Chunk(data, received_at))
                self._changed.notify()

    def do(self, task: Task) -> None:
        """Let the consumer do something when it has come so far."""
        with self._changed:
            self._items.append(task)
            self._changed.notify()

    def close(self) -> None:
        """Nothing more will come; the consumer ends after what is here."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def begin_list(self, action_id: str) -> None:
        """The items of a list answer (`EventList: start`) come next. The reader's."""
        self._lists.add(action_id)

    def __iter__(self) -> Iterator[Chunk | Task]:
        """All items in order, waiting for each, until closed. The consumer's."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._is_closed)
                if not self._items:
                    return
                item = self._items.popleft()
                if isinstance(item, Chunk):
                    item = self._with_next(item)
                    self._waiting -= len(item.data)
            yield item

    def _with_next(self, chunk: Chunk) -> Chunk:
        """A chunk and those that waited behind it and came at the same time (the lock is held)."""
        parts, until = [chunk.data], chunk.received_at + TOGETHER_SECONDS
        while self._items and isinstance(item := self._items[0], Chunk) and item.received_at <= until:
            parts.append(item.data)
            self._items.popleft()
        return Chunk(b"".join(parts), chunk.received_at) if len(parts) > 1 else chunk

    def take_shortage(self) -> bool:
        """Whether events that matter were shed and there is room again: told once, then ask for a list."""
        with self._changed:
            is_over = self._is_short and self._waiting <= self._limit // 4
            if is_over:
                self._is_short = False
            return is_over

    def _shed(self, blocks: list[bytes]) -> list[bytes]:
        """What of the blocks is kept while we are behind: no noise, and no events at all when full."""
        is_full = self._waiting > self._limit
        kept = [block for block in blocks if not (name := name_of(block)) or not (is_full or name in NOISE)]
        self.shed += len(blocks) - len(kept)
        if is_full and len(kept) < len(blocks):
            self._broken |= self._lists
            self._lists.clear()
            with self._changed:
                self._is_short = True
        return kept

    def _follow_lists(self, blocks: list[bytes]) -> list[bytes]:
        """Notice which lists end; leave out the end of one that is broken."""
        kept = []
        for block in blocks:
            if _END_OF_LIST in block:
                action_id = Message(block).get("ActionID")
                self._lists.discard(action_id)
                if action_id in self._broken:
                    self._broken.discard(action_id)
                    continue
            kept.append(block)
        return kept
