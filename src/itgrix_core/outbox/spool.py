"""What the listening side commits: events, the changed calls and its place in the log, all or nothing.

If they were stored apart, a crash between two of them would lose a call or tell it twice. Together, the
recorder is fed again from the stored place, the tracker goes on from the stored calls, and whatever was
already told hits the same keys and is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.retention import forgotten_until
from itgrix_core.outbox.sqlite import put_jobs, ring
from itgrix_core.outbox.tables import JobState, tracked_call
from itgrix_core.outbox.tables import job as job_table
from itgrix_core.outbox.tables import position as position_table


class Standing(StrEnum):
    """What the outbox knew of a call that is told afterwards."""

    NEW = "new"
    KNOWN = "known"
    PROVISIONAL = "provisional"
    TORN = "torn"
    GOING_ON = "going on"
    FORGOTTEN = "forgotten"


class Spool:
    """The listening side's door to the database; `wake` is the engine's, called after each commit."""

    def __init__(self, database: Database, wake: Callable[[Iterable[str]], None]) -> None:
        self._database = database
        self._wake = wake

    def commit(
        self,
        pbx: str,
        jobs: Sequence[Job],
        calls: Mapping[str, bytes | None],
        position: str | None,
        others: Mapping[str, str] | None = None,
    ) -> int:
        """Store one chunk's outcome in one transaction, durable on return.

        Args:
            pbx: whose log it is.
            jobs: the new events; repeats of a key are ignored (save provisional ones).
            calls: the changed calls by key, each as the tracker saves it; `None` for one that is over.
            position: how far the log has been fed; `None` leaves it as it was.
            others: the same of other PBXes, whose calls are common with this one's.

        Returns:
            How many jobs were new.

        Raises:
            DataFolderError: nothing of it was stored.
        """
        places = {**(others or {}), **({} if position is None else {pbx: position})}
        if not (jobs or calls or places):
            return 0
        with self._database.write() as connection:
            new = put_jobs(connection, jobs)
            for call, row in calls.items():
                _save_call(connection, pbx, call, row)
            for each, place in places.items():
                _save_position(connection, each, place)
        if jobs:
            self._wake({job.lane for job in jobs})
        return new

    def complete(self, pbx: str, told: Mapping[str, Sequence[Job]]) -> dict[str, Standing]:
        """Store calls told afterwards, as far as they are missing; one transaction, durable on return.

        Args:
            pbx: whose they are.
            told: for each call's key all of its jobs in order, the last one its end.

        Returns:
            What each was before: `NEW` and `TORN` (it has no end and nobody tracks it) are stored now, of
            `PROVISIONAL` the end is replaced; `KNOWN` and `GOING_ON` stay what they are. `FORGOTTEN` is what
            ended so long ago that it may have been filed: it is left alone.

        Raises:
            DataFolderError: nothing of it was stored.
        """
        with self._database.write() as connection:
            found = {call: _standing(connection, pbx, call, jobs) for call, jobs in told.items()}
            wanted = [job for call, jobs in told.items() for job in _missing(found[call], jobs)]
            put_jobs(connection, wanted)
            if wanted:  # `serve` may be another process
                ring(connection)
        self._wake({job.lane for job in wanted})
        return found

    def knows(self, pbx: str, call: str) -> bool:
        """Whether a call (its key) is tracked, or was told of."""
        is_tracked = exists().where(tracked_call.c.pbx == pbx, tracked_call.c.call == call)
        with self._database.read() as connection:
            return bool(
                connection.execute(select(is_tracked | exists().where(job_table.c.lane == call))).scalar_one()
            )

    def provisional(self, pbx: str) -> list[str]:
        """Keys of the calls of this PBX whose provisional end still waits."""
        waiting = (job_table.c.state == JobState.WAITING) & job_table.c.is_provisional
        with self._database.read() as connection:
            lanes = connection.execute(select(job_table.c.lane).where(waiting)).scalars().all()
        return [lane for lane in lanes if lane.startswith(f"{pbx}/")]

    def calls(self, pbx: str) -> dict[str, bytes]:
        """The calls of this PBX that were going on at the last commit, by key."""
        wanted = select(tracked_call.c.call, tracked_call.c.row).where(tracked_call.c.pbx == pbx)
        with self._database.read() as connection:
            found = connection.execute(wanted.order_by(tracked_call.c.call)).all()
        return {each.call: each.row for each in found}

    def position(self, pbx: str) -> str | None:
        """How far this PBX's log had been fed at the last commit; `None` if it never was."""
        wanted = select(position_table.c.value).where(position_table.c.pbx == pbx)
        with self._database.read() as connection:
            return connection.execute(wanted).scalar_one_or_none()


def _standing(connection: Connection, pbx: str, call: str, jobs: Sequence[Job]) -> Standing:
    is_it = (tracked_call.c.pbx == pbx) & (tracked_call.c.call == call)
    if connection.execute(select(tracked_call.c.call).where(is_it)).one_or_none():
        return Standing.GOING_ON
    rows = select(job_table.c.key, job_table.c.state, job_table.c.attempts, job_table.c.is_provisional)
    found = connection.execute(rows.where(job_table.c.key.in_([job.key for job in jobs])))
    known = {each.key: each for each in found}
    end = known.get(jobs[-1].key)
    if end is None:
        if jobs[-1].born_at < forgotten_until(connection):
            return Standing.FORGOTTEN
        return Standing.TORN if known else Standing.NEW
    is_open = end.is_provisional and end.state == JobState.WAITING and end.attempts == 0
    return Standing.PROVISIONAL if is_open else Standing.KNOWN


def _missing(standing: Standing, jobs: Sequence[Job]) -> Sequence[Job]:
    """What is to be stored: behind a provisional end nothing more may come into the lane."""
    if standing is Standing.PROVISIONAL:
        return jobs[-1:]
    return jobs if standing in (Standing.NEW, Standing.TORN) else ()


def _save_call(connection: Connection, pbx: str, call: str, row: bytes | None) -> None:
    if row is None:
        is_it = (tracked_call.c.pbx == pbx) & (tracked_call.c.call == call)
        connection.execute(delete(tracked_call).where(is_it))
        return
    stored = insert_or(tracked_call).values(pbx=pbx, call=call, row=row)
    connection.execute(stored.on_conflict_do_update(index_elements=["pbx", "call"], set_={"row": row}))


def _save_position(connection: Connection, pbx: str, position: str) -> None:
    stored = insert_or(position_table).values(pbx=pbx, value=position)
    connection.execute(stored.on_conflict_do_update(index_elements=["pbx"], set_={"value": position}))
