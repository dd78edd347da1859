"""Hooks and settings read again while the service runs: the new version is taken up whole, or refused whole.

It is loaded and checked beside the running one. What needs the network (`itgrix check` asks the portal)
is not looked at: a portal that is away is no reason to refuse a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import structlog

from itgrix_core.app.service import Service
from itgrix_core.config.agreement import missing
from itgrix_core.config.mistakes import dotted
from itgrix_core.config.schema import Settings
from itgrix_core.config.taking_up import only_at_start
from itgrix_core.errors import ConfigError
from itgrix_core.plugins.manager import Plugins
from itgrix_core.plugins.records import Level, Record
from itgrix_core.plugins.sources import beside

_log = structlog.get_logger(__name__)


class Reloading:
    """Of one service, by one thread.

    Args:
        read: the settings as they are written now; raises `ConfigError`.
    """

    def __init__(self, service: Service, read: Callable[[], Settings]) -> None:
        self._service = service
        self._read = read

    def reload(self) -> bool:
        """Take up what is written now; `False` if it was refused, which the log and /status explain."""
        try:
            with beside():
                settings, plugins = self._loaded()
                self._service.take_up(settings, plugins)
        except ConfigError as error:
            return self._refuse(error.problems)
        except Exception as error:  # noqa: BLE001 - whatever it is, calls go on being filed as before
            _log.exception("the new version could not be taken up")
            return self._refuse([f"{type(error).__name__}: {error}; the log says where"])
        self._service.telling.reloads.taken_up()
        _log.info(f"reloaded: {plugins.summary()}; from the next job on this version counts")
        return True

    def _loaded(self) -> tuple[Settings, Plugins]:
        """The new version, if nothing is wrong with it; raises `ConfigError` with all that is."""
        settings = self._read()
        stands = [*missing(settings), *only_at_start(self._service.settings, settings)]
        plugins = Plugins.load(settings.hooks)
        running = self._service.plugins.records
        problems = [f"{dotted(path)}: {sentence}" for path, sentence in stands]
        problems += [*plugins.complaints, *_outdated(running, plugins.records)]
        if problems:
            plugins.close()
            raise ConfigError(problems)
        return settings, plugins

    def _refuse(self, problems: Sequence[str]) -> bool:
        for problem in problems:
            _log.error(f"not reloaded: {problem}")
        _log.error("the new version is refused whole and the old one goes on; mend it and reload again")
        self._service.telling.reloads.refused(problems)
        return False


def _outdated(running: Sequence[Record], wanted: Sequence[Record]) -> Iterator[str]:
    """Packages that were installed anew: a process imports a package once, so it would be the old one."""
    origins = {record.name: record.origin for record in running if record.level is Level.PACKAGE}
    for record in wanted:
        origin = origins.get(record.name, record.origin)
        if record.level is Level.PACKAGE and origin != record.origin:
            yield (
                f"{record.name}: {record.origin} is installed, and {origin} is running; "
                f"a package counts from the next start only: restart itgrix"
            )
