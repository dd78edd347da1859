"""`itgrix events`: what a portal tells us, asking for it and no more, and why nothing comes."""

from __future__ import annotations

from collections.abc import Iterator

import click

from itgrix_core.app.cli.check import Line, State, show
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.portals import Portal, portal_of
from itgrix_core.crm.bitrix24.checking import Finding
from itgrix_core.crm.bitrix24.subscribing import Subscriptions


@click.command()
@click.argument("what", type=click.Choice(["list", "subscribe", "unsubscribe", "why"]))
@click.argument("account", required=False)
@click.pass_obj
def events(invocation: Invocation, what: str, account: str | None) -> None:
    """Events of a portal: list, subscribe, unsubscribe, or why nothing comes; 1 if not all is well."""
    settings = invocation.settings()
    invocation.start_logs("error")
    portal = portal_of(settings, account)
    failed = False
    for is_fine, sentence in _findings(portal, what):
        show(Line(State.OK if is_fine else State.FAILURE, f"crm {portal.name}", sentence))
        failed |= not is_fine
    if failed:
        raise click.exceptions.Exit(1)


def _findings(portal: Portal, what: str) -> Iterator[Finding]:
    if not portal.has_application:
        yield (
            False,
            (
                "events belong to applications, and this account is a webhook: connect by an application, or "
                "make an outgoing webhook in the portal for OnExternalCallStart, to "
                f"https://YOUR-ADDRESS/bitrix24/{portal.name}/event, its token in events.application_token"
            ),
        )
        return
    client = portal.client()
    try:
        yield from _asked(portal.subscriptions(client), what)
    finally:
        client.close()


def _asked(subscriptions: Subscriptions, what: str) -> Iterator[Finding]:
    if what == "subscribe":
        return subscriptions.subscribe()
    if what == "unsubscribe":
        return subscriptions.unsubscribe()
    return subscriptions.why() if what == "why" else _listed(subscriptions)


def _listed(subscriptions: Subscriptions) -> Iterator[Finding]:
    bound = subscriptions.bound()
    if not isinstance(bound, list):
        yield False, bound.text
        return
    for binding in bound:
        yield True, str(binding)
    if not bound:
        yield True, "nothing is bound"
