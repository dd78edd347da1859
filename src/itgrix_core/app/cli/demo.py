"""`itgrix demo`: watch recorded calls arrive in a CRM."""

from __future__ import annotations

import threading
from collections.abc import Callable

import click
from rich.console import Console
from rich.live import Live

from itgrix_core.app.cli.invocation import Invocation, is_for_people
from itgrix_core.app.demo import MISSED_TURN, Stage, staged
from itgrix_core.app.demo_board import Row
from itgrix_core.sandbox.bitrix.auditing import audit, problems

REFRESH_SECONDS = 0.25
LONGEST_SECONDS = 300.0
FEWEST_ROWS, FRAME_LINES, LINES_A_ROW = 5, 6, 2
"""How many calls fit a terminal: so many lines a call, and so many for the table's frame."""
EXAMPLES = 3
"""How many example hooks must have changed something."""


@click.command()
@click.option("--once", is_flag=True, help="End after all recordings, with a summary and an exit code.")
@click.option("--pace", default=6.0, show_default=True, help="How many times faster than real.")
@click.option("--overlap", default=5, show_default=True, help="How many recordings at a time.")
@click.pass_obj
def demo(invocation: Invocation, once: bool, pace: float, overlap: int) -> None:
    """Real recorded calls run through the example hooks into a CRM that lives here. No account needed."""
    invocation.start_logs("error")
    with staged(pace, overlap) as stage:
        click.echo(f"PBX on 127.0.0.1:{stage.pbx.port}, portal at {stage.portal.url}")
        _show(stage, once)
        ok = _summarise(stage)
    if once and not ok:
        raise click.exceptions.Exit(1)


def _show(stage: Stage, once: bool) -> None:
    """A live table for people, a line per filed call for pipes, until all is filed (or Ctrl-C)."""
    try:
        if is_for_people():
            console = Console()
            newest = max(FEWEST_ROWS, (console.height - FRAME_LINES) // LINES_A_ROW)
            with Live(stage.board.table(newest), console=console, refresh_per_second=4) as live:
                _until_over(stage, once, lambda: live.update(stage.board.table(newest)))
                live.update(stage.board.table())
        else:
            stage.board.on_row = _echo
            _until_over(stage, once, lambda: None)
    except KeyboardInterrupt:
        click.echo("stopped")


def _until_over(stage: Stage, once: bool, refresh: Callable[[], None]) -> None:
    is_served = False
    pause = threading.Event()
    for _ in range(int(LONGEST_SECONDS / REFRESH_SECONDS)) if once else iter(int, 1):
        is_served = is_served or stage.pbx.wait_served(REFRESH_SECONDS)
        refresh()
        if is_served and once and stage.service.engine.wait_until_drained(REFRESH_SECONDS):
            return
        if is_served:
            pause.wait(REFRESH_SECONDS)


def _echo(row: Row) -> None:
    time, way, number, who, stage, filed, hooks = row.cells()
    changed = f"  [{'; '.join(hooks.splitlines())}]" if hooks else ""
    click.echo(f"{time} {way:9}{number:14}{who:15}{stage:22}{filed}{changed}")


def _summarise(stage: Stage) -> bool:
    """What the portal's own ledger says; `True` when every call is there once and finished."""
    entries = stage.portal.portal.ledger.entries()
    calls = audit(entries)
    rows = [row for row in stage.board.rows if not row.is_merged]
    skipped = sum(bool(row.skipped) for row in rows)
    parts = sum(bool(row.call.part_of) for row in rows)
    finished = sum(len(call.finishes) for call in calls.values())
    records = sum(call.records for call in calls.values())
    click.echo(
        f"\n{len(rows) - parts} calls understood, "
        f"{len(calls)} registered ({parts} of them later talks of a call), "
        f"{finished} finished, {skipped} not filed"
    )
    click.echo(f"{records} recordings attached; {len(entries)} requests in all")
    for plugin, count in sorted(stage.board.changes.items()):
        click.echo(f"hook {plugin} changed {count} requests")
    finishes = [params for call in calls.values() for params, _ in call.finishes]
    owners = [str(params.get("USER_ID")) for params in finishes if str(params.get("STATUS_CODE")) == "304"]
    turn = ", ".join(map(str, MISSED_TURN))
    click.echo(f"missed calls went to users {', '.join(owners)}, in turn among {turn}")
    wrong = [*problems(entries), *stage.board.refused, *stage.board.failures]
    for sentence in wrong:
        click.echo(f"WRONG: {sentence}")
    is_complete = finished == len(calls) == len(rows) - skipped
    return is_complete and not wrong and len(stage.board.changes) >= EXAMPLES
