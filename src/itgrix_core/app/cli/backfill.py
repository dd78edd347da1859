"""`itgrix backfill`: file calls that nobody watched, out of CDR and CEL."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from itgrix_core.app.cli.invocation import Invocation, is_for_people
from itgrix_core.app.from_settings import topology_of
from itgrix_core.app.outward import call_as_json
from itgrix_core.calls.events import CallEnded
from itgrix_core.config.schema import Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.errors import ConfigError
from itgrix_core.history.reading import History, PastCalls, open_history
from itgrix_core.jobs.backfill import Backfill, PastCall, Tally, learnt_of
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.spool import Spool

_NO_HISTORY = "does not say where CEL and CDR are; write `file` or `url` below, see docs/operating.md"
PLAIN_EVERY = 1000
"""Piped, a line of progress is written each time so many calls were read."""


@click.command()
@click.argument("linkedids", metavar="[LINKEDID…]", nargs=-1)
@click.option("--since", help="From this moment: the PBX's local time, or with an offset.")
@click.option("--until", help="Until this moment; now if left out.")
@click.option("--asterisk", "name", help="Which Asterisk of the settings; the only one if left out.")
@click.option("--dry-run", is_flag=True, help="Show the calls as `replay --json` does; file nothing.")
@click.pass_obj
def backfill(
    invocation: Invocation,
    linkedids: tuple[str, ...],
    since: str | None,
    until: str | None,
    name: str | None,
    dry_run: bool,
) -> None:
    """File calls by LINKEDID, or all of a period, from CDR and CEL. Known ones stay as they are."""
    settings = invocation.settings()
    invocation.start_logs("error")
    name, asterisk = _chosen(settings, name)
    if bool(linkedids) == bool(since):
        raise click.UsageError("Give either LINKEDIDs or a period that begins with --since.")
    history = open_history(asterisk.history, ZoneInfo(asterisk.timezone))
    found = history.of_linkedids(linkedids) if since is None else _of_period(history, asterisk, since, until)
    try:
        with _outbox(settings, dry_run) as spool:
            learnt = learnt_of(name, spool) if spool else b""
            filing = None if dry_run else spool
            work = Backfill(name, topology_of(asterisk), asterisk.timezone, filing, learnt=learnt)
            if dry_run:
                _show(work.understand(found))
            else:
                _file(work, found, history)
    finally:
        history.close()
    click.echo(_summary(work.tally, history, is_dry=dry_run), err=dry_run)


def _of_period(
    history: History, asterisk: AsteriskSettings, since: str, until: str | None
) -> Iterator[PastCalls]:
    zone = ZoneInfo(asterisk.timezone)
    first, last = moment(since, zone), moment(until, zone) if until else time.time()
    if first >= last:
        raise click.UsageError("--since is not before --until.")
    return history.of_period(first, last)


@contextmanager
def _outbox(settings: Settings, dry_run: bool) -> Iterator[Spool | None]:
    """The outbox; `None` for a dry run where there is none yet, as that makes nothing."""
    if dry_run and not settings.data_folder.is_dir():
        yield None
        return
    with Database(settings.data_folder) as database:
        yield Spool(database, lambda _lanes: None)


def _chosen(settings: Settings, name: str | None) -> tuple[str, AsteriskSettings]:
    """The Asterisk of that name, or the only one; with a history to read."""
    names = ", ".join(settings.asterisk)
    if name is None and len(settings.asterisk) > 1:
        raise click.UsageError(f"Say which Asterisk with --asterisk; there are: {names}.")
    name = name or next(iter(settings.asterisk))
    if name not in settings.asterisk:
        raise click.UsageError(f"There is no Asterisk {name} in the settings; there are: {names}.")
    asterisk = settings.asterisk[name]
    if not asterisk.history.is_set:
        raise ConfigError([f"asterisk.{name}.history: {_NO_HISTORY}"])
    return name, asterisk


def moment(text: str, zone: ZoneInfo) -> float:
    """Unix seconds of an ISO time; without an offset it is the PBX's local time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(
            f"'{text}' is no time. Write 2026-11-22, '2026-11-22 08:00' or 2026-11-22T08:00+03:00."
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def _show(calls: Iterator[PastCall]) -> None:
    for past in calls:
        if isinstance(past.events[-1], CallEnded):
            click.echo(json.dumps(call_as_json(past.call), ensure_ascii=False))


def _file(work: Backfill, found: Iterator[PastCalls], history: History) -> None:
    with _progress() as tell:
        for _ in work.file(found):
            tell(work.tally, history)


@contextmanager
def _progress() -> Iterator[Callable[[Tally, History], None]]:
    """Something that tells how far it is: a moving line for people, a line now and then for pipes."""
    if not is_for_people():
        yield _plainly()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading")
        yield lambda tally, history: progress.update(task, description=_so_far(tally, history))


def _plainly() -> Callable[[Tally, History], None]:
    told = 0

    def tell(tally: Tally, history: History) -> None:
        nonlocal told
        if tally.read >= told + PLAIN_EVERY:
            told = tally.read
            _say(_so_far(tally, history))

    return tell


def _so_far(tally: Tally, history: History) -> str:
    return (
        f"{history.rows_read} rows, {tally.read} calls read, {tally.filed} filed, {tally.known} known already"
    )


def _summary(tally: Tally, history: History, *, is_dry: bool) -> str:
    """The closing words: what was found, what was done, and what is not known."""
    lines = [f"{history.rows_read} rows read, {tally.read} calls in them."]
    if not is_dry:
        lines.append(
            f"{tally.filed} filed now, {tally.corrected} corrected, {tally.known} known and left alone."
        )
    if tally.forgotten:
        lines.append(
            f"{tally.forgotten} are older than what the outbox remembers (outbox.keep_days) and were left "
            "alone: they may have been filed."
        )
    if tally.going_on:
        lines.append(f"{tally.going_on} are not over, or are watched by the service: left to it.")
    if tally.cut:
        lines.append(f"{tally.cut} have no beginning or no end in the rows.")
    if tally.untold:
        lines.append(f"Of {tally.untold} something could not be told; `untold` in --dry-run names what.")
    if tally.filed and not is_dry:
        lines.append("`itgrix serve` brings them to the CRM: now if it runs, else when it does.")
    return "\n".join(lines)


def _say(text: str) -> None:
    click.echo(text, err=True)
