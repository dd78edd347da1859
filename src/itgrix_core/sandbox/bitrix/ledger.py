"""The book of every request that reached the portal: the proof of what a connector really did.

Tests count in it, people read it, and a process that is killed leaves it as a file of JSON lines. Commands
inside a batch have entries of their own that name the batch, because the portal executed each of them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, or one command of a batch.

    Attributes:
        number: 1, 2, 3 … in the order of arrival.
        at: Unix seconds of arrival.
        method: in the documentation's spelling, as asked when unknown.
        params: as understood; texts over 2000 characters are shortened to their length.
        status: HTTP status that the client saw; 0 when it saw none.
        answer: the body, or the inner result or error of a batch's command.
        is_executed: whether the method ran to its end and took effect.
        caller: "webhook 1", "app 3", "" when refused at the door.
        batch: number of the batch's entry, `None` outside; `key`: the command's key in it.
        fault: kind of the fault that was injected, "" for none.
    """

    number: int
    at: float
    method: str
    params: Mapping[str, Any]
    status: int
    answer: Any
    is_executed: bool
    caller: str = ""
    batch: int | None = None
    key: str = ""
    fault: str = ""

    def to_json(self) -> dict[str, Any]:
        """The entry as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """The entry from `to_json`."""
        return cls(**data)


@dataclass
class Ledger:
    """Entries in memory and, when `path` is given, appended to a file of JSON lines."""

    path: Path | None = None
    _entries: list[Entry] = field(default_factory=list)
    _numbers: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self) -> int:
        """The number of a request that has just arrived."""
        with self._lock:
            self._numbers += 1
            return self._numbers

    def write(self, entry: Entry) -> None:
        """Keep an entry; it is in the file before the client has its answer."""
        with self._lock:
            self._entries.append(entry)
            if self.path is not None:
                line = json.dumps(entry.to_json(), ensure_ascii=False, default=str)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")

    def entries(
        self, method: str | None = None, keep: Callable[[Entry], bool] = lambda _: True
    ) -> list[Entry]:
        """Entries by number, all or of one method (any case), that `keep` wants."""
        with self._lock:
            found = sorted(self._entries, key=lambda entry: entry.number)
        return [e for e in found if (method is None or e.method.lower() == method.lower()) and keep(e)]

    def clear(self) -> None:
        """Begin an empty book; numbers and the file go on."""
        with self._lock:
            self._entries.clear()


def read(path: Path) -> list[Entry]:
    """The entries of a file of JSON lines, by number."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return from_json(json.loads(line) for line in lines)


def from_json(entries: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Entries from what `/sandbox/ledger` answers."""
    return sorted((Entry.from_json(data) for data in entries), key=lambda entry: entry.number)


def shortened(value: Any) -> Any:
    """Parameters without long texts: recordings in base64 would fill the book."""
    if isinstance(value, dict):
        return {key: shortened(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shortened(each) for each in value]
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"({len(value)} characters)"
    return value
