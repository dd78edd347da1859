"""The engine of the tests: the same lanes, nothing on disk.

It passes the text that the durable engine passes, so a test of what stands above an engine may take either.
"""

from __future__ import annotations

import time
from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from threading import Lock

from itgrix_core.outbox.engine import DeadJob, Done, Job, Later, Result
from itgrix_core.outbox.lane_engine import BATCH, Held, LaneEngine
from itgrix_core.outbox.lanes import Head, head_of
from itgrix_core.outbox.tables import JobState


class MemoryEngine(LaneEngine):
    """`Engine` that forgets everything with its process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(MemoryShelf(), clock)


@dataclass(slots=True, order=True)
class _Row:
    seq: int
    job: Job = field(compare=False)
    state: JobState = field(default=JobState.WAITING, compare=False)
    attempts: int = field(default=0, compare=False)
    failures: int = field(default=0, compare=False)
    reason: str = field(default="", compare=False)
    died_at: float = field(default=0.0, compare=False)


class MemoryShelf:
    """`Shelf` in dictionaries."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[str, _Row] = {}
        self._open: dict[str, list[_Row]] = {}
        self._seq = 0
        self._bell = 0

    def put(self, jobs: Sequence[Job]) -> int:
        """As `Shelf.put`."""
        with self._lock:
            return sum(self._put(job) for job in jobs)

    def heads(self, lanes: Collection[str] | None) -> dict[str, Head]:
        """As `Shelf.heads`."""
        with self._lock:
            found = ((lane, self._open.get(lane)) for lane in (self._open if lanes is None else lanes))
            return {lane: _head(rows[0]) for lane, rows in found if rows}

    def begin(self, lane: str, now: float) -> list[Held]:
        """As `Shelf.begin`."""
        with self._lock:
            rows = islice(self._open.get(lane, ()), BATCH)
            due = list(takewhile(lambda row: row.job.not_before <= now, rows))
            for row in due:
                row.state = JobState.RUNNING
            for row in due[:1]:
                row.attempts += 1
            return [Held(row.job, row.attempts, row.failures) for row in due]

    def settle(self, held: Sequence[Held], result: Result, now: float, failures: int) -> None:
        """As `Shelf.settle`."""
        count = result.count if isinstance(result, Done) else 1
        with self._lock:
            rows = [self._rows[each.job.key] for each in held]
            for row in rows:
                row.state = JobState.WAITING
            for row in rows[:count]:
                row.failures = failures
                self._settle(row, result, now)

    def counts(self) -> dict[str, int]:
        """As `Shelf.counts`."""
        with self._lock:
            found = Counter(row.state for row in self._rows.values())
        return {state.value: found[state] for state in JobState}

    def dead(self) -> list[DeadJob]:
        """As `Shelf.dead`."""
        with self._lock:
            rows = [row for row in self._rows.values() if row.state is JobState.DEAD]
            rows.sort(key=lambda row: (row.died_at, row.seq))
            return [DeadJob(row.job, row.reason, row.died_at, row.attempts) for row in rows]

    def revive(self, keys: Sequence[str]) -> list[str]:
        """As `Shelf.revive`."""
        with self._lock:
            lanes = [self._rows[key].job.lane for key in keys if self._revive(key)]
            self._bell += bool(lanes)
            return lanes

    def shift(self, seconds: float, middle: float, notes: Mapping[str, int]) -> None:  # noqa: ARG002
        """As `Shelf.shift`; nobody could read notes after a restart."""

        def moved(at: float, born_at: float) -> float:
            is_of_old_clock = born_at < middle if seconds > 0 else at > middle
            return at + seconds if at > 0 and is_of_old_clock else at

        with self._lock:
            for row in (row for rows in self._open.values() for row in rows):
                job = row.job
                born_at, not_before = moved(job.born_at, job.born_at), moved(job.not_before, job.born_at)
                row.job = replace(job, born_at=born_at, not_before=not_before)
            self._bell += 1

    def bell(self) -> int:
        """As `Shelf.bell`."""
        return self._bell

    def upgrade(self) -> None:
        """There is no schema."""

    def _put(self, job: Job) -> bool:
        row = self._rows.get(job.key)
        if row is None:
            self._seq += 1
            row = self._rows[job.key] = _Row(self._seq, job)
            self._open.setdefault(job.lane, []).append(row)
            self._keep_last(job)
            return True
        if _is_replaceable(row) and row.job.lane == job.lane:
            row.job = job
        return False

    def _keep_last(self, new: Job) -> None:
        """Move the provisional jobs of a lane behind what has come."""
        rows = self._open[new.lane]
        for row in [row for row in rows if not new.is_provisional and _is_replaceable(row)]:
            self._seq += 1
            row.seq = self._seq
        rows.sort()

    def _settle(self, row: _Row, result: Result, now: float) -> None:
        if isinstance(result, Later):
            row.job = replace(row.job, not_before=now + max(0.0, result.seconds))
            row.reason = result.reason
            return
        self._open[row.job.lane].remove(row)
        if not self._open[row.job.lane]:
            del self._open[row.job.lane]
        if isinstance(result, Done):
            row.state, row.reason = JobState.DONE, result.note
        else:
            row.state, row.reason, row.died_at = JobState.DEAD, result.reason, now

    def _revive(self, key: str) -> bool:
        row = self._rows.get(key)
        if row is None or row.state is not JobState.DEAD:
            return False
        self._rows[key] = row = _Row(row.seq, replace(row.job, not_before=0.0))
        insort(self._open.setdefault(row.job.lane, []), row)
        return True


def _is_replaceable(row: _Row) -> bool:
    return row.job.is_provisional and row.state is JobState.WAITING and not row.attempts


def _head(row: _Row) -> Head:
    return head_of(row.job.lane, row.seq, row.job.born_at, row.job.not_before)
