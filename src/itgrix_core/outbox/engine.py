"""The contract of a delivery engine: lanes, not queues.

A lane is one call: strict order inside it, lanes in parallel, young before old. A job leaves the store only
after it was done. An engine promises *at least once*; that nothing happens twice is the effect journal's
doing. `tests/contract/test_engines.py` is the text that every engine passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Job:
    """One event of a call, waiting to be filed.

    Attributes:
        key: unique for ever (the event's id); a repeat is ignored.
        lane: the call's key; strict order inside, parallel outside.
        kind: the event's kind.
        payload: JSON.
        born_at: when the event happened (Unix seconds): young lanes are taken first.
        not_before: earliest time at which it may be taken (Unix seconds of the outbox's clock).
        is_provisional: a later job of the same key replaces it as long as it was not begun; until then it is
            the last of its lane, whatever comes.
    """

    key: str
    lane: str
    kind: str
    payload: bytes
    born_at: float
    not_before: float = 0.0
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The first `count` jobs of the lane are done.

    `note` says what is worth knowing of it later (why nothing was filed); "" if nothing is.
    """

    count: int = 1
    note: str = field(default="", compare=False)


class Trouble(StrEnum):
    """Why a job has to wait, told apart by what helps."""

    ASKED = "asked"
    """Somebody asked for just this wait: a hook, a file that is not there yet."""
    BUSY = "busy"
    """The CRM takes no more requests for now; it is there and well."""
    AWAY = "away"
    """It could not be reached; nothing was sent."""
    UNKNOWN = "unknown"
    """Something was sent and no answer came, or filing failed in a way that nobody foresaw."""
    REFUSED = "refused"
    """It refuses to tell what has to be known; somebody has to look."""
    LOCKED = "locked"
    """Credentials or settings have to be mended first; until then nothing can be filed."""

    @property
    def is_failure(self) -> bool:
        """Whether the try was in vain, so that the next one waits longer."""
        return self not in (Trouble.ASKED, Trouble.BUSY)


@dataclass(frozen=True, slots=True)
class Later:
    """The first job is to be tried again after `seconds`; the lane waits, others go on."""

    seconds: float
    reason: str = ""
    trouble: Trouble = Trouble.ASKED


@dataclass(frozen=True, slots=True)
class Dead:
    """The first job will never succeed: it is kept aside with its reason, the lane goes on."""

    reason: str


Result = Done | Later | Dead


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the handler may know about a try.

    Attributes:
        number: counts from 1.
        now: the outbox's clock.
        failures: how many tries just before this one were in vain.
    """

    number: int
    now: float
    failures: int = 0


Handler = Callable[[Sequence[Job], Attempt], Result]
"""Gets the lane's jobs that are due, in order, head first; answers for the head (or the first few)."""


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was put aside."""

    job: Job
    reason: str
    died_at: float
    attempts: int


class Engine(Protocol):
    """Everything that an engine must do; synchronous."""

    def put(self, jobs: Sequence[Job]) -> int:
        """Store jobs, durable on return. Repeats of a key are ignored (save provisional ones).

        Returns how many were new.
        """

    def run(self, handler: Handler, stop: Event, *, workers: int = 4) -> None:
        """Take lanes and hand their due jobs to `handler` until `stop` is set. Blocks.

        An exception of the handler counts as `Later` with a growing pause.
        """

    def counts(self) -> dict[str, int]:
        """Jobs by state: "waiting", "running", "dead", "dropped" (by an operator), "done"."""

    def dead(self) -> Iterable[DeadJob]:
        """The jobs put aside, oldest first."""

    def revive(self, keys: Sequence[str]) -> int:
        """Put dead jobs back to where they were in their lanes; returns how many."""

    def shift(self, seconds: float, middle: float, notes: Mapping[str, int] | None = None) -> None:
        """The clock has jumped by so many seconds: what waits, waits just as long and is as old as it was.

        Args:
            seconds: by which the clock has jumped.
            middle: half way between the old time and the new: a job that was born on the new side, and so
                bears times of the new clock, keeps them.
            notes: numbers by name, kept in the same commit.
        """

    def upgrade(self) -> None:
        """Bring the store's schema to this version."""
