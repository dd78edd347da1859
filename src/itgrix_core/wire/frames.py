r"""Bytes to AMI blocks, however the network cuts them.

A block ends at a blank line, and Asterisk has three ways to spoil that rule: its banner is one line without
a blank one behind it, `TestEvent` is followed by two blank lines, and `CoreShowChannelMap` of 18.19-20.8 ends
in `\r\n\n` (https://github.com/asterisk/asterisk/issues/761). A line that begins with the banner also ends
whatever stood before it: a recording may hold several connections, and the one that was cut left half an
event.

Strategy: nearly every read holds whole blocks of the common kind, and those are cut by one `split`. Only a
read with the banner's words in it, or one that belongs to an oversized block, takes the careful way, one
block at a time. Both give the same blocks for any cutting of the stream; tests/unit/wire compares them with
a reader that works line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

BANNER = b"Asterisk Call Manager/"
LARGEST_BLOCK = 16 * 1024 * 1024

# A "banner" with more than 64 bytes of version is somebody's text.
_BANNER_LINE = re.compile(BANNER + rb"[^\r\n]{0,64}\r\n")
# A block's end: a blank line (group 1), or a banner where a header should be.
_END = re.compile(rb"\r\n(?:(\r?\n)|(?=" + BANNER + rb"[^\r\n]{0,64}\r\n))")
# How much of an end may have been read already when the rest of it comes.
_LONGEST_END = len(BANNER) + 64 + 4
_BLANK = re.compile(rb"[\r\n]*")


class Framer:
    r"""Cuts one connection's bytes, or one recording's, into blocks.

    Args:
        limit: largest block in bytes; a larger one is dropped, so that an endless block costs no memory.

    Attributes:
        taken: the bytes behind the blocks that the last `feed` returned, as they came, blank lines included;
            what was dropped or torn is not among them. So a recorder can keep whole blocks only.
        consumed: how many bytes of the stream belong to blocks returned so far, or dropped: a new framer
            that is fed from there on returns all that follows.
        dropped: how many blocks were larger than `limit`.
        torn: how many blocks were cut short by a banner.
    """

    __slots__ = ("_held", "_scanned", "_skipped", "consumed", "dropped", "limit", "taken", "torn")

    def __init__(self, limit: int = LARGEST_BLOCK) -> None:
        if limit < _LONGEST_END:
            raise ValueError(
                f"a limit of {limit} bytes is too small for a banner; the least is {_LONGEST_END}"
            )
        self.limit = limit
        self.taken = b""
        self.consumed = 0
        self.dropped = 0
        self.torn = 0
        self._held = bytearray()
        self._scanned = 0  # how far `_held` was searched in vain
        self._skipped = 0  # bytes thrown away of an oversized block that has not ended yet

    @property
    def pending(self) -> int:
        """How many bytes of a block that has not ended yet are held."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes of the stream; return the blocks that are complete now, without blank lines.

        The banner is a block of its own. The cost grows with the bytes, not with the size of a block.
        """
        held = self._held
        held += data
        since = max(0, self._scanned - _LONGEST_END)
        if self._skipped or held.find(BANNER, since) >= 0:
            return self._cut_carefully(since)
        odd = _after_last(b"\r\n\n", held, since)
        end = max(odd, _after_last(b"\r\n\r\n", held, since))
        if not end:
            return self._wait()
        whole = bytes(held[:end])
        del held[:end]
        self._scanned = 0
        self.taken = whole
        self.consumed += end
        if odd:
            whole = whole.replace(b"\r\n\n", b"\r\n\r\n")
        blocks = [block for piece in whole.split(b"\r\n\r\n") if (block := piece.lstrip(b"\r\n"))]
        return blocks if end <= self.limit else self._without_large(blocks)

    def _wait(self) -> list[bytes]:
        """Nothing is complete; a block that is too large already is thrown away but for its last bytes."""
        self.taken = b""
        surplus = len(self._held) - _LONGEST_END
        if surplus > self.limit or self._skipped:
            surplus = max(0, surplus)
            self._skipped += surplus
            del self._held[:surplus]
        self._scanned = len(self._held)
        return []

    def _without_large(self, blocks: list[bytes]) -> list[bytes]:
        small = [block for block in blocks if len(block) <= self.limit]
        if len(small) < len(blocks):
            self.dropped += len(blocks) - len(small)
            self.taken = join_blocks(small)
        return small

    def _cut_carefully(self, since: int) -> list[bytes]:
        """One block at a time, for banners, torn blocks and the rest of an oversized one."""
        held = self._held
        blocks: list[bytes] = []
        spans: list[bytes] = []
        start = 0
        while True:
            begin = start if self._skipped else _end_of(_BLANK.match(held, start))
            banner = None if self._skipped else _BANNER_LINE.match(held, begin)
            end = banner or _END.search(held, max(begin, since))
            if end is None:
                break
            block = held[begin : end.end() - 2 if banner else end.start()]
            if self._skipped or len(block) > self.limit:
                self.dropped += 1
            elif not banner and end[1] is None:
                self.torn += 1
            else:
                blocks.append(bytes(block))
                spans.append(bytes(held[start : end.end()]))
            self.consumed += self._skipped + end.end() - start
            self._skipped = 0
            start = end.end()
        del held[:start]
        self._wait()
        self.taken = b"".join(spans)
        return blocks


def _after_last(mark: bytes, held: bytearray, since: int) -> int:
    """Where the last `mark` ends, 0 if there is none from `since` on."""
    at = held.rfind(mark, since)
    return at + len(mark) if at >= 0 else 0


def _end_of(match: re.Match[bytes] | None) -> int:
    return match.end() if match else 0


def is_banner(block: bytes) -> bool:
    """Whether the block is what Asterisk says first on each connection."""
    return block.startswith(BANNER)


def name_of(block: bytes) -> bytes:
    """The event's name, b"" for a response or a banner. The same as `Message.name`, without a Message."""
    return (
        block[7 : block.find(b"\r\n") if b"\r\n" in block else None] if block.startswith(b"Event: ") else b""
    )


class Sieve:
    """Keeps the blocks worth making a Message of: wanted events, and all that is no event.

    Nine of ten events of a busy PBX are left out here for the price of looking at their first line.

    Args:
        wanted: for each name of an event the bytes that it must hold to mean anything, b"" if it always does.
    """

    def __init__(self, wanted: Mapping[bytes, bytes]) -> None:
        self._marks = {name: mark for name, mark in wanted.items() if mark}
        plain = _any_of(name for name in wanted if name not in self._marks)
        self._passes = re.compile(rb"Event: %b(?:\r\n|\Z)|(?!Event: )" % plain).match
        self._needs_mark = re.compile(rb"Event: (%b)\r\n" % _any_of(self._marks)).match

    def pick(self, blocks: Iterable[bytes], data: bytes) -> list[bytes]:
        """Those of the blocks that pass; `data`, of which they were cut, shows at once what none holds."""
        if not any(mark in data for mark in self._marks.values()):
            return list(filter(self._passes, blocks))
        return [block for block in blocks if self._passes(block) or self._holds_mark(block)]

    def _holds_mark(self, block: bytes) -> bool:
        found = self._needs_mark(block)
        return found is not None and self._marks[found[1]] in block


def _any_of(names: Iterable[bytes]) -> bytes:
    """A pattern for one of these names; without any it matches nothing."""
    return b"(?:%b)" % (b"|".join(map(re.escape, sorted(names))) or b"(?!)")


def join_blocks(blocks: Iterable[bytes]) -> bytes:
    """The bytes of a stream that holds these blocks; the opposite of `read_blocks`."""
    return b"".join(block + (b"\r\n" if is_banner(block) else b"\r\n\r\n") for block in blocks)


def read_blocks(recording: bytes) -> list[bytes]:
    """All complete blocks of a recording held in memory."""
    return Framer().feed(recording)
