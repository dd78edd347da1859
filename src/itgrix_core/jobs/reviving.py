"""Gives what was put aside another chance: what the CRM refused of it is asked anew, hooks included.

A refusal is an end, and a decision is saved for good; left as they are, a job that was revived would find
both and end as before. What was done stays done, and what was sent without an answer is still looked up.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete

from itgrix_core.jobs.codec import decode_decision
from itgrix_core.jobs.turn import DECLINED, REFUSED
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import Desk, Kept
from itgrix_core.outbox.effects import Effect, Effects
from itgrix_core.outbox.lane_engine import LaneEngine
from itgrix_core.outbox.tables import EffectState, decision, effect


def revive(database: Database, engine: LaneEngine, jobs: Sequence[Kept]) -> int:
    """Put dead or dropped jobs back to their places in their lanes; how many were."""
    for job in jobs:
        _forget_refusals(database, job)
    return engine.revive([job.key for job in jobs])


def _forget_refusals(database: Database, job: Kept) -> None:
    effects, decided, refused = Effects(database), [], []
    for phase, steps in Desk(database).decisions(job.key).items():
        found = _effects_of(effects, steps)
        refused += [each.key for each in found if each.state is EffectState.REFUSED]
        if all(each.state is EffectState.REFUSED for each in found):
            decided.append(f"{job.key}/{phase}" if phase else job.key)
    note = effects.state(f"{job.lane}/{DECLINED}")
    if note and note.params.get(REFUSED):
        refused.append(note.key)
        refused += [each.key for each in effects.of_call(job.lane) if each.state is EffectState.REFUSED]
    with database.write() as connection:
        connection.execute(delete(effect).where(effect.c.key.in_(refused)))
        connection.execute(delete(decision).where(decision.c.job_key.in_(decided)))


def _effects_of(effects: Effects, steps: bytes) -> list[Effect]:
    """What became of decided steps, also of those that were tried again on the default user."""
    keys = [step.key for step in decode_decision(steps)[1]]
    found = (effects.state(key) for each in keys for key in (each, f"{each}/default"))
    return [each for each in found if each]
