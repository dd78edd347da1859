"""Wires everything from the settings; the only place that knows all the rooms.

One thread per Asterisk listens, a few workers file; they share the database alone.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import structlog

from itgrix_core.ami.recorder import Recorder
from itgrix_core.ami.supervisor import LineState, Supervisor
from itgrix_core.app.current import Current
from itgrix_core.app.edition import Edition
from itgrix_core.app.from_settings import (
    accounts_of,
    ages_of,
    click_rules_of,
    dial_rules_of,
    pbx_of,
    places_of,
    topology_of,
)
from itgrix_core.app.hearing import Hearing
from itgrix_core.app.keeping import Keeping
from itgrix_core.app.linking import Linking
from itgrix_core.app.nightly import Nightly
from itgrix_core.app.portals import portals_of, shadowed
from itgrix_core.app.routing import Routing
from itgrix_core.app.shadow import mark, shadow_settings
from itgrix_core.app.telling import Sources, Telling
from itgrix_core.app.tidying import Tidying
from itgrix_core.app.web.bitrix24 import bitrix24_pages
from itgrix_core.app.web.pages import create_app
from itgrix_core.app.web.server import serve_pages
from itgrix_core.calls.questions import Action
from itgrix_core.calls.tracker import Exchange, Tracker
from itgrix_core.config.schema import Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.crm.bitrix24.clicks import CALLBACK, CLICK
from itgrix_core.crm.quota import QuotaState
from itgrix_core.history.reading import open_history
from itgrix_core.jobs.accounts import Accounts
from itgrix_core.jobs.backfill import Backfill, learnt_of
from itgrix_core.jobs.clicking import Clicking
from itgrix_core.jobs.clock import StreamClock
from itgrix_core.jobs.delivery import Delivery
from itgrix_core.jobs.dialling import Decider
from itgrix_core.jobs.listening import Listening, catch_up
from itgrix_core.jobs.mending import REPAIR, MendingJobs
from itgrix_core.jobs.notices import NOTICE, Consumer, NoticeJobs
from itgrix_core.jobs.overdue import CALL_BACK_DUE, OverdueJobs
from itgrix_core.jobs.patient import Patient
from itgrix_core.jobs.performing import Performer
from itgrix_core.jobs.presence import OnChunk
from itgrix_core.jobs.questions import Tools
from itgrix_core.jobs.recording import RECORDING_READY, RecordingJobs
from itgrix_core.jobs.repairs import Heard, Repairs, last_word_at
from itgrix_core.jobs.sharing import Shared, linked
from itgrix_core.jobs.watching import LogWatcher, Watcher, Watchers
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt, Handler, Job, Result
from itgrix_core.outbox.even_clock import EvenClock
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.outbox.store import PluginStore
from itgrix_core.plugins.manager import Plugins
from itgrix_core.recordings.opening import OpenSources
from itgrix_core.recordings.workshop import Workshop
from itgrix_core.serving import HttpServer
from itgrix_hooks.wishes import RouteAnswer, RouteQuestion

AUDIO = "audio"
"""Below the data folder: what recordings are brought, cut and converted to."""

STOP_SECONDS = 5.0
"""How long a stop waits for requests that are under way: a portal may be as slow as its time-out."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One Asterisk of the service."""

    supervisor: Supervisor
    listening: Listening
    recorder: Recorder
    clock: StreamClock


class Service:
    """The connector: listens to every Asterisk and files into every CRM until it is stopped.

    Args:
        settings: the whole configuration.
        watcher: looks on besides the log.
        plugins: the hooks; loaded from the settings if left out.
        is_shadow: whether it stands beside another connector and writes nothing to any CRM.

    Raises:
        ConfigError, DataFolderError: from `start`, when it cannot go on.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        watcher: Watcher | None = None,
        plugins: Plugins | None = None,
        is_shadow: bool = False,
    ) -> None:
        self._is_shadow = is_shadow
        portals = shadowed(portals_of(settings)) if is_shadow else portals_of(settings)
        self.settings = settings = shadow_settings(settings) if is_shadow else settings
        self.plugins = plugins or Plugins.load(settings.hooks)
        self.lines: dict[str, Line] = {}
        self._repairs: dict[str, Repairs] = {}
        self._stopping = threading.Event()
        self._worker: threading.Thread | None = None
        self._menders: list[threading.Thread] = []
        self._web: HttpServer | None = None
        self._routing: Routing | None = None
        self.nightly: Nightly | None = None
        sources = Sources(
            self.line_states,
            self._oddities,
            lambda: self._database,
            self._is_delivering,
            self._quotas,
            lambda: self._routing.figures if self._routing else {},
            lambda: self.nightly.figures if self.nightly else {},
        )
        self.telling = Telling(settings, lambda: self.plugins, sources)
        self._portals = self.telling.watched(portals)
        self._adapters = {name: portal.adapter() for name, portal in self._portals.items()}
        self._books = {name: adapter.books(self._stopping.wait) for name, adapter in self._adapters.items()}
        counting = self.telling.watcher(accounts_of(settings, self._adapters), self._now)
        self._watcher = Watchers(LogWatcher(), counting, *([watcher] if watcher else []))
        self._keeping = Keeping(self._portals, self._adapters)
        self._sources = OpenSources()
        self._workshop = Workshop(settings.data_folder / AUDIO)
        self._linking = Linking(settings, lambda: self.settings)

    def start(self) -> None:
        """Open the data folder, go on where the last run ended, connect, file. Returns at once."""
        self._database = Database(self.settings.data_folder)
        try:
            self._database.lock()
            self._database.upgrade()
            mark(self._database, is_shadow=self._is_shadow)
            self._begin()
        except BaseException:
            if self._routing:
                self._routing.stop(0.0)
            self._database.close()
            raise

    def _begin(self) -> None:
        clock = EvenClock()
        self.engine = SqliteEngine(self._database, clock)
        self._tidying = Tidying(self._database, self.engine, self.settings.outbox, clock)
        self._tidying.make_good()
        self._workshop.sweep(self.settings.outbox.keep_dead_days)
        if self.settings.is_copying:
            self._routing = Routing(self.settings, self._adapters)
        groups = linked({name: [*own.links.values()] for name, own in self.settings.asterisk.items()})
        for group in groups:
            self._connect(group)
        self._boards = {name: group[0] for group in groups for name in group}
        self._current = Current(self._edition(self.settings, self.plugins), Edition.end)
        _log.info(self.plugins.summary())
        for group in groups:
            catch_up([self.lines[name].listening for name in group])
        self._worker = threading.Thread(
            target=self.engine.run,
            args=(self._handle, self._stopping),
            kwargs={"workers": self.settings.workers},
            name="delivery",
            daemon=True,
        )
        self._worker.start()
        for name, repairs in self._repairs.items():
            stopping = (self._stopping,)
            mender = threading.Thread(target=repairs.run, args=stopping, name=f"history {name}", daemon=True)
            self._menders.append(mender)
            mender.start()
        for line in self.lines.values():
            line.supervisor.start()
        self._hearing = Hearing(self._portals, self.engine)
        registry = self.telling.registry
        pages = [self.telling.pages(), *self._linking.pages()]
        if not self._is_shadow:
            pages.append(bitrix24_pages(self._portals, registry, self._hearing.take))
        if self._routing:
            pages += self._routing.open(self._answer)
            self._routing.start(self._stopping)
        self._web = serve_pages(create_app(registry, *pages), self.settings.web)
        if not self._is_shadow:
            self._hearing.start(self._stopping)
            self._keeping.start(self._stopping)
        self._tidying.start(self._stopping)
        self.nightly = Nightly(
            lambda: self.settings,
            self._database,
            self.engine,
            self._adapters,
            self._books,
            is_repairable=not self._is_shadow,
        )
        self.nightly.start(self._stopping)

    def take_up(self, settings: Settings, plugins: Plugins) -> None:
        """From the next job on go by these; a call whose turn is under way ends with what it has begun with.

        Args:
            settings: other than the running ones only where `config.taking_up` says that it may be.
            plugins: loaded from them.
        """
        edition = self._edition(settings, plugins)
        portals = self.telling.watched(portals_of(settings))
        self.settings, self.plugins = settings, plugins
        self._current.replace(edition)
        self._keeping.renew(portals)

    def _edition(self, settings: Settings, plugins: Plugins) -> Edition:
        routing = self._routing
        accounts = accounts_of(settings, self._adapters, routing.copied if routing else None)
        tools = self._tools(settings, plugins)
        handler = self._handler(settings, accounts, tools)
        router = routing.router(settings, tools, accounts, self.telling.routed) if routing else None
        return Edition(settings, plugins, accounts, tools, handler, router)

    def _handle(self, jobs: Sequence[Job], attempt: Attempt) -> Result:
        """As `outbox.engine.Handler`."""
        with self._current.held() as edition:
            return edition.handler(jobs, attempt)

    def _answer(self, pbx: str, question: RouteQuestion, uniqueid: str) -> RouteAnswer:
        """As `jobs.agi.Answer`."""
        with self._current.held() as edition:
            return edition.router.answer(pbx, question, uniqueid) if edition.router else RouteAnswer()

    def _quotas(self) -> dict[str, QuotaState]:
        """What each portal still allows, by account."""
        return {name: adapter.quota for name, adapter in self._adapters.items()}

    def line_states(self) -> dict[str, LineState]:
        """How each Asterisk's line is now, by its name."""
        return {name: line.supervisor.state for name, line in self.lines.items()}

    def _oddities(self) -> dict[str, dict[str, int]]:
        return {name: line.listening.oddities for name, line in self.lines.items()}

    def _is_delivering(self) -> bool:
        return self._worker is not None and self._worker.is_alive()

    def _connect(self, group: Sequence[str]) -> None:
        """Make the lines of an Asterisk, or of some that are linked."""
        make_tracker = Exchange().tracker if len(group) > 1 else Tracker
        shared = Shared(group[0])
        for name in group:
            asterisk = self.settings.asterisk[name]
            tracker = make_tracker(name, topology_of(asterisk), asterisk.timezone)
            self.lines[name] = self._line(name, asterisk, tracker, shared)

    def _line(self, name: str, asterisk: AsteriskSettings, tracker: Tracker, shared: Shared) -> Line:
        recorder = Recorder(self.settings.data_folder / "recorded", name)
        clock = StreamClock()
        spool = Spool(self._database, self.engine.wake)
        listening = Listening(
            name,
            tracker,
            recorder,
            spool,
            clock,
            self._watcher,
            lambda action: self._send(name, action),
            shared=shared,
        )
        on_chunk: OnChunk = listening.on_chunk
        if self._routing:
            send = partial(self._send, name)
            on_chunk = self._routing.heard(name, lambda: tracker.topology, on_chunk, send)
        if asterisk.history.is_set:
            repairs = self._repairs[name] = self._repairs_of(name, asterisk, spool)
            on_chunk = Heard(on_chunk, repairs.gap, last_word_at(recorder.folder))
        supervisor = Supervisor(name, asterisk, on_chunk)
        return Line(supervisor, listening, recorder, clock)

    def _repairs_of(self, name: str, asterisk: AsteriskSettings, spool: Spool) -> Repairs:
        def backfill() -> Backfill:
            learnt = learnt_of(name, spool)
            return Backfill(name, topology_of(asterisk), asterisk.timezone, spool, learnt=learnt)

        history = open_history(asterisk.history, ZoneInfo(asterisk.timezone), self._stopping.is_set)
        memory = PluginStore(self._database, "itgrix", "")
        return Repairs(name, history, backfill, spool, memory, shed=lambda: self.line_states()[name].shed)

    def _send(self, name: str, action: Action) -> None:
        self.lines[name].supervisor.send(dict(action))

    def _tools(self, settings: Settings, plugins: Plugins) -> Tools:
        pbxes = {name: pbx_of(name, asterisk) for name, asterisk in settings.asterisk.items()}
        performer = Performer(Effects(self._database), self._watcher)
        guessing = frozenset(name for name, each in settings.asterisk.items() if each.recordings.patterns)
        return Tools(plugins, performer, self._database, self._watcher, pbxes, guessing)

    def _handler(self, settings: Settings, accounts: Accounts, tools: Tools) -> Handler:
        effects = Effects(self._database)
        delivery = Delivery(accounts, tools, effects, self.engine, self._now)
        places, at_once = places_of(settings, self._sources.of), max(1, settings.workers // 2)
        recordings = RecordingJobs(
            accounts, tools, effects, places, self._workshop, self._now, at_once, self._linking.link
        )
        others: dict[str, Handler] = {
            RECORDING_READY: recordings,
            CALL_BACK_DUE: OverdueJobs(accounts, tools, effects, self._now),
            REPAIR: MendingJobs(accounts, self._books, tools.performer, self._database, self.engine),
            NOTICE: NoticeJobs(self._consumers(self._clicking(settings, accounts, tools))),
        }
        return Patient(
            lambda jobs, attempt: others.get(jobs[0].kind, delivery)(jobs, attempt),
            ages_of(settings.outbox),
        )

    def _consumers(self, clicking: Clicking) -> dict[str, Consumer]:
        """Who deals with what the CRMs tell us."""
        routing = self._routing.consumers if self._routing else {}
        return {**routing, **dict.fromkeys((CLICK, CALLBACK), clicking)}

    def _clicking(self, settings: Settings, accounts: Accounts, tools: Tools) -> Clicking:
        """Their calls are saved under the names of `_boards`."""
        decider = Decider(
            accounts,
            tools,
            {name: click_rules_of(settings, name) for name in settings.crm},
            {name: dial_rules_of(asterisk) for name, asterisk in settings.asterisk.items()},
        )
        return Clicking(
            accounts,
            tools,
            Effects(self._database),
            Spool(self._database, self.engine.wake),
            decider,
            lambda: {name: line.supervisor for name, line in self.lines.items()},
            self._boards,
            [name for name, asterisk in settings.asterisk.items() if asterisk.history.is_set],
        )

    def _now(self, pbx: str) -> float:
        line = self.lines.get(pbx)
        return (line.clock if line else StreamClock()).now()

    def stop(self) -> None:
        """End: stop listening, let the workers finish what they have in hand, close the database."""
        if self._web:
            self._web.stop()
        for line in self.lines.values():
            line.supervisor.stop()
        self._stopping.set()
        self.engine.wake()
        for mender in self._menders:
            mender.join(STOP_SECONDS)
        if self._worker:
            self._worker.join(STOP_SECONDS)
        self._hearing.stop(STOP_SECONDS)
        self._keeping.stop(STOP_SECONDS)
        self._tidying.stop(STOP_SECONDS)
        if self.nightly:
            self.nightly.stop(STOP_SECONDS)
        if self._routing:
            self._routing.stop(STOP_SECONDS)
        if self._worker and self._worker.is_alive():  # the folder stays ours until the process has ended
            _log.warning("A request is still under way; the next start asks the CRM what became of it.")
            return
        for line in self.lines.values():
            line.recorder.close()
        for adapter in self._adapters.values():
            adapter.close()
        self._sources.close()
        self._database.close()
        self.plugins.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
