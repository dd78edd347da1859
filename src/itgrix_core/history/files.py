"""CSV files as Asterisk writes them (cdr_csv, cdr_custom, cel_custom): read in one go, never whole."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from itgrix_core.errors import HistoryError

_TAIL_BYTES = 256 * 1024
"""Enough for the last line, whatever Dial it tells of."""
_HEADERS = frozenset({"uniqueid", "eventtype", "eventtime", "channel", "channame"})
"""A first line that holds two of these words names the columns."""


class CsvTable:
    """`Table` in a file.

    Args:
        path: the file; Asterisk may be writing it.
        order: its columns in order, where no header line names them.
        aliases: our name of a column to the header's.
    """

    is_database = False

    def __init__(self, path: Path, order: Sequence[str], aliases: Mapping[str, str]) -> None:
        self.where = str(path)
        self._path = path
        self._order = order
        self._ours = {theirs: ours for ours, theirs in aliases.items()}

    def columns(self) -> list[str]:
        """As `Table.columns`."""
        with self._opened() as file:
            return self._names(next(csv.reader(_whole_lines(file)), []))[0]

    def period(self, since: str, until: str) -> Iterator[Mapping[str, object]]:  # noqa: ARG002 - a file's rows have no index
        """As `Table.period`: all rows."""
        with self._opened() as file:
            rows = csv.reader(_whole_lines(file))
            first = next(rows, [])
            names, is_header = self._names(first)
            if first and not is_header:
                yield dict(zip(names, first, strict=False))
            for row in rows:
                yield dict(zip(names, row, strict=False))

    def having(self, column: str, values: Collection[str]) -> Iterator[Mapping[str, object]]:
        """As `Table.having`: the whole file is read."""
        wanted = frozenset(values)
        return (row for row in self.period("", "") if row.get(column) in wanted)

    def newest(self) -> Mapping[str, object] | None:
        """As `Table.newest`, from the file's end."""
        with self._opened() as file:
            names, is_header = self._names(next(csv.reader(_whole_lines(file)), []))
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = list(_whole_lines(file))
            if size > _TAIL_BYTES:
                del lines[:1]
        rows = list(csv.reader(lines))[1 if is_header and size <= _TAIL_BYTES else 0 :]
        return dict(zip(names, rows[-1], strict=False)) if rows else None

    def close(self) -> None:
        """As `Table.close`: nothing stays open."""

    def _names(self, first: Sequence[str]) -> tuple[list[str], bool]:
        """The columns' names, ours where they have one, and whether the first line holds them."""
        named = [self._ours.get(name, name) for name in first]
        is_header = len(_HEADERS & {name.lower() for name in named}) > 1
        return (named, True) if is_header else (list(self._order), False)

    def _opened(self) -> IO[str]:
        try:
            return self._path.open(encoding="utf-8", errors="surrogateescape", newline="")
        except OSError as error:
            raise HistoryError(
                f"{self._path}: cannot be read ({error.strerror}). Correct the path under `history`, give "
                "the user of itgrix the right to read it, or let Asterisk write it (cel_custom.conf)."
            ) from None


def _whole_lines(file: IO[str]) -> Iterator[str]:
    """Lines to their ends: the last one may just be being written. NUL is what a crash leaves."""
    while line := file.readline():
        if line.endswith("\n"):
            yield line.replace("\0", "")
