"""Which lane is next: pure, no clock, no lock, no store.

Only lane heads are kept here, so the choice costs the logarithm of the number of lanes, not of jobs. Whether
a lane is young is judged when it is *taken*: at enqueue all ten thousand jobs of an outage were young. The
store stays the truth: what is kept here is an index and may be told anew at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

YOUNG_SECONDS: Final = 30.0
"""A lane whose head happened within this time goes before all others: somebody's phone may be ringing."""


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """The first open job of a lane; times in Unix seconds.

    Attributes:
        due_at: since when it could be taken: the later of `born_at` and `not_before`.
        seq: its place among all jobs, for ties.
        lane: the lane.
        born_at: when its event happened.
        not_before: earliest time at which it may be taken.
    """

    due_at: float
    seq: int
    lane: str
    born_at: float
    not_before: float


def head_of(lane: str, seq: int, born_at: float, not_before: float) -> Head:
    """The head of `lane`, its due time worked out."""
    return Head(max(born_at, not_before), seq, lane, born_at, not_before)


class Lanes:
    """The lanes with work, and those that are taken."""

    def __init__(self) -> None:
        self._heads: dict[str, Head] = {}
        self._taken: set[str] = set()
        self._delayed: list[tuple[float, Head]] = []
        self._young: list[Head] = []
        self._old: list[Head] = []

    def offer(self, lane: str, head: Head | None) -> None:
        """What is now known about a lane; `None`: nothing waits in it. A taken lane is told at its return."""
        if lane in self._taken or self._heads.get(lane) == head:
            return
        if head is None:
            del self._heads[lane]
        else:
            self._heads[lane] = head
            heappush(self._delayed, (head.not_before, head))

    def offer_all(self, heads: dict[str, Head]) -> None:
        """What is now known about every lane; lanes not named have nothing."""
        for lane in [lane for lane in self._heads if lane not in heads]:
            self.offer(lane, None)
        for lane, head in heads.items():
            self.offer(lane, head)

    def take(self, now: float) -> Head | None:
        """Take the next lane with a due head: young ones first, then whichever has been due longest."""
        self._ripen(now)
        head = self._next_young(now) or self._next_old()
        if head is None:
            return None
        del self._heads[head.lane]
        self._taken.add(head.lane)
        return head

    def give_back(self, lane: str) -> None:
        """The lane may be taken again, as soon as it is offered."""
        self._taken.discard(lane)

    def next_at(self) -> float | None:
        """When the next delayed head gets due, `None` if none does; right after a `take` that found none."""
        while self._delayed and self._is_stale(self._delayed[0][1]):
            heappop(self._delayed)
        return self._delayed[0][0] if self._delayed else None

    def is_idle(self, now: float) -> bool:
        """Whether no lane is taken and none is due."""
        return not self._taken and all(head.not_before > now for head in self._heads.values())

    def is_empty(self) -> bool:
        """Whether no lane is taken and none has anything, due or delayed."""
        return not self._taken and not self._heads

    def _is_stale(self, head: Head) -> bool:
        """Heaps forget lazily: an entry counts only while it is what is known about its lane."""
        return self._heads.get(head.lane) != head

    def _ripen(self, now: float) -> None:
        while self._delayed and self._delayed[0][0] <= now:
            _, head = heappop(self._delayed)
            if not self._is_stale(head):
                heappush(self._young if is_young(head.born_at, now) else self._old, head)

    def _next_young(self, now: float) -> Head | None:
        while self._young:
            head = heappop(self._young)
            if self._is_stale(head):
                continue
            if is_young(head.born_at, now):
                return head
            heappush(self._old, head)
        return None

    def _next_old(self) -> Head | None:
        while self._old:
            head = heappop(self._old)
            if not self._is_stale(head):
                return head
        return None


def is_young(born_at: float, now: float) -> bool:
    """Whether somebody's phone may still be ringing for what happened then."""
    return born_at >= now - YOUNG_SECONDS
