"""The calls that have ended as the outbox remembers them, for the comparison with what the CRM has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.packing import unpacked
from itgrix_core.outbox.retention import below, forgotten_until
from itgrix_core.outbox.tables import JobState
from itgrix_core.outbox.tables import job as row


@dataclass(frozen=True, slots=True)
class PastJob:
    """A job of a call: its end, its recording, or a repair. `payload` is b"" once it is kept no more."""

    key: str
    lane: str
    state: JobState
    reason: str
    payload: bytes

    @property
    def is_open(self) -> bool:
        """Whether it waits or is worked on."""
        return self.state in (JobState.WAITING, JobState.RUNNING)


class PastJobs:
    """One outbox; each method is a short reading transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_kind(self, kind: str, since: float) -> Iterator[PastJob]:
        """Jobs of this kind that we learned of since then (Unix seconds), in the order of their coming."""
        yield from self._read(row.c.kind == kind, row.c.born_at >= since)

    def below(self, call: str, kind: str) -> list[PastJob]:
        """Jobs of a kind that lie below a call's key, oldest first."""
        return list(self._read(row.c.kind == kind, below(row.c.key, call)))

    def job(self, key: str) -> PastJob | None:
        """The job of this key."""
        return next(self._read(row.c.key == key), None)

    def forgotten_until(self) -> float:
        """Until when (Unix seconds) finished calls may have been forgotten."""
        with self._database.read() as connection:
            return forgotten_until(connection)

    def _read(self, *which: ColumnElement[bool]) -> Iterator[PastJob]:
        wanted = select(row.c.key, row.c.lane, row.c.state, row.c.reason, row.c.payload)
        with self._database.read() as connection:
            found = connection.execute(wanted.where(*which).order_by(row.c.seq)).all()
        for each in found:
            yield PastJob(each.key, each.lane, JobState(each.state), each.reason, unpacked(each.payload))
