"""The outbox of the settings' data folder, for verbs that work on what `itgrix serve` has made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.outbox.database import Database


@contextmanager
def opened(invocation: Invocation) -> Iterator[Database]:
    """The database, closed afterwards; a click error if there is none, as nothing is made by looking."""
    with opened_in(invocation.settings().data_folder) as database:
        yield database


@contextmanager
def opened_in(folder: Path) -> Iterator[Database]:
    """The same for a folder."""
    if not (folder / "itgrix.db").exists():
        raise click.ClickException(f"There is no outbox in {folder} yet; the first `itgrix serve` makes it.")
    with Database(folder) as database:
        yield database
