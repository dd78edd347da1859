"""Trouble on demand: which call fails how, as a small table of rules.

What a connector must survive is rarely wrong answers and mostly missing ones: the portal did the work and
the answer was lost. So a fault says both what the client sees and whether the method was executed.
"""

from __future__ import annotations

import fnmatch
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from itgrix_core.sandbox.bitrix import errors
from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.settings import Clock

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
    WRONG = "wrong"
    """Status 200, and `value` stands where the result should be: another type than the method answers."""
    TRICKLE = "trickle"
    """The true answer byte by byte, spread over `seconds`."""


_EXECUTED = frozenset({FaultKind.TIMEOUT, FaultKind.CUT, FaultKind.WRONG, FaultKind.TRICKLE})


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule: calls of `method` fail like this.

    Attributes:
        kind: what the client sees.
        method: name or pattern (`crm.*`, `upload`, `oauth/token`), any case; commands inside a batch are met
            too, by `ANSWER` only.
        skip: how many matching calls pass first; 2 means that the third fails.
        times: how many then fail; 0 means all.
        share: of the calls that would fail, how many do (0 to 1); `seed` chooses which, always the same ones.
        for_seconds: how long the rule is in force, by the portal's clock; `None` for ever.
        is_executed: whether the portal did the work all the same; `None` is no for ANSWER and HTML, else yes.
        status: HTTP status of ANSWER.
        code: error code of ANSWER.
        text: error text of ANSWER.
        seconds: how long TIMEOUT waits and TRICKLE takes.
        value: what WRONG answers.
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
    share: float = 1.0
    seed: int = 0
    for_seconds: float | None = None
    value: Any = "unexpected"

    @property
    def executes(self) -> bool:
        """Whether the method is executed before the trouble begins."""
        if self.is_executed is not None:
            return self.is_executed
        return self.kind in _EXECUTED

    def error(self) -> RestError:
        """The error that ANSWER and HTML stand for."""
        if self.kind is FaultKind.HTML:
            return RestError(502, "", "502 Bad Gateway")
        return RestError(self.status, self.code, self.text)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """A rule from JSON of the same names; raises `TypeError`, `ValueError` or `KeyError` for others.

        `{"error": "expired_token"}` is short for the ANSWER of a system error.
        """
        values = dict(data)
        if "error" in values:
            error = errors.system(values.pop("error"))
            told = {"status": error.status, "code": error.code, "text": error.text}
            values = {"kind": FaultKind.ANSWER.value, **told, **values}
        return cls(**{**values, "kind": FaultKind(values["kind"])})


@dataclass(slots=True)
class _Rule:
    """A fault in force: since when, how many calls it has met, and the dice of its share."""

    fault: Fault
    since: float
    seen: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def is_spent(self, now: float) -> bool:
        """Whether it will spoil nothing more."""
        limit, lasting = self.fault.times, self.fault.for_seconds
        return (limit > 0 and self.seen >= self.fault.skip + limit) or (
            lasting is not None and now >= self.since + lasting
        )

    def meet(self) -> bool:
        """Count a call; whether it is to fail."""
        self.seen += 1
        return self.seen > self.fault.skip and self.dice.random() < self.fault.share


class FaultTable:
    """The rules in force; the first that is due wins, each counts the calls that it matches."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Put a rule behind the others."""
        with self._lock:
            self._rules.append(_Rule(fault, self._clock(), dice=random.Random(fault.seed)))  # noqa: S311 - dice for faults

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def rules(self) -> list[Fault]:
        """The rules that still have something to spoil."""
        with self._lock:
            return [rule.fault for rule in self._rules if not rule.is_spent(self._clock())]

    def take(self, method: str, kinds: frozenset[FaultKind] = frozenset(FaultKind)) -> Fault | None:
        """The fault of this call of `method`, counting it; `None` when it may pass."""
        with self._lock:
            for rule in self._rules:
                fault = rule.fault
                if fault.kind not in kinds or not fnmatch.fnmatchcase(method.lower(), fault.method.lower()):
                    continue
                if not rule.is_spent(self._clock()) and rule.meet():
                    return fault
        return None
