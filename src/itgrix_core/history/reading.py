"""Past calls out of CEL and CDR: whole ones, as a stream that holds only those not over yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeVar

from itgrix_core.config.schema_asterisk import HistorySettings
from itgrix_core.errors import HistoryError
from itgrix_core.history.table import Columns, Table, open_table
from itgrix_core.wire import rows as words
from itgrix_core.wire.cdr import CdrGroups
from itgrix_core.wire.clusters import NAMING, OLDEST_SECONDS, Cluster, Clusters
from itgrix_core.wire.rows import CdrRow, CelRow, LocalTimes

MARGIN_SECONDS = 3600.0
"""Local times of a period are asked for with this on either side: in autumn an hour comes twice."""
_LATE_SECONDS = 2.0
"""A CDR may be written so much later than the last row of its call."""
_WHOLE_AT_ONCE = 100
"""So many torn calls are read whole in one go."""
_ROUNDS = 8
"""How often it is looked for further Linkedids of a call; each transfer by a second line adds one."""

_Row = TypeVar("_Row", CelRow, CdrRow)


@dataclass(frozen=True, slots=True)
class PastCalls:
    """Rows of one cluster of calls.

    Attributes:
        rows: its CEL, in order; none where there is only CDR.
        cdrs: of its channels.
        is_over: whether each of its channels has ended.
        is_cut: whether its beginning is missing.
        linkedids: those in it.
        last_at: time of its newest row, Unix seconds.
    """

    rows: list[CelRow]
    cdrs: list[CdrRow]
    is_over: bool
    is_cut: bool
    linkedids: list[str]
    last_at: float


class History:
    """CEL and CDR of one Asterisk.

    Args:
        cel, cdr: where they are read; `None` if that is not to be.
        zone: the PBX's.
        is_stopping: asked at every row; once it is true, reading ends in a `HistoryError`.

    Attributes:
        rows_read: how many rows were read so far.
        held: how many calls are held at the moment.

    Every method raises `HistoryError` when it cannot read.
    """

    def __init__(
        self,
        cel: Table | None,
        cdr: Table | None,
        zone: tzinfo,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._cel = cel
        self._cdr = cdr
        self._zone = zone
        self._is_stopping = is_stopping
        self.rows_read = 0
        self.held = 0

    def of_period(self, since: float, until: float) -> Iterator[PastCalls]:
        """Calls that were on at any time between two moments (Unix seconds), each whole.

        A call that reaches over an edge of the period is looked up by its Linkedid at the end.
        """
        if self._cel is None:
            yield from self._by_cdr(self._period(self._cdr, words.cdr_row, since, until), since, until)
            return
        cdrs = _Beside(self._period(self._cdr, words.cdr_row, since, until))
        clusters, torn = Clusters(), list[str]()
        for row in self._period(self._cel, words.cel_row, since, until):
            if since <= row.at <= until:
                for cluster in clusters.add(row):
                    if cluster.is_cut or not cluster.is_over:
                        torn += cluster.linkedids
                    else:
                        yield _past(cluster, cdrs.of(cluster))
                self.held = len(clusters)
        torn += (linkedid for cluster in clusters.rest() for linkedid in cluster.linkedids)
        known: set[str] = set()
        for start in range(0, len(torn), _WHOLE_AT_ONCE):
            wanted = [each for each in torn[start : start + _WHOLE_AT_ONCE] if each not in known]
            for past in self.of_linkedids(wanted):
                known.update(past.linkedids)
                yield past

    def of_linkedids(self, linkedids: Collection[str]) -> Iterator[PastCalls]:
        """The calls that have any of these Linkedids, whole, with all that they joined."""
        wanted = list(linkedids)
        for start in range(0, len(wanted), _WHOLE_AT_ONCE):
            yield from self._some(wanted[start : start + _WHOLE_AT_ONCE])

    def _some(self, linkedids: Collection[str]) -> Iterator[PastCalls]:
        if self._cel is None:
            yield from self._by_cdr(self._cdrs_of(linkedids), float("-inf"), float("inf"))
            return
        clusters = Clusters()
        found = [each for row in self._whole(linkedids) for each in clusters.add(row)] + clusters.rest()
        uniqueids = [uniqueid for cluster in found for uniqueid in cluster.uniqueids]
        cdrs = self._having(self._cdr, words.cdr_row, "uniqueid", uniqueids)
        for cluster in found:
            its = frozenset(cluster.uniqueids)
            yield _past(cluster, [cdr for cdr in cdrs if cdr.uniqueid in its])

    def _whole(self, linkedids: Collection[str]) -> list[CelRow]:
        """All rows of these Linkedids, and of those that their channels had before or have met."""
        wanted = set(linkedids)
        for _ in range(_ROUNDS):
            rows = self._having(self._cel, words.cel_row, "linkedid", wanted)
            channels = {row.uniqueid for row in rows}
            channels |= {str((row.extra or {}).get(name, "N/A")) for row in rows for name in NAMING}
            theirs = self._having(self._cel, words.cel_row, "uniqueid", channels - {"N/A"})
            more = {row.linkedid for row in theirs} - wanted
            if not more:
                break
            wanted |= more
        return rows

    def _cdrs_of(self, linkedids: Collection[str]) -> list[CdrRow]:
        by_linkedid = self._having(self._cdr, words.cdr_row, "linkedid", linkedids)
        return by_linkedid or self._having(self._cdr, words.cdr_row, "uniqueid", linkedids)

    def _by_cdr(self, cdrs: Iterable[CdrRow], since: float, until: float) -> Iterator[PastCalls]:
        """What CDRs alone tell; those of an hour on either side belong to calls that reach over an edge."""
        for its in _grouped(cdrs):
            if any(cdr.end >= since and cdr.start <= until for cdr in its):
                yield _by_cdrs(its)

    # ---- rows -----------------------------------------------------------------------------------------
    def _period(
        self,
        table: Table | None,
        make: Callable[[Columns, LocalTimes], _Row | None],
        since: float,
        until: float,
    ) -> Iterator[_Row]:
        times = LocalTimes(self._zone)
        if table is not None:
            first, last = times.text(since - MARGIN_SECONDS), times.text(until + MARGIN_SECONDS)
            yield from self._made(table.period(first, last), make, times)

    def _having(
        self,
        table: Table | None,
        make: Callable[[Columns, LocalTimes], _Row | None],
        column: str,
        values: Collection[str],
    ) -> list[_Row]:
        if table is None or not values:
            return []
        return list(self._made(table.having(column, sorted(values)), make, LocalTimes(self._zone)))

    def _made(
        self,
        found: Iterator[Columns],
        make: Callable[[Mapping[str, object], LocalTimes], _Row | None],
        times: LocalTimes,
    ) -> Iterator[_Row]:
        for columns in found:
            self.rows_read += 1
            if self._is_stopping():
                raise HistoryError("Reading was stopped; it begins anew the next time.")
            row = make(columns, times)
            if row is not None:
                yield row

    def close(self) -> None:
        """Let go of files and connections."""
        for table in (self._cel, self._cdr):
            if table is not None:
                table.close()


class _Beside:
    """CDRs read as far as the calls have come: by the end of a call all of its CDRs have been written."""

    def __init__(self, cdrs: Iterator[CdrRow]) -> None:
        self._cdrs = cdrs
        self._waiting: dict[str, list[CdrRow]] = {}
        self._next: CdrRow | None = next(cdrs, None)
        self._swept_at = 0.0

    def of(self, cluster: Cluster) -> list[CdrRow]:
        """The CDRs of a cluster that is over."""
        while self._next and self._next.ordered_at <= cluster.last_at + _LATE_SECONDS:
            self._waiting.setdefault(self._next.uniqueid, []).append(self._next)
            self._next = next(self._cdrs, None)
        self._sweep(cluster.last_at)
        return [cdr for uniqueid in cluster.uniqueids for cdr in self._waiting.pop(uniqueid, ())]

    def _sweep(self, now: float) -> None:
        """Forget those of channels that CEL does not know, or whose calls are read whole later."""
        if now - self._swept_at > OLDEST_SECONDS / 12:
            self._swept_at = now
            old = [uid for uid, some in self._waiting.items() if now - some[-1].ordered_at > OLDEST_SECONDS]
            for uniqueid in old:
                del self._waiting[uniqueid]


def open_history(
    settings: HistorySettings, zone: tzinfo, is_stopping: Callable[[], bool] = lambda: False
) -> History:
    """The history of the settings; nothing is read yet."""
    return History(cel_of(settings), cdr_of(settings), zone, is_stopping)


def cel_of(settings: HistorySettings) -> Table | None:
    """The settings' CEL."""
    return open_table(settings.cel, "cel", words.CEL_COLUMNS, ("eventtime",)) if settings.cel.is_set else None


def cdr_of(settings: HistorySettings) -> Table | None:
    """The settings' CDR."""
    times = ("end", "calldate", "start")
    return open_table(settings.cdr, "cdr", words.CDR_COLUMNS, times) if settings.cdr.is_set else None


def _past(cluster: Cluster, cdrs: list[CdrRow]) -> PastCalls:
    cdrs.sort(key=lambda cdr: (cdr.start, cdr.end, cdr.uniqueid))
    return PastCalls(
        cluster.in_order(), cdrs, cluster.is_over, cluster.is_cut, cluster.linkedids, cluster.last_at
    )


def _grouped(cdrs: Iterable[CdrRow]) -> Iterator[list[CdrRow]]:
    groups = CdrGroups()
    for cdr in cdrs:
        yield from (group.cdrs for group in groups.add(cdr))
    yield from (group.cdrs for group in groups.rest())


def _by_cdrs(cdrs: list[CdrRow]) -> PastCalls:
    """CDRs are written when a channel ends: without that of the first channel the call may be going on."""
    linkedids = list(dict.fromkeys(cdr.linkedid or cdr.uniqueid for cdr in cdrs))
    is_over = any(
        cdr.uniqueid == cdr.linkedid if cdr.linkedid else not cdr.channel.endswith(";2") for cdr in cdrs
    )
    return PastCalls([], cdrs, is_over, False, linkedids, max(cdr.end for cdr in cdrs))
