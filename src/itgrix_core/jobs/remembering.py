"""What hooks read of the CRM during one turn is asked once, whoever wants it again; a write ends that."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

import msgspec

from itgrix_hooks.trace import Asked, Entry

READ, KNOWN = "crm.read", "crm.read, known"


class Reads:
    """The answers to readings of one turn; safe to share between the threads of its hooks."""

    def __init__(self) -> None:
        self._answers: dict[bytes, Any] = {}
        self._known: Counter[str] = Counter()
        self._lock = Lock()

    def get(self, plugin: str, method: str, params: Mapping[str, Any], ask: Callable[[], Any]) -> Any:
        """The answer, a copy of its own for whoever asks; what raises is not kept."""
        key = msgspec.json.encode([method, params], order="sorted", enc_hook=repr)
        with self._lock:
            is_known = key in self._answers
            self._known[plugin] += is_known
            answer = self._answers.get(key)
        if not is_known:
            answer = ask()
            with self._lock:
                self._answers[key] = answer
        return copy.deepcopy(answer)

    def forget(self) -> None:
        """Something was written: whatever was read may be another now."""
        with self._lock:
            self._answers.clear()

    def told_apart(self, asked: Asked) -> Asked:
        """The asking, with those reads that cost no request counted by themselves."""
        with self._lock:
            known, self._known = self._known, Counter()
        return replace(asked, trace=tuple(_parted(each, known[each.plugin]) for each in asked.trace))


def _parted(entry: Entry, known: int) -> Entry:
    if not known:
        return entry
    asked = entry.used.get(READ, 0) - known
    rest = {what: count for what, count in entry.used.items() if what != READ}
    return replace(entry, used={**rest, **({READ: asked} if asked > 0 else {}), KNOWN: known})
