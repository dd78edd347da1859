"""`itgrix hooks check`: load plugins as the service would, and say everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from itgrix_core.app.cli.hooks.listed import configured, is_out, tell_problems
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.config.schema import HookSettings
from itgrix_core.errors import ConfigError
from itgrix_core.plugins.manager import Plugins
from itgrix_core.plugins.records import Level, Record
from itgrix_core.telemetry.redaction import redact_sentence


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def check(invocation: Invocation, path: Path | None) -> None:
    """Load a file, a folder, or what the settings name; 1 when something is wrong, with its line."""
    if path is None:
        plugins = configured(invocation)
        records: Sequence[Record] = plugins.records
    else:
        invocation.start_logs("error")
        plugins, records = _of(path)
    out = [record for record in records if is_out(record)]
    for sentence in (sentence for record in out for sentence in record.complaints()):
        click.echo(redact_sentence(sentence), err=True)
    tell_problems(plugins)
    for record in records:
        if record.hooks:
            click.echo(f"ok {record.origin}: {', '.join(record.hooks)}")
    if out or plugins.problems:
        raise click.exceptions.Exit(1)


def _of(path: Path) -> tuple[Plugins, list[Record]]:
    """What lies there, loaded beside the installed ones, whose names it may not have."""
    if not path.exists():
        raise ConfigError([f"{path}: there is no such file or folder; `itgrix hooks new NAME` writes one"])
    plugins = Plugins.load(file=path) if path.is_file() else Plugins.load(HookSettings(folder=path))
    records = [record for record in plugins.records if record.level is Level.SITE]
    if not records and not plugins.problems:
        raise ConfigError(
            [f"{path}: no hooks are in here; `itgrix hooks new NAME --folder {path}` writes one"]
        )
    return plugins, records
