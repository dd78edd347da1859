"""A call's story in plain sentences, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from itgrix_core.jobs.clicking import DIALLING, ORIGINATE
from itgrix_core.jobs.codec import SavedAnswer, SavedAsking
from itgrix_core.jobs.story import Decided, Happening, Request, Story, Waited, is_open
from itgrix_core.outbox.tables import EffectState, JobState

LONGEST: Final = 400
"""So many characters of a request or an answer are shown; `--json` has all."""

PHASES: Final = {
    "create": "what is created",
    "cards": "cards",
    "late": "a late registration",
    "finish": "the end",
    "describe": "fields",
    "bind": "what is bound",
    "tie": "whose it is",
    "post": "what follows on the registration",
    "attach": "the recording",
    "mend": "the repair",
    "callback": "the registration of a callback",
}


def narrated(story: Story) -> Iterator[str]:
    """All of it."""
    out: dict[str, str] = {}
    for job in story.jobs:
        yield f"{moment(job.at)}  {job.what}: {standing(job, story.told_at)}"
        yield from (f"    {line}" for line in decided(job))
        for each in job.decided:
            out |= each.out
    yield from (f"Plugin {plugin} was not asked: {reason}." for plugin, reason in out.items())
    if story.not_filed:
        yield f"Not filed: {story.not_filed}."
    for request in story.beside:
        yield f"Beside that: {_sent(request)}"
    if story.missed:
        yield _missed(story.missed)
    yield _sum(story.jobs)


def standing(job: Happening, now: float) -> str:
    """How a job stands; `now` is in Unix seconds."""
    tries = f", tried {job.attempts} times" if job.attempts > 1 else ""
    why = f": {job.reason}" if job.reason else ""
    if job.state == JobState.DONE:
        return f"done {moment(job.ended_at)}{tries}{f'; nothing is filed: {job.reason}' if why else ''}"
    if job.state == JobState.DEAD:
        return f"put aside {moment(job.ended_at)}{tries}{why}; {job.without}"
    if job.state == JobState.DROPPED:
        return f"{job.reason} ({moment(job.ended_at)}); {job.without}"
    if job.state == JobState.RUNNING:
        return "in hand at this moment (or was, when the service was killed)"
    if job.behind:
        return f"waits for what is before it ({job.behind})"
    if job.not_before > now:
        better = " for a better account of its end" if job.is_provisional and not job.attempts else ""
        return f"waits{better} until {moment(job.not_before)}{tries}{why}"
    return f"waits for a free worker, or for `itgrix serve` to run{tries}{why}"


def decided(job: Happening) -> Iterator[str]:
    """What a job had to wait for, what was decided, and what became of it."""
    yield from (_waited(each) for each in job.waited if not _is_told(each, job))
    for each in job.decided:
        name = PHASES.get(each.phase, each.phase) or "what is to be done"
        if not each.is_readable:
            yield f"{each.phase}: decided by another version, it cannot be read"
            continue
        kinds = ", ".join(dict.fromkeys(request.kind for request in each.requests))
        yield f"decided on {name}: {kinds or 'nothing is to be sent'}"
        yield from (f"  {line}" for line in _particulars(each))


def asking(asked: SavedAsking) -> Iterator[str]:
    """Who was asked by a hook, what he made of it, and for how long he was asked."""
    about = f" ({asked.about})" if asked.about else ""
    cancelled = ", which is cancelled" if asked.is_cancelled else ""
    given = "" if asked.value is None else f", given {short(asked.value)}"
    yield f"hook {asked.hook}{about}{given}{cancelled}"
    for answer in asked.answers:
        yield f"  {answered(answer)}"


def moment(at: float | None) -> str:
    """A time as people here read it; "never" for none."""
    return "never" if at is None else f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S}"


def _particulars(each: Decided) -> Iterator[str]:
    for asked in each.asked:
        yield from asking(asked)
    yield from each.because
    yield from map(_sent, each.requests)


def answered(answer: SavedAnswer, *, is_timed: bool = True) -> str:
    """What one plugin made of it: `fair_missed: answered in 3 ms, USER_ID: 1 → 7`."""
    took = f" in {answer.seconds * 1000:.0f} ms" if is_timed else ""
    parts = [f"{answer.plugin}: {answer.outcome}{took}"]
    parts += [answer.reason] if answer.reason else []
    parts += changes(answer.added, answer.changed, answer.removed)
    parts += [short(action) for action in answer.actions]
    return ", ".join(parts + [f"{what}: {count}" for what, count in answer.used.items()])


def changes(
    added: Mapping[str, Any], changed: Mapping[str, tuple[Any, Any]], removed: Mapping[str, Any]
) -> Iterator[str]:
    """What became of a dict, in the words of `itgrix_hooks.trace.KeysChanged`, field by field."""
    yield from (f"+{key}={short(new)}" for key, new in added.items())
    yield from (f"{key}: {short(old)} → {short(new)}" for key, (old, new) in changed.items())
    yield from (f"-{key}" for key in removed)


def _is_told(waited: Waited, job: Happening) -> bool:
    """Whether how the job stands says it already."""
    return waited.count == 1 and is_open(job) and waited.reason == job.reason


def _waited(waited: Waited) -> str:
    times = "once" if waited.count == 1 else f"{waited.count} times"
    until = "" if waited.count == 1 else f" to {moment(waited.last_at)}"
    return f"had to wait {times}, {moment(waited.first_at)}{until}: {waited.reason}"


def _sent(request: Request) -> str:
    why = f" ({request.why})" if request.why else ""
    if request.state == "not sent":
        return f"{request.kind}{why}: not sent yet, {short(request.params)}"
    if request.kind == DIALLING:
        return f"what is dialled was decided {moment(request.sent_at)}: {short(request.params)}"
    who = "Asterisk" if request.kind == ORIGINATE else "the CRM"
    what = f"{request.kind}{why}: sent {moment(request.sent_at)}, {short(request.params)}"
    if request.state == EffectState.STARTED:
        return f"{what}; no answer is known: {who} is asked about it before anything is sent again"
    if request.state == EffectState.REFUSED:
        return f"{what}; {who} refused: {(request.answer or {}).get('text', '')}"
    return f"{what}; {who} answered {short(request.answer)}"


def _missed(opened: dict[str, Any]) -> str:
    item = opened["item_id"]
    what = f"{opened['form']} {item} in the CRM" if item else "nothing in the CRM yet"
    closed = f"closed {moment(opened['closed_at'])} by {opened['closed_by']}"
    end = closed if opened["closed_at"] else "still open"
    count, owner = opened["count"], opened["owner"]
    return f"Missed call, {count} in vain, user {owner} is to call back ({what}): {end}."


def _sum(jobs: Sequence[Happening]) -> str:
    waiting, aside = sum(map(is_open, jobs)), sum(job.state == JobState.DEAD for job in jobs)
    if waiting:
        return f"{waiting} of {len(jobs)} wait, {aside} were put aside."
    if aside:
        return f"{aside} of {len(jobs)} were put aside: `itgrix outbox retry` tries them again."
    return "Nothing waits."


def short(value: Any) -> str:
    """JSON data as text of a bearable length."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
