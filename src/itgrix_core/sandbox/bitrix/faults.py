"""Trouble on demand: which call fails how, as a small table of rules.

What a connector must survive is rarely wrong answers and mostly missing ones: the portal did the work and
the answer was lost. So a fault says both what the client sees and whether the method was executed.
"""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from itgrix_core.sandbox.bitrix.errors import RestError

HTML_502 = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>502 Bad Gateway</body>\r\n</html>\r\n"
)


class FaultKind(Enum):
    """What the client sees."""

    ANSWER = "answer"
    """An error of the given status, code and text."""
    HTML = "html"
    """A gateway's page with status 502 instead of JSON."""
    TIMEOUT = "timeout"
    """Nothing for `seconds`, then the true answer: too late for a client that waits less."""
    CUT = "cut"
    """The connection is closed without a byte."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule: calls of `method` fail like this.

    Attributes:
        kind: what the client sees.
        method: name or pattern (`crm.*`), any case; commands inside a batch are met too, by `ANSWER` only.
        skip: how many matching calls pass first; 2 means that the third fails.
        times: how many then fail; 0 means all.
        is_executed: whether the portal did the work all the same; `None` is yes for TIMEOUT and CUT, else no.
        status: HTTP status of ANSWER.
        code: error code of ANSWER.
        text: error text of ANSWER.
        seconds: how long TIMEOUT waits.
    """

    kind: FaultKind
    method: str = "*"
    skip: int = 0
    times: int = 1
    is_executed: bool | None = None
    status: int = 500
    code: str = "INTERNAL_SERVER_ERROR"
    text: str = "Internal server error"
    seconds: float = 5.0

    @property
    def executes(self) -> bool:
        """Whether the method is executed before the trouble begins."""
        if self.is_executed is not None:
            return self.is_executed
        return self.kind in {FaultKind.TIMEOUT, FaultKind.CUT}

    def error(self) -> RestError:
        """The error that ANSWER and HTML stand for."""
        if self.kind is FaultKind.HTML:
            return RestError(502, "", "502 Bad Gateway")
        return RestError(self.status, self.code, self.text)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """A rule from JSON of the same names; raises `TypeError`, `ValueError` or `KeyError` for others."""
        return cls(**{**data, "kind": FaultKind(data["kind"])})


class FaultTable:
    """The rules in force; the first that is due wins, each counts the calls that it matches."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._seen: list[int] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Put a rule behind the others."""
        with self._lock:
            self._rules.append(fault)
            self._seen.append(0)

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()
            self._seen.clear()

    def rules(self) -> list[Fault]:
        """The rules that still have something to spoil."""
        with self._lock:
            return [
                rule for rule, seen in zip(self._rules, self._seen, strict=True) if not _is_spent(rule, seen)
            ]

    def take(self, method: str, kinds: frozenset[FaultKind] = frozenset(FaultKind)) -> Fault | None:
        """The fault of this call of `method`, counting it; `None` when it may pass."""
        with self._lock:
            for index, rule in enumerate(self._rules):
                if rule.kind not in kinds or not fnmatch.fnmatchcase(method.lower(), rule.method.lower()):
                    continue
                seen = self._seen[index]
                self._seen[index] += 1
                if seen >= rule.skip and not _is_spent(rule, seen):
                    return rule
        return None


def _is_spent(rule: Fault, seen: int) -> bool:
    return rule.times > 0 and seen >= rule.skip + rule.times
