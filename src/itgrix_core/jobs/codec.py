"""Events and steps as JSON, for the outbox.

Decoders are made here, once, as everywhere in the project: msgspec learns a class when it is first asked for,
and two threads that ask at once crash the process (seen with 0.20; tests/unit/jobs/test_codec.py).
"""

from __future__ import annotations

from collections.abc import Sequence

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


class Decision(msgspec.Struct):
    """What was decided for a turn's phase: how many jobs it covers, and what is to be sent."""

    count: int
    steps: list[SavedStep]


_DECISION = msgspec.json.Decoder(Decision)


def encode_decision(count: int, steps: Sequence[Step]) -> bytes:
    """A decision as a row."""
    saved = [
        SavedStep(step.key, step.command.kind, msgspec.Raw(msgspec.json.encode(step.command)), step.params)
        for step in steps
    ]
    return msgspec.json.encode(Decision(count, saved))


def decode_decision(row: bytes) -> tuple[int, list[Step]]:
    """Count and steps of a row."""
    decision = _DECISION.decode(row)
    return decision.count, [
        Step(saved.key, _COMMANDS[saved.kind].decode(saved.command), dict(saved.params))
        for saved in decision.steps
    ]
