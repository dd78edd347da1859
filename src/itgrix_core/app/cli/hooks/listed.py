"""`itgrix hooks list`: who is there, what they answer, and why somebody is out."""

from __future__ import annotations

import click

from itgrix_core.app.cli.invocation import Invocation, is_for_people
from itgrix_core.config.load import is_file_there
from itgrix_core.config.schema import HookSettings
from itgrix_core.plugins.manager import Plugins
from itgrix_core.plugins.records import Record, Status
from itgrix_core.telemetry.redaction import redact_sentence

_COLOURS = {Status.ENABLED: "green", Status.DISABLED: "yellow"}


@click.command("list")
@click.pass_obj
def listed(invocation: Invocation) -> None:
    """List the plugins, their hooks and their status; 1 when one of them is out against your will."""
    plugins = configured(invocation)
    for record in plugins.records:
        click.echo(_line(record))
    tell_problems(plugins)
    if plugins.problems or any(is_out(record) for record in plugins.records):
        raise click.exceptions.Exit(1)


def configured(invocation: Invocation) -> Plugins:
    """The plugins of the settings; for who has no file yet those that are installed."""
    settings = hook_settings(invocation)
    if settings is None:
        click.echo("There is no itgrix.yaml here: these are the built-in and the installed ones.", err=True)
    invocation.start_logs("error")
    return Plugins.load(settings)


def hook_settings(invocation: Invocation) -> HookSettings | None:
    """What the settings say of hooks; `None` for who has no file yet. Raises `ConfigError`."""
    return invocation.settings().hooks if is_file_there(invocation.config_file) else None


def tell_problems(plugins: Plugins) -> None:
    """On stderr what is wrong besides single plugins."""
    for problem in plugins.problems:
        click.echo(redact_sentence(problem), err=True)


def is_out(record: Record) -> bool:
    """Whether a plugin is not asked although nobody switched it off in the settings."""
    return record.is_out


def _line(record: Record) -> str:
    """`fair (site, hooks/fair.py): enabled: need_registration`; the status in colour for people."""
    line = redact_sentence(str(record))
    if not is_for_people():
        return line
    status = click.style(record.status, fg=_COLOURS.get(record.status, "red"))
    return line.replace(f": {record.status}: ", f": {status}: ", 1)
