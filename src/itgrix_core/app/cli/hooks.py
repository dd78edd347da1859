"""`itgrix hooks`: who is there, what they answer, and why somebody is out."""

from __future__ import annotations

import click

from itgrix_core.app.cli.invocation import Invocation, is_for_people
from itgrix_core.plugins.manager import Plugins
from itgrix_core.plugins.records import Record, Status
from itgrix_core.telemetry.redaction import redact_sentence

_COLOURS = {Status.ENABLED: "green", Status.DISABLED: "yellow"}


@click.command()
@click.pass_obj
def hooks(invocation: Invocation) -> None:
    """List the plugins, their hooks and their status; 1 when one of them is out against your will."""
    invocation.start_logs("error")
    plugins = Plugins.load(invocation.settings().hooks)
    for record in plugins.records:
        click.echo(_line(record))
    for problem in plugins.problems:
        click.echo(redact_sentence(problem), err=True)
    if plugins.problems or any(is_out(record) for record in plugins.records):
        raise click.exceptions.Exit(1)


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
