"""`itgrix missed`: clients who could not get through, how many were talked with later, how fast."""

from __future__ import annotations

import time

import click

from itgrix_core.app.cli.columns import DAY, aligned
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.missed import Figures, MissedCalls


@click.command()
@click.option("--days", type=click.IntRange(1), default=7, show_default=True, help="How far back.")
@click.pass_obj
def missed(invocation: Invocation, days: int) -> None:
    """How many clients could not get through, and how many were talked with later."""
    folder = invocation.settings().data_folder
    if not folder.exists():
        click.echo(f"Nothing yet: {folder} will be made by the first `itgrix serve`.")
        return
    with Database(folder) as database:
        found = MissedCalls(database).figures(time.time() - days * DAY)
    if not found:
        click.echo(f"No client was missed in {days} days, as far as `crm.*.missed.ask` has them counted.")
        return
    for line in table(found):
        click.echo(line)


def table(found: list[Figures]) -> list[str]:
    """The figures for people, a heading and a line per account."""
    rows = [("crm", "missed", "talked with", "open", "half within")]
    rows += [(f.account, str(f.lost), str(f.saved), str(f.open), _span(f.median_seconds)) for f in found]
    return aligned(rows)


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
