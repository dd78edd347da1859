"""The contract of a delivery engine: lanes, not queues.

A lane is one call: strict order inside it, lanes in parallel, young before old. A job leaves the store only
after it was done. An engine promises *at least once*; that nothing happens twice is the effect journal's
doing. `tests/contract/test_engines.py` is the text that every engine passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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
    """The first `count` jobs of the lane are done."""

    count: int = 1


@dataclass(frozen=True, slots=True)
class Later:
    """The first job is to be tried again after `seconds`; the lane waits, others go on."""

    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dead:
    """The first job will never succeed: it is kept aside with its reason, the lane goes on."""

    reason: str


Result = Done | Later | Dead


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the handler may know about a try: `number` counts from 1, `now` is the outbox's clock."""

    number: int
    now: float


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
        """Jobs by state: "waiting", "running", "dead", "done"."""

    def dead(self) -> Iterable[DeadJob]:
        """The jobs put aside, oldest first."""

    def revive(self, keys: Sequence[str]) -> int:
        """Put dead jobs back to where they were in their lanes; returns how many."""

    def upgrade(self) -> None:
        """Bring the store's schema to this version."""
