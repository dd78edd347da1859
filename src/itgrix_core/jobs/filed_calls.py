"""Which calls of a period an account should have, and what is known of each.

What was decided for a call, hooks included, is the truth while it is remembered. Of calls that nobody watched
CDR and CEL tell no more than that they were, when, with whom and how long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from itgrix_core.calls.events import CallEnded
from itgrix_core.crm.books import Books, Told
from itgrix_core.errors import CrmError
from itgrix_core.filing import plan
from itgrix_core.filing.sheet import Expected
from itgrix_core.jobs.accounts import Accounts
from itgrix_core.jobs.backfill import PastCall
from itgrix_core.jobs.codec import event_of
from itgrix_core.jobs.recording_again import recording_jobs
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.past import PastJob, PastJobs
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.tables import EffectState, JobState
from itgrix_hooks.values import Call

LATE_SECONDS = 86_400.0
"""The end of a call is learned of after its beginning, but a clock may have been wrong by so much."""

Histories = Callable[[float, float], Iterator[PastCall]]
"""The calls of all PBXes with CDR or CEL, some time around a period (Unix seconds)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a call besides what is expected.

    Attributes:
        call: as it ended, `None` where it is kept no more.
        end: the job of its end, `None` for a call of which only the history tells.
        told: what the CRM was told.
        past: as the history tells it.
        is_forgotten: so old that it may have been filed and forgotten.
    """

    call: Call | None = None
    end: PastJob | None = None
    told: Sequence[Told] = ()
    past: PastCall | None = None
    is_forgotten: bool = False


@dataclass(slots=True)
class Side:
    """Our side of an account's sheet: calls by key, and how many are still being filed."""

    expected: dict[str, Expected] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    waiting: int = 0

    def add(self, expected: Expected, known: Known) -> None:
        """One more call."""
        self.expected[expected.key] = expected
        self.known[expected.key] = known


class FiledCalls:
    """Our side of one data folder.

    Args:
        books: the accounts' lists of calls, by name.
        histories: what CDR and CEL tell.
    """

    def __init__(
        self, database: Database, accounts: Accounts, books: Mapping[str, Books], histories: Histories
    ) -> None:
        self._accounts = accounts
        self._books = books
        self._histories = histories
        self._effects = Effects(database)
        self._jobs = PastJobs(database)
        self._spool = Spool(database, lambda _lanes: None)

    def of_period(self, since: float, until: float) -> dict[str, Side]:
        """By account: the calls that began from `since` to before `until` (Unix seconds)."""
        sides = {name: Side() for name in self._books}
        for end in self._jobs.of_kind(CallEnded.kind, since - LATE_SECONDS):
            self._add(sides, end, since, until)
        forgotten = self._jobs.forgotten_until()
        for past in self._histories(since, until):
            is_ended = isinstance(past.events[-1], CallEnded) and since <= past.call.started_at < until
            if is_ended and not self._spool.knows(past.call.pbx, past.call.key):
                self._add_past(sides, past, is_forgotten=(past.call.ended_at or 0.0) < forgotten)
        return sides

    def is_ours(self, key: str) -> bool:
        """Whether anything was sent to a CRM for a call of this key."""
        return bool(key and self._effects.of_call(key))

    def _add(self, sides: Mapping[str, Side], end: PastJob, since: float, until: float) -> None:
        call, told = _call_of(end), self._told(end.lane)
        for name in self._accounts_of(call):
            expected = self._books[name].expected(end.lane, told, call)
            if expected is None and call is not None and end.state is JobState.DEAD:
                expected = _of_call(call, f"put aside: {end.reason}")
            began_at = expected.began_at if expected else call.started_at if call else None
            if began_at is None or not since <= began_at < until:
                continue
            if end.is_open:
                sides[name].waiting += 1
            elif expected is not None:
                sides[name].add(self._with_recording(expected), Known(call, end, told))
            return

    def _with_recording(self, expected: Expected) -> Expected:
        """One that was given up belongs to its call as one that was attached does."""
        jobs = recording_jobs(self._jobs, expected.key)
        is_lost = bool(jobs) and jobs[-1].state is JobState.DEAD
        return replace(expected, has_recording=True) if is_lost else expected

    def _add_past(self, sides: Mapping[str, Side], past: PastCall, *, is_forgotten: bool) -> None:
        for name in self._accounts_of(past.call):
            expected = _of_call(past.call, "nobody watched it; CDR or CEL tell of it")
            if expected and not plan.unfiled(past.call, self._accounts.by_name[name].rules):
                sides[name].add(expected, Known(past.call, past=past, is_forgotten=is_forgotten))

    def _accounts_of(self, call: Call | None) -> Sequence[str]:
        """The account of a call; all that may be where the call itself is kept no more."""
        if call is None:
            return tuple(self._books)
        try:
            name = self._accounts.of(call).name
        except CrmError:
            return ()
        return (name,) if name in self._books else ()

    def _told(self, key: str) -> list[Told]:
        ended = (EffectState.DONE, EffectState.REFUSED)
        found = [each for each in self._effects.of_call(key) if each.state in ended]
        return [Told(e.kind, e.params, e.answer, e.state is EffectState.DONE) for e in found]


def _of_call(call: Call, lost: str) -> Expected | None:
    """What can be said of a call that was never filed; `None` for one without a number."""
    number = plan.other_number(call)
    if number is None or not number.is_usable:
        return None
    is_one = len(call.talks) < 2  # noqa: PLR2004 - after a transfer each talk is a call of its own
    seconds = max(1, round(call.talk_seconds)) if call.is_answered else 0
    return Expected(
        call.key, call.direction, str(number), call.started_at, seconds if is_one else None, lost=lost
    )


def _call_of(end: PastJob) -> Call | None:
    try:
        return event_of(Job(end.key, end.lane, CallEnded.kind, end.payload, 0.0)).call
    except ValueError:
        return None
