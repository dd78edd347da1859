"""Who writes next: a lock that those in a hurry get first, because a flush to the disk takes its time.

A ringing phone's card takes three or four commits one after the other. Behind eight workers that catch up
after an outage each of them would wait for seven others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Condition, Lock, get_ident

_may_wait: ContextVar[bool] = ContextVar("may_wait", default=False)


@contextmanager
def patiently() -> Iterator[None]:
    """What is written in here lets others go first; hooks' threads, which run in its context, do likewise."""
    token = _may_wait.set(True)
    try:
        yield
    finally:
        _may_wait.reset(token)


class Gate:
    """Lets one in at a time; who is in may go in again, so that a write inside a write ends in an error.

    Attributes:
        waiting: how many in a hurry wait, and how many others.
    """

    def __init__(self) -> None:
        lock = Lock()
        self._hurried, self._patient = Condition(lock), Condition(lock)
        self.waiting = [0, 0]
        self._inside: int | None = None
        self._depth = 0

    def __enter__(self) -> None:
        with self._hurried:
            if self._inside != get_ident():
                self._wait(is_hurried=not _may_wait.get())
                self._inside = get_ident()
            self._depth += 1

    def __exit__(self, *exception: object) -> None:
        with self._hurried:
            self._depth -= 1
            if not self._depth:
                self._inside = None
                (self._hurried if self.waiting[0] else self._patient).notify()

    def _wait(self, *, is_hurried: bool) -> None:
        """Until nobody is inside; the patient also until nobody in a hurry waits."""
        place = 0 if is_hurried else 1
        self.waiting[place] += 1
        try:
            if is_hurried:
                self._hurried.wait_for(lambda: self._inside is None)
            else:
                self._patient.wait_for(lambda: self._inside is None and not self.waiting[0])
        finally:
            self.waiting[place] -= 1
