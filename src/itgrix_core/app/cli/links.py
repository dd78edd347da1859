"""`itgrix links`: links to recordings are taken back."""

from __future__ import annotations

import click

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.recordings.links import KEY, revoke, revoke_all


@click.group()
def links() -> None:
    """Links to recordings that this service serves."""


@links.command("revoke")
@click.argument("calls", metavar="[CALL]...", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every link that was made so far.")
@click.pass_obj
def revoke_links(invocation: Invocation, calls: tuple[str, ...], is_all: bool) -> None:
    """Let links to the recordings of these calls lead nowhere; a call by its key, as `explain` tells it."""
    if is_all == bool(calls):
        raise click.UsageError("Name calls by their keys, or --all.")
    folder = invocation.settings().data_folder
    if not (folder / KEY).exists():
        raise click.ClickException(f"No link was ever made in {folder}.")
    if is_all:
        revoke_all(folder)
        click.echo("No link that was made so far leads anywhere now.")
        return
    for call in calls:
        if "/" not in call or not call.isprintable():
            raise click.UsageError(f"{call!r} is no call's key: these look like main/1700000000.1.")
    for call in calls:
        revoke(folder, call)
        click.echo(f"{call}: no link to its recordings leads anywhere now.")
