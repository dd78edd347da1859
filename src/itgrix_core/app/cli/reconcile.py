"""`itgrix reconcile`: what was filed beside what the CRM has, and what of it is repaired."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from itgrix_core.app.cli.backfill import moment
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.cli.opened import opened_in
from itgrix_core.app.comparing import comparison, days_before
from itgrix_core.app.outward import sheet_as_json
from itgrix_core.app.portals import portals_of, shadowed
from itgrix_core.app.shadow import shadow_settings
from itgrix_core.config.schema import Settings
from itgrix_core.filing.sheet import Finding, Remedy, Sheet
from itgrix_core.jobs.reconciling import ASKED, Compared, Reconciling
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.sqlite import SqliteEngine

WIDTH = 160
"""Of the sheet where it is not shown on a terminal."""


@click.command()
@click.option("--since", help="From this moment: the PBX's local time, or with an offset.")
@click.option("--until", help="Until this moment; now if left out.")
@click.option("--day", help="All of this day, as 2026-11-22; yesterday if no period is given.")
@click.option("--repair", is_flag=True, help="Have repaired what can be; `itgrix serve` does it.")
@click.option("--shadow", is_flag=True, help="What `serve --shadow` would have filed.")
@click.option("--json", "is_json", is_flag=True, help="The sheet as JSON.")
@click.pass_obj
def reconcile(
    invocation: Invocation,
    since: str | None,
    until: str | None,
    day: str | None,
    repair: bool,
    shadow: bool,
    is_json: bool,
) -> None:
    """Compare what was filed with what the CRM has of a period; 1 when calls are lost or wrong."""
    if repair and shadow:
        raise click.UsageError("A shadow repairs nothing; leave --repair out.")
    settings = invocation.settings()
    folder = shadow_settings(settings).data_folder if shadow else settings.data_folder
    invocation.start_logs("error")
    zone = ZoneInfo(next(iter(settings.asterisk.values())).timezone)
    period = period_of(since, until, day, zone, time.time())
    with opened_in(folder) as database, _comparison(settings, database, is_shadow=shadow) as work:
        compared = work.compare(*period)
        asked = work.repair(compared, SqliteEngine(database)) if repair else 0
    sheets = {each.account.name: _asked(each) if asked else each.sheet for each in compared}
    if is_json:
        told = {name: sheet_as_json(sheet) for name, sheet in sheets.items()}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for name, sheet in sheets.items():
            show(name, sheet, zone)
        if asked:
            click.echo(f"{asked} repairs asked for: `itgrix serve` does them, now if it runs, else then.")
    if any(not sheet.is_clean for sheet in sheets.values()):
        raise click.exceptions.Exit(1)


@contextmanager
def _comparison(settings: Settings, database: Database, *, is_shadow: bool) -> Iterator[Reconciling]:
    portals = shadowed(portals_of(settings)) if is_shadow else portals_of(settings)
    adapters = {name: portal.adapter() for name, portal in portals.items()}
    books = {name: adapter.books() for name, adapter in adapters.items()}
    try:
        with comparison(settings, database, adapters, books, is_repairable=not is_shadow) as work:
            yield work
    finally:
        for adapter in adapters.values():
            adapter.close()


def period_of(
    since: str | None, until: str | None, day: str | None, zone: ZoneInfo, now: float
) -> tuple[float, float]:
    """Begin and end of what is asked for, in Unix seconds; `click.UsageError` for what cannot be meant."""
    if day and (since or until):
        raise click.UsageError("Give either --day or --since and --until.")
    if until and not since:
        raise click.UsageError("--until needs --since.")
    if day:
        first = moment(day, zone)
        begin = datetime.fromtimestamp(first, zone).replace(hour=0, minute=0, second=0, microsecond=0)
        first, last = begin.timestamp(), (begin + timedelta(days=1)).timestamp()
    elif since:
        first, last = moment(since, zone), moment(until, zone) if until else now
    else:
        return days_before(now, 1, zone)
    if first >= last:
        raise click.UsageError("--since is not before --until.")
    if first >= now:
        raise click.UsageError("The period has not begun yet.")
    return first, last


def _asked(compared: Compared) -> Sheet:
    """The sheet after its repairs were asked for."""
    findings = tuple(
        replace(each, remedy=Remedy.ASKED, way_out=ASKED) if each.remedy is Remedy.POSSIBLE else each
        for each in compared.sheet.findings
    )
    return replace(compared.sheet, findings=findings)


def show(name: str, sheet: Sheet, zone: ZoneInfo) -> None:
    """A sheet for people."""
    waiting = f"; {sheet.waiting} still being filed" if sheet.waiting else ""
    click.echo(f"{name}: {sheet.figure}{waiting}")
    if not sheet.findings:
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    table = Table(box=None, pad_edge=False)
    for heading in ("began", "call", "client", "fault", "filed", "in the CRM", "remedy"):
        table.add_column(heading, overflow="fold")
    for finding in sheet.findings:
        table.add_row(*_cells(finding, zone))
    console.print(table)


def _cells(finding: Finding, zone: ZoneInfo) -> tuple[str, ...]:
    began = datetime.fromtimestamp(finding.began_at, zone).strftime("%m-%d %H:%M:%S")
    remedy = f"{finding.remedy}: {finding.way_out}" if finding.way_out else str(finding.remedy)
    place = finding.key or "-"
    return (began, place, finding.number, str(finding.fault), finding.expected, finding.found, remedy)
