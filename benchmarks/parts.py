"""Where our time goes: the way of a stream, each part with all before it, in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from unittest.mock import patch

from itgrix_core.calls.board import Board
from itgrix_core.calls.tracker import WANTED, Tracker
from itgrix_core.wire.frames import Framer, Sieve
from itgrix_core.wire.messages import Message
from streams import Stream

READ_BYTES = 64 * 1024
_SIEVE = Sieve(WANTED)


def split(pieces: list[bytes]) -> None:
    """Cutting at blank lines and nothing else: no frame is cheaper."""
    for piece in pieces:
        piece.split(b"\r\n\r\n")


def frames(pieces: list[bytes]) -> None:
    """Blocks, with banners, odd ends, the limit."""
    framer = Framer()
    for piece in pieces:
        framer.feed(piece)


def sieve(pieces: list[bytes]) -> list[bytes]:
    """The blocks that are worth a message."""
    framer = Framer()
    return [block for piece in pieces for block in _SIEVE.pick(framer.feed(piece), framer.taken)]


def messages(pieces: list[bytes]) -> list[Message]:
    """Messages, with the time that they bear."""
    made = list(map(Message, sieve(pieces)))
    for message in made:
        message.timestamp  # noqa: B018 - it is looked up
    return made


def rules(pieces: list[bytes]) -> None:
    """The tracker, without the frozen calls that its events carry."""
    with patch.object(Board, "frozen", lambda _, call: call):
        whole(pieces)


def whole(pieces: list[bytes]) -> None:
    """All of it."""
    tracker = Tracker("bench")
    for message in messages(pieces):
        tracker.feed(message, 1_795_000_000.0)


PARTS: tuple[Callable[[list[bytes]], object], ...] = (split, frames, sieve, messages, rules, whole)


def measure(stream: Stream, repetitions: int) -> dict[str, float]:
    """Microseconds of CPU per event of each part with all before it, medians of runs that take turns."""
    pieces = [stream.data[at : at + READ_BYTES] for at in range(0, len(stream.data), READ_BYTES)]
    spent: dict[str, list[float]] = {part.__name__: [] for part in PARTS}
    for _ in range(repetitions):
        for part in PARTS:
            begun = time.process_time()
            part(pieces)
            spent[part.__name__].append((time.process_time() - begun) / stream.events * 1e6)
    return {name: statistics.median(each) for name, each in spent.items()}
