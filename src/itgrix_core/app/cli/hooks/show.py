"""`itgrix hooks show`: all about one hook, or all about one plugin."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from itgrix_core.app.cli.columns import aligned
from itgrix_core.app.cli.hooks.listed import configured, is_out
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.config.wording import nearest
from itgrix_core.errors import ItgrixError
from itgrix_core.plugins.manager import Plugins
from itgrix_core.plugins.records import Record
from itgrix_core.telemetry.redaction import redact_sentence
from itgrix_hooks.manual import rules, signature
from itgrix_hooks.table import HOOKS, Hook


@click.command()
@click.argument("name", metavar="HOOK|PLUGIN")
@click.pass_obj
def show(invocation: Invocation, name: str) -> None:
    """Show a hook (signature, when it is asked, of whom) or a plugin (its hooks, status, problems)."""
    plugins = configured(invocation)
    records = [record for record in plugins.records if record.name == name]
    if name not in HOOKS and not records:
        known = [*HOOKS, *(record.name for record in plugins.records)]
        raise ItgrixError(f"There is no hook and no plugin '{name}'; {nearest(name, known)}.")
    if name in HOOKS:
        click.echo("\n".join(_of_hook(HOOKS[name], plugins)))
    for record in records:
        click.echo(redact_sentence("\n".join(_of_plugin(record, plugins))))
    if any(is_out(record) for record in records):
        raise click.exceptions.Exit(1)


def _of_hook(hook: Hook, plugins: Plugins) -> Iterator[str]:
    """Signature, rules, the parts of the docstring, who answers."""
    summary, _, body = inspect.cleandoc(hook.spec.__doc__ or "").partition("\n\n")
    yield from (summary, "", signature(hook), "", rules(hook), "", body, "")
    answering = plugins.implementations(hook.name)
    yield "Who answers, in the order of asking:" if answering else "Nobody answers it."
    levels = {record.name: record.level for record in plugins.records if record.hooks}
    for place, one in enumerate(answering, 1):
        yield f"    {place}. {one.plugin} ({levels[one.plugin]})"


def _of_plugin(record: Record, plugins: Plugins) -> Iterator[str]:
    """Where it is from, what it answers as which of how many, what is wrong."""
    faults = record.faults or [record.reason] * bool(record.reason)
    faults = [*faults, *(problem for problem in plugins.problems if f"'{record.name}'" in problem)]
    rows = [
        ("plugin", f"{record.name} ({record.level})"),
        ("from", record.origin),
        *([("runs in", record.process)] if record.process else []),
        ("status", record.status.value),
        *(("problem", fault) for fault in faults),
    ]
    for hook in record.hooks:
        names = [one.plugin for one in plugins.implementations(hook)]
        rows.append(("answers", f"{hook}, as number {names.index(record.name) + 1} of {len(names)}"))
    yield from aligned(rows)
