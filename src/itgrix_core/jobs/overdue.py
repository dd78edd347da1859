"""Reminds of a call back whose time is near, and hands one that nobody made to the department's head.

The job has waited minutes or a weekend. So it looks first whether anything is left to do: a talk with the
client has closed the entry, or somebody ticked the task off in the CRM.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import structlog

from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import CrmUnavailable, Step
from itgrix_core.errors import CrmError
from itgrix_core.filing.commands import AnyCommand, ChangeCallBack, CloseCallBack, Notify
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.codec import decode_decision, encode_decision
from itgrix_core.jobs.questions import Tools
from itgrix_core.jobs.troubles import later_of
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt, Dead, Done, Job, Later, Result
from itgrix_core.outbox.missed import Missed, MissedCalls
from itgrix_hooks.values import Call

CALL_BACK_DUE = "CallBackDue"

_log = structlog.get_logger(__name__)

Due = Literal["close", "remind", "escalate"]


@dataclass(frozen=True, slots=True)
class CallBackDue:
    """The job's payload: the call that was missed, what its time has come for, and the task's title."""

    call: Call
    what: Due
    title: str


_DUE = msgspec.json.Decoder(CallBackDue)


def form_of(opened: Missed) -> Literal["task", "todo"]:
    """What stands for it in the CRM."""
    return "todo" if opened.form == "todo" else "task"


class OverdueJobs:
    """The engine's handler for the lanes of missed calls.

    Args:
        clock: the stream's time of a PBX.
    """

    def __init__(
        self, accounts: Accounts, tools: Tools, effects: Effects, clock: Callable[[str], float]
    ) -> None:
        self._accounts = accounts
        self._tools = tools
        self._effects = effects
        self._clock = clock
        self._missed = MissedCalls(tools.database)

    def __call__(self, jobs: Sequence[Job], attempt: Attempt) -> Result:  # noqa: ARG002 - the engine's
        """Remind or escalate once."""
        job = jobs[0]
        try:
            due = _DUE.decode(job.payload)
            with urgency.backlog():
                return self._look(job, due) or Done()
        except CrmUnavailable as error:
            return later_of(error)
        except (ValueError, CrmError) as error:
            return Dead(str(error))

    def _look(self, job: Job, due: CallBackDue) -> Later | None:
        account = self._accounts.of(due.call)
        row = self._effects.decision(job.key)
        if row is None:
            opened = self._missed.of(due.call.key)
            if opened is None or opened.item_id is None:
                return None
            if opened.closed_at is not None and due.what != "close":
                return None
            if due.what != "close" and not account.adapter.is_call_back_open(opened.form, opened.item_id):
                self._missed.close(opened.seq, time.time(), "portal")
                return None
            row = self._effects.decide(job.key, encode_decision(1, self._steps(job, due, opened, account)))
        _, steps = decode_decision(row)
        waiting = self._tools.performer.perform(due.call, account, steps, self._clock(due.call.pbx))
        for step in steps:
            if isinstance(step.command, ChangeCallBack) and step.command.user_id and waiting is None:
                self._hand_over(due.call.key, step.command.user_id)
        return waiting

    def _steps(self, job: Job, due: CallBackDue, opened: Missed, account: Account) -> list[Step]:
        key = due.call.key
        commands: list[AnyCommand]
        if due.what == "close":
            commands = [CloseCallBack(key, form_of(opened), opened.item_id or 0)]
        elif due.what == "remind":
            commands = [Notify(key, opened.owner, f"{due.title}: the time is nearly up")]
        else:
            head = self._head(opened, account)
            commands = [
                ChangeCallBack(key, form_of(opened), opened.item_id or 0, user_id=head),
                Notify(key, head, f"{due.title}: nobody has called back in time, it is yours now"),
            ]
        filed = self._tools.performer.filed(key, account)
        return [
            Step(f"{job.key}/{each.kind}", each, account.adapter.params_of(each, filed)) for each in commands
        ]

    def _head(self, opened: Missed, account: Account) -> int:
        """Who gets it next; where the CRM does not tell the department's head, the default user."""
        try:
            head = account.adapter.head_of(opened.owner)
        except CrmUnavailable:
            raise
        except CrmError as error:
            _log.warning(f"a missed call goes to the default user, as the head is not known: {error}")
            head = None
        return head or account.rules.default_user

    def _hand_over(self, call: str, head: int) -> None:
        opened = self._missed.of(call)
        if opened:
            self._missed.hand_over(opened.seq, head)
