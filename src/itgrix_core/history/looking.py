"""Whether CEL and CDR can be read, for `itgrix check`: what is there, what it lacks, how old it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from itgrix_core.config.schema_asterisk import HistorySettings
from itgrix_core.errors import HistoryError
from itgrix_core.history.reading import cdr_of, cel_of
from itgrix_core.history.table import Table
from itgrix_core.wire.rows import CDR_NEEDED, CEL_NEEDED, LocalTimes, cdr_row, cel_row

OLD_SECONDS = 24 * 3600.0
"""A PBX that has had no call for so long is worth a look."""
_CLOCKS_SECONDS = 60.0
"""By so much two clocks may differ."""
USEFUL = {
    "extra": "who hung up and how a phone's ringing ended will not be known of calls told afterwards",
    "appdata": "numbers are known as typed where CDR does not help",
    "id": "rows of one second may be read in a wrong order; add a column id that counts up",
}
"""Columns of CEL that one can do without, and what is lost then."""
NO_CEL = (
    "no row yet. Switch CEL on: cel.conf needs `enable = yes`, `apps = all` and `events = ALL`, and a writer "
    "such as cel_odbc or cel_custom"
)

Finding = tuple[bool, str]


def findings(settings: HistorySettings, zone: tzinfo, now: float) -> Iterator[Finding]:
    """(is it fine, sentence with the way out) about each of the two logs.

    Args:
        settings: of one Asterisk.
        zone: the PBX's.
        now: Unix seconds.
    """
    cel, cdr = cel_of(settings), cdr_of(settings)
    if cel is None:
        yield False, "there is no CEL, only CDR: transfers, queues and who hung up will not be known"
    else:
        yield from _guarded("CEL", cel, CEL_NEEDED, zone, now)
    if cdr is not None:
        yield from _guarded("CDR", cdr, CDR_NEEDED, zone, now)


def _guarded(what: str, table: Table, needed: Sequence[str], zone: tzinfo, now: float) -> Iterator[Finding]:
    try:
        yield from _of(what, table, needed, zone, now)
    except HistoryError as error:
        yield False, str(error)
    finally:
        table.close()


def _of(what: str, table: Table, needed: Sequence[str], zone: tzinfo, now: float) -> Iterator[Finding]:
    columns = table.columns()
    absent = [name for name in needed if name not in columns]
    if absent:
        yield (
            False,
            f"{table.where} lacks columns: {', '.join(absent)}; name them under `columns` or `aliases`",
        )
        return
    newest = table.newest()
    if newest is None:
        yield False, f"{table.where}: {NO_CEL if what == 'CEL' else 'no row yet'}"
        return
    row = (cel_row if what == "CEL" else cdr_row)(newest, LocalTimes(zone))
    at = row.at if row and hasattr(row, "at") else getattr(row, "end", None)
    if at is None:
        yield False, f"{table.where}: the newest row has no readable time; look at the order of the columns"
    else:
        yield -_CLOCKS_SECONDS < now - at < OLD_SECONDS, f"{table.where}: {what}, newest row {_age(now - at)}"
    for name, loss in USEFUL.items():
        if what == "CEL" and name not in columns and not (name == "id" and not table.is_database):
            yield False, f"{table.where} has no column {name}: {loss}"


def _age(seconds: float) -> str:
    """How old a row is; one from the future shows that the zone is wrong."""
    if seconds <= -_CLOCKS_SECONDS:
        return f"{-seconds / 3600:.1f} hours in the future: `timezone` of this Asterisk is wrong"
    if seconds < OLD_SECONDS:
        return f"{max(0.0, seconds) / 60:.0f} min old"
    return f"{seconds / 86_400:.1f} days old: if there were calls since, Asterisk does not write it any more"
