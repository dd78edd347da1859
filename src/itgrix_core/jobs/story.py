"""The story of a call as it is kept: what happened, was decided and why, asked, sent, answered, what waits.

Gathered from the outbox as values; `jobs.narrating` makes sentences of them. Nothing here is reconstructed:
each reason was given by the rule that decided, when it did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from itgrix_core.crm.adapter import Step
from itgrix_core.jobs.codec import SavedAsking, event_of, read_decision, steps_of
from itgrix_core.jobs.creating import PLANNED, SETTLED
from itgrix_core.jobs.patient import kind_of
from itgrix_core.jobs.turn import DECLINED
from itgrix_core.jobs.wording import HAPPENED, happened
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import Desk, Kept
from itgrix_core.outbox.effects import Effect, Effects
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.missed import MissedCalls
from itgrix_core.outbox.tables import EffectState, JobState


class Request(msgspec.Struct):
    """What was to be sent. `state`: "not sent", or a word of `EffectState`; times are Unix seconds."""

    kind: str
    why: str
    state: str
    params: dict[str, Any]
    answer: Any = None
    sent_at: float | None = None
    answered_at: float | None = None


class Decided(msgspec.Struct):
    """One decision; the words of `codec.Decision`. `is_readable`: not saved by another version."""

    phase: str
    because: list[str] = []
    asked: list[SavedAsking] = []
    out: dict[str, str] = {}
    requests: list[Request] = []
    is_readable: bool = True


class Waited(msgspec.Struct):
    """Why a job had to wait: how often, and when first and last (Unix seconds)."""

    reason: str
    count: int
    first_at: float
    last_at: float


class Happening(msgspec.Struct):
    """A job: what happened, how it stands, what it had to wait for, what was decided.

    Attributes:
        at: when it happened (Unix seconds).
        what: it in words.
        state: a word of `JobState`; `reason`: why it waits, died, was dropped, or filed nothing.
        behind: what waits before it in its lane, "" if nothing does.
        without: what becomes of the call without it.
    """

    key: str
    kind: str
    at: float
    what: str
    state: str
    attempts: int
    reason: str
    ended_at: float | None
    not_before: float
    is_provisional: bool
    behind: str
    without: str
    waited: list[Waited]
    decided: list[Decided]


class Story(msgspec.Struct):
    """All of a call.

    Attributes:
        call: its key.
        told_at: when it was looked at (Unix seconds).
        beside: what was sent without a decision of ours, as a hook's own writes are.
        not_filed: why it is not, "" if it is.
        missed: who is to call back, `None` if nobody is.
    """

    call: str
    told_at: float
    jobs: list[Happening]
    beside: list[Request] = []
    not_filed: str = ""
    missed: dict[str, Any] | None = None


class Archive:
    """Where stories are gathered; `now` is in Unix seconds."""

    def __init__(self, database: Database, now: float) -> None:
        self._desk = Desk(database)
        self._effects = Effects(database)
        self._missed = MissedCalls(database)
        self._now = now

    def story(self, jobs: Sequence[Kept]) -> Story:
        """The whole story of a call's jobs (all of them, in order)."""
        told: set[str] = set()
        happenings = [self._happening(job, jobs[:place], told) for place, job in enumerate(jobs)]
        story = Story(call_of(jobs[0]), self._now, happenings)
        for call in dict.fromkeys(map(call_of, jobs)):
            for effect in self._effects.of_call(call):
                if effect.kind == DECLINED:
                    story.not_filed = str(effect.params.get("why", ""))
                elif effect.key not in told and effect.kind not in (PLANNED, SETTLED):
                    story.beside.append(_request(effect, ""))
        opened = self._missed.of(story.call)
        story.missed = asdict(opened) if opened else None
        return story

    def happening(self, job: Kept) -> Happening:
        """One job alone."""
        return self._happening(job, (), set())

    def _happening(self, job: Kept, before: Sequence[Kept], told: set[str]) -> Happening:
        first = next((each for each in before if each.lane == job.lane and is_open(each)), None)
        return Happening(
            key=job.key,
            kind=job.kind,
            at=job.born_at,
            what=_what(job),
            state=job.state.value,
            attempts=job.attempts,
            reason=job.reason,
            ended_at=job.ended_at,
            not_before=job.not_before,
            is_provisional=job.is_provisional,
            behind=_what(first) if first else "",
            without=kind_of(job.kind).without,
            waited=[Waited(*each) for each in map(_fields, self._desk.troubles(job.key))],
            decided=[self._decided(*each, told) for each in self._desk.decisions(job.key).items()],
        )

    def _decided(self, phase: str, row: bytes, told: set[str]) -> Decided:
        try:
            decision = read_decision(row)
            steps = steps_of(decision)
        except (ValueError, KeyError):
            return Decided(phase, is_readable=False)
        requests = [request for step in steps for request in self._requests(step, told)]
        return Decided(phase, decision.because, decision.asked, decision.out, requests)

    def _requests(self, step: Step, told: set[str]) -> Iterator[Request]:
        found = [self._effects.state(key) for key in (step.key, f"{step.key}/default")]
        for effect in (each for each in found if each):
            told.add(effect.key)
            yield _request(effect, step.command.why)
        if not any(found):
            yield Request(step.command.kind, step.command.why, "not sent", step.params)


def call_of(job: Kept) -> str:
    """The call to which a lane belongs: those of recordings, missed calls and repairs lie below it."""
    return job.lane.removesuffix("/recording").removesuffix("/missed").removesuffix("/repair")


def is_open(job: Kept | Happening) -> bool:
    """Whether there is something left to do."""
    return job.state in (JobState.WAITING, JobState.RUNNING)


def job_of_kept(job: Kept) -> Job:
    """A job as it was handed to the filing."""
    return Job(job.key, job.lane, job.kind, job.payload, job.born_at)


def _what(job: Kept) -> str:
    """What happened; without particulars where they are not kept any more, or are no call's event."""
    try:
        return happened(event_of(job_of_kept(job)))
    except ValueError:
        return HAPPENED.get(job.kind, job.kind)


def _request(effect: Effect, why: str) -> Request:
    is_over = effect.state is not EffectState.STARTED
    answer = effect.answer if is_over else None
    return Request(
        effect.kind, why, effect.state.value, effect.params, answer, effect.started_at, effect.finished_at
    )


def _fields(trouble: Any) -> tuple[str, int, float, float]:
    return trouble.reason, trouble.count, trouble.first_at, trouble.last_at
