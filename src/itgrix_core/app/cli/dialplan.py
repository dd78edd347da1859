"""`itgrix dialplan`: what is to be pasted so that Asterisk asks where a caller goes."""

from __future__ import annotations

import click

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.dialplan import Doors, Style
from itgrix_core.app.dialplan import dialplan as printed
from itgrix_core.config.schema import Settings
from itgrix_core.config.wording import nearest
from itgrix_core.errors import ConfigError

PATIENCE_SECONDS = 0.5
"""So much longer than our own deadline the dialplan waits."""


@click.command()
@click.argument("style", type=click.Choice(["freepbx", "plain"]))
@click.option("--asterisk", "pbx", help="Its name in the configuration, where there are several.")
@click.pass_obj
def dialplan(invocation: Invocation, style: Style, pbx: str | None) -> None:
    """Print the contexts that put callers through to their own manager."""
    settings = invocation.settings()
    click.echo(printed(style, _named(settings, pbx), _doors(settings)), nl=False)


def _named(settings: Settings, pbx: str | None) -> str:
    known = list(settings.asterisk)
    if pbx is None and len(known) > 1:
        raise ConfigError([f"say which Asterisk: --asterisk with one of {', '.join(known)}"])
    if pbx is not None and pbx not in known:
        raise ConfigError([f'there is no entry "{pbx}" under asterisk; {nearest(pbx, known)}'])
    return pbx or known[0]


def _doors(settings: Settings) -> Doors:
    routing, web = settings.routing, settings.web
    if not routing.is_on:
        raise ConfigError(["routing: nobody would answer; set agi_port for FastAGI, or token for CURL()"])
    return Doors(
        agi=_at(routing.agi_host, routing.agi_port),
        http=_at(web.host, web.port if routing.token.get_secret_value() else None),
        wait_seconds=settings.hooks.limits.question_seconds + PATIENCE_SECONDS,
    )


def _at(host: str, port: int | None) -> str | None:
    """Host and port as an address has them."""
    bare = f"[{host}]" if ":" in host else host
    return None if port is None else f"{bare}:{port}"
