"""For whom a request to the CRM is made: a phone that rings now, or what has waited anyway.

Whoever begins a piece of work says it once (`with backlog():`); the CRM's client reads it when it sends, also
in the threads of hooks, which run in the asking thread's context. Where nobody said anything somebody waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar


class Urgency:
    """One piece of work.

    Attributes:
        is_live: whether a person waits for it.
        has_begun: whether a request of it was let through; what is begun is better brought to its end.
    """

    __slots__ = ("has_begun", "is_live")

    def __init__(self, *, is_live: bool) -> None:
        self.is_live = is_live
        self.has_begun = False


_current: ContextVar[Urgency | None] = ContextVar("urgency", default=None)


def current() -> Urgency:
    """The urgency of the work at hand; live where nobody has said."""
    return _current.get() or Urgency(is_live=True)


@contextmanager
def work(*, is_live: bool) -> Iterator[Urgency]:
    """Requests in here belong to one piece of work."""
    urgency = Urgency(is_live=is_live)
    token = _current.set(urgency)
    try:
        yield urgency
    finally:
        _current.reset(token)


def backlog() -> AbstractContextManager[Urgency]:
    """Requests in here may wait for those of live calls."""
    return work(is_live=False)
