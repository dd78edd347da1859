"""Strangers' code with a time limit, on plain threads.

A Python thread cannot be killed. What can be done: the implementation runs on a worker thread, the asking one
waits for its limit and then goes on without it. What the implementation was given to act with (`store`,
`crm`) is revoked at that moment, its answer is ignored, and its thread is counted until it comes back: a
plugin with several such threads is leaking and is to be left alone.

Each asking thread keeps one worker and uses it again, so an ask costs two thread switches and no start. A
worker that is stuck is left to itself and ends when its job does.
"""

from __future__ import annotations

import contextvars
import math
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any


class Deadline:
    """A moment until which several asks must be through together."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._until = clock() + seconds

    def left(self) -> float:
        """Seconds that are left, 0 when it has passed."""
        return max(0.0, self._until - self._clock())


class Job:
    """One run of a function on a worker: `answer` or `error` once it is `done`."""

    __slots__ = ("_context", "_function", "answer", "done", "error")

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._context = contextvars.copy_context()
        self.answer: Any = None
        self.error: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        """Run it, in the asking thread's context (log fields); nothing gets out, not even `sys.exit()`."""
        try:
            self.answer = self._context.run(self._function)
        except BaseException as error:  # noqa: BLE001 - a stranger's code may raise anything; the asker judges
            self.error = error
        finally:
            self.done.set()


def run(job: Job, seconds: float) -> None:
    """Run a job on this thread's worker, wait for at most `seconds`; `job.done` tells whether it is done."""
    worker = getattr(_mine, "worker", None) or _Worker()
    _mine.worker = worker
    worker.jobs.put(job)
    if not job.done.wait(None if math.isinf(seconds) else seconds):
        _mine.worker = None


class _Worker:
    """A thread that ends when nobody holds its worker any more and its last job is through."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        weakref.finalize(self, self.jobs.put, None)
        threading.Thread(target=_work, args=(self.jobs,), name="hooks", daemon=True).start()


def _work(jobs: SimpleQueue[Job | None]) -> None:
    """Run jobs until `None` comes."""
    while (job := jobs.get()) is not None:
        job.run()
        del job  # so that nothing of a finished ask lives on until the next


_mine = threading.local()


class StuckThreads:
    """Which plugins hold threads that exceeded their limit and have not come back."""

    def __init__(self, maximum: int = 3) -> None:
        self.maximum = maximum
        self._jobs: dict[str, list[Job]] = {}
        self._lock = threading.Lock()

    def add(self, plugin: str, job: Job) -> None:
        """Note a job that is not done."""
        with self._lock:
            self._jobs.setdefault(plugin, []).append(job)

    def count(self, plugin: str) -> int:
        """How many of the plugin's threads are still out."""
        with self._lock:
            jobs = [job for job in self._jobs.get(plugin, ()) if not job.done.is_set()]
            self._jobs[plugin] = jobs
            return len(jobs)

    def is_too_much(self, plugin: str) -> bool:
        """Whether the plugin is to be left alone until they come back."""
        return self.count(plugin) >= self.maximum


class RevokedError(RuntimeError):
    """The hook has ended or exceeded its limit: its `store` and `crm` no longer act."""


class Grant:
    """What one implementation may act with, until it is revoked; a latecomer's new proxies are dead too.

    `used`: what it acted with, and how often (`crm.read`: 2).
    """

    def __init__(self) -> None:
        self.is_open = True
        self.used: Counter[str] = Counter()
        self._then: Callable[[], object] | None = None

    def when_revoked(self, then: Callable[[], object] | None) -> None:
        """What ends then, besides; `None` for nothing any more. It is called on the asking thread."""
        self._then = then

    def proxy(self, target: Any, what: str) -> Any:
        """Something that looks like `target` (called `what`) and acts as long as the grant is open."""
        return _Proxy(self, target, what)

    def revoke(self) -> None:
        """From now on every use raises `RevokedError`; one that runs already is not stopped."""
        self.is_open = False
        then = self._then
        if then is not None:
            then()

    def check(self, what: str) -> None:
        """`RevokedError` once it is."""
        if not self.is_open:
            raise RevokedError(f"'{what}' is no longer yours: the hook has ended or exceeded its time limit")


class _Proxy:
    """Looks like the granted object; asks the grant at each attribute and again at each call."""

    __slots__ = ("_grant", "_target", "_what")

    def __init__(self, grant: Grant, target: Any, what: str) -> None:
        self._grant = grant
        self._target = target
        self._what = what

    def __getattr__(self, name: str) -> Any:
        self._grant.check(self._what)
        value = getattr(self._target, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self._grant.check(self._what)
            self._grant.used[f"{self._what}.{name}"] += 1
            return value(*args, **kwargs)

        return call
