"""An engine over any shelf of jobs: lanes taken in memory, workers in threads, nobody polls.

One process owns the shelf, so who works on which lane is known in memory and a crash frees every lane at
once. Idle workers sleep on a condition: one of them always knows when the next delayed job gets due, and
whoever leaves for work wakes the next. Neither the lock nor a transaction is held while a handler runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Condition, Event, Lock, Thread
from time import monotonic
from typing import Final, Protocol

from itgrix_core.errors import DataFolderError
from itgrix_core.outbox.engine import Attempt, Dead, DeadJob, Done, Handler, Job, Later, Result, Trouble
from itgrix_core.outbox.gate import patiently
from itgrix_core.outbox.lanes import Head, Lanes, is_young

LONGEST_PAUSE_SECONDS: Final = 300.0
"""A handler that raises is asked again after 1, 2, 4 … and at most this many seconds."""

BELL_SECONDS: Final = 10.0
"""How often it is looked up whether another process changed lanes."""

TROUBLE_SECONDS: Final = 1.0
"""How long a worker rests when the shelf itself fails."""

MANY_LANES: Final = 500
"""From so many changed lanes on, all heads are read at once."""

BATCH: Final = 100
"""How many due jobs of a lane a handler sees at most."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A job handed to a handler; `attempts` counts this one, `failures` the tries in vain just before it."""

    job: Job
    attempts: int
    failures: int


class Shelf(Protocol):
    """Where jobs lie. Safe under threads; every method is one transaction."""

    def put(self, jobs: Sequence[Job]) -> int:
        """Store jobs; how many were new. A provisional job that was not begun is replaced."""

    def heads(self, lanes: Collection[str] | None) -> dict[str, Head]:
        """The first open job of these lanes, of all lanes for `None`; lanes without one are left out."""

    def begin(self, lane: str, now: float) -> list[Held]:
        """Mark the lane's due jobs as running, up to the first that is not due; in order, at most `BATCH`.

        The lane is not taken by anybody, so a job that is still marked as running was left by a crash.
        """

    def settle(self, held: Sequence[Held], result: Result, now: float, failures: int) -> None:
        """Write the result for the head (or the first few); the others wait again. Durable on return."""

    def counts(self) -> dict[str, int]:
        """As `Engine.counts`."""

    def dead(self) -> list[DeadJob]:
        """As `Engine.dead`."""

    def revive(self, keys: Sequence[str]) -> list[str]:
        """Make jobs that are dead (or dropped) wait again at their place; each one's lane. Rings the bell."""

    def shift(self, seconds: float, middle: float, notes: Mapping[str, int]) -> None:
        """As `Engine.shift`; rings the bell."""

    def bell(self) -> int:
        """A number that changes when any process revived jobs, or changed lanes in another way."""

    def upgrade(self) -> None:
        """As `Engine.upgrade`."""


class LaneEngine:
    """`Engine` over a shelf; `clock` gives Unix seconds and may be a replay's."""

    def __init__(self, shelf: Shelf, clock: Callable[[], float]) -> None:
        self._shelf = shelf
        self._clock = clock
        self._lanes = Lanes()
        self._changed_lanes: set[str] = set()
        self._is_known = False
        self._bell = -1
        self._bell_heard_at = 0.0
        self._trouble = ""
        lock = Lock()
        self._work_there = Condition(lock)
        self._work_gone = Condition(lock)

    def put(self, jobs: Sequence[Job]) -> int:
        """As `Engine.put`."""
        new = self._shelf.put(jobs)
        self.wake({job.lane for job in jobs})
        return new

    def wake(self, lanes: Iterable[str] = ()) -> None:
        """Something was committed into these lanes, or the injected clock was put forward."""
        with self._work_there:
            self._changed_lanes.update(lanes)
            self._work_there.notify()

    def run(self, handler: Handler, stop: Event, *, workers: int = 4) -> None:
        """As `Engine.run`; returns when the handlers that were under way have answered."""
        threads = [
            Thread(target=self._work, args=(handler, stop), name=f"outbox-{number}", daemon=True)
            for number in range(1, workers + 1)
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        with self._work_there:
            self._work_there.notify_all()
        for thread in threads:
            thread.join()

    def counts(self) -> dict[str, int]:
        """As `Engine.counts`."""
        return self._shelf.counts()

    def dead(self) -> Iterable[DeadJob]:
        """As `Engine.dead`."""
        return self._shelf.dead()

    def revive(self, keys: Sequence[str]) -> int:
        """As `Engine.revive`; works at once here, within `BELL_SECONDS` when another process serves."""
        lanes = self._shelf.revive(keys)
        self.wake(lanes)
        return len(lanes)

    def shift(self, seconds: float, middle: float, notes: Mapping[str, int] | None = None) -> None:
        """As `Engine.shift`."""
        self._shelf.shift(seconds, middle, notes or {})
        with self._work_there:
            self._is_known = False
            self._work_there.notify()

    def upgrade(self) -> None:
        """As `Engine.upgrade`."""
        self._shelf.upgrade()

    def drained(self) -> bool:
        """Whether nothing is open: no job runs, is due, or waits for a later time; dead ones don't count.

        Like the two waits below it is for the process that serves, whose knowledge is always up to date.
        """
        with self._work_gone:
            return self._is_drained()

    def wait_until_drained(self, timeout: float) -> bool:
        """Wait until `drained`, delayed jobs included; `False` when it took longer than `timeout` seconds."""
        with self._work_gone:
            return self._work_gone.wait_for(self._is_drained, timeout)

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until no job runs and none is due *now*; delayed ones may remain. `False` on time-out."""
        with self._work_gone:
            return self._work_gone.wait_for(self._is_idle, timeout)

    def _is_drained(self) -> bool:
        self._learn()
        return self._lanes.is_empty()

    def _is_idle(self) -> bool:
        self._learn()
        return self._lanes.is_idle(self._clock())

    def _work(self, handler: Handler, stop: Event) -> None:
        while not stop.is_set():
            try:
                head = self._take(stop)
                if head is not None:
                    is_live = is_young(head.born_at, self._clock())
                    with nullcontext() if is_live else patiently():
                        self._serve(head.lane, handler)
                    self._tell_trouble("")
            except DataFolderError as error:
                self._tell_trouble(str(error))
                stop.wait(TROUBLE_SECONDS)
            except Exception:
                log.exception("The outbox cannot be read or written; again in %g s.", TROUBLE_SECONDS)
                stop.wait(TROUBLE_SECONDS)

    def _tell_trouble(self, sentence: str) -> None:
        """Tell what is wrong with the store when that changes, not with each try; "" when all is well."""
        with self._work_there:
            was, self._trouble = self._trouble, sentence
        if sentence and sentence != was:
            log.error("%s Nothing is filed meanwhile and nothing is lost.", sentence)
        elif was and not sentence:
            log.warning("The outbox can be read and written again.")

    def _take(self, stop: Event) -> Head | None:
        """The next lane's head, waiting for one; `None` once `stop` is set."""
        with self._work_there:
            while not stop.is_set():
                self._learn()
                head = self._lanes.take(self._clock())
                if head is not None:
                    self._work_there.notify()
                    return head
                self._work_there.wait(self._nap())
        return None

    def _nap(self) -> float:
        due_at = self._lanes.next_at()
        return BELL_SECONDS if due_at is None else min(BELL_SECONDS, max(0.0, due_at - self._clock()))

    def _learn(self) -> None:
        """Bring what we know of lane heads up to date with the shelf; the lock is held."""
        self._hear_bell()
        if not self._is_known or len(self._changed_lanes) > MANY_LANES:
            self._lanes.offer_all(self._shelf.heads(None))
            self._is_known = True
        elif self._changed_lanes:
            heads = self._shelf.heads(self._changed_lanes)
            for lane in self._changed_lanes:
                self._lanes.offer(lane, heads.get(lane))
        self._changed_lanes.clear()

    def _hear_bell(self) -> None:
        if monotonic() - self._bell_heard_at < BELL_SECONDS and self._is_known:
            return
        bell = self._shelf.bell()
        self._is_known = self._is_known and bell == self._bell
        self._bell, self._bell_heard_at = bell, monotonic()

    def _serve(self, lane: str, handler: Handler) -> None:
        try:
            held = self._shelf.begin(lane, self._clock())
            if held:
                result, failures = self._ask(handler, held)
                self._shelf.settle(held, result, self._clock(), failures)
        finally:
            self._give_back(lane)

    def _ask(self, handler: Handler, held: Sequence[Held]) -> tuple[Result, int]:
        """The handler's result and the number of tries in vain in a row; an exception is a `Later`."""
        head = held[0]
        attempt = Attempt(head.attempts, self._clock(), head.failures)
        try:
            result = _checked(handler([each.job for each in held], attempt), len(held))
            is_failure = isinstance(result, Later) and result.trouble.is_failure
            return result, head.failures + 1 if is_failure else 0
        except DataFolderError:
            raise  # nothing could be settled either: the store has to come back first
        except (Exception, SystemExit) as error:
            pause = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(head.failures, 10))
            log.exception("Filing %s failed (try %d); again in %g s.", head.job.key, head.attempts, pause)
            return Later(pause, f"{type(error).__name__}: {error}", Trouble.UNKNOWN), head.failures + 1

    def _give_back(self, lane: str) -> None:
        with self._work_there:
            self._lanes.give_back(lane)
            self._changed_lanes.add(lane)
            self._work_gone.notify_all()


def _checked(result: Result, handed: int) -> Result:
    """`result` if it can be meant; what a handler answers is settled in the store for good."""
    if isinstance(result, Done) and not 1 <= result.count <= handed:
        raise ValueError(f"the handler got {handed} jobs and calls {result.count} done")
    if not isinstance(result, (Done, Later, Dead)):
        raise TypeError(f"the handler answers {result!r} instead of Done, Later or Dead")
    return result
