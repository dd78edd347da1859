"""The nightly comparison of what was filed with what the CRM has, within the running service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from itgrix_core.app.comparing import comparison, days_before
from itgrix_core.config.schema import Settings
from itgrix_core.crm.adapter import Adapter
from itgrix_core.crm.books import Books
from itgrix_core.errors import ItgrixError
from itgrix_core.jobs.reconciling import Compared, Reconciling
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.lane_engine import LaneEngine
from itgrix_core.outbox.store import PluginStore

LOOK_SECONDS = 30.0
AGAIN_SECONDS = 900.0
TRIES = 12
"""How often a comparison that failed is tried again in one night, and after how long each time."""

MOST_DAYS = 31
"""So far back goes a comparison at most that makes up for nights on which there was none."""

_NAME = "reconciled"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How the last comparison of an account ended.

    Attributes:
        at: when (Unix seconds).
        until: up to when calls were compared.
        compared, lost_or_wrong: calls.
        failure: why there was none the last time it was tried, "" if there was.
    """

    at: float
    until: float
    compared: int
    lost_or_wrong: int
    failure: str = ""


class Nightly:
    """One thread, between `start` and `stop`.

    Args:
        settings: those that count now.
        database, engine: the service's.
        adapters, books: the accounts and their lists of calls, by name.
        now: Unix seconds.
        is_repairable: as for `comparison`.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        database: Database,
        engine: LaneEngine,
        adapters: Mapping[str, Adapter],
        books: Mapping[str, Books],
        now: Callable[[], float] = time.time,
        *,
        is_repairable: bool = True,
    ) -> None:
        self._is_repairable = is_repairable
        self._settings = settings
        self._database = database
        self._engine = engine
        self._adapters = adapters
        self._books = books
        self._now = now
        self._memory = PluginStore(database, "itgrix", "")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._done_at = now()
        self._failures = 0

    def start(self, stopping: threading.Event) -> None:
        """Begin."""
        self._stopping = stopping
        self._thread = threading.Thread(target=self._run, name="reconcile", daemon=True)
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Wait for the thread, at most so long; `stopping` is set by then."""
        if self._thread:
            self._thread.join(seconds)

    @property
    def figures(self) -> dict[str, Reconciled]:
        """The last comparison of each account that had one."""
        told = self._memory.get(_NAME, {})
        return {name: Reconciled(**each) for name, each in told.items() if name in self._books}

    def look(self) -> None:
        """Compare, if its time has come."""
        now, at = self._now(), self._settings().reconcile.at
        if not at or now < self._due_at(at):
            return
        try:
            self.compare(now)
        except ItgrixError as error:
            self._failed(error, now)
        else:
            self._done_at, self._failures = now, 0

    def sheets(self, since: float, until: float) -> list[Compared]:
        """What was filed, or would have been, in this time (Unix seconds), beside what the CRMs have."""
        with self._comparison() as work:
            return work.compare(since, until)

    def compare(self, now: float) -> None:
        """Compare the last days, tell the figures, and ask for repairs if the settings want them."""
        settings = self._settings()
        zone = ZoneInfo(next(iter(settings.asterisk.values())).timezone)
        since, until = self._period(days_before(now, settings.reconcile.days, zone))
        with self._comparison() as work:
            compared = work.compare(since, until)
            self._tell(compared, now, until)
            if settings.reconcile.repair and not self._stopping.is_set():
                asked = work.repair(compared, self._engine)
                if asked:
                    _log.info(f"{asked} repairs were asked for")

    def _comparison(self) -> AbstractContextManager[Reconciling]:
        return comparison(
            self._settings(),
            self._database,
            self._adapters,
            self._books,
            self._engine.wake,
            self._stopping.is_set,
            is_repairable=self._is_repairable,
        )

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()

    def _due_at(self, at: str) -> float:
        """When the next comparison is: at that time of the day, or soon after one that failed."""
        hour, minute = map(int, at.split(":"))
        last = datetime.fromtimestamp(self._done_at).astimezone()
        due = last.replace(hour=hour, minute=minute, second=0, microsecond=0)
        due = due if due > last else due + timedelta(days=1)
        return due.timestamp() + self._failures * AGAIN_SECONDS

    def _failed(self, error: ItgrixError, now: float) -> None:
        self._failures += 1
        is_last = self._failures > TRIES
        _log.warning(f"The comparison with the CRM was not done: {error}")
        old = self.figures
        none = Reconciled(0.0, 0.0, 0, 0)
        told = {name: asdict(old.get(name, none)) | {"failure": str(error)} for name in self._books}
        self._memory.set(_NAME, told)
        if is_last:
            self._done_at, self._failures = now, 0

    def _period(self, period: tuple[float, float]) -> tuple[float, float]:
        """The days, and what earlier nights have left out."""
        since, until = period
        left = min((each.until for each in self.figures.values() if each.until), default=since)
        return max(min(since, left), until - MOST_DAYS * 86_400.0), until

    def _tell(self, compared: Sequence[Compared], now: float, until: float) -> None:
        told = {}
        for each in compared:
            name, sheet = each.account.name, each.sheet
            told[name] = asdict(Reconciled(now, until, sheet.compared, sheet.bad_calls))
            say = _log.info if sheet.is_clean else _log.warning
            say(f"crm.{name}: {sheet.figure}" + ("" if sheet.is_clean else "; see `itgrix reconcile`"))
        self._memory.set(_NAME, told)
