"""What is over long ago is forgotten, so that the file stops growing: SQLite uses the room again.

A finished job's row is what makes a repeat of its key be ignored. So rows stay for months, a call's effects
as long as any job of it, and how far back we have forgotten is written down: nothing older is filed out of
CDR and CEL. One sweep goes on by at most a day of history, however far its time to keep has moved: a clock
that is wrong by years for an hour costs a day.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, or_, select, true, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.tables import (
    ASIDE,
    JobState,
    claim,
    decision,
    effect,
    job,
    meta,
    missed,
    talked,
    trouble,
    turn,
)

DAY_SECONDS: Final = 86_400.0

STRIDE_SECONDS: Final = DAY_SECONDS
"""How much history one sweep forgets at most."""

BATCH: Final = 50
"""Jobs in one transaction, with all that belongs to them: some 7 ms."""

REST_SECONDS: Final = 0.03
"""Between two of them: whoever writes at once again leaves others waiting, and a phone may be ringing."""

EARLIEST: Final = 1_600_000_000.0
"""September 2020. A machine whose clock has no battery begins in 1970, until it hears what time it is."""

EMPTIED: Final = "emptied_until"
"""Likewise how far back finished rows have lost their payloads."""

FORGOTTEN: Final = "forgotten_until"
"""Name of the note in `meta` that says how far back we have forgotten."""

ENDED: Final = (JobState.DONE, *ASIDE)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long (seconds) finished rows are kept, dead letters that nobody has dealt with, and what happened.

    `story` is for the payloads of finished rows, which are most of the room: without them a call's story is
    short, and it cannot be replayed.
    """

    finished: float
    dead: float
    story: float = math.inf


class Retention:
    """Forgets in the database; beside a running engine, in many short transactions."""

    def __init__(self, database: Database, keep: Keep, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._keep = keep
        self._clock = clock

    def sweep(self, rest: Callable[[float], bool] = lambda _: False) -> int:
        """Forget what is old enough, at most one stride; how many jobs went.

        `rest` is called between two transactions with the seconds to wait, and says whether to stop.
        """
        now = self._clock()
        if not self._is_plausible(now):
            return 0
        self._mend_times(now)
        gone = self._forget((JobState.DONE, JobState.DROPPED), now - self._keep.finished, rest)
        gone += self._forget((JobState.DEAD,), now - self._keep.dead, rest)
        self._empty(now - self._keep.story, rest)
        for table, old in _others(self._forgotten_until()):
            with self._database.write() as connection:
                connection.execute(delete(table).where(old))
        return gone

    def _forget(self, states: tuple[JobState, ...], until: float, rest: Callable[[float], bool]) -> int:
        is_over = job.c.state.in_(states)
        with self._database.read() as connection:
            oldest = connection.execute(select(func.min(job.c.ended_at)).where(is_over)).scalar_one()
        if oldest is None or oldest >= until:
            return 0
        until = min(until, oldest + STRIDE_SECONDS)
        gone = 0
        while True:
            with self._database.write() as connection:
                batch = _forget_jobs(connection, and_(is_over, job.c.ended_at < until))
                note(connection, FORGOTTEN, max(int(until), noted(connection, FORGOTTEN) or 0))
            gone += batch
            if batch < BATCH or rest(REST_SECONDS):
                return gone

    def _empty(self, until: float, rest: Callable[[float], bool]) -> None:
        """Take the payloads of what was done before, in the order in which it was."""
        while until > 0:
            with self._database.write() as connection:
                since = min(noted(connection, EMPTIED) or 0, until)
                is_old = and_(job.c.ended_at >= since, job.c.ended_at < until, job.c.payload != b"")
                old = select(job.c.seq, job.c.ended_at).where(job.c.state == JobState.DONE, is_old)
                wanted = old.order_by(job.c.ended_at).limit(BATCH)
                batch = connection.execute(wanted).all()
                which = job.c.seq.in_([each.seq for each in batch])
                connection.execute(update(job).where(which).values(payload=b""))
                is_last = len(batch) < BATCH
                note(connection, EMPTIED, int(until if is_last else batch[-1].ended_at))
            if is_last or rest(REST_SECONDS):
                return

    def _forgotten_until(self) -> float:
        with self._database.read() as connection:
            return forgotten_until(connection)

    def move(self, since: float, until: float, seconds: float) -> None:
        """What ended between these times ended so many seconds later: by a clock that has jumped since."""
        moved = update(job).where(job.c.state.in_(ENDED), job.c.ended_at.between(since, until))
        with self._database.write() as connection:
            connection.execute(moved.values(ended_at=job.c.ended_at + seconds))

    def _is_plausible(self, now: float) -> bool:
        """Whether to believe the clock: if most of what ended, ended tomorrow, not the rows are wrong."""
        is_future = job.c.ended_at > now + DAY_SECONDS
        wanted = select(func.count(), func.count().filter(is_future)).where(job.c.state.in_(ENDED))
        with self._database.read() as connection:
            ended, future = connection.execute(wanted).one()
        return now > EARLIEST and bool(2 * future <= ended)

    def _mend_times(self, now: float) -> None:
        """What ended tomorrow, or before we were there, was written by a wrong clock: it ended now."""
        tomorrow = now + DAY_SECONDS
        for table, at, which in (
            (job, job.c.ended_at, job.c.state.in_(ENDED)),
            (talked, talked.c.at, true()),
            (missed, missed.c.closed_at, true()),
            (turn, turn.c.at, true()),
        ):
            wrong = and_(which, or_(at > tomorrow, at < EARLIEST))
            with self._database.read() as connection:
                is_there = connection.execute(select(exists().where(wrong))).scalar_one()
            if is_there:
                with self._database.write() as connection:
                    connection.execute(update(table).where(wrong).values({at.name: now}))


def _others(until: float) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """What else is over by then, by table. The last turn of each member stays: the round goes on from it."""
    yield claim, claim.c.at < until
    yield talked, talked.c.at < until
    is_closed = and_(missed.c.closed_at.is_not(None), missed.c.closed_at < until)
    is_left = exists().where(job.c.key > effect.c.call + "/", job.c.key < effect.c.call + "0")
    yield effect, and_(effect.c.call.in_(select(missed.c.call).where(is_closed)), ~is_left)
    yield missed, is_closed
    later = turn.alias()
    again = exists().where(
        later.c.plugin == turn.c.plugin,
        later.c.name == turn.c.name,
        later.c.member == turn.c.member,
        later.c.ordinal > turn.c.ordinal,
    )
    yield turn, and_(turn.c.at < until, again)


def forgotten_until(connection: Connection) -> float:
    """Until when (Unix seconds) finished calls may have been forgotten; 0 if none was yet."""
    return float(noted(connection, FORGOTTEN) or 0)


def noted(connection: Connection, name: str) -> int | None:
    """A number of the table `meta`, `None` if it is not there."""
    return connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()


def note(connection: Connection, name: str, value: int) -> None:
    """Write a number into the table `meta`."""
    kept = insert_or(meta).values(name=name, value=value)
    connection.execute(kept.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _forget_jobs(connection: Connection, old: ColumnElement[bool]) -> int:
    """One batch, with its decisions, and the effects of calls of which no job is left."""
    wanted = select(job.c.seq, job.c.key, job.c.lane).where(old).order_by(job.c.ended_at).limit(BATCH)
    batch = connection.execute(wanted).all()
    for each in batch:
        decided = or_(decision.c.job_key == each.key, below(decision.c.job_key, each.key))
        connection.execute(delete(decision).where(decided))
        connection.execute(delete(trouble).where(trouble.c.job_key == each.key))
    connection.execute(delete(job).where(job.c.seq.in_([each.seq for each in batch])))
    for call in {call for each in batch for call in _calls_of(each.lane)}:
        is_left = exists().where(below(job.c.key, call))
        is_asked = exists().where(missed.c.call == call, missed.c.closed_at.is_(None))
        connection.execute(delete(effect).where(effect.c.call == call, ~is_left, ~is_asked))
    return len(batch)


def below(column: ColumnElement[str], key: str) -> ColumnElement[bool]:
    """Whether a key lies below another: `<key>/…`. Uses the column's index, which LIKE would not."""
    return and_(column > f"{key}/", column < f"{key}0")  # "0" comes right after "/"


def _calls_of(lane: str) -> Iterator[str]:
    """The calls to which a lane may belong: itself, and what it lies below."""
    while lane:
        yield lane
        lane = lane.rpartition("/")[0]
