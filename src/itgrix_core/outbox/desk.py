"""What an operator sees of the outbox and may do to it, in short transactions beside a running service."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, text, true, update

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.packing import unpacked
from itgrix_core.outbox.retention import below
from itgrix_core.outbox.sqlite import ring
from itgrix_core.outbox.tables import IS_OPEN, JobState, decision, trouble
from itgrix_core.outbox.tables import job as row

NEAREST: Final = 3
"""How many keys are named that look like an unknown one."""

SEARCHED: Final = 20_000
"""Among how many of the newest lanes they are looked for."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A job as it lies in the outbox; times in Unix seconds.

    Attributes:
        failures: tries in vain just before now.
        reason: why it waits, died or was dropped; "" where there is none.
        ended_at: when it was done, died or was dropped; `None` while it is open.
        payload: JSON; empty once it was done long ago (`outbox.keep_story_days`).
        behind: how many open jobs of its lane wait behind it, where that was asked.
    """

    key: str
    lane: str
    kind: str
    state: JobState
    born_at: float
    not_before: float
    attempts: int
    failures: int
    reason: str
    ended_at: float | None
    is_provisional: bool
    payload: bytes
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a job had to wait: how often, and when first and last (Unix seconds)."""

    reason: str
    count: int
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of what was asked for, and how much more there is."""

    jobs: Sequence[Kept]
    rest: int


class Desk:
    """The outbox for operators."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_lanes(self, born_before: float, lane: str, limit: int) -> Listed:
        """The heads of lanes that wait or are worked on, longest waiting first.

        Args:
            born_before: only those whose head is from before (Unix seconds).
            lane: only this one and what lies below it, "" for all.
            limit: how many.
        """
        heads = (
            select(func.min(row.c.seq).label("seq"), (func.count() - 1).label("behind"))
            .where(IS_OPEN)
            .group_by(row.c.lane)
            .subquery()
        )
        wanted = select(row, heads.c.behind).join(heads, heads.c.seq == row.c.seq)
        return self._listed(wanted.where(_within(lane), row.c.born_at < born_before), limit)

    def dead(self, died_before: float, lane: str, limit: int) -> Listed:
        """What was put aside, in the order of its birth; arguments as for `open_lanes`."""
        is_dead = and_(row.c.state == JobState.DEAD, row.c.ended_at < died_before)
        return self._listed(select(row).where(is_dead, _within(lane)), limit)

    def find(self, word: str) -> list[Kept]:
        """The job of this key, else all jobs of the call of this key or Linkedid, in order; maybe none."""
        return self._jobs(row.c.key == word) or self._jobs(_of_call(word)) or self._of_linkedid(word)

    def nearest(self, word: str) -> list[str]:
        """Keys of calls that look most like an unknown one."""
        newest = select(row.c.lane).group_by(row.c.lane).order_by(func.max(row.c.seq).desc()).limit(SEARCHED)
        with self._database.read() as connection:
            lanes = connection.execute(newest).scalars().all()
        by_word = {lane.partition("/")[2]: lane for lane in reversed(lanes)} | {lane: lane for lane in lanes}
        close = get_close_matches(word, by_word, NEAREST, 0.3)
        return list(dict.fromkeys(by_word[each] for each in close))

    def newest(self, kinds: Sequence[str], limit: int) -> Iterator[Kept]:
        """The newest jobs of these kinds whose payload is still kept, newest first."""
        kept = select(row).where(row.c.kind.in_(kinds), row.c.payload != b"")
        yield from self._read(kept.order_by(row.c.seq.desc()).limit(limit))

    def decisions(self, job_key: str) -> dict[str, bytes]:
        """What was decided for a job, by phase in that order; as it was given to `Effects.decide`."""
        which = or_(decision.c.job_key == job_key, below(decision.c.job_key, job_key))
        with self._database.read() as connection:
            found = connection.execute(select(decision).where(which).order_by(text("rowid"))).all()
        return {each.job_key[len(job_key) + 1 :]: each.steps for each in found}

    def troubles(self, job_key: str) -> list[Trouble]:
        """What a job had to wait for, in the order in which it met it first."""
        wanted = select(trouble).where(trouble.c.job_key == job_key).order_by(trouble.c.first_at)
        with self._database.read() as connection:
            found = connection.execute(wanted).all()
        return [Trouble(reason, count, first, last) for _, reason, count, first, last in found]

    def drop(self, keys: Collection[str], reason: str, now: float, *, is_served: bool) -> list[str]:
        """Put open or dead jobs aside for good, with the operator's reason; the keys of those that were.

        Where the outbox `is_served`, what is in hand at this moment stays.
        """
        states = {JobState.WAITING, JobState.DEAD} | (set() if is_served else {JobState.RUNNING})
        which = and_(row.c.key.in_(keys), row.c.state.in_(states))
        why = f"dropped: {reason}"
        with self._database.write() as connection:
            dropped = (
                connection.execute(
                    update(row)
                    .where(which)
                    .values(
                        state=JobState.DROPPED,
                        ended_at=now,
                        reason=case((row.c.reason == "", why), else_=why + " (was: " + row.c.reason + ")"),
                    )
                    .returning(row.c.key)
                )
                .scalars()
                .all()
            )
            if dropped:
                ring(connection)
        return list(dropped)

    def _jobs(self, which: ColumnElement[bool]) -> list[Kept]:
        return self._read(select(row).where(which).order_by(row.c.seq))

    def _of_linkedid(self, word: str) -> list[Kept]:
        ends = select(row.c.lane).where(row.c.lane.endswith(f"/{word}", autoescape=True)).limit(1)
        with self._database.read() as connection:
            lane = connection.execute(ends).scalar_one_or_none()
        return self._jobs(_of_call(lane)) if lane else []

    def _listed(self, wanted: Select[Any], limit: int) -> Listed:
        jobs = self._read(wanted.order_by(row.c.born_at, row.c.seq).limit(limit))
        with self._database.read() as connection:
            total = connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
        return Listed(jobs, max(0, total - len(jobs)))

    def _read(self, wanted: Select[Any]) -> list[Kept]:
        with self._database.read() as connection:
            return [_kept(each) for each in connection.execute(wanted)]


def _of_call(call: str) -> ColumnElement[bool]:
    return or_(row.c.lane == call, below(row.c.key, call))


def _within(lane: str) -> ColumnElement[bool]:
    return or_(row.c.lane == lane, below(row.c.lane, lane)) if lane else true()


def _kept(found: Row[Any]) -> Kept:
    told = found._asdict()
    del told["seq"]
    return Kept(**{**told, "state": JobState(found.state), "payload": unpacked(found.payload)})
