"""Files one call's events, in order: take a turn, ask the hooks, save the decision, tell the CRM.

A turn has phases, and each phase's decision is saved before anything of it is sent: a retry sends the same
and asks nobody again. So a round robin never skips anybody because the portal was slow.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from itgrix_core.calls.events import CallEnded, CallEvent, CallMerged
from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.errors import CrmError
from itgrix_core.filing.turns import turn_of
from itgrix_core.jobs.accounts import Accounts
from itgrix_core.jobs.closing import Closing
from itgrix_core.jobs.codec import decode_decision, event_of
from itgrix_core.jobs.questions import Questions, Tools
from itgrix_core.jobs.ringing import Ringing
from itgrix_core.jobs.troubles import later_of
from itgrix_core.jobs.turn import RefusedForGood, Turn
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt, Dead, Done, Engine, Job, Later, Result, Trouble
from itgrix_core.outbox.lanes import is_young
from itgrix_hooks.answers import RetryLater

REFUSED_PAUSE_SECONDS = 60.0
"""After the CRM refused a question for good (a missing right, say): somebody has to mend it first."""


_ENDS = (CallEnded.kind, CallMerged.kind)


class Delivery:
    """The engine's handler for call lanes.

    Args:
        clock: the stream's time of a PBX, by its name.
    """

    def __init__(
        self,
        accounts: Accounts,
        tools: Tools,
        effects: Effects,
        engine: Engine,
        clock: Callable[[str], float],
    ) -> None:
        self._accounts = accounts
        self._tools = tools
        self._effects = effects
        self._engine = engine
        self._clock = clock

    def __call__(self, jobs: Sequence[Job], attempt: Attempt) -> Result:
        """Handle the head of a lane, with as many of the following jobs as belong to its turn."""
        with urgency.work(is_live=_is_live(jobs, attempt.now)):
            return self._handle(jobs, attempt)

    def _handle(self, jobs: Sequence[Job], attempt: Attempt) -> Result:
        try:
            events = self._events(jobs)
        except ValueError as error:
            return Dead(f"the stored event cannot be read: {error}")
        try:
            return self._file(jobs[0], events, attempt) or Done(len(events))
        except (RetryLater, CrmUnavailable) as error:
            return later_of(error)
        except RefusedForGood as error:
            return Dead(str(error))
        except CrmError as error:
            return Later(REFUSED_PAUSE_SECONDS, str(error), Trouble.REFUSED)

    def _events(self, jobs: Sequence[Job]) -> Sequence[CallEvent]:
        """The events of this turn: as many as were decided on before, else as many as belong together now."""
        for phase in (Ringing.FIRST_PHASE, *Closing.FIRST_PHASES):
            row = self._effects.decision(f"{jobs[0].key}/{phase}")
            if row is not None:
                count, _ = decode_decision(row)
                return [event_of(job) for job in jobs[:count]]
        return turn_of([event_of(jobs[0]), *_readable(jobs[1:])])

    def _file(self, head: Job, events: Sequence[CallEvent], attempt: Attempt) -> Result | None:
        call = events[-1].call
        account, now = self._accounts.of(call), self._clock(call.pbx)
        is_end = isinstance(events[-1], CallEnded | CallMerged)
        questions = Questions(self._tools, account, call, head.key, now, is_live=not is_end)
        turn = Turn(head.key, events, account, questions, self._tools, self._effects, now)
        if turn.is_out_of_scope():
            is_whole = isinstance(events[-1], CallEnded)
            is_refused = is_whole and turn.is_refused
            return _skipped(turn, len(events)) if is_refused else Done(len(events), turn.unfiled)
        if is_end:
            return Closing(turn, self._engine, attempt.now).file()
        return Ringing(turn).file()


def _is_live(jobs: Sequence[Job], now: float) -> bool:
    """Whether somebody may be waiting: the call goes on as far as is known, or has ended just now."""
    return jobs[-1].kind not in _ENDS or is_young(jobs[-1].born_at, now)


def _skipped(turn: Turn, count: int) -> Result:
    """The end of a call that the CRM refused is put aside: it holds the whole call, for a retry."""
    return Dead(f"never registered: {turn.declined}") if count == 1 else Done(count - 1)


def _readable(jobs: Sequence[Job]) -> Iterator[CallEvent]:
    """The events up to the first that cannot be read: it dies at the head of its lane, alone."""
    with contextlib.suppress(ValueError):
        for job in jobs:
            yield event_of(job)
