"""What follows on a missed call: somebody is asked to call back, once per client, and any talk closes it.

The entry is opened in our database before anything is sent, so of two missed calls of one client that end at
once one asks and the other is counted on it. Reminder and escalation are jobs of a lane of their own that
wait for their time; they survive a restart as every job does.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from itgrix_core.crm.adapter import Step
from itgrix_core.filing import plan
from itgrix_core.filing.commands import AskToCallBack, ChangeCallBack, CloseCallBack
from itgrix_core.filing.missed import is_late
from itgrix_core.filing.numbering import entry
from itgrix_core.filing.texts import rendered
from itgrix_core.jobs.overdue import CALL_BACK_DUE, CallBackDue, Due, form_of
from itgrix_core.jobs.turn import FINISH, Turn
from itgrix_core.outbox.engine import Engine, Job
from itgrix_core.outbox.missed import Missed, MissedCalls
from itgrix_core.outbox.store import PluginStore
from itgrix_hooks.values import Direction, Owner, PhoneNumber


class CallingBack:
    """What the turn that holds a call's end does about it, in one request with the finish.

    Args:
        born_at: our clock's time, from which the waiting jobs count.
    """

    def __init__(self, turn: Turn, engine: Engine, born_at: float) -> None:
        self._turn = turn
        self._engine = engine
        self._born_at = born_at
        self._missed = MissedCalls(turn.database)
        self._rules = turn.account.rules.missed
        number = plan.other_number(turn.call) or PhoneNumber("")
        self._client = (turn.account.name, number.digits[-10:])

    @property
    def is_needed(self) -> bool:
        """Whether the rules want it and the call is one that was missed, or a talk with a client."""
        call = self._turn.call
        is_with_client = call.direction is not Direction.INTERNAL and bool(self._client[1])
        return self._rules.form != "nothing" and is_with_client and (call.is_missed or call.is_answered)

    def picked(self) -> Owner | None:
        """Who gets this missed call whatever the general rule says."""
        rules, call = self._turn.account.rules, self._turn.call
        if not call.is_missed:
            return None
        known = self._missed.open_of(*self._client) if self.is_needed else None
        if known and known.call != call.key:
            return Owner(known.owner, "missed before")
        if by_line := entry(self._rules.owners, call):
            return Owner(by_line, "line")
        if rules.missed_owner == "turn" and self._rules.members:
            store = PluginStore(self._turn.database, "itgrix", call.key)
            members = [str(member) for member in self._rules.members]
            return Owner(int(store.turn(f"missed/{self._client[0]}", members)), "turn")
        freest = self._missed.freest(self._client[0], self._rules.members)
        return Owner(freest, "free") if rules.missed_owner == "free" and freest else None

    # ---- deciding --------------------------------------------------------------------------------------
    def decide(self, planned: Owner, finish: Step | None) -> list[Step]:
        """Ask somebody, count the call on what was asked before, or close that.

        Args:
            planned: on whom the call was to be booked.
            finish: how it is booked, hooks' change included; `None` if it is not finished.
        """
        return self._ask(planned, _booked(finish)) if self._turn.call.is_missed else self._close()

    def _ask(self, planned: Owner, owner: int | None) -> list[Step]:
        turn, call = self._turn, self._turn.call
        if owner is None:
            return []
        if is_late(self._rules, call.ended_at or call.started_at, turn.now):
            turn.because("nobody is asked to call back: the call is older than missed.late_minutes")
            return []
        opened = self._missed.open(*self._client, call.key, owner, call.ended_at or call.started_at)
        if opened is None:
            turn.because("nobody is asked to call back: the client was talked with since")
            return []
        if opened.call != call.key:
            turn.because(f"nobody more is asked to call back: {opened.call} was missed before, and is open")
            return self._count(opened)
        command = self._command(owner)
        params = turn.account.adapter.params_of(command, turn.filed)
        asked = turn.questions.ask(
            "process_task_creation_params",
            params=params["fields"],
            call=call,
            owner=Owner(owner, planned.why if owner == planned.user_id else "hook"),
            filed=turn.filed,
        )
        if asked.is_cancelled:
            turn.because("nobody is asked to call back: a hook cancelled it")
            return []
        return [turn.step(command, {**params, "fields": asked.answer})]

    def _command(self, owner: int) -> AskToCallBack:
        """A to-do needs an entity; without one it is a task."""
        turn, call = self._turn, self._turn.call
        number = plan.other_number(call) or PhoneNumber("")
        entity = next(iter(turn.filed.entities), None)
        return AskToCallBack(
            call.key,
            form="todo" if self._rules.form == "todo" and entity else "task",
            user_id=owner,
            title=rendered(self._rules.title, call, number),
            text=rendered(self._rules.text, call, number),
            deadline=self._rules.deadline(turn.now, call.timezone),
            timezone=call.timezone,
            entity=entity,
            remind_minutes=self._rules.remind_minutes,
            why="the call was missed, and the client has no open task or to-do",
        )

    def _count(self, opened: Missed) -> list[Step]:
        """Once more in vain: no second task, the first one says how often."""
        if opened.item_id is None:
            return []
        number = plan.other_number(self._turn.call) or PhoneNumber("")
        title = f"{rendered(self._rules.title, self._turn.call, number)} ({opened.count})"
        why = "the client was missed once more"
        command = ChangeCallBack(self._turn.call.key, form_of(opened), opened.item_id, title, why=why)
        return [self._turn.step(command)]

    def _close(self) -> list[Step]:
        """The client was talked with: nobody has to call him any more."""
        opened = self._made_up_for()
        if opened is None or opened.item_id is None:
            return []
        why = "the client was talked with"
        return [self._turn.step(CloseCallBack(self._turn.call.key, form_of(opened), opened.item_id, why=why))]

    def _made_up_for(self) -> Missed | None:
        """The client's open entry, if he was missed before this talk ended."""
        call, opened = self._turn.call, self._missed.open_of(*self._client)
        return opened if opened and opened.missed_at <= (call.ended_at or call.started_at) else None

    # ---- afterwards ------------------------------------------------------------------------------------
    def end(self) -> None:
        """All is sent: a talk closes the entry; what was asked has its id, and its times are waited for."""
        if self._turn.call.is_missed:
            self._asked()
        else:
            self._talked()

    def _talked(self) -> None:
        call = self._turn.call
        at = call.answered_at or call.started_at
        self._missed.talked(*self._client, call.ended_at or at)
        opened = self._made_up_for()
        if opened:
            self._missed.close(opened.seq, max(at, opened.missed_at), call.key)

    def _asked(self) -> None:
        turn = self._turn
        asked = next((s for s in turn.decided(FINISH) if isinstance(s.command, AskToCallBack)), None)
        item_id = turn.account.adapter.call_back_id(turn.answer(asked)) if asked else None
        if asked is None or item_id is None or not isinstance(asked.command, AskToCallBack):
            return
        self._missed.made(turn.call.key, asked.command.form, item_id)
        opened = self._missed.of(turn.call.key)
        is_closed = opened is not None and opened.closed_at is not None
        self._engine.put(list(self._jobs(asked.command, is_closed=is_closed)))

    def _jobs(self, command: AskToCallBack, *, is_closed: bool) -> Iterator[Job]:
        """In the order of their times; the deadline is the PBX's time, the outbox has its own.

        A talk may have closed the entry while the task was on its way: then it is closed in the CRM at once.
        """
        rules, left = self._rules, command.deadline - self._turn.now
        if is_closed:
            yield self._job("close", 0.0, command.title)
        if rules.remind_minutes and command.form == "task":
            yield self._job("remind", left - rules.remind_minutes * 60, command.title)
        if rules.escalate_minutes:
            yield self._job("escalate", left + rules.escalate_minutes * 60, command.title)

    def _job(self, what: Due, seconds: float, title: str) -> Job:
        lane = f"{self._turn.call.key}/missed"
        payload = msgspec.json.encode(CallBackDue(self._turn.call, what, title))
        not_before = self._born_at + max(0.0, seconds)
        return Job(f"{lane}/{what}", lane, CALL_BACK_DUE, payload, self._born_at, not_before)


def _booked(finish: Step | None) -> int | None:
    """The user of a finish as the hooks left it."""
    booked = finish.params.get("USER_ID") if finish else None
    return booked if isinstance(booked, int) else None
