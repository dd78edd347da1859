"""What the service keeps in order in each portal beside the calls: employees read early, lines made."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import structlog

from itgrix_core.app.portals import Portal
from itgrix_core.crm.adapter import Adapter
from itgrix_core.crm.bitrix24.lines import register_lines
from itgrix_core.errors import CrmError

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3600.0
"""How soon the lines are looked at again, after all was well and after it was not."""

_log = structlog.get_logger(__name__)


class Keeping:
    """A thread for each account, between `start` and `stop`."""

    def __init__(self, portals: Mapping[str, Portal], adapters: Mapping[str, Adapter]) -> None:
        self._portals = portals
        self._adapters = adapters
        self._threads: list[threading.Thread] = []
        self._again = {name: threading.Event() for name in portals}

    def renew(self, portals: Mapping[str, Portal]) -> None:
        """Go by these settings of the same portals, at once."""
        self._portals = portals
        self._wake()

    def start(self, stopping: threading.Event) -> None:
        """Begin; nothing here is waited for, a portal that is away is asked again when it is needed."""
        for name in self._portals:
            arguments = (name, stopping)
            thread = threading.Thread(target=self._keep, args=arguments, name=f"keeping {name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, seconds: float) -> None:
        """Wait for the threads, at most so long each; `stopping` is set by then."""
        self._wake()
        for thread in self._threads:
            thread.join(seconds)

    def _wake(self) -> None:
        for again in self._again.values():
            again.set()

    def _keep(self, name: str, stopping: threading.Event) -> None:
        try:
            default_user = self._portals[name].settings.default_user
            self._adapters[name].user(default_user)  # reads the employees before the first phone rings
        except CrmError as error:
            if not stopping.is_set():
                _log.warning(str(error))
        told: list[str] = []
        while not stopping.is_set():
            self._again[name].clear()
            portal = self._portals[name]
            problems = _lines(portal) if portal.settings.lines else []
            if problems != told and not stopping.is_set():
                for problem in problems:
                    _log.warning(f"crm.{name}: {problem}")
            told = problems
            if not stopping.is_set():
                self._again[name].wait(HOUR_SECONDS if problems else DAY_SECONDS)


def _lines(portal: Portal) -> list[str]:
    """Bring the portal's lines in step with the settings; what was wrong."""
    client = portal.client()
    try:
        return [text for is_well, text in register_lines(client, portal.settings) if not is_well]
    finally:
        client.close()
