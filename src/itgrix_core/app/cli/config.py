"""`itgrix config`: the settings that count, or an example file to start from."""

from __future__ import annotations

import click

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.config import render


@click.command()
@click.option("--example", is_flag=True, help="Print a commented file with every setting and its default.")
@click.pass_obj
def config(invocation: Invocation, example: bool) -> None:
    """Show the settings that count, defaults included; secrets are masked."""
    click.echo(render.example() if example else render.effective(invocation.settings()), nl=False)
