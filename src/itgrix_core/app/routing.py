"""Routing put together from the settings: the index of numbers, the phones' states, the doors that answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from ipaddress import ip_network

import structlog
from flask import Blueprint

from itgrix_core.app.from_settings import routing_rules_of
from itgrix_core.app.web.route import route_pages
from itgrix_core.calls.presence import Presence
from itgrix_core.calls.questions import Action
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema import Settings
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.crm.bitrix24.listing import KINDS
from itgrix_core.crm.notice import Notice
from itgrix_core.directory.numbers import IndexFigures, NumberIndex
from itgrix_core.jobs.accounts import Accounts
from itgrix_core.jobs.agi import AgiServer, Answer
from itgrix_core.jobs.copied import Copied
from itgrix_core.jobs.indexing import Indexing
from itgrix_core.jobs.notices import Consumer
from itgrix_core.jobs.presence import OnChunk, heard
from itgrix_core.jobs.questions import Tools
from itgrix_core.jobs.routing import Ground, Routed, Router
from itgrix_core.outbox.engine import Attempt, Done, Result

CHANGED = "ONCRM*"
_log = structlog.get_logger(__name__)


class Routing:
    """Of one service, whose settings switch it on; raises `DataFolderError`."""

    def __init__(self, settings: Settings, adapters: Mapping[str, BitrixAdapter]) -> None:
        self._settings = settings
        self._index = NumberIndex(settings.data_folder)
        self._indexings = {
            name: Indexing(
                name,
                adapter.listing(),
                self._index,
                KINDS,
                settings.routing.poll_seconds,
                is_asking_days=settings.routing.open_day,
            )
            for name, adapter in adapters.items()
        }
        self.copied = {name: Copied(self._index, name, KINDS) for name in adapters}
        self._presence: dict[str, Presence] = {}
        self._threads: list[threading.Thread] = []
        self._door: AgiServer | None = None

    @property
    def figures(self) -> dict[str, IndexFigures]:
        """What is known of clients' numbers, by account."""
        return {name: each.figures for name, each in self._indexings.items() if each.figures}

    @property
    def consumers(self) -> dict[str, Consumer]:
        """Who wants which of the CRMs' events."""
        return {CHANGED: self._consume}

    def heard(
        self,
        pbx: str,
        topology: Callable[[], Topology],
        on_chunk: OnChunk,
        send: Callable[[Action], None],
    ) -> OnChunk:
        """`on_chunk` of a PBX, with its phones' states learnt on the way."""
        presence = self._presence[pbx] = Presence(topology)
        return heard(presence, on_chunk, send)

    def router(self, settings: Settings, tools: Tools, accounts: Accounts, routed: Routed) -> Router:
        """Who answers by these settings, which may be newer than those that the doors were made of."""
        routing, pbxes = settings.routing, settings.asterisk
        ground = Ground(
            self._index,
            self._presence,
            {name: asterisk.timezone for name, asterisk in pbxes.items()},
            routing_rules_of(routing),
            KINDS,
            routing.portal_seconds,
        )
        return Router(ground, tools, accounts, routed)

    def open(self, answer: Answer) -> list[Blueprint]:
        """Answer from now on; the page, where there is one. Every PBX is `heard` by then."""
        self._door = self._agi(answer)
        token = self._settings.routing.token.get_secret_value()
        return [route_pages(frozenset(self._presence), answer, token)] if token else []

    def start(self, stopping: threading.Event) -> None:
        """Copy the clients, in a thread for each account."""
        for name, indexing in self._indexings.items():
            arguments = (stopping,)
            thread = threading.Thread(target=indexing.run, args=arguments, name=f"index {name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, seconds: float) -> None:
        """Answer no more; wait for each thread at most so long; `stopping` is set by then."""
        if self._door:
            self._door.stop()
        for indexing in self._indexings.values():
            indexing.wake()
        for thread in self._threads:
            thread.join(seconds)
        self._index.close()

    def _agi(self, answer: Answer) -> AgiServer | None:
        """The FastAGI door; a port that is taken is no reason not to file calls."""
        routing = self._settings.routing
        if routing.agi_port is None:
            return None
        networks = [ip_network(each) for each in routing.allowed]
        try:
            door = AgiServer(
                (routing.agi_host, routing.agi_port), networks, frozenset(self._presence), answer
            )
        except OSError as error:
            _log.warning(
                f"No FastAGI: {routing.agi_host}:{routing.agi_port} cannot be had ({error.strerror}). "
                "Callers go their usual way; change routing.agi_port."
            )
            return None
        _log.info(f"FastAGI at agi://{routing.agi_host}:{door.port}/")
        return door

    def _consume(self, notice: Notice, attempt: Attempt) -> Result:
        indexing = self._indexings.get(notice.account)
        return indexing.consume(notice, attempt) if indexing else Done()
