"""At the call's end: register late what nobody's card announced, finish, describe, send for the recording."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import msgspec

from itgrix_core.calls.events import CallEnded, CallMerged
from itgrix_core.crm.adapter import Step
from itgrix_core.filing import plan
from itgrix_core.filing.commands import FinishCall
from itgrix_core.filing.talks import parts_of, recordings_of
from itgrix_core.jobs.calling_back import CallingBack
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.creating import Creating, Prepared
from itgrix_core.jobs.describing import Describing
from itgrix_core.jobs.recording import RECORDING_READY, RecordingWanted
from itgrix_core.jobs.ringing import quiet_end
from itgrix_core.jobs.turn import FINISH, Turn
from itgrix_core.jobs.tying import Tying
from itgrix_core.outbox.engine import Engine, Job, Later
from itgrix_hooks.values import Call, Owner, User


class Closing:
    """The turn that holds a call's end.

    Args:
        born_at: our clock's time, for the recording's job.
    """

    FIRST_PHASES: ClassVar[tuple[str, ...]] = (Creating.PHASE, "late", FINISH)

    def __init__(self, turn: Turn, engine: Engine, born_at: float) -> None:
        self._turn = turn
        self._engine = engine
        self._born_at = born_at
        self._others: tuple[Call, ...] = ()
        self._calling_back = CallingBack(turn, engine, born_at)

    def file(self) -> Later | None:
        """Bring the call to its end in the CRM; after a transfer, the first employee's part of it."""
        turn = self._turn
        if isinstance(turn.events[-1], CallMerged):
            return turn.phase(FINISH, lambda: quiet_end(turn))
        turn.call, *others = parts_of(turn.call, turn.users, turn.account.rules)
        self._others = tuple(others)
        describing = Describing(turn)
        phases = [(FINISH, self._finish), ("describe", describing.decide)]
        if turn.has_plugins_for("get_updated_entity_fields"):
            phases.append(("bind", describing.bind))
        creating = None
        if turn.has_decided("late") or not turn.standing.is_registered:
            creating = Creating(turn, self._owner.user_id, is_over=True)
            prepared = Prepared() if turn.has_decided("late") else creating.prepare()
            if prepared.waiting:
                return prepared.waiting
            phases.insert(0, ("late", lambda: self._register_late(prepared)))
        tying = Tying(turn)
        if tying.is_needed:
            phases.append(("tie", tying.decide))
        for name, decide in phases:
            waiting = turn.phase(name, decide)
            if waiting:
                return waiting
            if name == "late" and creating:
                creating.end()
            if turn.declined:
                turn.tell_skipped(turn.declined)
                return None
        if self._calling_back.is_needed:
            self._calling_back.end()
        self._send_for_recording()
        self._send_on()
        turn.closed()
        return None

    def _register_late(self, prepared: Prepared) -> list[Step]:
        """No employee with a CRM user was rung: the call is registered now, on its owner, without a card."""
        turn = self._turn
        if not turn.is_wanted():
            return []
        owner = self._owner
        command = plan.registration(
            turn.call,
            owner.user_id,
            turn.questions.number("file"),
            turn.account.rules,
            why=f"only now, as no card was shown: {plan.owned(owner)}",
        )
        return turn.registration(prepared.of(command))

    def _finish(self) -> list[Step]:
        turn = self._turn
        if not turn.has_decided("late") and not turn.is_wanted():
            return quiet_end(turn)
        owner = self._owner
        *hides, finish = plan.closing(turn.call, owner, turn.standing)
        finishing = self._finishing(finish, owner) if isinstance(finish, FinishCall) else None
        if finishing is None:
            turn.because("not finished: a hook cancelled it")
            hides = list(plan.hide_all(turn.call, turn.standing))
        steps = [*(turn.step(hide) for hide in hides), *([finishing] if finishing else [])]
        if self._calling_back.is_needed:
            steps += self._calling_back.decide(owner, finishing)
        return steps

    def _finishing(self, command: FinishCall, owner: Owner) -> Step | None:
        """The finish as the hooks want it; `None` if they cancel it, which click-to-call does not allow."""
        turn = self._turn
        filed = turn.filed
        asked = turn.questions.ask(
            "process_final_params",
            params=turn.account.adapter.params_of(command, filed),
            call=turn.call,
            user=turn.user(owner.user_id),
            owner=owner,
            filed=filed,
            clients=turn.questions.clients(),
        )
        if not asked.is_cancelled:
            return turn.step(command, asked.answer)
        return turn.step(command) if turn.call.is_click_to_call else None

    @cached_property
    def _owner(self) -> Owner:
        """On whom the call is booked; found once, as who has the fewest open calls may change meanwhile."""
        turn = self._turn
        responsible = self._responsible() if plan.needs_responsible(turn.call, turn.account.rules) else None
        picked = self._calling_back.picked()
        return plan.owner_of(turn.call, turn.users, responsible, turn.account.rules, picked, self._clicker())

    def _clicker(self) -> User | None:
        """On whom a click's call was registered; of its later talks others may be the owners."""
        call, user_id = self._turn.call, self._turn.filed.user_id
        return self._turn.user(user_id) if call.is_click_to_call and not call.part_of and user_id else None

    def _responsible(self) -> User | None:
        """The active responsible of the client, of the first entity that has one."""
        for entity in self._turn.questions.clients():
            user = self._turn.user(entity.responsible_id) if entity.responsible_id else None
            if user and user.is_active:
                return user
        return None

    def _send_on(self) -> None:
        """The other employees' talks are filed as calls of their own, each in its lane."""
        at = self._turn.events[-1].at
        self._engine.put([job_of(CallEnded(part, at), self._born_at) for part in self._others])

    def _send_for_recording(self) -> None:
        """A job in a lane of its own: days of waiting for a file hold nothing else up."""
        turn = self._turn
        if not turn.call.is_answered or not turn.filed.is_finished:
            return
        files = recordings_of(turn.call)
        if not (files or turn.guesses_recordings or turn.has_plugins_for("process_record_file_path")):
            return
        wanted = RecordingWanted(turn.call, files[0] if files else None)
        lane = f"{turn.call.key}/recording"
        payload = msgspec.json.encode(wanted)
        self._engine.put([Job(f"{lane}/{RECORDING_READY}", lane, RECORDING_READY, payload, self._born_at)])
