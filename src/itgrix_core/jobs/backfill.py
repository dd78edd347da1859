"""Files calls that nobody watched, out of CDR and CEL: once, and never instead of what was watched.

The same outbox as the service's, in short transactions, so that it may run beside `serve`. A call that the
outbox has already is left alone; one whose end is provisional gets its true end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from itgrix_core.calls.events import CallEnded, CallEvent, CallMerged
from itgrix_core.calls.learnt import key_of
from itgrix_core.calls.retelling import retell
from itgrix_core.calls.topology import Topology
from itgrix_core.history.reading import PastCalls
from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.spool import Spool, Standing
from itgrix_core.wire.clusters import OLDEST_SECONDS
from itgrix_hooks.values import Call

TOGETHER = 20
"""Calls that are stored in one transaction: listening must never wait long for the database."""


@dataclass(slots=True)
class Tally:
    """How a backfill went, in calls.

    Attributes:
        read: understood from the rows, those included that turned out to be a part of another.
        filed: put into the outbox now.
        corrected: whose provisional end was replaced by the true one.
        known: in the outbox already.
        forgotten: so old that the outbox may have filed and forgotten them: left alone.
        going_on: not over yet, or watched at this moment: left to the service.
        cut: filed although their beginning or end is missing in the rows.
        untold: filed with something that the rows could not tell.
    """

    read: int = 0
    filed: int = 0
    corrected: int = 0
    known: int = 0
    forgotten: int = 0
    going_on: int = 0
    cut: int = 0
    untold: int = 0


@dataclass(slots=True)
class PastCall:
    """One call told afterwards: its events, the last one its end."""

    events: list[CallEvent] = field(default_factory=list)
    is_cut: bool = False

    @property
    def call(self) -> Call:
        """The call at its end."""
        return self.events[-1].call


class Backfill:
    """Understands past calls of one Asterisk and files them.

    Args:
        pbx: its name.
        topology, timezone: as for its tracker.
        spool: where they are filed; `None` to understand them only.
        learnt: what the PBX said of its endpoints (`learnt_of`).
        now: Unix seconds.
    """

    def __init__(
        self,
        pbx: str,
        topology: Topology,
        timezone: str,
        spool: Spool | None,
        *,
        learnt: bytes = b"",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._pbx = pbx
        self._topology = topology
        self._timezone = timezone
        self._spool = spool
        self._learnt = learnt
        self._now = now
        self.tally = Tally()

    def understand(self, found: Iterable[PastCalls]) -> Iterator[PastCall]:
        """The calls behind these rows, as far as they are over."""
        for past in found:
            if not past.is_over and self._now() - past.last_at < OLDEST_SECONDS:
                self.tally.going_on += 1
                continue
            told = retell(self._pbx, past.rows, past.cdrs, self._topology, self._timezone, self._learnt)
            for each in _by_call(told):
                self.tally.read += 1
                each.is_cut = past.is_cut or not past.is_over
                yield each

    def file(self, found: Iterable[PastCalls]) -> Iterator[PastCall]:
        """File the calls behind these rows; yields each after it was stored, or found to be known."""
        together: list[PastCall] = []
        for past in self.understand(found):
            together.append(past)
            if len(together) >= TOGETHER:
                yield from self.store(together)
                together = []
        yield from self.store(together)

    def store(self, together: Sequence[PastCall]) -> Sequence[PastCall]:
        """File these calls in one transaction, as far as they are not known; the same again."""
        if together and self._spool is not None:
            told = {past.call.key: [_job(event) for event in past.events] for past in together}
            standings = self._spool.complete(self._pbx, told)
            for past in together:
                self._count(past, standings[past.call.key])
        return together

    def _count(self, past: PastCall, was: Standing) -> None:
        tally = self.tally
        if was is Standing.KNOWN:
            tally.known += 1
        elif was is Standing.FORGOTTEN:
            tally.forgotten += 1
        elif was is Standing.GOING_ON:
            tally.going_on += 1
        else:
            tally.corrected += was is Standing.PROVISIONAL
            tally.filed += was is not Standing.PROVISIONAL
            tally.cut += past.is_cut
            tally.untold += bool(past.call.untold)


def learnt_of(pbx: str, spool: Spool) -> bytes:
    """What this PBX said of its endpoints when it was last watched; b"" if it never was."""
    return spool.calls(pbx).get(key_of(pbx), b"")


def _by_call(told: Iterable[object]) -> Iterator[PastCall]:
    """The events of each call that has an end, in the order of their beginnings."""
    calls: dict[str, PastCall] = {}
    for event in told:
        if isinstance(event, CallEvent):
            calls.setdefault(event.call.key, PastCall()).events.append(event)
    return (past for past in calls.values() if isinstance(past.events[-1], CallEnded | CallMerged))


def _job(event: CallEvent) -> Job:
    """Old calls are no young ones: whatever rings now goes before them."""
    return job_of(event, event.at)
