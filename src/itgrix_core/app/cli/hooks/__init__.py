"""`itgrix hooks`: who is there and why somebody is out; one hook or plugin; begin, try, switch off and on."""

from __future__ import annotations

import click

from itgrix_core.app.cli.hooks.check import check
from itgrix_core.app.cli.hooks.listed import is_out, listed
from itgrix_core.app.cli.hooks.new import new
from itgrix_core.app.cli.hooks.show import show
from itgrix_core.app.cli.hooks.switching import disable, enable

__all__ = ["hooks", "is_out"]


@click.group(invoke_without_command=True)
@click.pass_context
def hooks(ctx: click.Context) -> None:
    """Write hooks, try them, and see who is asked; without a verb the list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(listed)


for verb in (new, check, listed, show, disable, enable):
    hooks.add_command(verb)
