"""`itgrix backup`: a copy of the outbox, made while the service runs."""

from __future__ import annotations

from pathlib import Path

import click

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.cli.opened import opened
from itgrix_core.outbox.copying import back_up


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.pass_obj
def backup(invocation: Invocation, file: Path, force: bool) -> None:
    """Copy the outbox into FILE while it is in use: what waits, what was sent, what hooks remember.

    Not in it: an application's tokens and the recorded logs.
    """
    with opened(invocation) as database:
        copy = back_up(database, file, is_forced=force)
    size = file.stat().st_size / 1e6
    click.echo(f"{file}: {size:.1f} MB, checked, it is whole. Jobs that wait in it: {copy.waiting}.")
    click.echo("Not in it: tokens (`itgrix connect` makes new ones) and the recorded logs.")
