"""One AMI block, its headers found on demand.

A busy Asterisk sends ten thousand blocks a second of which a call tracker reads one in ten, and of those
eight headers out of twenty-five. So a block stays bytes until somebody asks. What a value may hold is
Asterisk's business: any encoding (kept by surrogateescape), colons, nothing; only CR LF ends a header, and
of a repeated one the *first* counts, so that no caller's name can forge a `Channel:` line
(defects 18-22 of stock asterisk-ami).
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite, nan


class Message:
    """A block of AMI headers: an event, or the response to an action.

    Args:
        raw: the block's bytes without the blank line that ends it.
    """

    __slots__ = ("_folded", "_text", "name", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._text = text = raw.decode("utf-8", "surrogateescape")
        self._folded: str | None = None
        if raw[:7] == b"Event: ":
            end = text.find("\r\n", 7)
            self.name = text[7 : end if end >= 0 else None].strip()
        else:
            self.name = _odd_name(text)

    def get(self, header: str, default: str = "") -> str:
        """The header's first value, whatever the case of its name; `default` if there is none."""
        folded = self._folded
        if folded is None:
            # `lower` of bytes changes ASCII letters alone, so that both texts have the same places.
            folded = self._folded = "\r\n" + self.raw.lower().decode("utf-8", "surrogateescape")
        mark, length = _mark(header)
        start = folded.find(mark)
        if start < 0:
            return default
        start += length
        text = self._text
        end = text.find("\r\n", start)
        return text[start : end if end >= 0 else None].removeprefix(" ")

    def all(self, header: str) -> list[str]:
        """Every value of a repeated header (`Output:`, `Variable:`), in order."""
        wanted = _fold(header)
        return [value for name, value in self.headers() if _fold(name) == wanted]

    def headers(self) -> list[tuple[str, str]]:
        """All headers in order, names as sent; a line without a colon has the name ""."""
        pairs = []
        for line in self._text.split("\r\n"):
            name, colon, value = line.partition(":")
            pairs.append((name, value.removeprefix(" ")) if colon else ("", line))
        return pairs

    def readable(self) -> Message:
        """The same message with every header in UTF-8; itself, where it is so already.

        What is to be stored or sent on must be text: neither JSON nor a CRM takes surrogates. A header that
        is no UTF-8 comes from an old phone or dialplan and is read as Windows-1251, the eight-bit code of
        this field; of another code it becomes odd letters, and the call is filed all the same.
        """
        if self.raw.isascii() or _is_utf8(self.raw):
            return self
        lines = (line if _is_utf8(line) else _from_eight_bit(line) for line in self.raw.split(b"\r\n"))
        return Message(b"\r\n".join(lines))

    @property
    def is_event(self) -> bool:
        """Whether Asterisk says it by itself (or as an item of a list)."""
        return bool(self.name)

    @property
    def timestamp(self) -> float | None:
        """The `Timestamp` header (`timestampevents = yes`), Unix seconds; `None` without a usable one."""
        stamp = self.get("Timestamp")
        try:
            seconds = float(stamp) if stamp else nan
        except ValueError:
            return None
        return seconds if isfinite(seconds) else None

    def __repr__(self) -> str:
        return f"Message({self.name or self.raw[:60]!r})"


def _odd_name(text: str) -> str:
    """The name behind an `event:` that is not written as usual; "" for what is no event."""
    if _fold(text[:6]) != "event:":
        return ""
    return text[6:].split("\r\n", 1)[0].strip()


def _fold(name: str) -> str:
    """A header's name as names are compared: ASCII letters count the same in both cases, others do not."""
    return name.encode("utf-8", "surrogateescape").lower().decode("utf-8", "surrogateescape")


@lru_cache(maxsize=512)
def _mark(header: str) -> tuple[str, int]:
    """What stands before a header's value, and how far behind the mark's place the value begins.

    Folded texts are two letters longer than the messages themselves: their first header has a mark as well.
    """
    mark = f"\r\n{_fold(header)}:"
    return mark, len(mark) - 2


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _from_eight_bit(line: bytes) -> bytes:
    return line.decode("cp1251", "replace").encode("utf-8")


def make_message(*headers: tuple[str, str]) -> Message:
    """A message of these headers, for tests and for words that do not come from AMI (CEL rows)."""
    return Message(
        "\r\n".join(f"{name}: {value}" for name, value in headers).encode("utf-8", "surrogateescape")
    )
