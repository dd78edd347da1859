"""Compares what was filed with what the CRM has, and asks for the repairs.

Repairs are jobs of the outbox: `serve` carries them out in the backlog's share of the quota, and a crash
in the middle does none of them twice. The comparison itself only reads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from itgrix_core.crm import urgency
from itgrix_core.crm.books import Books
from itgrix_core.filing.mending import judged, needs_activity
from itgrix_core.filing.reconciling import TOLERANCE, Tolerance, compare
from itgrix_core.filing.sheet import Fault, Finding, Remedy, Sheet, with_findings
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.backfill import PastCall
from itgrix_core.jobs.filed_calls import FiledCalls, Histories, Known, Side
from itgrix_core.jobs.remedies import Cure, Remedies
from itgrix_core.jobs.reviving import revive
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import Desk
from itgrix_core.outbox.lane_engine import LaneEngine
from itgrix_core.outbox.past import PastJobs

ASKED = "It is being repaired: `itgrix serve` does it, now if it runs."


@dataclass(frozen=True, slots=True)
class Compared:
    """One account's sheet, and what is known of its calls by key."""

    account: Account
    sheet: Sheet
    known: Mapping[str, Known]


class Reconciling:
    """The comparison of one data folder with its CRM accounts.

    Args:
        books: the accounts' lists of calls, by name.
        histories: what CDR and CEL tell; nothing if left out.
        store: puts calls of the history into the outbox, as a backfill does.
        tolerance: what counts as the same.
        is_repairable: whether anything here is to be repaired at all; what a shadow would have filed is not.
        now: Unix seconds.
    """

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        books: Mapping[str, Books],
        histories: Histories = lambda _since, _until: iter(()),
        store: Callable[[Sequence[PastCall]], None] = lambda _calls: None,
        *,
        tolerance: Tolerance = TOLERANCE,
        is_repairable: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._books = books
        self._store = store
        self._tolerance = tolerance
        self._is_repairable = is_repairable
        self._now = now
        self._filed = FiledCalls(database, accounts, books, histories)
        self._remedies = Remedies(PastJobs(database))

    def compare(self, since: float, until: float) -> list[Compared]:
        """A sheet for each account, of the calls that began from `since` to before `until` (Unix seconds).

        Raises:
            CrmUnavailable, CrmError: a CRM cannot be asked, or refuses.
            HistoryError: CDR or CEL cannot be read.
        """
        with urgency.backlog():
            sides = self._filed.of_period(since, until)
            return [self._compared(name, side, since, until) for name, side in sides.items()]

    def repair(self, compared: Sequence[Compared], engine: LaneEngine) -> int:
        """Ask for all repairs that are possible; for how many was asked."""
        asked, past = 0, []
        for each in compared:
            for known, cure in self._possible(each):
                asked += 1
                if known.past is not None:
                    past.append(known.past)
                elif cure.aside is not None:
                    revive(self._database, engine, Desk(self._database).find(cure.aside.key))
                elif cure.job is not None:
                    engine.put([cure.job])
        if past:
            self._store(past)
        return asked

    def _possible(self, compared: Compared) -> Iterator[tuple[Known, Cure]]:
        books = self._books[compared.account.name]
        for finding in compared.sheet.findings:
            known = compared.known.get(finding.key)
            if finding.remedy is Remedy.POSSIBLE and known is not None:
                yield known, self._remedies.of(finding, known, books, self._now())

    def _compared(self, name: str, side: Side, since: float, until: float) -> Compared:
        margin = self._tolerance.begin_seconds
        entries = self._books[name].entries(since - margin, until + margin)
        sheet = compare(list(side.expected.values()), entries, since, until, self._tolerance)
        account = self._accounts.by_name[name]
        findings = [each for each in sheet.findings if self._counts(each)]
        if self._is_repairable:
            findings = [self._judged(each, account, side) for each in findings]
        return Compared(account, replace(with_findings(sheet, findings), waiting=side.waiting), side.known)

    def _counts(self, finding: Finding) -> bool:
        """A row that nobody expects is told, if it is of no call that we sent (it waits, or was joined)."""
        return finding.fault is not Fault.UNKNOWN or not self._filed.is_ours(finding.key)

    def _judged(self, finding: Finding, account: Account, side: Side) -> Finding:
        """The finding with what can be done about it, as far as that was not tried already."""
        entry, known = finding.entry, side.known.get(finding.key)
        activity = None
        if needs_activity(finding) and entry is not None and entry.activity_id is not None:
            activity = self._books[account.name].activity(entry.activity_id)
        found = judged(finding, activity)
        if found.remedy is not Remedy.POSSIBLE or known is None:
            return found
        cure = self._remedies.of(found, known, self._books[account.name], self._now())
        if cure.why_not:
            return replace(found, remedy=Remedy.NONE, way_out=cure.why_not)
        earlier = self._remedies.earlier(cure)
        if earlier is None and not cure.is_asked:
            return found
        if earlier is None or earlier.is_open:
            return replace(found, remedy=Remedy.ASKED, way_out=ASKED)
        why = f" ({earlier.reason})" if earlier.reason else ""
        text = f"It was repaired once and is as before{why}; see `itgrix explain {finding.key}`."
        return replace(found, remedy=Remedy.NONE, way_out=text)
