"""The command line: `itgrix VERB`. One file per verb, loaded only when it is asked for.

An operator never meets a traceback here. What we can explain (`ItgrixError`) is printed as its sentence and
ends with its exit code. What we cannot is written to a file that can be sent to us, and ends with 70.
"""

from __future__ import annotations

import errno
import importlib
from importlib import metadata, util
from pathlib import Path

import click

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.errors import ItgrixError

_VERBS = {
    "demo": "Real recorded calls run through hooks into a CRM that lives here.",
    "serve": "Connect Asterisk and the CRM until stopped.",
    "check": "Look for what would keep the service from working.",
    "status": "Show how the running service is.",
    "connect": "Connect an account with its portal.",
    "events": "What a portal tells us: list, subscribe, unsubscribe, why nothing comes.",
    "config": "Show the settings that count.",
    "dialplan": "Print the contexts that put callers through to their own manager.",
    "missed": "How many clients could not get through, and how many were called back.",
    "outbox": "What waits to be filed and why; what was put aside: look, try again, drop.",
    "backup": "Copy the outbox while it is in use.",
    "restore": "Put a copy of the outbox back.",
    "links": "Take links to recordings back.",
    "explain": "Tell the whole story of one call: what happened, was decided and why, sent, answered.",
    "hooks": "List the plugins, their hooks and their status.",
    "backfill": "File calls that nobody watched, from CDR and CEL.",
    "reconcile": "Compare what was filed with what the CRM has, and repair it.",
    "sandbox": "Run a Bitrix24 on this machine, for trying without a portal.",
    "replay": "Show what a recorded log of Asterisk amounts to.",
    "record": "Write each call of an Asterisk, or of recorded logs, as a log of its own.",
}
"""Verb (a module of this package with a command of the same name) to its line in the help."""


class _Verbs(click.Group):
    """A group whose commands are imported when used, and that turns errors into sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The verbs that are there, in the order in which a newcomer meets them."""
        return [verb for verb in _VERBS if util.find_spec(f"{__name__}.{verb}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(importlib.import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs for `--help`, without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, _VERBS[verb]) for verb in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb; the only place where errors end."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except ItgrixError as error:
            _say(str(error))
            ctx.exit(error.exit_code)
        except Exception as error:  # whatever it is, the operator gets a sentence
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # the reader of our pipe has gone; click knows what to do
            from itgrix_core.app.cli import failure  # noqa: PLC0415 - needed once in a blue moon

            _say(failure.report(error, ctx.obj))
            ctx.exit(failure.EXIT_CODE)


def _say(sentence: str) -> None:
    from itgrix_core.telemetry.redaction import redact_sentence  # noqa: PLC0415 - keeps `itgrix --help` quick

    click.echo(redact_sentence(sentence), err=True)


def _show_version(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        click.echo(f"itgrix {metadata.version('itgrix')}")
        ctx.exit()


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    "config_file",
    envvar="ITGRIX_CONFIG",
    type=click.Path(path_type=Path),
    help="Configuration file.  [env ITGRIX_CONFIG; default: itgrix.yaml in the working directory]",
)
@click.option(
    "--log-format",
    envvar="ITGRIX_LOG_FORMAT",
    type=click.Choice(["plain", "json"]),
    default="plain",
    help="Log lines for people or for machines (on stderr).  [env ITGRIX_LOG_FORMAT]",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show it."
)
@click.pass_context
def main(ctx: click.Context, config_file: Path | None, log_format: str) -> None:
    """Itgrix connects Asterisk with CRMs: every call understood, filed once, changed by hooks."""
    ctx.obj = Invocation(config_file, log_format)
