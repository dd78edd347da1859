"""What portals tell the running service: stored as jobs, whichever way it came."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from itgrix_core.app.portals import Portal
from itgrix_core.crm.bitrix24.client import Client
from itgrix_core.crm.bitrix24.offline import OfflineQueue
from itgrix_core.crm.notice import Notice
from itgrix_core.jobs.notices import job_of
from itgrix_core.jobs.polling import Poller
from itgrix_core.outbox.engine import Engine


class Hearing:
    """Of all accounts; `take` is for what is posted, the rest is fetched between `start` and `stop`."""

    def __init__(self, portals: Mapping[str, Portal], engine: Engine) -> None:
        self._portals = portals
        self._engine = engine
        self._fetching: list[tuple[threading.Thread, Client]] = []

    def take(self, notices: Sequence[Notice]) -> int:
        """Store notices, durable on return; how many were new."""
        return self._engine.put([job_of(notice) for notice in notices])

    def start(self, stopping: threading.Event) -> None:
        """Fetch, in a thread each, from the portals that have no address to post to."""
        for portal in self._portals.values():
            if portal.has_application and not portal.settings.events.handler:
                self._fetch(portal, stopping)

    def stop(self, seconds: float) -> None:
        """Wait for the threads, at most so long each; `stopping` is set by then."""
        for thread, client in self._fetching:
            thread.join(seconds)
            client.close()

    def _fetch(self, portal: Portal, stopping: threading.Event) -> None:
        client = portal.client()
        queue = OfflineQueue(client, portal.name)
        poller = Poller(portal.name, queue, self.take, portal.settings.events.poll_seconds)
        name = f"events {portal.name}"
        thread = threading.Thread(target=poller.run, args=(stopping,), name=name, daemon=True)
        thread.start()
        self._fetching.append((thread, client))
