"""The embedded engine: lanes of jobs in the one database file.

A job keeps its row (state `done`), so a repeat of its key is ignored until it is forgotten (`retention`). Its
payload stays as well for a while, packed, and so does what it had to wait for: the call's story is told of
them.
A lane is ordered by `seq`, the order of the commits. That a job was begun is written without a flush of the
disk: forgotten in a power cut, it is simply begun again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import takewhile
from typing import Final

from sqlalchemy import ColumnElement, Connection, Row, Update, and_, case, func, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import DeadJob, Done, Job, Later, Result
from itgrix_core.outbox.lane_engine import BATCH, Held, LaneEngine
from itgrix_core.outbox.lanes import Head, head_of
from itgrix_core.outbox.packing import packed
from itgrix_core.outbox.retention import note
from itgrix_core.outbox.tables import ASIDE, IS_OPEN, JobState, meta, trouble
from itgrix_core.outbox.tables import job as row

TROUBLES: Final = 10
"""So many reasons to wait are kept of a job; what comes after them is counted together."""

OTHER_TROUBLES: Final = "other reasons"

_IS_REPLACEABLE = row.c.is_provisional & (row.c.state == JobState.WAITING) & (row.c.attempts == 0)


class SqliteEngine(LaneEngine):
    """`Engine` on the data folder's database; one process runs it, others may count and revive."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        super().__init__(SqliteShelf(database), clock)


def put_jobs(connection: Connection, jobs: Sequence[Job]) -> int:
    """Store jobs in the caller's transaction; how many were new. Provisional ones may be replaced."""
    new = [job for job in jobs if _put(connection, job)]
    if grown := {job.lane for job in new if not job.is_provisional}:
        _keep_last(connection, grown)
    return len(new)


def ring(connection: Connection) -> None:
    """Tell whoever serves, in whatever process, that lanes have changed."""
    bell = update(meta).where(meta.c.name == "bell")
    connection.execute(bell.values(value=meta.c.value + 1))


def _put(connection: Connection, job: Job) -> bool:
    values = {
        "key": job.key,
        "lane": job.lane,
        "kind": job.kind,
        "payload": job.payload,
        "born_at": job.born_at,
        "not_before": job.not_before,
        "is_provisional": job.is_provisional,
    }
    if connection.execute(insert_or(row).values(values).on_conflict_do_nothing()).rowcount:
        return True
    stored = (row.c.key == job.key) & (row.c.lane == job.lane)
    connection.execute(update(row).where(stored, _IS_REPLACEABLE).values(values))
    return False


def _keep_last(connection: Connection, lanes: Collection[str]) -> None:
    """Move the provisional jobs of these lanes behind what has come."""
    waiting = select(row.c.seq).where(row.c.lane.in_(lanes), IS_OPEN, _IS_REPLACEABLE)
    for seq in connection.execute(waiting).scalars().all():
        last = select(func.max(row.c.seq) + 1).scalar_subquery()
        connection.execute(update(row).where(row.c.seq == seq).values(seq=last))


class SqliteShelf:
    """`Shelf` on the table `job`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, jobs: Sequence[Job]) -> int:
        """As `Shelf.put`."""
        with self._database.write() as connection:
            return put_jobs(connection, jobs)

    def heads(self, lanes: Collection[str] | None) -> dict[str, Head]:
        """As `Shelf.heads`."""
        first = select(func.min(row.c.seq)).where(IS_OPEN).group_by(row.c.lane)
        if lanes is not None:
            first = first.where(row.c.lane.in_(lanes))
        wanted = select(row.c.lane, row.c.seq, row.c.born_at, row.c.not_before).where(row.c.seq.in_(first))
        with self._database.read() as connection:
            found = connection.execute(wanted).all()
        return {lane: head_of(lane, seq, born_at, not_before) for lane, seq, born_at, not_before in found}

    def begin(self, lane: str, now: float) -> list[Held]:
        """As `Shelf.begin`."""
        wanted = select(row).where(row.c.lane == lane, IS_OPEN).order_by(row.c.seq).limit(BATCH)
        with self._database.write(is_durable=False) as connection:
            found = connection.execute(wanted).all()
            due = list(takewhile(lambda each: each.not_before <= now, found))
            if due:
                connection.execute(_of(due).values(state=JobState.RUNNING))
                connection.execute(_of(due[:1]).values(attempts=row.c.attempts + 1))
        return [Held(_job(each), each.attempts + (each is due[0]), each.failures) for each in due]

    def settle(self, held: Sequence[Held], result: Result, now: float, failures: int) -> None:
        """As `Shelf.settle`."""
        count = result.count if isinstance(result, Done) else 1
        rest = [each.job.key for each in held[count:]]
        with self._database.write() as connection:
            for each in held[:count]:
                _settle(connection, each.job, result, now, failures)
            if rest:
                waiting = update(row).where(row.c.key.in_(rest))
                connection.execute(waiting.values(state=JobState.WAITING))

    def counts(self) -> dict[str, int]:
        """As `Shelf.counts`; after a crash "running" counts what was begun, until it is taken again."""
        with self._database.read() as connection:
            found = connection.execute(
                select(row.c.state, func.count().label("jobs")).group_by(row.c.state)
            ).all()
        return {state.value: 0 for state in JobState} | {each.state: each.jobs for each in found}

    def dead(self) -> list[DeadJob]:
        """As `Shelf.dead`."""
        wanted = select(row).where(row.c.state == JobState.DEAD).order_by(row.c.ended_at, row.c.seq)
        with self._database.read() as connection:
            found = connection.execute(wanted).all()
        return [DeadJob(_job(each), each.reason, each.ended_at, each.attempts) for each in found]

    def revive(self, keys: Sequence[str]) -> list[str]:
        """As `Shelf.revive`."""
        lanes: list[str] = []
        with self._database.write() as connection:
            for key in keys:
                dead = update(row).where(row.c.key == key, row.c.state.in_(ASIDE))
                afresh = dead.values(
                    state=JobState.WAITING, attempts=0, failures=0, not_before=0.0, reason="", ended_at=None
                )
                lanes += connection.execute(afresh.returning(row.c.lane)).scalars().all()
            if lanes:
                ring(connection)
        return lanes

    def shift(self, seconds: float, middle: float, notes: Mapping[str, int]) -> None:
        """As `Shelf.shift`."""

        def moved(at: ColumnElement[float]) -> ColumnElement[float]:
            is_old = row.c.born_at < middle if seconds > 0 else at > middle
            return case((and_(is_old, at > 0), at + seconds), else_=at)

        times = {each.name: moved(each) for each in (row.c.born_at, row.c.not_before)}
        with self._database.write() as connection:
            connection.execute(update(row).where(IS_OPEN).values(times))
            for name, value in notes.items():
                note(connection, name, value)
            ring(connection)

    def bell(self) -> int:
        """As `Shelf.bell`."""
        with self._database.read() as connection:
            return int(connection.execute(select(meta.c.value).where(meta.c.name == "bell")).scalar_one())

    def upgrade(self) -> None:
        """As `Shelf.upgrade`."""
        self._database.upgrade()


def _settle(connection: Connection, job: Job, result: Result, now: float, failures: int) -> None:
    settled = update(row).where(row.c.key == job.key).values(failures=failures)
    if isinstance(result, Done):
        payload = packed(job.payload)
        settled = settled.values(state=JobState.DONE, payload=payload, reason=result.note, ended_at=now)
    elif isinstance(result, Later):
        not_before = now + max(0.0, result.seconds)
        settled = settled.values(state=JobState.WAITING, not_before=not_before, reason=result.reason)
        _note_trouble(connection, job.key, result.reason, now)
    else:
        settled = settled.values(state=JobState.DEAD, ended_at=now, reason=result.reason)
    connection.execute(settled)


def _note_trouble(connection: Connection, key: str, reason: str, now: float) -> None:
    """Count one more wait for this reason; a reason that holds a number is another one each time."""
    if not reason:
        return
    known = select(trouble.c.reason).where(trouble.c.job_key == key)
    reasons = connection.execute(known).scalars().all()
    if reason not in reasons and len(reasons) >= TROUBLES:
        reason = OTHER_TROUBLES
    noted = insert_or(trouble).values(job_key=key, reason=reason, count=1, first_at=now, last_at=now)
    again = {"count": trouble.c.count + 1, "last_at": now}
    connection.execute(noted.on_conflict_do_update(index_elements=["job_key", "reason"], set_=again))


def _of(rows: Sequence[Row[tuple[object, ...]]]) -> Update:
    return update(row).where(row.c.seq.in_([each.seq for each in rows]))


def _job(found: Row[tuple[object, ...]]) -> Job:
    return Job(
        key=found.key,
        lane=found.lane,
        kind=found.kind,
        payload=found.payload,
        born_at=found.born_at,
        not_before=found.not_before,
        is_provisional=found.is_provisional,
    )
