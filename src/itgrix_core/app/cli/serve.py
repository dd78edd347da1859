"""`itgrix serve`: the service until it is told to stop; SIGHUP, or a changed file, has it read anew."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from zoneinfo import ZoneInfo

import click
import structlog

from itgrix_core.app.changes import Changes
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.cli.reconcile import show
from itgrix_core.app.reloading import Reloading
from itgrix_core.app.service import Service
from itgrix_core.app.shadow import shadow_settings
from itgrix_core.config.agreement import missing
from itgrix_core.config.load import file_of
from itgrix_core.config.mistakes import dotted
from itgrix_core.errors import ConfigError, ItgrixError

LOOK_SECONDS = 1.0
"""How often is looked at the files, and how late a signal can be that comes just before the waiting."""

_log = structlog.get_logger(__name__)


@click.command()
@click.option("--shadow", is_flag=True, help="Beside another connector: decide, write nothing, compare.")
@click.pass_obj
def serve(invocation: Invocation, shadow: bool) -> None:
    """Connect Asterisk and the CRM until stopped (Ctrl-C, SIGTERM); SIGHUP reads hooks and settings again."""
    settings = invocation.settings()
    invocation.start_logs()
    if problems := [f"{dotted(path)}: {sentence}" for path, sentence in missing(settings)]:
        raise ConfigError(problems)
    told: SimpleQueue[int] = SimpleQueue()  # an Event's lock may be held when a signal comes
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: told.put(received))
    changes = Changes(file_of(invocation.config_file, os.environ), settings.hooks.folder)
    service = Service(settings, is_shadow=shadow)
    for problem in service.plugins.problems:
        _log.warning(problem)
    for record in service.plugins.records:
        if record.reason:
            _log.warning(str(record))
    with service:
        began_at, folder = time.time(), service.settings.data_folder
        shadowing = " in the shadow: nothing is written to any CRM" if shadow else ""
        _log.info(f"itgrix serves{shadowing}; data in {folder}")
        fresh = invocation.fresh_settings
        reloading = Reloading(service, lambda: shadow_settings(fresh()) if shadow else fresh())
        for _ in _wishes(told, changes, service):
            if reloading.reload():
                invocation.start_logs(service.settings.log_level)
                changes.follow(service.settings.hooks.folder)
        if shadow:
            _show_sheets(service, began_at)
        _log.info("itgrix stops")


def _show_sheets(service: Service, began_at: float) -> None:
    """What would have been filed since then beside what the CRMs have."""
    zone = ZoneInfo(next(iter(service.settings.asterisk.values())).timezone)
    try:
        for compared in service.nightly.sheets(began_at, time.time()) if service.nightly else ():
            show(compared.account.name, compared.sheet, zone)
    except ItgrixError as error:
        _log.warning(f"{error} Compare later with `itgrix reconcile --shadow`.")


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
