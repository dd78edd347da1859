"""The sheet of a comparison of what was filed with what the CRM has: calls of both sides, and findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from itgrix_hooks.values import Direction, Entity


class Fault(StrEnum):
    """How a call differs. `UNKNOWN` is no fault of ours: the CRM has a call of which we know nothing."""

    ABSENT = "absent"
    PERSON = "person"
    DURATION = "duration"
    RESULT = "result"
    ENTITY = "entity"
    RECORDING = "recording"
    TWICE = "twice"
    UNKNOWN = "unknown"


class Remedy(StrEnum):
    """What can be done: it can be repaired; is being; was, as far as it can be; not by a program at all."""

    POSSIBLE = "repairable"
    ASKED = "asked"
    DONE = "repaired"
    NONE = "by hand"


@dataclass(frozen=True, slots=True)
class Expected:
    """A call as it was filed, or should have been; `None` or "" where that is not known.

    Attributes:
        key: the call's.
        began_at: Unix seconds.
        talk_seconds: its length in the CRM's words, 0 for a call that nobody took.
        user_id: on whom it is booked.
        code: the CRM's word for how it ended.
        entity: what it is tied to.
        call_id: the CRM's own id of it.
        has_recording: whether a recording belongs to it.
        lost: why it may be absent, as far as the outbox knows.
    """

    key: str
    direction: Direction
    number: str
    began_at: float
    talk_seconds: int | None = None
    user_id: int | None = None
    code: str = ""
    entity: Entity | None = None
    call_id: str = ""
    has_recording: bool = False
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A call as the CRM's own list has it. `direction` is `None` where it may be either."""

    row_id: int
    call_id: str
    external_id: str
    direction: Direction | None
    number: str
    began_at: float
    talk_seconds: int
    user_id: int | None
    code: str
    entity: Entity | None = None
    activity_id: int | None = None
    has_recording: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference.

    Attributes:
        key: the call's, "" where we know none.
        expected, found: both sides, in words.
        way_out: what can be done, a sentence.
        call, entry: the two accounts, `None` where there is none.
    """

    fault: Fault
    key: str
    expected: str
    found: str
    remedy: Remedy = Remedy.NONE
    way_out: str = ""
    call: Expected | None = field(default=None, compare=False)
    entry: Entry | None = field(default=None, compare=False)

    @property
    def began_at(self) -> float:
        """When the call began, Unix seconds."""
        told = self.call or self.entry
        return told.began_at if told else 0.0

    @property
    def number(self) -> str:
        """The client's."""
        told = self.call or self.entry
        return told.number if told else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a comparison has found.

    Attributes:
        compared: calls that should be in the CRM.
        waiting: calls besides that are still being filed, so that nothing can be said of them.
        findings: in the order of the calls.
    """

    compared: int
    findings: tuple[Finding, ...] = ()
    waiting: int = 0

    @property
    def faults(self) -> list[Finding]:
        """What is lost or wrong; calls that are unknown to us are not."""
        return [each for each in self.findings if each.fault is not Fault.UNKNOWN]

    @property
    def bad_calls(self) -> int:
        """How many calls are lost or wrong, and not repaired as far as that is possible."""
        return len({each.key for each in self.faults if each.remedy is not Remedy.DONE})

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.bad_calls

    @property
    def figure(self) -> str:
        """It in one sentence."""
        calls = "1 call" if self.compared == 1 else f"{self.compared} calls"
        return f"{calls} compared, {self.bad_calls} lost or wrong"


def merged(sheets: Sequence[Sheet]) -> Sheet:
    """Several accounts' sheets as one."""
    return Sheet(
        sum(each.compared for each in sheets),
        tuple(finding for each in sheets for finding in each.findings),
        sum(each.waiting for each in sheets),
    )


def with_findings(sheet: Sheet, findings: Sequence[Finding]) -> Sheet:
    """The same sheet with its findings judged."""
    return replace(sheet, findings=tuple(findings))
