"""`itgrix serve`: the service until it is told to stop; SIGHUP, or a changed file, has it read anew."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from queue import Empty, SimpleQueue

import click
import structlog

from itgrix_core.app.changes import Changes
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.reloading import Reloading
from itgrix_core.app.service import Service
from itgrix_core.config.agreement import missing
from itgrix_core.config.load import file_of
from itgrix_core.config.mistakes import dotted
from itgrix_core.errors import ConfigError

LOOK_SECONDS = 1.0
"""How often is looked at the files, and how late a signal can be that comes just before the waiting."""

_log = structlog.get_logger(__name__)


@click.command()
@click.pass_obj
def serve(invocation: Invocation) -> None:
    """Connect Asterisk and the CRM until stopped (Ctrl-C, SIGTERM); SIGHUP reads hooks and settings again."""
    settings = invocation.settings()
    invocation.start_logs()
    if problems := [f"{dotted(path)}: {sentence}" for path, sentence in missing(settings)]:
        raise ConfigError(problems)
    told: SimpleQueue[int] = SimpleQueue()  # an Event's lock may be held when a signal comes
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: told.put(received))
    changes = Changes(file_of(invocation.config_file, os.environ), settings.hooks.folder)
    service = Service(settings)
    for problem in service.plugins.problems:
        _log.warning(problem)
    for record in service.plugins.records:
        if record.reason:
            _log.warning(str(record))
    with service:
        _log.info(f"itgrix serves; data in {settings.data_folder}")
        reloading = Reloading(service, invocation.fresh_settings)
        for _ in _wishes(told, changes, service):
            if reloading.reload():
                invocation.start_logs(service.settings.log_level)
                changes.follow(service.settings.hooks.folder)
        _log.info("itgrix stops")


def _wishes(told: SimpleQueue[int], changes: Changes, service: Service) -> Iterator[None]:
    """Each wish to read the files again, until the wish to stop."""
    while True:
        try:
            number = told.get(timeout=LOOK_SECONDS)
        except Empty:
            if service.settings.hooks.reload == "change" and changes.have_come():
                yield
            continue
        if number != signal.SIGHUP:
            return
        changes.note()
        yield
