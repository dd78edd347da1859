"""`python -m itgrix_core.sandbox.bitrix`: the portal as a process of its own, which outlives its clients."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from itgrix_core.sandbox.bitrix.seed import read
from itgrix_core.sandbox.bitrix.server import run_portal
from itgrix_core.sandbox.bitrix.settings import CrmMode, Limits, Settings


@click.command()
@click.option("--port", default=0, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--ledger", type=click.Path(dir_okay=False, path_type=Path), help="Append each request here.")
@click.option("--seed", type=click.Path(exists=True, path_type=Path), help="Start data, a JSON file.")
@click.option("--no-limits", is_flag=True, help="Never answer QUERY_LIMIT_EXCEEDED.")
@click.option("--no-webhook-calls", is_flag=True, help="Refuse register and finish by webhook.")
@click.option("--without-leads", is_flag=True, help="The CRM mode without leads.")
def main(
    port: int,
    ledger: Path | None,
    seed: Path | None,
    no_limits: bool,
    no_webhook_calls: bool,
    without_leads: bool,
) -> None:
    """Run a Bitrix24 portal until interrupted; its addresses are the first lines of the output."""
    settings = Settings(
        webhook_may_register=not no_webhook_calls,
        crm_mode=CrmMode.SIMPLE if without_leads else CrmMode.LEADS,
        limits=None if no_limits else Limits(),
    )
    with run_portal(settings, read(seed) if seed else None, port, ledger_path=ledger) as running:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        click.echo(f"url {running.url}\nwebhook {running.webhook}")
        try:
            running.wait()
        except KeyboardInterrupt:
            click.echo("stopped", err=True)


if __name__ == "__main__":
    main()
