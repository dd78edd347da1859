"""How much waits in the outbox, since when, and what went aside; read in one statement, at any time.

A job is live while the call that it tells of is going on: somebody may look at its card. Everything else
(ends of calls, recordings, reminders) may come later and is the backlog.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select, update

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.tables import JobState, meta, tracked_call
from itgrix_core.outbox.tables import job as jobs

MOST_REASONS = 20
"""So many reasons for putting jobs aside are told apart, the commonest first."""

_UNFINISHED = (JobState.WAITING, JobState.RUNNING, JobState.DEAD)


@dataclass(frozen=True, slots=True)
class Depth:
    """Jobs of one sort.

    Attributes:
        kind: of the event that they tell.
        state: "waiting", "running" or "dead".
        is_live: whether their calls are going on.
        jobs: how many.
        oldest_at: when the oldest was due (Unix seconds): when it was told, or, of one that was put off on
            purpose and not tried yet, the time to which it was put off.
    """

    kind: str
    state: str
    is_live: bool
    jobs: int
    oldest_at: float


class OutboxFigures:
    """Counts of one database; may be asked by any thread. `DataFolderError` when it cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def depths(self) -> list[Depth]:
        """All jobs that are not done, by kind and state."""
        is_live = jobs.c.lane.in_(select(tracked_call.c.call)).label("is_live")
        put_off = (jobs.c.attempts == 0) & (jobs.c.not_before > jobs.c.born_at)
        due_at = case((put_off, jobs.c.not_before), else_=jobs.c.born_at)
        wanted = select(jobs.c.kind, jobs.c.state, is_live, func.count(), func.min(due_at))
        wanted = wanted.where(jobs.c.state.in_(_UNFINISHED)).group_by(jobs.c.kind, jobs.c.state, is_live)
        with self._database.read() as connection:
            found = connection.execute(wanted.order_by(jobs.c.kind, jobs.c.state)).all()
        return [Depth(kind, state, bool(live), count, oldest) for kind, state, live, count, oldest in found]

    def reasons(self) -> dict[str, int]:
        """Why jobs went aside, and how many for that."""
        wanted = select(jobs.c.reason, func.count().label("jobs")).where(jobs.c.state == JobState.DEAD)
        wanted = wanted.group_by(jobs.c.reason).order_by(func.count().desc()).limit(MOST_REASONS)
        with self._database.read() as connection:
            found = connection.execute(wanted).all()
        return {each.reason: each.jobs for each in found}

    def write(self) -> None:
        """Write what was there already: raises `DataFolderError` when nothing can be written."""
        same = update(meta).where(meta.c.name == "schema").values(value=meta.c.value)
        with self._database.write(is_durable=False) as connection:
            connection.execute(same)


def oldest_seconds(depths: list[Depth], now: float, *, is_live: bool) -> float:
    """Age of the oldest job that waits or runs, 0 if none does."""
    open_jobs = (each for each in depths if each.is_live is is_live and each.state != JobState.DEAD)
    return max((max(0.0, now - each.oldest_at) for each in open_jobs), default=0.0)
