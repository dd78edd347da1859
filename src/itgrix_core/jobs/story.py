"""The story of a call in plain sentences: what happened, was decided, sent, answered, and what waits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from itgrix_core.calls.events import CallEnded, CallMerged
from itgrix_core.crm.adapter import Step
from itgrix_core.jobs.codec import decode_decision
from itgrix_core.jobs.patient import kind_of
from itgrix_core.jobs.turn import DECLINED
from itgrix_core.outbox.desk import Desk, Kept
from itgrix_core.outbox.effects import Effect, Effects
from itgrix_core.outbox.missed import Missed
from itgrix_core.outbox.tables import EffectState, JobState

LONGEST: Final = 400
"""So many characters of a request or an answer are shown; `itgrix outbox show --json` has all."""

HAPPENED: Final = {
    "CallStarted": "the call began",
    "ConversationRequested": "a phone was rung, or an employee dialled",
    "ConversationAccepted": "somebody answered",
    "ConversationEnded": "a phone's part was over",
    CallEnded.kind: "the call ended",
    CallMerged.kind: "the call turned out to be a part of another",
    "RecordingReady": "its recording is to be attached",
    "CallBackDue": "a missed call's task is to be followed up",
    "CrmNotice": "the CRM told us something",
}
"""By kind of job."""

PHASES: Final = {"cards": "cards", "late": "a late registration", "finish": "the end", "describe": "fields"}


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of jobs; `now` is in Unix seconds."""

    desk: Desk
    effects: Effects
    now: float

    def tell(self, jobs: Sequence[Kept], opened: Missed | None = None) -> Iterator[str]:
        """The whole story of a call's jobs (all of them, in order), line by line."""
        told: set[str] = set()
        for place, job in enumerate(jobs):
            before = next((each for each in jobs[:place] if each.lane == job.lane and _is_open(each)), None)
            yield f"{moment(job.born_at)}  {HAPPENED.get(job.kind, job.kind)}: {self.standing(job, before)}"
            for line in self.decided(job, told):
                yield f"    {line}"
        for call in dict.fromkeys(call_of(job) for job in jobs):
            for effect in self.effects.of_call(call):
                if effect.kind == DECLINED:
                    yield f"Not filed: {effect.params.get('why', '')}."
                elif effect.key not in told:
                    yield f"Beside that: {_sent(effect)}"
        if opened:
            yield _missed(opened)
        yield self._sum(jobs)

    def decided(self, job: Kept, told: set[str]) -> Iterator[str]:
        """What was decided for a job, and what became of it; `told` gets the keys of its effects."""
        for phase, steps in self.desk.decisions(job.key).items():
            try:
                _, decided = decode_decision(steps)
            except (ValueError, KeyError):
                yield f"{phase}: decided by another version, it cannot be read"
                continue
            name = PHASES.get(phase, phase) or "what is to be done"
            kinds = ", ".join(step.command.kind for step in decided)
            yield f"decided on {name}: {kinds or 'nothing is to be sent'}"
            for step in decided:
                yield from (f"  {line}" for line in self._became(step, told))

    def standing(self, job: Kept, before: Kept | None = None) -> str:
        """How a job stands; `before` is what waits before it in its lane."""
        tries = f", tried {job.attempts} times" if job.attempts > 1 else ""
        why = f": {job.reason}" if job.reason else ""
        if job.state is JobState.DONE:
            return f"done {moment(job.ended_at)}{tries}"
        if job.state is JobState.DEAD:
            return f"put aside {moment(job.ended_at)}{tries}{why}; {kind_of(job.kind).without}"
        if job.state is JobState.DROPPED:
            return f"{job.reason} ({moment(job.ended_at)}); {kind_of(job.kind).without}"
        if job.state is JobState.RUNNING:
            return "in hand at this moment (or was, when the service was killed)"
        if before is not None:
            return f"waits for what is before it ({HAPPENED.get(before.kind, before.kind)})"
        if job.not_before > self.now:
            better = " for a better account of its end" if job.is_provisional and not job.attempts else ""
            return f"waits{better} until {moment(job.not_before)}{tries}{why}"
        return f"waits for a free worker, or for `itgrix serve` to run{tries}{why}"

    def _became(self, step: Step, told: set[str]) -> Iterator[str]:
        found = [self.effects.state(key) for key in (step.key, f"{step.key}/default")]
        for effect in (each for each in found if each):
            told.add(effect.key)
            yield _sent(effect)
        if not any(found):
            yield f"{step.command.kind}: not sent yet, {_short(step.params)}"

    def _sum(self, jobs: Sequence[Kept]) -> str:
        waiting, aside = sum(map(_is_open, jobs)), sum(job.state is JobState.DEAD for job in jobs)
        if waiting:
            return f"{waiting} of {len(jobs)} wait, {aside} were put aside."
        if aside:
            return f"{aside} of {len(jobs)} were put aside: `itgrix outbox retry` tries them again."
        return "Nothing waits."


def moment(at: float | None) -> str:
    """A time as people here read it; "never" for none."""
    return "never" if at is None else f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S}"


def call_of(job: Kept) -> str:
    """The call to which a lane belongs: those of recordings and missed calls lie below it."""
    return job.lane.removesuffix("/recording").removesuffix("/missed")


def _is_open(job: Kept) -> bool:
    return job.state in (JobState.WAITING, JobState.RUNNING)


def _sent(effect: Effect) -> str:
    what = f"{effect.kind}: sent {moment(effect.started_at)}, {_short(effect.params)}"
    if effect.state is EffectState.STARTED:
        return f"{what}; no answer is known: the CRM is asked about it before anything is sent again"
    if effect.state is EffectState.REFUSED:
        return f"{what}; the CRM refused: {(effect.answer or {}).get('text', '')}"
    return f"{what}; the CRM answered {_short(effect.answer)}"


def _missed(opened: Missed) -> str:
    what = f"{opened.form} {opened.item_id} in the CRM" if opened.item_id else "nothing in the CRM yet"
    end = f"closed {moment(opened.closed_at)} by {opened.closed_by}" if opened.closed_at else "still open"
    return f"Missed call, {opened.count} in vain, user {opened.owner} is to call back ({what}): {end}."


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
