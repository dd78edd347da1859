"""What the listening side commits: events, the changed calls and its place in the log, all or nothing.

If they were stored apart, a crash between two of them would lose a call or tell it twice. Together, the
recorder is fed again from the stored place, the tracker goes on from the stored calls, and whatever was
already told hits the same keys and is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.sqlite import put_jobs
from itgrix_core.outbox.tables import position as position_table
from itgrix_core.outbox.tables import tracked_call


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
