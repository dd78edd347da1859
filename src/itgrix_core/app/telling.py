"""What the service tells of itself: /metrics, /healthz and /status, from one place.

Made before the rooms that it looks at: each of its sources is called when somebody asks.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import metadata

from flask import Blueprint

from itgrix_core.ami.supervisor import LineState
from itgrix_core.app.nightly import Reconciled
from itgrix_core.app.portals import Portal
from itgrix_core.app.status import (
    Filing,
    account_status,
    line_status,
    outbox_status,
    plugins_status,
    requests_per_call,
)
from itgrix_core.app.web.status import status_pages
from itgrix_core.config.schema import Settings
from itgrix_core.directory.numbers import IndexFigures
from itgrix_core.errors import DataFolderError
from itgrix_core.jobs.accounts import Accounts
from itgrix_core.jobs.counting import CountingWatcher
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.figures import OutboxFigures, oldest_seconds
from itgrix_core.outbox.missed import Figures, MissedCalls
from itgrix_core.plugins.manager import Plugins
from itgrix_core.telemetry.collectors import (
    OddityCollector,
    OutboxCollector,
    PerCallCollector,
    ProcessCollector,
    QuotaCollector,
    Quotas,
    ReconciledCollector,
)
from itgrix_core.telemetry.counters import Counts, Traffic, totals
from itgrix_core.telemetry.health import Vitals, troubles
from itgrix_core.telemetry.metrics import make_registry
from itgrix_core.telemetry.reloads import Reloads
from itgrix_core.telemetry.status import OutboxStatus, Status

KEPT_SECONDS = 1.0
"""So long a verdict stands: whoever reaches the port may ask, and each look writes to the database."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the service can be looked at.

    Attributes:
        lines: each Asterisk's line, by name.
        oddities: what did not fit, by Asterisk and kind.
        database: the outbox's, once it is open.
        is_delivering: whether the thread that files is alive.
        quotas: what the portals still allow, by account.
        indexes: what is known of clients' numbers, by account; nothing without routing.
        reconciled: how the last comparison with each account's list of calls ended.
    """

    lines: Callable[[], Mapping[str, LineState]]
    oddities: Callable[[], Mapping[str, Mapping[str, int]]]
    database: Callable[[], Database]
    is_delivering: Callable[[], bool]
    quotas: Quotas = dict
    indexes: Callable[[], Mapping[str, IndexFigures]] = dict
    reconciled: Callable[[], Mapping[str, Reconciled]] = dict


class Telling:
    """One service's; `plugins` are those that are asked now."""

    def __init__(self, settings: Settings, plugins: Callable[[], Plugins], sources: Sources) -> None:
        self._settings = settings
        self._plugins = plugins
        self._sources = sources
        self._lock = threading.Lock()
        self._verdict: tuple[float, list[str]] | None = None
        self._started_at, self._began = time.time(), time.monotonic()
        self.registry = make_registry(sources.lines, self._missed)
        self._traffic = Traffic(self.registry)
        self._counts = Counts(self.registry)
        self.reloads = Reloads(self.registry)
        self.registry.register(OutboxCollector(lambda: OutboxFigures(sources.database()).depths()))
        self.registry.register(OddityCollector(sources.oddities))
        self.registry.register(PerCallCollector(self._per_call))
        self.registry.register(QuotaCollector(sources.quotas))
        self.registry.register(ProcessCollector(lambda: self._plugins().processes))
        self.registry.register(ReconciledCollector(self._reconciled))

    def watched(self, portals: Mapping[str, Portal]) -> dict[str, Portal]:
        """The same portals, each request to them counted."""
        return {name: replace(each, observe=self._traffic.observer(name)) for name, each in portals.items()}

    def watcher(self, accounts: Accounts, now: Callable[[str], float]) -> CountingWatcher:
        """Who counts calls, cards and hooks; `now` is the stream's time of a PBX."""
        return CountingWatcher(self._counts, lambda call: accounts.of(call).name, now)

    def routed(self, pbx: str, outcome: str, seconds: float) -> None:
        """Count an answer to a dialplan's question (`jobs.routing.Routed`)."""
        self._counts.routed.labels(pbx, outcome).inc()
        self._counts.route_seconds.labels(pbx).observe(seconds)

    def pages(self) -> Blueprint:
        """/healthz and /status."""
        return status_pages(self.troubles, self.status)

    def troubles(self) -> list[str]:
        """What keeps calls from being filed in time, a sentence each; at most a second old."""
        with self._lock:
            now = time.monotonic()
            if self._verdict is None or now - self._verdict[0] > KEPT_SECONDS:
                self._verdict = (now, troubles(self._vitals()))
            return self._verdict[1]

    def status(self) -> Status:
        """How everything is now."""
        found, plugins = self.troubles(), self._plugins()
        lines, oddities = self._sources.lines(), self._sources.oddities()
        missed = {each.account: each for each in self._missed_if_readable()}
        reconciled = self._reconciled()
        quotas, indexes = self._sources.quotas(), self._sources.indexes()
        return {
            "version": metadata.version("itgrix"),
            "started_at": self._started_at,
            "uptime_seconds": time.monotonic() - self._began,
            "is_well": not found,
            "troubles": found,
            "asterisk": {name: line_status(line, oddities.get(name, {})) for name, line in lines.items()},
            "crm": {
                name: account_status(
                    crm.kind,
                    self._traffic.contact(name),
                    self._filing(name, missed.get(name)),
                    quotas.get(name),
                    indexes.get(name),
                    reconciled.get(name),
                )
                for name, crm in self._settings.crm.items()
            },
            "outbox": self._outbox(),
            "hooks": {
                "plugins": plugins_status(
                    plugins.records, plugins.processes, totals(self._counts.hook_outcomes)
                ),
                "problems": list(plugins.problems),
            },
            "reload": self.reloads.status,
        }

    def _vitals(self) -> Vitals:
        now, trouble, depths = time.time(), "", []
        figures = OutboxFigures(self._sources.database())
        try:
            figures.write()
            depths = figures.depths()
        except DataFolderError as error:
            trouble = str(error)
        lines = self._sources.lines().items()
        return Vitals(
            lost_seconds={name: now - line.lost_at for name, line in lines if line.lost_at is not None},
            is_delivering=self._sources.is_delivering(),
            database=trouble,
            free_bytes=self._free_bytes(),
            live_seconds=oldest_seconds(depths, now, is_live=True),
        )

    def _free_bytes(self) -> int | None:
        try:
            return shutil.disk_usage(self._settings.data_folder).free
        except OSError:
            return None

    def _outbox(self) -> OutboxStatus | None:
        figures = OutboxFigures(self._sources.database())
        try:
            return outbox_status(figures.depths(), figures.reasons(), time.time())
        except DataFolderError:
            return None

    def _missed(self) -> list[Figures]:
        return MissedCalls(self._sources.database()).figures()

    def _missed_if_readable(self) -> list[Figures]:
        try:
            return self._missed()
        except DataFolderError:
            return []

    def _reconciled(self) -> Mapping[str, Reconciled]:
        try:
            return self._sources.reconciled()
        except DataFolderError:
            return {}

    def _per_call(self) -> dict[str, float]:
        filed = totals(self._counts.filed)
        costs = {
            name: requests_per_call(self._traffic.contact(name).requests, filed.get((name,), 0))
            for name in self._settings.crm
        }
        return {name: cost for name, cost in costs.items() if cost is not None}

    def _filing(self, account: str, missed: Figures | None) -> Filing:
        not_filed = totals(self._counts.not_filed).items()
        return Filing(
            totals(self._counts.filed).get((account,), 0),
            {reason: count for (name, reason), count in not_filed if name == account},
            missed,
        )
