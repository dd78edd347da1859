"""The journal of effects: what makes "not twice" out of an engine that promises "at least once".

Between the CRM's answer and our commit there is always a gap. So a decision is saved before anything is
sent, each effect is marked as started before it is sent and as done with the CRM's answer after. A restart
that meets a started effect looks it up in the CRM; a done one is never sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from itgrix_core.outbox import tables
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.retention import noted
from itgrix_core.outbox.tables import EffectState

_table = tables.effect


@dataclass(frozen=True, slots=True)
class Starting:
    """An effect about to be sent.

    Attributes:
        key: unique for ever.
        call: the call's key.
        kind: the command's kind.
        params: what will be sent (JSON data).
    """

    key: str
    call: str
    kind: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a started effect ended: `DONE` or `REFUSED`, with the CRM's answer (JSON data).

    `STARTED` is no end: of an effect with an unknown outcome nothing is written.
    """

    key: str
    state: EffectState
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of the journal; times in Unix seconds. `answer` is the CRM's, `None` until it is known."""

    key: str
    call: str
    kind: str
    state: EffectState
    params: dict[str, Any]
    answer: Any
    started_at: float
    finished_at: float | None


class Effects:
    """The journal in the database; safe under threads, each method is one commit.

    Values are JSON data and come back as JSON tells them (a tuple as a list).
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._restored_at: int | None = None

    def is_doubtful(self, effect_key: str, began_at: float) -> bool:
        """Whether an effect that the journal does not know may have happened all the same.

        So it is for calls that began (Unix seconds) before an older copy of the journal was put back.
        """
        if self._restored_at is None:
            with self._database.read() as connection:
                self._restored_at = noted(connection, "restored_at") or 0
        return began_at < self._restored_at and self.state(effect_key) is None

    def decision(self, job_key: str) -> bytes | None:
        """What was decided for a job, as it was given to `decide`; `None` if nothing was yet."""
        wanted = select(tables.decision.c.steps).where(tables.decision.c.job_key == job_key)
        with self._database.read() as connection:
            return connection.execute(wanted).scalar_one_or_none()

    def decide(self, job_key: str, data: bytes) -> bytes:
        """Save a decision, once: what is decided for that job from now on, which is an earlier one if any."""
        saved = insert_or(tables.decision).values(job_key=job_key, steps=data)
        wanted = select(tables.decision.c.steps).where(tables.decision.c.job_key == job_key)
        with self._database.write() as connection:
            connection.execute(saved.on_conflict_do_nothing())
            return bytes(connection.execute(wanted).scalar_one())

    def state(self, effect_key: str) -> Effect | None:
        """The effect of this key; `None` if it was never started, or taken back."""
        with self._database.read() as connection:
            found = connection.execute(select(_table).where(_table.c.key == effect_key)).one_or_none()
        return None if found is None else _effect(found)

    def start(self, effects: Sequence[Starting]) -> None:
        """Mark effects as started, all in one commit, before they are sent.

        One that was started or refused before starts anew with these params and keeps its place.

        Raises:
            ValueError: one of them is already done; none is marked then.
        """
        now = self._clock()
        with self._database.write() as connection:
            for each in effects:
                _start(connection, each, now)

    def finish(self, finished: Sequence[Finished], taken_back: Sequence[str] = ()) -> None:
        """Write outcomes, all in one commit.

        Args:
            finished: effects that were done or refused.
            taken_back: keys of effects that were certainly not sent (quota, no connection): they count as
                never started, so that nobody looks them up.

        Raises:
            ValueError: one of them was not started; nothing is written then.
        """
        now = self._clock()
        with self._database.write() as connection:
            for each in finished:
                _finish(connection, each, now)
            is_open = _table.c.state == EffectState.STARTED
            connection.execute(delete(_table).where(_table.c.key.in_(taken_back), is_open))

    def of_call(self, call_key: str) -> list[Effect]:
        """All effects of a call in the order in which they were first started."""
        with self._database.read() as connection:
            found = connection.execute(
                select(_table).where(_table.c.call == call_key).order_by(_table.c.seq)
            ).all()
        return [_effect(each) for each in found]


def _start(connection: Connection, starting: Starting, now: float) -> None:
    afresh = {
        "state": EffectState.STARTED,
        "params": msgspec.json.encode(starting.params),
        "answer": None,
        "started_at": now,
        "finished_at": None,
    }
    new = insert_or(_table).values(key=starting.key, call=starting.call, kind=starting.kind, **afresh)
    is_open = _table.c.state != EffectState.DONE
    anew = new.on_conflict_do_update(index_elements=["key"], set_=afresh, where=is_open)
    if not connection.execute(anew).rowcount:
        raise ValueError(f"the effect {starting.key} is already done")


def _finish(connection: Connection, finished: Finished, now: float) -> None:
    if finished.state is EffectState.STARTED:
        raise ValueError(f"the effect {finished.key} cannot finish as started")
    started = update(_table).where(_table.c.key == finished.key, _table.c.state == EffectState.STARTED)
    outcome = started.values(
        state=finished.state, answer=msgspec.json.encode(finished.answer), finished_at=now
    )
    if not connection.execute(outcome).rowcount:
        raise ValueError(f"the effect {finished.key} was not started")


def _effect(found: Row[tuple[Any, ...]]) -> Effect:
    return Effect(
        key=found.key,
        call=found.call,
        kind=found.kind,
        state=EffectState(found.state),
        params=msgspec.json.decode(found.params),
        answer=None if found.answer is None else msgspec.json.decode(found.answer),
        started_at=found.started_at,
        finished_at=found.finished_at,
    )
