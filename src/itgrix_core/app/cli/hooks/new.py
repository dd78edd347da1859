"""`itgrix hooks new`: a plugin that works, with its test, and the commands to go on with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from itgrix_core.app.cli.hooks.listed import hook_settings
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.new_hooks import Kind, write
from itgrix_core.config.schema import HookSettings
from itgrix_core.plugins.manager import Plugins

_RECORDED = "inbound_answered"
"""A recorded call that comes with the program and shows what the template does."""


@click.command()
@click.argument("name")
@click.option("--package", "is_package", is_flag=True, help="A whole pip package instead of one file.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Where.  [default: hooks.folder of the settings, or hooks; for a package the working directory]",
)
@click.pass_obj
def new(invocation: Invocation, name: str, is_package: bool, folder: Path | None) -> None:
    """Write a plugin that works, with a test that passes: change it step by step."""
    invocation.start_logs("error")
    settings = hook_settings(invocation) or HookSettings()
    kind = Kind.PACKAGE if is_package else Kind.FILE
    place = folder or (Path() if is_package else _shown(settings.folder or Path("hooks")))
    taken = [record.name for record in Plugins.load(settings).records]
    for file in write(kind, name, place, taken):
        click.echo(file)
    click.echo("\nGo on with:")
    for command in _package_commands(place / name) if is_package else _file_commands(place):
        click.echo(f"    {command}")
    if not is_package and (settings.folder is None or settings.folder.resolve() != place.resolve()):
        click.echo(f"\nThe service asks it once itgrix.yaml says `hooks: {{folder: {place}}}`.")


def _shown(folder: Path) -> Path:
    """A folder as one would type it here."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _file_commands(folder: Path) -> Iterator[str]:
    place = shlex.quote(str(folder))
    yield f"pytest {place}"
    yield f"itgrix hooks check {place}"
    yield f"itgrix replay --hooks {place} {_RECORDED}"


def _package_commands(folder: Path) -> Iterator[str]:
    yield f"cd {shlex.quote(str(folder))}"
    yield "pip install -e '.[test]'"
    yield "pytest"
    yield "itgrix hooks check"
