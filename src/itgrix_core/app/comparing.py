"""The comparison with the CRM's own list of calls, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from itgrix_core.app.from_settings import accounts_of, topology_of
from itgrix_core.config.schema import Settings
from itgrix_core.crm.adapter import Adapter
from itgrix_core.crm.books import Books
from itgrix_core.history.reading import History, open_history
from itgrix_core.jobs.backfill import Backfill, PastCall, learnt_of
from itgrix_core.jobs.reconciling import Reconciling
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.spool import Spool


@contextmanager
def comparison(
    settings: Settings,
    database: Database,
    adapters: Mapping[str, Adapter],
    books: Mapping[str, Books],
    wake: Callable[[Iterable[str]], None] = lambda _lanes: None,
    is_stopping: Callable[[], bool] = lambda: False,
    *,
    is_repairable: bool = True,
) -> Iterator[Reconciling]:
    """The comparison of these settings' data folder; what it has opened is closed afterwards.

    Args:
        settings: all of them.
        database: the outbox's.
        adapters: the accounts, by name.
        books: their lists of calls.
        wake: told of lanes that got something to do.
        is_stopping: whether the reading of a history is to end.
        is_repairable: whether it is said how each difference can be repaired.
    """
    spool = Spool(database, wake)
    with ExitStack() as stack:
        read: list[tuple[str, History]] = []
        for name, asterisk in settings.asterisk.items():
            if asterisk.history.is_set:
                zone = ZoneInfo(asterisk.timezone)
                history = stack.enter_context(closing(open_history(asterisk.history, zone, is_stopping)))
                read.append((name, history))

        def histories(since: float, until: float) -> Iterator[PastCall]:
            for name, history in read:
                yield from _backfill(settings, name, spool).understand(history.of_period(since, until))

        def store(calls: Sequence[PastCall]) -> None:
            ordered = sorted(calls, key=lambda past: past.call.pbx)
            for pbx, some in groupby(ordered, key=lambda past: past.call.pbx):
                for past in some:
                    _backfill(settings, pbx, spool).store([past])

        yield Reconciling(
            database,
            accounts_of(settings, adapters),
            books,
            histories,
            store,
            is_repairable=is_repairable,
        )


def _backfill(settings: Settings, name: str, spool: Spool) -> Backfill:
    asterisk = settings.asterisk[name]
    learnt = learnt_of(name, spool)
    return Backfill(name, topology_of(asterisk), asterisk.timezone, spool, learnt=learnt)


def days_before(now: float, days: int, zone: ZoneInfo) -> tuple[float, float]:
    """So many whole days before the one of `now` (Unix seconds) in a zone: begin and end in Unix seconds."""
    midnight = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - timedelta(days=days)).timestamp(), midnight.timestamp()
