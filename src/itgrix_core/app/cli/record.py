"""`itgrix record`: one fixture for each call, of a live Asterisk or of recorded logs."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from itgrix_core.ami.supervisor import Supervisor
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.from_settings import topology_of
from itgrix_core.app.record import CallRecorder, streams_of
from itgrix_core.calls.questions import Action
from itgrix_core.calls.topology import Topology
from itgrix_core.config.mistakes import dotted
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.config.wording import nearest
from itgrix_core.errors import AmiError, ConfigError, RecordingError
from itgrix_core.jobs.wording import summary
from itgrix_core.sandbox.shelf import Shelf
from itgrix_hooks.values import Call

MEGABYTE = 1024 * 1024


@click.command()
@click.option(
    "--from",
    "sources",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A recorded log, or a folder of them, instead of a live Asterisk; may be given again.",
)
@click.option(
    "--asterisk",
    "name",
    help="Which one of the configuration: whom to listen to, or for --from whose rules hold.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("recorded-calls"),
    show_default=True,
    help="Where the fixtures are put.",
)
@click.option(
    "--numbers",
    type=click.Choice(["mask", "keep"]),
    default="mask",
    show_default=True,
    help="Whether outside numbers are masked (inside ones never are; names always go).",
)
@click.option("--keep-calls", type=click.IntRange(1), help="Remove the oldest beyond so many calls.")
@click.option(
    "--keep-mb", type=click.FloatRange(0, min_open=True), help="Remove the oldest beyond that size."
)
@click.pass_obj
def record(
    invocation: Invocation,
    sources: tuple[Path, ...],
    name: str | None,
    folder: Path,
    numbers: str,
    keep_calls: int | None,
    keep_mb: float | None,
) -> None:
    """Write each call as a recorded log of its own, redacted, with a draft of its truth, until Ctrl-C."""
    invocation.start_logs("warning")
    shelf = Shelf(folder, keep_calls, None if keep_mb is None else int(keep_mb * MEGABYTE))
    is_live = not sources
    asterisk = _chosen(invocation, name) if is_live or name else None
    topology = topology_of(asterisk[1]) if asterisk else Topology()
    make = partial(CallRecorder, shelf, topology, is_masking=numbers == "mask", on_written=_tell)
    if is_live and asterisk:
        _record_live(*asterisk, make)
    for source in sources:
        for stream in streams_of(source):
            recorder = make()
            for data, received_at in stream:
                recorder.take(data, received_at)
            recorder.close()


def _chosen(invocation: Invocation, name: str | None) -> tuple[str, AsteriskSettings]:
    """The Asterisk of the configuration that is meant.

    Raises:
        ConfigError: there is none of that name, or several and no name.
    """
    known = invocation.settings().asterisk
    if name is None and len(known) > 1:
        raise ConfigError([f"There are several Asterisks; choose one by --asterisk: {', '.join(known)}"])
    name = name or next(iter(known))
    if name not in known:
        raise ConfigError([f'--asterisk: there is no "{name}" under asterisk; {nearest(name, list(known))}'])
    return name, known[name]


def _record_live(name: str, asterisk: AsteriskSettings, make: Callable[..., CallRecorder]) -> None:
    """Listen until Ctrl-C or SIGTERM; then what is open is written as cut."""
    if not asterisk.secret.get_secret_value():
        raise ConfigError([f"{dotted(('asterisk', name, 'secret'))}: is empty"])
    line = _Line(name, asterisk, make)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: line.over.set())
    line.supervisor.start()
    click.echo(f"records the calls of {name} until Ctrl-C", err=True)
    line.over.wait()
    line.supervisor.stop()
    if line.failure:
        raise line.failure
    line.recorder.close()


class _Line:
    """A connection of its own to Asterisk; what it says goes to the recorder, and questions back.

    Args:
        make: makes the recorder, given the way to ask.
    """

    def __init__(self, name: str, asterisk: AsteriskSettings, make: Callable[..., CallRecorder]) -> None:
        self.over = threading.Event()
        self.failure: RecordingError | None = None
        self.recorder = make(ask=self._ask)
        self.supervisor = Supervisor(name, asterisk, self._take)

    def _take(self, data: bytes, received_at: float) -> None:
        if self.failure:
            return
        try:
            self.recorder.take(data, received_at)
        except RecordingError as error:
            self.failure = error
            self.over.set()

    def _ask(self, question: Action) -> None:
        with contextlib.suppress(AmiError):  # the line is lost; the supervisor says so
            self.supervisor.send(question)


def _tell(path: Path, calls: Sequence[Call]) -> None:
    click.echo(f"{path.name}: {'; '.join(map(summary, calls))}")
