"""How patient delivery is: how long a job waits after each kind of trouble, and when it is given up.

A job is given up only after a try in vain, when it is older than its kind may get and was tried often: after
a long outage, or with a clock that is wrong, everything gets its chance. What then becomes of its call says
`KINDS`; the lane goes on in every case, because nothing in it is better off by waiting.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from itgrix_core.calls.events import BY_KIND, CallEnded, CallMerged
from itgrix_core.errors import DataFolderError
from itgrix_core.jobs.mending import REPAIR
from itgrix_core.jobs.notices import NOTICE
from itgrix_core.jobs.overdue import CALL_BACK_DUE
from itgrix_core.jobs.recording import RECORDING_READY
from itgrix_core.outbox.engine import Attempt, Dead, Handler, Job, Later, Result, Trouble
from itgrix_core.outbox.lanes import is_young

TRIES: Final = 50
"""A job that was tried less often is never given up; with the longest pauses these take some four hours."""

SPREAD: Final = 0.25
"""By so much of itself a pause may be longer, so that those who failed together do not come back together."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pauses:
    """After one kind of trouble.

    Attributes:
        first: the pause (seconds) after the first failure, doubled with each one more, but not while the
            job is young and a phone may be ringing; what was asked for counts if it is longer. 0: just that.
        longest: where doubling ends.
        is_ending: whether a job that only has this trouble is given up some day.
    """

    first: float
    longest: float
    is_ending: bool = True


PAUSES: Final[Mapping[Trouble, Pauses]] = {
    Trouble.ASKED: Pauses(0.0, 0.0),
    Trouble.BUSY: Pauses(0.0, 0.0, is_ending=False),
    Trouble.AWAY: Pauses(2.0, 300.0),
    Trouble.UNKNOWN: Pauses(2.0, 300.0),
    Trouble.REFUSED: Pauses(60.0, 900.0),
    Trouble.LOCKED: Pauses(15.0, 300.0, is_ending=False),
}
"""What is not the CRM's doing, or mended by nobody but a person, never ends a job."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job.

    Attributes:
        ages: the name of its limit in the setting `outbox.give_up_days`.
        what: it, for people.
        without: what becomes of the call when the job is given up, or dropped by an operator.
    """

    ages: str
    what: str
    without: str


_RING = Kind(
    "calls",
    "a card or a change of it",
    "the call's next events are filed; what was never registered is registered at the call's end",
)
_END = Kind(
    "calls",
    "the end of a call",
    "the call stays unfinished in the CRM, or unfiled if it was never registered; no recording, no task",
)

KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(BY_KIND, _RING),
    CallEnded.kind: _END,
    CallMerged.kind: replace(_END, what="the end of a call that became part of another"),
    RECORDING_READY: Kind("recordings", "a recording", "the call is filed without its recording"),
    CALL_BACK_DUE: Kind(
        "call_backs", "a missed call's reminder, escalation or closing", "the task stays as it is in the CRM"
    ),
    REPAIR: Kind(
        "calls", "a repair of what the CRM has of a call", "the call stays in the CRM as it is there"
    ),
    NOTICE: Kind("notices", "what the CRM told us", "it is as if the CRM had not told it"),
}
"""By kind of job (`Job.kind`)."""


def kind_of(name: str) -> Kind:
    """The kind of a job; what another version stored counts as a call's end, which is given up last."""
    return KINDS.get(name, _END)


class Patient:
    """A handler with patience: growing pauses instead of fixed ones, and an end.

    Args:
        handler: does the work.
        ages: by the names of `Kind.ages`, how old (seconds) a job may get.
        spread: a number from 0 to 1, another one each time.
    """

    def __init__(
        self, handler: Handler, ages: Mapping[str, float], spread: Callable[[], float] = random.random
    ) -> None:
        self._handler = handler
        self._ages = ages
        self._spread = spread

    def __call__(self, jobs: Sequence[Job], attempt: Attempt) -> Result:
        """As `outbox.engine.Handler`."""
        why = self._outlived(jobs[0], attempt)
        try:
            result = self._handler(jobs, attempt)
        except DataFolderError:
            raise  # our own store is away, which is no fault of the job's
        except Exception as error:
            if not why:
                raise
            _log.exception("filing fails, and is given up", job=jobs[0].key)
            return Dead(f"{why}: {type(error).__name__}: {error}")
        if not isinstance(result, Later):
            return result
        if why and PAUSES[result.trouble].is_ending:
            _log.warning(f"{why}: {result.reason}", job=jobs[0].key)
            return Dead(f"{why}: {result.reason}")
        failures = 0 if is_young(jobs[0].born_at, attempt.now) else attempt.failures
        return replace(result, seconds=self._pause(result, failures))

    def _outlived(self, job: Job, attempt: Attempt) -> str:
        """Why a job may be given up after this try; "" while it may not."""
        kind = kind_of(job.kind)
        limit = self._ages[kind.ages]
        if attempt.now - job.born_at < limit or attempt.number < TRIES:
            return ""
        return f"given up after {attempt.number} tries, older than {limit / 86_400:g} days"

    def _pause(self, later: Later, failures: int) -> float:
        pauses = PAUSES[later.trouble]
        if not pauses.first:
            return later.seconds
        grown = min(pauses.longest, pauses.first * 2.0 ** min(failures, 20))
        return max(later.seconds, grown) * (1.0 + SPREAD * self._spread())
