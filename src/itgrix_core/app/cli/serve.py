"""`itgrix serve`: the service, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click
import structlog

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.service import Service
from itgrix_core.config.agreement import missing
from itgrix_core.config.mistakes import dotted
from itgrix_core.errors import ConfigError

_log = structlog.get_logger(__name__)


@click.command()
@click.pass_obj
def serve(invocation: Invocation) -> None:
    """Connect Asterisk and the CRM until stopped (Ctrl-C, SIGTERM)."""
    settings = invocation.settings()
    invocation.start_logs()
    if problems := [f"{dotted(path)}: {sentence}" for path, sentence in missing(settings)]:
        raise ConfigError(problems)
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    service = Service(settings)
    for problem in service.plugins.problems:
        _log.warning(problem)
    for record in service.plugins.records:
        if record.reason:
            _log.warning(str(record))
    with service:
        _log.info(f"itgrix serves; data in {settings.data_folder}")
        stopping.wait()
        _log.info("itgrix stops")
