"""Ask one hook: one implementation at a time, each on its own, so that a guest can only fail alone.

pluggy's own call is one loop and one `try`: an exception ends it for everybody, and nothing bounds its time.
Here each implementation gets a private copy of what the one before left, a time limit and a `store` and `crm`
that end with it. Whoever raises, answers nonsense or is too slow is left out with a reason; the others are
still asked, and the call is filed with what they say. Only `RetryLater` gets out: then nothing is decided.
"""

from __future__ import annotations

import copy
import math
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from itgrix_hooks.accept import NonsenseError
from itgrix_hooks.answers import CANCEL, Action, GiveUp, RetryLater
from itgrix_hooks.lazy import Lazy
from itgrix_hooks.reading import Implementation
from itgrix_hooks.table import EXTRAS, HOOKS, Hook, Kind
from itgrix_hooks.trace import Asked, Entry, Outcome, change
from itgrix_hooks.worker import Deadline, Grant, Job, StuckThreads, run

Extras = Mapping[str, Callable[[str], Any]]
"""How to make `settings`, `pbx`, `store` and `crm` for a plugin: argument name to (plugin name to value)."""

NO_EXTRAS: Extras = {}
REVOKED = ("store", "crm")
"""The extra arguments that act, and so end with the hook."""


def ask(
    hook: str,
    implementations: Sequence[Implementation],
    arguments: Mapping[str, Any],
    *,
    extras: Extras = NO_EXTRAS,
    limit_seconds: float = 5.0,
    deadline: Deadline | None = None,
    stuck: StuckThreads | None = None,
    rests: Callable[[str], str] = lambda _plugin: "",
    clock: Callable[[], float] = time.monotonic,
) -> Asked:
    """Ask the implementations in the order given.

    Args:
        hook: its name.
        implementations: in the order of asking; a chain's last one has the last word, a decision's first.
        arguments: all arguments of the spec but the four extra ones; `Lazy` ones are fetched when named.
        extras: how the four extra ones are made, once per implementation that names them.
        limit_seconds: for each implementation.
        deadline: bounds all of them together, besides.
        stuck: where threads that do not come back are counted.
        rests: why a plugin is not to be asked now, "" if it is.
        clock: for the trace, in seconds.

    Returns:
        The answer and its trace.

    Raises:
        RetryLater: an implementation asks for it; its name is in the notes.
        TypeError: the service left out an argument of the spec.
    """
    row = HOOKS[hook]
    if not implementations:
        return Asked(hook, arguments[row.value] if row.value else row.default)
    missing = [name for name in row.arguments if name not in arguments and name not in EXTRAS]
    if missing:
        raise TypeError(f"hook '{hook}' is asked without {', '.join(missing)}")
    limits = _Limits(limit_seconds, deadline, stuck or StuckThreads(), clock)
    asking = _Asking(row, arguments, extras, limits)
    for implementation in implementations:
        asking.ask(implementation, rests(implementation.plugin))
        if asking.is_over:
            break
    return asking.asked()


class ElsewhereError(Exception):
    """What was raised in another process: a sentence that says what and where."""


class _Limits:
    """How long the next implementation may take, and how long one took."""

    def __init__(
        self, seconds: float, deadline: Deadline | None, stuck: StuckThreads, clock: Callable[[], float]
    ) -> None:
        self._seconds = seconds
        self._deadline = deadline
        self.stuck = stuck
        self.clock = clock

    def seconds(self) -> float:
        """0 if there is no time left."""
        return min(self._seconds, self._deadline.left()) if self._deadline else self._seconds

    def used_up(self) -> str:
        shared = self._deadline.seconds if self._deadline else self._seconds
        return f"not asked: the {shared:g} s for all hooks of this moment were used up"

    def exceeded(self, seconds: float) -> str:
        left = "all that was left of the shared limit" if seconds < self._seconds else "its limit"
        return f"no answer after {seconds:.3g} s, {left}; a late answer is ignored"


class _Left(Exception):  # noqa: N818 - not an error: the way out of one asking
    """This implementation is left out, with an outcome and a reason."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome = outcome
        self.reason = reason
        super().__init__(reason)


class _Asking:
    """One hook being asked: the value so far and the trace."""

    def __init__(self, row: Hook, arguments: Mapping[str, Any], extras: Extras, limits: _Limits) -> None:
        self.is_over = False
        self._row = row
        self._arguments = arguments
        self._extras = extras
        self._limits = limits
        self._value = arguments[row.value] if row.value else row.default
        self._actions: tuple[Action, ...] = ()
        self._is_cancelled = False
        self._is_default = True
        self._trace: list[Entry] = []

    def ask(self, implementation: Implementation, resting: str) -> None:
        """Ask one, unless it rests; keep its answer or the reason why there is none."""
        if resting:
            self._trace.append(Entry(implementation.plugin, Outcome.RESTING, reason=resting))
            return
        began, grant = self._limits.clock(), Grant()
        try:
            entry = self._entry(implementation, grant)
        except _Left as left:
            entry = Entry(implementation.plugin, left.outcome, 0.0, left.reason)
        seconds = self._limits.clock() - began
        self._trace.append(replace(entry, seconds=seconds, used=dict(grant.used)))

    def asked(self) -> Asked:
        """What came of it."""
        answer, actions = (None, ()) if self._is_cancelled else (self._value, self._actions)
        slow = dict.fromkeys(entry.plugin for entry in self._trace if entry.outcome is Outcome.TOO_SLOW)
        stuck = tuple(plugin for plugin in slow if self._limits.stuck.is_too_much(plugin))
        trace = tuple(self._trace)
        return Asked(self._row.name, answer, self._is_cancelled, self._is_default, actions, trace, stuck)

    def _entry(self, implementation: Implementation, grant: Grant) -> Entry:
        private = copy.deepcopy(self._value) if isinstance(self._value, dict | list) else self._value
        answer = self._answer(implementation, private, grant)
        if answer is None:
            return Entry(implementation.plugin, Outcome.LEFT_IT, reason=self._forgotten(private))
        if answer is CANCEL and self._row.is_cancellable:
            self._is_cancelled = self.is_over = True
            self._is_default = False
            return Entry(implementation.plugin, Outcome.CANCELLED)
        return self._accept(implementation, answer)

    def _forgotten(self, private: Any) -> str:
        """The commonest slip: the copy was changed but not returned."""
        try:
            is_changed = self._row.kind is Kind.CHAIN and private != self._value
        except Exception:  # noqa: BLE001 - a stranger's object in the copy may refuse to be compared
            is_changed = True
        if is_changed:
            return f"it changed its copy of '{self._row.value}' but returned None; return the changed one"
        return ""

    def _accept(self, implementation: Implementation, answer: Any) -> Entry:
        """Take an answer over, if it is one."""
        try:
            accepted = self._row.accept(answer, self._value)
            changed = change(self._value, accepted.value)
        except Exception as error:
            is_ours = isinstance(error, NonsenseError)
            reason = str(error) if is_ours else f"its answer cannot be read: {_text(error)}"
            hint = "; this hook cannot be cancelled" if answer is CANCEL else ""
            raise _Left(Outcome.NONSENSE, f"{reason}{hint}") from error
        if self._row.kind is Kind.DECIDE:
            self.is_over = True
        elif changed is None and not accepted.actions:
            return Entry(implementation.plugin, Outcome.LEFT_IT)
        self._value = accepted.value
        self._actions += accepted.actions
        self._is_default = self._is_default and implementation.is_own
        return Entry(implementation.plugin, Outcome.ANSWERED, 0.0, "", changed, accepted.actions)

    def _answer(self, implementation: Implementation, private: Any, grant: Grant) -> Any:
        """The implementation's own answer; `_Left` if there is none."""
        seconds = math.inf if implementation.is_own else self._limits.seconds()
        if seconds <= 0:
            raise _Left(Outcome.NO_TIME, self._limits.used_up())
        function = implementation.function
        asked = partial(function, grant) if implementation.is_remote else function
        job = Job(lambda: asked(**self._named(implementation, private, grant)))
        if implementation.is_own:
            job.run()
        else:
            run(job, seconds)
        is_done = job.done.is_set()
        grant.revoke()
        if not is_done:
            self._limits.stuck.add(implementation.plugin, job)
            raise _Left(Outcome.TOO_SLOW, self._limits.exceeded(seconds))
        if job.error is not None:
            _raise(job.error, implementation, self._row.name)
        return job.answer

    def _named(self, implementation: Implementation, private: Any, grant: Grant) -> dict[str, Any]:
        """The arguments that it wants, made on its own thread, since fetching them may take time."""
        named = {}
        for name in implementation.names:
            if name in EXTRAS:
                named[name] = self._extra(name, implementation.plugin, grant)
            else:
                given = private if name == self._row.value else self._arguments[name]
                named[name] = given.value() if isinstance(given, Lazy) else given
        return named

    def _extra(self, name: str, plugin: str, grant: Grant) -> Any:
        if name not in self._extras:
            raise LookupError(f"'{name}' cannot be had here")
        value = self._extras[name](plugin)
        return grant.proxy(value, name) if name in REVOKED else value


def _raise(error: BaseException, implementation: Implementation, hook: str) -> None:
    """What an implementation raised, as what it means."""
    if isinstance(error, RetryLater):
        if not (isinstance(error.seconds, int | float) and 0 < error.seconds < math.inf):
            raise _Left(Outcome.NONSENSE, f"RetryLater({error.seconds!r}); seconds above 0 were expected")
        error.add_note(f"asked for by plugin '{implementation.plugin}' in hook '{hook}'")
        raise error
    if isinstance(error, GiveUp):
        raise _Left(Outcome.GAVE_UP, str(error)) from error
    raise _Left(Outcome.FAILED, told(error, implementation)) from error


def told(error: BaseException, implementation: Implementation) -> str:
    """What an implementation raised, and where: `ValueError: no (fair.py, line 3)`."""
    is_told = isinstance(error, ElsewhereError)
    return str(error) if is_told else f"{_text(error)}{_where(error, implementation)}"


def _text(error: BaseException) -> str:
    """`ValueError: the text`, also of an exception that cannot be turned into text."""
    return traceback.format_exception_only(error)[0].strip().splitlines()[0]


def _where(error: BaseException, implementation: Implementation) -> str:
    """File and line where it happened: the last one in the implementation's own file."""
    frames = traceback.extract_tb(error.__traceback__)
    own = getattr(getattr(implementation.function, "__code__", None), "co_filename", "")
    frame = next((frame for frame in reversed(frames) if frame.filename == own), None)
    return f" ({Path(frame.filename).name}, line {frame.lineno})" if frame else ""
