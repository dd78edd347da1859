"""The service's delivery by a clock that a test moves: events go in, a sandbox portal has what came of them.

Nothing is waited for: what has to come later (another call's claim, a room in the quota) comes when the clock
is moved, which the portal shares if it is made with `clock=delivered.clock`.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from itgrix_core.app.from_settings import ages_of, rules_of
from itgrix_core.app.replay import PBX, tell
from itgrix_core.calls.events import CallEvent
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema import BitrixSettings, HookSettings
from itgrix_core.config.schema_rules import OutboxSettings
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.awaiting import Place
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.delivery import Delivery
from itgrix_core.jobs.mending import REPAIR, MendingJobs
from itgrix_core.jobs.patient import Patient
from itgrix_core.jobs.performing import Performer
from itgrix_core.jobs.questions import Tools
from itgrix_core.jobs.reconciling import Reconciling
from itgrix_core.jobs.recording import RECORDING_READY, RecordingJobs
from itgrix_core.jobs.watching import LogWatcher
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.plugins.manager import Plugins
from itgrix_core.recordings.folder import FolderSource
from itgrix_core.recordings.workshop import Workshop
from itgrix_core.sandbox.bitrix import Entry, RunningPortal, Seed, Settings, problems, run_portal
from itgrix_core.sandbox.bitrix.view import state
from itgrix_core.sandbox.recordings import load
from itgrix_hooks.testing import BEGAN, FakePbx

PATIENCE_SECONDS = 900
STEP_SECONDS = 1.0
MOST_STEPS = 600
FREELY = {"requests_at_once": 100_000, "requests_per_second": 1000.0, "operating_seconds": 1e6}
"""An account that keeps to no quota."""


class Delivered:
    """A delivery at a portal of this address.

    Args:
        database: an open one.
        webhook: the portal's address.
        crm: the account's settings.
        hooks: the customisation.
        now: when the clock stands still at first.
        timezone: of every PBX.
        monitor: where every PBX's recordings are.
    """

    def __init__(
        self,
        database: Database,
        webhook: str,
        crm: Mapping[str, Any] | None = None,
        hooks: HookSettings | None = None,
        *,
        now: float = BEGAN,
        timezone: str = "UTC",
        monitor: Path | None = None,
    ) -> None:
        self.now = now
        settings = BitrixSettings(webhook=SecretStr(webhook), **(FREELY | dict(crm or {})))
        self.adapter = BitrixAdapter(settings, "bitrix", None, self.clock, self.clock)
        self.engine = SqliteEngine(database, self.clock)
        account = Account("bitrix", self.adapter, rules_of(settings))
        effects = Effects(database, self.clock)
        pbxes = {name: FakePbx(name, timezone) for name in ("main", PBX)}
        tools = Tools(Plugins.load(hooks), Performer(effects, LogWatcher()), database, LogWatcher(), pbxes)
        accounts = Accounts({"bitrix": account}, dict.fromkeys(pbxes, "bitrix"), {})
        delivery = Delivery(accounts, tools, effects, self.engine, lambda _pbx: self.now)
        places = {name: Place(FolderSource(monitor), (), 3600.0) for name in pbxes} if monitor else {}
        workshop = Workshop(Path(tempfile.gettempdir()) / f"itgrix-{id(self)}")
        books = {"bitrix": self.adapter.books()}
        others = {
            RECORDING_READY: RecordingJobs(
                accounts, tools, effects, places, workshop, lambda _pbx: self.now, at_once=4
            ),
            REPAIR: MendingJobs(accounts, books, tools.performer, database, self.engine),
        }
        self._handler = Patient(
            lambda jobs, attempt: others.get(jobs[0].kind, delivery)(jobs, attempt),
            ages_of(OutboxSettings()),
        )
        self.reconciling = Reconciling(database, accounts, books, now=self.clock)

    def clock(self) -> float:
        """The time, for everybody."""
        return self.now

    def work(self) -> None:
        """Whatever is due now."""
        stopping = threading.Event()
        worker = threading.Thread(
            target=self.engine.run, args=(self._handler, stopping), kwargs={"workers": 4}
        )
        worker.start()
        try:
            assert self.engine.wait_until_idle(PATIENCE_SECONDS)
        finally:
            stopping.set()
            self.engine.wake()
            worker.join()

    def pass_by(self, seconds: float) -> None:
        """Time goes on, and what has become due is done."""
        self.now += seconds
        self.work()

    def file(self, events: Iterable[CallEvent]) -> None:
        """Each event when it happens."""
        for event in sorted(events, key=lambda event: event.at):
            self.now = max(self.now, event.at)
            self.engine.put([job_of(event, event.at)])
            self.work()

    def end(self) -> None:
        """Time goes on until nothing waits any more; nothing may have been given up."""
        for _ in range(MOST_STEPS):
            if self.engine.drained():
                break
            self.pass_by(STEP_SECONDS)
        counts = self.engine.counts()
        assert counts | {"done": 0} == dict.fromkeys(counts, 0)


def recorded_events(*paths: Path, timezone: str = "UTC") -> list[CallEvent]:
    """What the tracker tells of the calls in recorded logs, whose sound files are not here."""
    told = [each for path in paths for each in tell(load(path), Topology(), timezone)]
    events = [each for each in told if isinstance(each, CallEvent)]
    return [replace(each, call=replace(each.call, recordings=())) for each in events]


class Outcome:
    """What a portal was told, and what it holds."""

    def __init__(self, portal: RunningPortal) -> None:
        self.entries: Sequence[Entry] = portal.portal.ledger.entries()
        with portal.portal.lock:
            self.state: dict[str, Any] = state(portal.portal.world)

    def of(self, method: str) -> list[Mapping[str, Any]]:
        """The params of each executed request of a method."""
        wanted = method.casefold()
        return [e.params for e in self.entries if e.method.casefold() == wanted and e.is_executed]

    @property
    def requests(self) -> list[Entry]:
        """Requests as the portal counts them: a batch is one."""
        return [entry for entry in self.entries if entry.batch is None]


@contextmanager
def delivered(
    folder: Path,
    *,
    seed: Seed | None = None,
    settings: Settings | None = None,
    **options: Any,
) -> Iterator[tuple[Delivered, RunningPortal]]:
    """A delivery and its portal, which share a clock; afterwards the portal's ledger has no faults."""
    with Database(folder) as database:
        moved: list[Delivered] = []
        clock = lambda: moved[0].now if moved else BEGAN  # noqa: E731 - the two need each other
        with run_portal(settings or Settings(limits=None), seed or Seed(), clock=clock) as portal:
            moved.append(Delivered(database, portal.webhook, **options))
            try:
                yield moved[0], portal
            finally:
                moved[0].adapter.close()
            assert problems(portal.portal.ledger.entries()) == []
