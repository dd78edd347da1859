"""`itgrix restore`: a copy of the outbox in the place of the outbox."""

from __future__ import annotations

import time
from pathlib import Path

import click

from itgrix_core.app.cli.columns import span
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.outbox.copying import restore as put_back

NEXT = """\
At the next `itgrix serve`:
- What waited when the copy was made is filed, unless the CRM has it: everything of calls from before now that
  the copy does not know to be done is looked up there first, by its mark or in the statistics of calls.
- Calls since then come again out of the recorded log, as far as it is here, or by `itgrix backfill`; they are
  looked up as well. What nobody can look up (a hook's own write without a mark) is not repeated but refused.
- A call that was registered since and not finished is not in the statistics yet. After 30 minutes the portal
  takes it for a new one: such a call may be there twice, one of them unfinished."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def restore(invocation: Invocation, file: Path, yes: bool) -> None:
    """Put FILE, a copy made by `itgrix backup`, in the place of the outbox; the service must be stopped."""
    folder = invocation.settings().data_folder
    if not yes:
        click.confirm(f"Put {file} in the place of the outbox in {folder}?", abort=True)
    copy, aside = put_back(folder, file)
    age = f"{span(time.time() - copy.copied_at)} old" if copy.copied_at else "of unknown age"
    click.echo(f"The outbox in {folder} is now the copy ({age}). Jobs that wait in it: {copy.waiting}.")
    if aside:
        click.echo(f"The one before lies in {aside}; delete it when all is well.")
    click.echo(NEXT)
