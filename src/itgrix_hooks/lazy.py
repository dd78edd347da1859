"""Arguments that cost a request to the CRM, fetched only when a hook wants them.

The portal answers two requests a second, and most hooks look at `call` and `params` alone. `Lazy` is for a
single value (`activity`, `entity`): fetched when the first implementation that *names* it is asked, so it is
the true value, `None` included. `LazySequence` is for `clients`: it looks like a tuple and is fetched when
somebody first looks into it. Both fetch once, on the hook's own thread, inside its time limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar, overload

T = TypeVar("T")


class Lazy(Generic[T]):
    """A value still to be fetched by `load`, which may raise whatever a hook may raise."""

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._lock = Lock()
        self._values: list[T] = []

    def value(self) -> T:
        """The value, fetched at the first call; a failure is not remembered."""
        with self._lock:
            if not self._values:
                self._values.append(self._load())
            return self._values[0]


class LazySequence(Sequence[T]):
    """A tuple that is fetched by `load` when it is first looked into."""

    def __init__(self, load: Callable[[], Sequence[T]]) -> None:
        self._lazy = Lazy(lambda: tuple(load()))

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        """As of a tuple."""
        return self._lazy.value()[at]

    def __len__(self) -> int:
        """As of a tuple."""
        return len(self._lazy.value())

    def __repr__(self) -> str:
        return f"LazySequence({self._lazy.value()!r})"
