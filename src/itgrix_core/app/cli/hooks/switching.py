"""`itgrix hooks disable` and `enable`: one word in `hooks.disabled`, the rest of the file stays as it is."""

from __future__ import annotations

import os

import click

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.config import editing
from itgrix_core.config.load import file_of
from itgrix_core.config.rewriting import rewrite
from itgrix_core.config.schema import Settings
from itgrix_core.config.wording import nearest
from itgrix_core.errors import ItgrixError
from itgrix_core.plugins.manager import Plugins


@click.command()
@click.argument("name")
@click.pass_obj
def disable(invocation: Invocation, name: str) -> None:
    """Have a plugin asked no more: its name is put into `hooks.disabled`."""
    settings = invocation.settings()
    if name in settings.hooks.disabled:
        click.echo(f"{name} is disabled already.")
        return
    known = [record.name for record in Plugins.load(settings.hooks).records]
    if name not in known:
        raise ItgrixError(f"There is no plugin '{name}'; {nearest(name, known)}.")
    _write(invocation, settings, [*settings.hooks.disabled, name], f"{name} is disabled")


@click.command()
@click.argument("name")
@click.pass_obj
def enable(invocation: Invocation, name: str) -> None:
    """Have a plugin asked again: its name is taken out of `hooks.disabled`."""
    settings = invocation.settings()
    if name not in settings.hooks.disabled:
        click.echo(f"{name} is not disabled; `itgrix hooks show {name}` tells what it is.")
        return
    rest = [other for other in settings.hooks.disabled if other != name]
    _write(invocation, settings, rest, f"{name} is enabled")


def _write(invocation: Invocation, settings: Settings, disabled: list[str], done: str) -> None:
    file = file_of(invocation.config_file, os.environ)
    hooks = settings.hooks.model_copy(update={"disabled": disabled})
    wanted = settings.model_copy(update={"hooks": hooks})
    rewrite(file, lambda text: editing.with_disabled(text, disabled), wanted, os.environ)
    if settings.hooks.reload == "change":
        click.echo(f"{done} in {file}; a running service takes it up by itself.")
    else:
        click.echo(f"{done} in {file}; a running service takes it up at a SIGHUP (systemctl reload itgrix).")
