"""A plugin in a process of its own: started, kept running, asked; ended when it does not answer in time.

One process for all askings of a plugin, so that what its module remembers is one as it is in ours; each
asking has a thread there. A thread of ours reads what it says and starts it anew when it is gone: at once,
and when it dies again soon, after a pause. Who asks meanwhile waits for as long as his hook may take.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import structlog

from itgrix_core.plugins import errands
from itgrix_core.plugins.lives import EndedError, Life
from itgrix_hooks.answers import GiveUp, RetryLater
from itgrix_hooks.asking import ElsewhereError
from itgrix_hooks.importing import Imported
from itgrix_hooks.isolated.words import Answer, Failed, Ready, Start, Want
from itgrix_hooks.reading import Fault, Implementation, Reading
from itgrix_hooks.worker import Grant

START_SECONDS = 30.0
"""So long an import may take."""

LONG_LIFE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 30.0
"""A process that died sooner is started again after 0, 1, 2, 4 … at most so many seconds."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a plugin's process does.

    Attributes:
        plugin: its name.
        starts: how often it was started.
        memory_bytes: what it holds at this moment (resident), 0 while there is none.
    """

    plugin: str
    starts: int
    memory_bytes: int


class PluginProcess:
    """One plugin's. `open` it, ask the implementations that it brought, `close` it.

    Args:
        start: what it is to import.
        python: its interpreter; ours if `None`.
    """

    def __init__(self, start: Start, python: Path | None) -> None:
        self._start = start
        self._python = python
        self._state = threading.Condition()
        self._life: Life | None = None
        self._ready: Ready | None = None
        self._starts = 0
        self._is_closed = False
        self._why = "it was not started"
        self._numbers = 0

    # ---- its life --------------------------------------------------------------------------------------
    def open(self) -> Imported:
        """Start it and hear what it holds; a fault where it cannot be started or says nothing."""
        threading.Thread(target=self._keep, name=f"process of {self._start.plugin}", daemon=True).start()
        with self._state:
            self._state.wait_for(lambda: self._ready is not None or self._is_closed)
            ready, why = self._ready, self._why
        if ready is None:
            return Imported(None, Reading({}, (Fault(f"its process ended, {why}"),)), is_error=True)
        found = {each.hook: self._implementation(each.hook, each.names, each.place) for each in ready.held}
        return Imported(None, Reading(found, tuple(Fault(*each) for each in ready.faults)), ready.is_error)

    def close(self) -> None:
        """End it for good."""
        with self._state:
            self._is_closed = True
            life, self._life = self._life, None
            self._state.notify_all()
        if life:
            life.end("the service does not need it")

    @property
    def standing(self) -> Standing:
        """How it does now."""
        with self._state:
            life, starts = self._life, self._starts
        return Standing(self._start.plugin, starts, life.memory_bytes if life else 0)

    def _keep(self) -> None:
        """Start it, serve it to its end, and again, until it is closed."""
        pause = 0.0
        while not self._is_closed:
            began = time.monotonic()
            why = self._live()
            with self._state:
                self._life, self._why = None, why
                if self._ready is None or self._is_closed:
                    self._is_closed = True
                    self._state.notify_all()
                    return
            lasted = time.monotonic() - began
            pause = 0.0 if lasted > LONG_LIFE_SECONDS else min(2 * pause or 1.0, LONGEST_PAUSE_SECONDS)
            wait = pause if pause > 1.0 else 0.0
            when = f"in {wait:g} s" if wait else "at once"
            _log.warning(f"plugin {self._start.plugin}: its process ended, {why}; it is started again {when}")
            with self._state:
                self._state.wait_for(lambda: self._is_closed, wait)

    def _live(self) -> str:
        """One life, from its start to its end; why it ended."""
        try:
            life = Life(self._start, self._python)
        except OSError as error:
            return f"it cannot be started: {self._python}: {error.strerror}"
        self._starts += 1
        slow = threading.Timer(START_SECONDS, life.end, [f"its import took more than {START_SECONDS:g} s"])
        slow.daemon = True
        slow.start()
        try:
            ready = life.hear_ready()
            slow.cancel()
            if ready is not None and not self._is_as_before(ready):
                return life.end("it holds other hooks than when it was loaded; reload (SIGHUP) takes them up")
            self._begin(life, ready)
            return life.serve()
        finally:
            life.close()

    def _begin(self, life: Life, ready: Ready | None) -> None:
        """Let it be asked, if it can be and still is to be."""
        with self._state:
            if ready is None:
                return
            self._ready = self._ready or ready
            self._is_closed = self._is_closed or bool(ready.faults)
            if self._is_closed:
                life.end("the service does not need it")
            else:
                self._life = life
            self._state.notify_all()

    def _is_as_before(self, ready: Ready) -> bool:
        return self._ready is None or (ready.held == self._ready.held and not ready.faults)

    # ---- asking ------------------------------------------------------------------------------------------
    def _implementation(self, hook: str, names: list[str], place: int) -> Implementation:
        function = partial(self._ask, hook)
        return Implementation(self._start.plugin, function, tuple(names), place, is_remote=True)

    def _ask(self, hook: str, grant: Grant, **named: Any) -> Any:
        """Ask it, on the hook's thread; what it wants to do meanwhile is done here.

        Raises:
            RetryLater, GiveUp: the hook did.
            ElsewhereError: it raised something else, or its process ended; the text says what.
        """
        life = self._living(grant)
        with self._state:
            self._numbers += 1
            number = self._numbers
        inbox = life.opened(number)
        grant.when_revoked(partial(life.end, "it did not answer in time"))
        try:
            if not grant.is_open:
                raise ElsewhereError("the time was up before its process could be asked")
            life.say(errands.question(number, hook, named))
            return self._answer(life, inbox, named)
        except (EndedError, OSError) as error:
            raise ElsewhereError(f"its process ended: {life.why or error}") from None
        finally:
            grant.when_revoked(None)
            life.forget(number)

    def _living(self, grant: Grant) -> Life:
        """Its process, as soon as there is one."""

        def wake() -> None:
            with self._state:
                self._state.notify_all()

        grant.when_revoked(wake)
        with self._state:
            self._state.wait_for(lambda: self._is_up or self._is_closed or not grant.is_open)
            if self._life is None or not self._is_up:
                raise ElsewhereError(f"its process is not there: {self._why}")
            return self._life

    @property
    def _is_up(self) -> bool:
        return self._life is not None and not self._life.why

    def _answer(self, life: Life, inbox: SimpleQueue[Any], named: dict[str, Any]) -> Any:
        while True:
            said = inbox.get()
            if isinstance(said, Want):
                life.say(errands.done(said, named))
            elif isinstance(said, Answer):
                return errands.taken(said, named)
            elif isinstance(said, Failed):
                raise self._raised(life, said)
            else:
                raise EndedError(life.why)

    def _raised(self, life: Life, failed: Failed) -> Exception:
        if failed.kind == "retry":
            return RetryLater(failed.seconds, failed.text)
        if failed.kind == "give up":
            return GiveUp(failed.text)
        if failed.kind == "memory":
            life.end(f"it wanted more than its {self._start.memory_mb} MB")
            return ElsewhereError(f"{failed.text}: more than its {self._start.memory_mb} MB; it was ended")
        return ElsewhereError(failed.text)
