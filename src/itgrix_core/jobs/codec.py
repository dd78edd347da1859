"""Events and steps as JSON, for the outbox.

Decoders are made here, once, as everywhere in the project: msgspec learns a class when it is first asked for,
and two threads that ask at once crash the process (seen with 0.20; tests/unit/jobs/test_codec.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from itgrix_core.calls.events import BY_KIND, CallEnded, CallEvent, CallMerged
from itgrix_core.crm.adapter import Step
from itgrix_core.filing import commands
from itgrix_core.outbox.engine import Job

COMMANDS = {kind.kind: kind for kind in commands.AnyCommand.__args__}
_COMMANDS = {name: msgspec.json.Decoder(kind) for name, kind in COMMANDS.items()}
_EVENTS = {name: msgspec.json.Decoder(kind) for name, kind in BY_KIND.items()}


def job_of(
    event: CallEvent, born_at: float, *, delay_seconds: float = 0.0, is_provisional: bool = False
) -> Job:
    """An event as a job of its call's lane; `born_at` is when we learned of it (Unix seconds, our clock).

    A merge is an end as well and takes the end's key: it replaces a provisional end that still waits.
    """
    payload = msgspec.json.encode(event)
    key = f"{event.call.key}/{CallEnded.kind}" if isinstance(event, CallMerged) else event.id
    not_before = born_at + delay_seconds if delay_seconds else 0.0
    return Job(key, event.call.key, event.kind, payload, born_at, not_before, is_provisional)


def event_of(job: Job) -> CallEvent:
    """The event of a job.

    Raises:
        ValueError: the payload is not (any more) what this version stores.
    """
    decoder = _EVENTS.get(job.kind)
    if decoder is None:
        raise ValueError(f"there is no event of kind '{job.kind}'")
    event: CallEvent = decoder.decode(job.payload)
    return event


class SavedStep(msgspec.Struct):
    """A step as it is kept: the command with its kind beside it."""

    key: str
    kind: str
    command: msgspec.Raw
    params: dict[str, object]


class SavedAnswer(msgspec.Struct, omit_defaults=True):
    """One plugin's part in one asking, in the words of `itgrix_hooks.trace`.

    Attributes:
        added, changed, removed: by field; `changed` holds old and new. What is no dict is a field itself,
            named as the hook names it.
        actions: what it asked to be done besides: its kind and its words.
        used: what of `crm` and `store` it used, and how often.
    """

    plugin: str
    outcome: str
    seconds: float
    reason: str = ""
    added: dict[str, Any] = {}
    changed: dict[str, tuple[Any, Any]] = {}
    removed: dict[str, Any] = {}
    actions: list[dict[str, Any]] = []
    used: dict[str, int] = {}


class SavedAsking(msgspec.Struct, omit_defaults=True):
    """One asking of a hook: what it began with (of a chain), and who made what of it, in order.

    `about`: what it was asked about, when one hook is asked several times in a turn.
    """

    hook: str
    about: str = ""
    value: Any = None
    is_cancelled: bool = False
    answers: list[SavedAnswer] = []


class Decision(msgspec.Struct, omit_defaults=True):
    """What was decided for a turn's phase.

    Attributes:
        count: how many jobs it covers.
        steps: what is to be sent.
        because: in sentences, why nothing, or not more.
        asked: which hooks were asked on the way, as far as a plugin answered or our own changed something.
        out: plugins that were not asked although nobody disabled them, with the reason.
    """

    count: int
    steps: list[SavedStep]
    because: list[str] = []
    asked: list[SavedAsking] = []
    out: dict[str, str] = {}


_DECISION = msgspec.json.Decoder(Decision)


def encode_decision(
    count: int,
    steps: Sequence[Step],
    because: Sequence[str] = (),
    asked: Sequence[SavedAsking] = (),
    out: Mapping[str, str] | None = None,
) -> bytes:
    """A decision as a row; the words of `Decision`."""
    saved = [
        SavedStep(step.key, step.command.kind, msgspec.Raw(msgspec.json.encode(step.command)), step.params)
        for step in steps
    ]
    return msgspec.json.encode(Decision(count, saved, [*because], [*asked], dict(out or {})))


def decode_decision(row: bytes) -> tuple[int, list[Step]]:
    """Count and steps of a row."""
    decision = read_decision(row)
    return decision.count, steps_of(decision)


def read_decision(row: bytes) -> Decision:
    """All of a row."""
    return _DECISION.decode(row)


def steps_of(decision: Decision) -> list[Step]:
    """What is to be sent."""
    return [
        Step(saved.key, _COMMANDS[saved.kind].decode(saved.command), dict(saved.params))
        for saved in decision.steps
    ]
