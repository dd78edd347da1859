"""A log of Asterisk's own, wherever it lies: a file or a table of a database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from itgrix_core.config.schema_asterisk import HistoryTable
from itgrix_core.history.files import CsvTable
from itgrix_core.history.sql import SqlTable

Columns = Mapping[str, object]


class Table(Protocol):
    """Rows by our names of their columns (`itgrix_core.wire.rows`), in the order in which they were written.

    Every method raises `HistoryError` when it cannot be read.
    """

    where: str
    is_database: bool

    def columns(self) -> list[str]:
        """The columns that it has, by our names."""

    def period(self, since: str, until: str) -> Iterator[Columns]:
        """Rows between two local times ("2026-11-22 20:30:52"); a file gives all that it has."""

    def having(self, column: str, values: Collection[str]) -> Iterator[Columns]:
        """Rows whose column has one of these values."""

    def newest(self) -> Columns | None:
        """The row that was written last; `None` if there is none."""

    def close(self) -> None:
        """Let go of files and connections; it may be used again."""


def open_table(settings: HistoryTable, name: str, order: Sequence[str], times: Sequence[str]) -> Table:
    """The table of the settings, not read yet.

    Args:
        settings: a file or a database.
        name: the table's name where the settings give none.
        order: columns of a file without a header line.
        times: columns that rows may be ordered by, best first.
    """
    if settings.file is not None:
        return CsvTable(Path(settings.file), settings.columns or order, settings.aliases)
    return SqlTable(settings.url.get_secret_value(), settings.table or name, settings.aliases, times)
