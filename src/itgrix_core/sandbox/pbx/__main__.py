"""The replayed PBX as a process of its own: `python -m itgrix_core.sandbox.pbx`.

It outlives the service that is killed beside it. SIGUSR1 breaks the line in mid-event, SIGUSR2 restarts it,
SIGTERM ends it. It prints where it listens, and `all served` when it has nothing more to say.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from pathlib import Path

import click

from itgrix_core.errors import ItgrixError
from itgrix_core.sandbox.pbx.server import HOST, SECRET, USERNAME, RunningPbx, run_pbx
from itgrix_core.sandbox.recordings import bundled

SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2}


@click.command()
@click.argument("recordings", nargs=-1, type=click.Path(path_type=Path), metavar="RECORDING…")
@click.option("--port", default=0, help="Where to listen on 127.0.0.1; 0 takes a free port.")
@click.option("--username", default=USERNAME, show_default=True)
@click.option("--secret", default=SECRET, show_default=True)
@click.option("--pace", default=0.0, help="How many times faster than real; 0: as fast as the client reads.")
@click.option(
    "--overlap", default=1, show_default=True, help="How many recordings may be under way at a time."
)
@click.option("--settle", default=1.0, show_default=True, help="Seconds until a recording counts as served.")
def main(
    recordings: tuple[Path, ...],
    port: int,
    username: str,
    secret: str,
    pace: float,
    overlap: int,
    settle: float,
) -> None:
    """Serves recorded logs over AMI, without any the bundled ones, until it is told to end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # before the first thread: all of them wait for us
    try:
        pbx = run_pbx(
            recordings or bundled(),
            port=port,
            username=username,
            secret=secret,
            pace=pace,
            overlap=overlap,
            settle=settle,
        )
    except ItgrixError as error:
        click.echo(error, err=True)
        sys.exit(error.exit_code)
    with pbx:
        click.echo(f"listening on {HOST}:{pbx.port}")
        threading.Thread(target=_tell_end, args=(pbx,), name="pbx end", daemon=True).start()
        while (received := signal.sigwait(SIGNALS)) in (signal.SIGUSR1, signal.SIGUSR2):
            pbx.cut() if received == signal.SIGUSR1 else pbx.restart()


def _tell_end(pbx: RunningPbx) -> None:
    pbx.finished.wait()
    click.echo("all served")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
