"""`itgrix sandbox`, also `python -m itgrix_core.sandbox.bitrix`: the portal as a process of its own."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

import click

from itgrix_core.errors import ConfigError, ItgrixError
from itgrix_core.sandbox.bitrix import deeds
from itgrix_core.sandbox.bitrix.seed import read
from itgrix_core.sandbox.bitrix.server import RunningPortal, run_portal
from itgrix_core.sandbox.bitrix.settings import Application, CrmMode, Limits, Settings

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--port", default=0, show_default="a free one", help="Port on 127.0.0.1.")
@click.option(
    "--mode", type=click.Choice(["lead", "leadless"]), default="lead", help="With leads, or without."
)
@click.option(
    "--webhook", type=click.Choice(["on", "off"]), default="on", help="May webhooks register calls?"
)
@click.option("--latency", default="0", metavar="SECONDS|documented", help="How long each request takes.")
@click.option("--seed", type=_FILE, help="Start data, a YAML file: users, departments, lines, entities.")
@click.option("--state", type=_FILE, help="Keep the memory in this file, and go on from it.")
@click.option("--ledger", type=_FILE, help="Append each request to this file.")
@click.option("--limits/--no-limits", default=True, help="Refuse too many requests, as the cloud does.")
@click.option(
    "--handler", default="", help="The application's address: where the browser returns with a code."
)
@click.option(
    "--install-handler", default="", help="Where ONAPPINSTALL is posted, at once and at each install."
)
@click.option(
    "--refresh",
    type=click.Choice(["strict", "lax"]),
    default="strict",
    help="Is a refresh token that was used dead at once?",
)
def sandbox(
    port: int,
    mode: str,
    webhook: str,
    latency: str,
    seed: Path | None,
    state: Path | None,
    ledger: Path | None,
    limits: bool,
    handler: str,
    install_handler: str,
    refresh: str,
) -> None:
    """Run a Bitrix24 on this machine until interrupted; its addresses are the first lines of the output."""
    settings = Settings(
        webhook_may_register=webhook == "on",
        crm_mode=CrmMode.LEADS if mode == "lead" else CrmMode.SIMPLE,
        limits=Limits() if limits else None,
        latency_seconds=_latency(latency),
        is_refresh_strict=refresh == "strict",
        applications=(replace(Application(), handler=handler, install_handler=install_handler),),
    )
    start_data = read(seed) if seed else None
    try:
        running = run_portal(settings, start_data, port, ledger_path=ledger, state_path=state)
    except OSError as error:
        raise ItgrixError(
            f"port {port} of 127.0.0.1 cannot be used ({error.strerror}); give another --port"
        ) from error
    told_to_stop: SimpleQueue[int] = SimpleQueue()  # an Event's lock may be held when a signal comes
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: told_to_stop.put(received))
    with running:
        _introduce(running)
        _install(running)
        _wait(told_to_stop)
        click.echo("stopped", err=True)


def _wait(told: SimpleQueue[int]) -> None:
    """Until something is put; a signal that comes just before the waiting begins is seen a second later."""
    while True:
        with contextlib.suppress(Empty):
            told.get(timeout=1.0)
            return


def _latency(text: str) -> float | None:
    if text == "documented":
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 60:  # noqa: PLR2004 - a request of Bitrix24 ends after a minute
        raise ConfigError([f"--latency {text}: give seconds from 0 to 60, or documented"])
    return seconds


def _introduce(running: RunningPortal) -> None:
    application = running.portal.settings.applications[0]
    token = running.portal.settings.tokens[0]
    lines = {
        "url": running.url,
        "webhook": running.webhook,
        "page": running.url,
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "token": token.value,
    }
    click.echo("\n".join(f"{name} {value}" for name, value in lines.items()))


def _install(running: RunningPortal) -> None:
    """Somebody who has just registered the application installs it: its callback is told."""
    portal = running.portal
    if portal.settings.applications[0].install_handler:
        deeds.install(portal, portal.settings.applications[0].app_id)
