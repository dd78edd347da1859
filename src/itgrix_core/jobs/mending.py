"""Carries out the repairs that a comparison with the CRM asked for: jobs of a lane beside the call's.

What is to be done was decided by the comparison and lies in the job. Before anything is changed it is looked
once more whether it still is wrong in the same way; then the steps are saved, and sent as all others are:
started, looked up after a crash, done, never twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import Blocked, CrmUnavailable, Outcome, Refused, Step, Unknown
from itgrix_core.crm.books import Books
from itgrix_core.errors import CrmError
from itgrix_core.filing.commands import (
    AnyCommand,
    BindEntity,
    FinishCall,
    RegisterCall,
    UnbindEntity,
    UpdateActivity,
)
from itgrix_core.filing.mending import ActivityState, is_tied
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.codec import decode_decision, encode_decision
from itgrix_core.jobs.performing import Performer
from itgrix_core.jobs.recording_again import recording_again, recording_jobs
from itgrix_core.jobs.troubles import later_of
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt, Dead, Done, Engine, Job, Result
from itgrix_core.outbox.past import PastJobs
from itgrix_hooks.answers import RetryLater
from itgrix_hooks.values import Call, Disposition, Entity, PhoneNumber

REPAIR = "RepairWanted"

_IN_PARAMS = 0
"""The user of a command whose params say everything."""


@dataclass(frozen=True, slots=True)
class Mend:
    """The job's payload: what is wrong of an ended call, and what would be right.

    Attributes:
        fault: a word of `Fault`: "absent", "person" or "entity".
        register, finish: of "absent": what is sent, in the CRM's own fields.
        has_recording: of "absent": whether its recording is attached once more.
        activity_id: of the others: the call's activity.
        right_user, wrong_user: of "person".
        right, wrong: of "entity".
    """

    call: Call
    fault: str
    register: dict[str, Any] | None = None
    finish: dict[str, Any] | None = None
    has_recording: bool = False
    activity_id: int | None = None
    right_user: int | None = None
    wrong_user: int | None = None
    right: Entity | None = None
    wrong: Entity | None = None


_MEND = msgspec.json.Decoder(Mend)


def job_of_mend(mend: Mend, mark: str, now: float) -> Job:
    """The repair as a job; `mark` tells one state of affairs from the next: each is repaired once."""
    lane = f"{mend.call.key}/repair"
    return Job(f"{lane}/{mend.fault}/{mark}", lane, REPAIR, msgspec.json.encode(mend), now)


class MendingJobs:
    """The engine's handler for repairs; `books` are the accounts' lists of calls, by name."""

    def __init__(
        self,
        accounts: Accounts,
        books: Mapping[str, Books],
        performer: Performer,
        database: Database,
        engine: Engine,
    ) -> None:
        self._accounts = accounts
        self._books = books
        self._performer = performer
        self._effects = Effects(database)
        self._jobs = PastJobs(database)
        self._engine = engine

    def __call__(self, jobs: Sequence[Job], attempt: Attempt) -> Result:
        """Do one repair; the CRM's time is the backlog's."""
        try:
            mend = _MEND.decode(jobs[0].payload)
            with urgency.backlog():
                return self._mend(jobs[0].key, mend, attempt.now)
        except (RetryLater, CrmUnavailable) as error:
            return later_of(error)
        except (ValueError, CrmError) as error:
            return Dead(str(error))

    def _mend(self, key: str, mend: Mend, now: float) -> Result:
        account = self._accounts.of(mend.call)
        row = self._effects.decision(f"{key}/mend")
        if row is None:
            there = self._looked_up(key, mend, account) if mend.fault == "absent" else None
            if isinstance(there, Blocked | Unknown):
                return later_of(there)
            if isinstance(there, Refused):
                return Dead(there.text)
            if there is not None:
                return Done(note="the CRM has it by now, maybe at another time")
            commands, why = self._commands(mend, account)
            steps = [self._step(key, mend, place, each, account) for place, each in enumerate(commands)]
            row = self._effects.decide(f"{key}/mend", encode_decision(1, steps, [why] if why else []))
        _, steps = decode_decision(row)
        waiting = self._performer.perform(mend.call, account, steps, now) if steps else None
        if waiting:
            return waiting
        if mend.has_recording:
            before = recording_jobs(self._jobs, mend.call.key)
            self._engine.put([recording_again(before, mend.call, key.rpartition("/")[2], now)])
        return Done()

    def _looked_up(self, key: str, mend: Mend, account: Account) -> Outcome | None:
        """Whether the CRM has the call all the same, whatever time it has for it."""
        register, _ = _filed_again(mend)
        filed = replace(self._performer.filed(mend.call.key, account), is_finished=True)
        return account.adapter.look_up(self._step(key, mend, 0, register, account), filed)

    def _step(self, key: str, mend: Mend, place: int, command: AnyCommand, account: Account) -> Step:
        """A command ready to be sent; a call that is filed again is told as it was the first time."""
        if isinstance(command, RegisterCall):
            params = dict(mend.register or {})
        elif isinstance(command, FinishCall):
            params = dict(mend.finish or {})
        else:
            params = account.adapter.params_of(command, self._performer.filed(mend.call.key, account))
        return Step(f"{key}/{place}", command, params)

    def _commands(self, mend: Mend, account: Account) -> tuple[list[AnyCommand], str]:
        """What is to be sent, or why nothing."""
        if mend.fault == "absent":
            return _filed_again(mend), ""
        if mend.activity_id is None:
            return [], "there is no activity"
        books = self._books[account.name]
        activity = books.activity(mend.activity_id)
        if activity is None:
            return [], f"the activity {mend.activity_id} is gone"
        if mend.fault == "person":
            return _person(mend, activity, books)
        return _entity(mend, activity)


def _person(mend: Mend, activity: ActivityState, books: Books) -> tuple[list[AnyCommand], str]:
    if activity.user_id != mend.wrong_user or mend.activity_id is None or mend.right_user is None:
        return [], f"the activity has user {activity.user_id} by now: it is left alone"
    fields = books.responsible(mend.right_user)
    why = f"the comparison found user {mend.wrong_user} instead of {mend.right_user}"
    return [UpdateActivity(mend.call.key, mend.activity_id, fields, why=why)], ""


def _entity(mend: Mend, activity: ActivityState) -> tuple[list[AnyCommand], str]:
    key, activity_id, right, wrong = mend.call.key, mend.activity_id, mend.right, mend.wrong
    if activity_id is None or right is None:
        return [], "it is not known to what the call belongs"
    has_wrong = is_tied(activity.ties, wrong)
    if wrong is not None and not has_wrong:
        return [], f"the activity is not tied to {wrong.kind} {wrong.id} any more: it is left alone"
    why = f"the comparison found the call at another one than {right.kind} {right.id}"
    commands: list[AnyCommand] = []
    if not is_tied(activity.ties, right):
        commands.append(BindEntity(key, activity_id, right, why=why))
    if wrong is not None:
        commands.append(UnbindEntity(key, activity_id, wrong, why=why))
    return commands, ""


def _filed_again(mend: Mend) -> list[AnyCommand]:
    """The two commands; what they say was said before and lies in the params."""
    call = mend.call
    why = "the comparison did not find the call"
    register = RegisterCall(
        call.key,
        _IN_PARAMS,
        call.client_number or PhoneNumber(""),
        call.direction,
        call.started_at,
        call.timezone,
        good_until=call.started_at,
        why=why,
    )
    disposition = call.disposition or Disposition.MISSED
    finish = FinishCall(call.key, _IN_PARAMS, call.direction, disposition, call.talk_seconds, why=why)
    return [register, finish]
