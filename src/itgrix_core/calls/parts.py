"""What is gathered of one call while its stream is cut: its messages, and answers that are about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from itgrix_core.calls.topology import endpoint_of
from itgrix_core.wire.messages import Message

_LIST_ITEMS = re.compile(rb"(\r\nListItems: )\d+")
_NAMING = ("ObjectName", "Queue", "Location", "Key", "ActionID")
"""Headers of an answer about the PBX that name what it is about."""
_WORDS = re.compile(r"[^/@;,\s-]+")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A block of the stream: its number, its bytes, when it was received (Unix seconds)."""

    number: int
    block: bytes
    received_at: float


@dataclass(frozen=True, slots=True)
class Excerpt:
    """All that belongs to one call (by its key), in the order of the stream.

    `is_cut`: it was not over yet.
    """

    call: str
    entries: list[Entry]
    is_cut: bool


@dataclass(slots=True)
class Answer:
    """What the PBX said to one question: its begin, its items, its end."""

    begin: Entry
    items: list[Entry] = field(default_factory=list)
    end: Entry | None = None


@dataclass(slots=True)
class Part:
    """A call that is being gathered.

    Attributes:
        entries: by number; the begin of a list may come after its first item.
        channels: Uniqueids that were its own, as a dict to keep their order.
        lists: ActionID of each open list to how many of its items are here.
        plant: what the PBX said of itself, before and meanwhile.
        is_call: it was told; a part that never is one is let go.
        ended_at: when the last channel was gone (by receipt), `None` while it lives.
    """

    entries: dict[int, Entry] = field(default_factory=dict)
    channels: dict[str, None] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    plant: list[Answer] = field(default_factory=list)
    is_call: bool = False
    ended_at: float | None = None

    def add(self, entry: Entry) -> None:
        """Take a message, once."""
        self.entries[entry.number] = entry

    def take(self, other: Part) -> None:
        """Another part belongs to this one."""
        self.entries |= other.entries
        self.channels |= other.channels
        self.lists |= other.lists
        self.plant = other.plant if len(other.plant) > len(self.plant) else self.plant
        self.is_call |= other.is_call

    def excerpt(self, call: str) -> Excerpt:
        """All that belongs to it, by the key of its call."""
        words = set(_words_of(self.entries.values()))
        about = (entry for answer in self.plant for entry in _about(answer, words))
        entries = {**{entry.number: entry for entry in about}, **self.entries}
        return Excerpt(call, sorted(entries.values()), is_cut=self.ended_at is None)


def _words_of(entries: Iterable[Entry]) -> Iterator[str]:
    """Endpoints, numbers and queues that a call has to do with."""
    for entry in entries:
        for name, value in Message(entry.block).headers():
            folded = name.lower()
            if folded.endswith("channel"):
                yield from _WORDS.findall(endpoint_of(value))
                yield endpoint_of(value)
            elif folded in {"queue", "interface"} or folded.endswith(("exten", "calleridnum")):
                yield from _WORDS.findall(value)


def _about(answer: Answer, words: set[str]) -> Iterator[Entry]:
    """What of an answer is about one of these words, with its begin and its end."""
    if answer.end is None:
        if _is_about(answer.begin, words):
            yield answer.begin
        return
    items = [item for item in answer.items if _is_about(item, words)]
    if items:
        yield from (answer.begin, *items, counted(answer.end, len(items)))


def _is_about(entry: Entry, words: set[str]) -> bool:
    message = Message(entry.block)
    named = [message.get(header) for header in _NAMING]
    return any(name in words or not words.isdisjoint(_WORDS.findall(name)) for name in named if name)


def counted(entry: Entry, count: int) -> Entry:
    """The end of a list, with the number of items that are left."""
    return Entry(entry.number, _LIST_ITEMS.sub(rb"\g<1>%d" % count, entry.block), entry.received_at)
