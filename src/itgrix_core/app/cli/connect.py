"""`itgrix connect bitrix24`: leads through connecting an account with its portal, one step a line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from itgrix_core.app.cli.check import Line, State, show
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.connecting import address_of, afterwards, arrived, is_connected, pages_for, unready
from itgrix_core.app.portals import Portal, portal_of
from itgrix_core.config.schema import WebSettings
from itgrix_core.crm.bitrix24.gate import Refusal
from itgrix_core.crm.bitrix24.grant import Grant
from itgrix_core.crm.bitrix24.vault import SET_UP_SECONDS


@click.command()
@click.argument("crm", type=click.Choice(["bitrix24"]))
@click.argument("account", required=False)
@click.option("--again", is_flag=True, help="Authorise anew, though it is connected.")
@click.option("--code", help="The code from the browser, or the address at which it ended.")
@click.option("--browser", is_flag=True, help="Open a browser on this machine.")
@click.pass_obj
def connect(
    invocation: Invocation,
    crm: str,  # noqa: ARG001 - there is one kind
    account: str | None,
    again: bool,
    code: str | None,
    browser: bool,
) -> None:
    """Connect an account (an entry of `crm`) with its portal; 1 when something is left to do."""
    settings = invocation.settings()
    invocation.start_logs("error")
    portal = portal_of(settings, account)
    if portal.has_application or not portal.settings.webhook.get_secret_value():
        _authorise(portal, settings.web, again=again, code=code, opens=browser)
    failed = False
    for is_fine, sentence in afterwards(portal):
        _say(portal, State.OK if is_fine else State.FAILURE, sentence)
        failed |= not is_fine
    if failed:
        raise click.exceptions.Exit(1)


def _authorise(portal: Portal, web: WebSettings, *, again: bool, code: str | None, opens: bool) -> None:
    """Until there is a grant; ends the command where there is none."""
    problems = list(unready(portal, web))
    for problem in problems:
        _say(portal, State.FAILURE, problem)
    if problems:
        raise click.exceptions.Exit(1)
    _say(portal, State.OK, "the OAuth server answers and knows client_id and client_secret")
    if not again and code is None and is_connected(portal):
        _say(portal, State.OK, "is connected already (--again authorises anew)")
        return
    answer = portal.reception().paste(code) if code is not None else _wait(portal, web, opens=opens)
    if isinstance(answer, Refusal):
        _say(portal, State.FAILURE, answer.text)
        raise click.exceptions.Exit(1)
    _say(
        portal,
        State.OK,
        f"connected to {answer.portal} as user {answer.user_id}; tokens in {portal.vault.file}",
    )


def _wait(portal: Portal, web: WebSettings, *, opens: bool) -> Grant | Refusal:
    """Show where to go, and wait."""
    before = portal.vault.connection().grant
    window = portal.vault.open_window(time.time())
    here = address_of(portal, web)
    where = f"{here}/connect?key={window.key}" if here else portal.server().authorize_url(window.key)
    with pages_for(portal, web) as is_ours:
        if here and not is_ours:
            click.echo(f"Port {web.port} is taken; a running `itgrix serve` takes the browser's answer.")
        click.echo(
            f"Open in the browser of an administrator of the portal, within 15 minutes:\n\n  {where}\n"
        )
        click.echo("If the browser ends at an error, paste the address at which it ended, within 30 seconds:")
        if opens:
            click.launch(where)
        grant = arrived(portal, before, sys.stdin.readline, _complain(portal), SET_UP_SECONDS)
    portal.vault.close_window()
    return grant or Refusal(408, "nobody came back from the portal: run the command again")


def _complain(portal: Portal) -> Callable[[str], None]:
    return lambda sentence: _say(portal, State.FAILURE, sentence)


def _say(portal: Portal, state: State, sentence: str) -> None:
    show(Line(state, f"crm {portal.name}", sentence))
