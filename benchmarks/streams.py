"""What the readers are given: streams of real Asterisk's events, made of our recordings.

A recorded call is a template: its Uniqueids, channel numbers and bridges are written anew for each clone, so
a stream may hold as many calls at once as one likes and is still, event by event, what Asterisk said.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from itgrix_core.ami.client import EVENT_MASK
from itgrix_core.sandbox.recordings import load
from itgrix_core.wire.frames import is_banner, join_blocks, name_of, read_blocks

RECORDED = Path(__file__).resolve().parents[1] / "tests" / "recorded"
SEED = 20261125
LARGEST = 2000
"""Blocks; a longer recording is a load test, not a call."""
NOT_CALLS = ("pbx_restart", "snapshot", "registration")
"""A clone of a restarting PBX or of a channel list would speak about everybody's calls."""

_IDS = re.compile(
    rb"(?P<uniqueid>\b\d{10}\.\d+\b)"
    rb"|(?P<bridge>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    rb"|(?<=-)(?P<channel>[0-9a-f]{8})(?=\b|_)"
)
_CLASSES = re.compile(rb"\r\nPrivilege: ([^\r\n]*)")
_MASK = frozenset(EVENT_MASK.encode().split(b","))


@dataclass(frozen=True)
class Stream:
    """Bytes of whole blocks, and how many events they hold."""

    data: bytes
    events: int

    @classmethod
    def of(cls, blocks: list[bytes]) -> Stream:
        """The stream of these blocks, all of them events."""
        return cls(join_blocks(blocks), len(blocks))


@dataclass(frozen=True)
class Template:
    """A recorded call's events, cut where its ids stand: text, id, text, id, …, text for each event."""

    name: str
    events: tuple[tuple[bytes, ...], ...]

    def clone(self, number: int) -> list[bytes]:
        """The call once more, with ids that no clone of another number has."""
        fresh: dict[bytes, bytes] = {}
        return [b"".join(_renamed(event, number, fresh)) for event in self.events]


def _renamed(event: tuple[bytes, ...], number: int, fresh: dict[bytes, bytes]) -> Iterator[bytes]:
    for place, piece in enumerate(event):
        if place % 2 == 0:
            yield piece
            continue
        if piece not in fresh:
            fresh[piece] = _new_id(piece, number, len(fresh))
        yield fresh[piece]


def _new_id(old: bytes, number: int, place: int) -> bytes:
    if b"." in old:
        return b"%d.%d" % (1_795_000_000 + number // 10, number * 100 + place)
    if b"-" in old:
        return old[:-12] + b"%012x" % (number * 100 + place)
    return b"%08x" % ((number * 100 + place) % 2**32)


def _cut(block: bytes) -> tuple[bytes, ...]:
    pieces, end = [], 0
    for found in _IDS.finditer(block):
        pieces += [block[end : found.start()], found[0]]
        end = found.end()
    return (*pieces, block[end:])


def recorded_events(path: Path) -> list[bytes]:
    """The events of a recording; banner, responses and FullyBooted are a connection's, not the calls'."""
    blocks = read_blocks(load(path).data)
    return [block for block in blocks if not is_banner(block) and name_of(block) not in {b"", b"FullyBooted"}]


@cache
def templates(folder: str = "ast22", only: str = "*") -> tuple[Template, ...]:
    """The recorded calls of a folder whose names are like `only`."""
    paths = [p for p in (RECORDED / folder).glob(f"{only}.ami.gz") if not p.name.startswith(NOT_CALLS)]
    logs = [(path.name.removesuffix(".ami.gz"), recorded_events(path)) for path in sorted(paths)]
    return tuple(Template(name, tuple(map(_cut, events))) for name, events in logs if len(events) <= LARGEST)


def under_mask(blocks: list[bytes]) -> list[bytes]:
    """The events that come with the classes that Itgrix asks for."""
    return [block for block in blocks if _MASK & set(_classes_of(block))]


def _classes_of(block: bytes) -> list[bytes]:
    found = _CLASSES.search(block)
    return found[1].split(b",") if found else [*_MASK]


def mixed(
    kinds: Sequence[Template], concurrent: int, calls: int | None = None
) -> Iterator[tuple[bytes, int]]:
    """Events of calls of these kinds, `concurrent` calls at a time, well mixed; for ever, or so many calls.

    Yields:
        An event, and how many calls are over.
    """
    dice, begun = random.Random(SEED), 0
    live: list[Iterator[bytes]] = []
    while True:
        while len(live) < concurrent and begun != calls:
            live.append(iter(dice.choice(kinds).clone(begun)))
            begun += 1
        if not live:
            return
        place = dice.randrange(len(live))
        block = next(live[place], None)
        if block is None:
            live[place] = live[-1]
            live.pop()
        else:
            yield block, begun - len(live)


def busy(events: int, concurrent: int = 40) -> list[bytes]:
    """So many events of calls of every recorded kind."""
    return [block for block, _ in islice(mixed(templates(), concurrent), events)]


def recordings(folders: tuple[str, ...] = ("ast22", "ast16")) -> list[bytes]:
    """All recordings one behind the other, the load tests among them, as they were."""
    paths = [path for folder in folders for path in sorted((RECORDED / folder).glob("*.ami.gz"))]
    return [block for path in paths for block in recorded_events(path)]
