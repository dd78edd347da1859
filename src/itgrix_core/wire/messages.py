"""One AMI block, its headers found on demand.

A busy Asterisk sends ten thousand blocks a second of which a call tracker reads one in ten, and of those
eight headers out of twenty-five. So a block stays bytes until somebody asks. What a value may hold is
Asterisk's business: any encoding (kept by surrogateescape), colons, nothing; only CR LF ends a header, and
of a repeated one the *first* counts, so that no caller's name can forge a `Channel:` line
(defects 18–22 of stock asterisk-ami).
"""

from __future__ import annotations


class Message:
    """A block of AMI headers: an event, or the response to an action.

    Args:
        raw: the block's bytes without the blank line that ends it.
    """

    __slots__ = ("_lower", "name", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        end = raw.find(b"\r\n")
        first = raw if end < 0 else raw[:end]
        self.name = first[7:].decode("utf-8", "surrogateescape").strip() if first[:7] == b"Event: " else ""
        self._lower: dict[str, str] | None = None

    def get(self, header: str, default: str = "") -> str:
        """The header's first value, whatever the case of its name; `default` if there is none."""
        raw = self.raw
        mark = header.encode() + b": "
        start = raw.find(b"\r\n" + mark)
        if start >= 0:
            start += len(mark) + 2
        elif raw.startswith(mark):
            start = len(mark)
        else:
            return self._folded().get(header.lower(), default)
        end = raw.find(b"\r\n", start)
        return raw[start : end if end >= 0 else None].decode("utf-8", "surrogateescape")

    def all(self, header: str) -> list[str]:
        """Every value of a repeated header (`Output:`, `Variable:`), in order."""
        wanted = header.lower()
        return [value for name, value in self.headers() if name.lower() == wanted]

    def headers(self) -> list[tuple[str, str]]:
        """All headers in order, names as sent; a line without a colon has the name ""."""
        pairs = []
        for line in self.raw.decode("utf-8", "surrogateescape").split("\r\n"):
            name, colon, value = line.partition(":")
            pairs.append((name, value.removeprefix(" ")) if colon else ("", line))
        return pairs

    def _folded(self) -> dict[str, str]:
        if self._lower is None:
            self._lower = {}
            for name, value in self.headers():
                self._lower.setdefault(name.lower(), value)
        return self._lower

    @property
    def is_event(self) -> bool:
        """Whether Asterisk says it by itself (or as an item of a list)."""
        return bool(self.name)

    @property
    def timestamp(self) -> float | None:
        """The `Timestamp` header (`timestampevents = yes`), Unix seconds; `None` without it."""
        try:
            return float(self.get("Timestamp"))
        except ValueError:
            return None

    def __repr__(self) -> str:
        return f"Message({self.name or self.raw[:60]!r})"


def make_message(*headers: tuple[str, str]) -> Message:
    """A message of these headers, for tests and for words that do not come from AMI (CEL rows)."""
    return Message("\r\n".join(f"{name}: {value}" for name, value in headers).encode("utf-8", "surrogateescape"))
