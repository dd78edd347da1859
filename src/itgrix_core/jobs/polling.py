"""Fetches the events of one account in a thread, where the portal has no way to post them.

Reserve, store, clear, in this order: a crash between two of them repeats a notice, which its key makes
harmless, and loses none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog

from itgrix_core.crm.adapter import Blocked
from itgrix_core.crm.bitrix24.errors import Failure
from itgrix_core.crm.bitrix24.offline import Fetched, OfflineQueue
from itgrix_core.crm.notice import Notice
from itgrix_core.errors import ItgrixError

FAILED_SECONDS = 30.0
"""How soon it is tried again where nothing can be asked: an account may be connected while we run."""
UNBOUND_SECONDS = 60.0
"""How often it is asked whether something is bound by now."""

Take = Callable[[Sequence[Notice]], object]
"""Stores notices, durable on return."""

_log = structlog.get_logger(__name__)


class Poller:
    """One account's.

    Args:
        account: the entry of `crm`.
        queue: the portal's.
        take: stores what came.
        seconds: between two looks.
    """

    def __init__(self, account: str, queue: OfflineQueue, take: Take, seconds: float) -> None:
        self._account = account
        self._queue = queue
        self._take = take
        self._seconds = seconds
        self._is_bound = False
        self._told = ""

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; whatever goes wrong is told once and tried again."""
        while not stop.is_set():
            try:
                pause = self.turn()
            except ItgrixError as error:
                pause = self._failed(str(error), FAILED_SECONDS)
            stop.wait(pause)

    def turn(self) -> float:
        """One look; the seconds until the next."""
        if not self._is_bound:
            failure = self._begin()
            if failure is not None:
                return self._failed(failure.text, FAILED_SECONDS)
            if not self._is_bound:
                return UNBOUND_SECONDS
        failure = self._kept(self._fetched())
        if failure is None:
            self._told = ""
            return self._seconds
        self._is_bound = False
        pause = failure.seconds if isinstance(failure, Blocked) else 0.0
        return self._failed(failure.text, max(self._seconds, pause))

    def _begin(self) -> Failure | None:
        """Whether there is anything to fetch, and first what a crash has left reserved."""
        bound = self._queue.is_bound()
        if not isinstance(bound, bool):
            return bound
        self._is_bound = bound
        left = self._queue.left() if bound else []
        if not isinstance(left, list):
            return left
        failures = (self._kept(self._queue.fetch(process_id)) for process_id in left)
        return next((failure for failure in failures if failure is not None), None)

    def _fetched(self) -> Fetched | Failure:
        was_reserving = self._queue.is_reserving
        fetched = self._queue.fetch()
        if was_reserving and not self._queue.is_reserving:
            _log.warning(
                f"crm {self._account}: the portal's plan cannot reserve events, so they are taken at once; "
                "those under way in a crash are lost"
            )
        return fetched

    def _kept(self, fetched: Fetched | Failure) -> Failure | None:
        if not isinstance(fetched, Fetched):
            return fetched
        if not fetched.notices:
            return None
        self._take(fetched.notices)
        return self._queue.clear(fetched)

    def _failed(self, text: str, seconds: float) -> float:
        if text != self._told:
            _log.warning(f"crm {self._account}: events cannot be fetched: {text}")
            self._told = text
        return seconds
