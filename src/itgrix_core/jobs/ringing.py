"""While the call lives: create its client, register it with its first card, show and hide cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from itgrix_core.calls.events import CallEvent, CallStarted
from itgrix_core.crm.adapter import Step
from itgrix_core.filing import plan
from itgrix_core.filing.cards import cards, first_user
from itgrix_core.filing.commands import RegisterCall
from itgrix_core.jobs.creating import Creating, Prepared
from itgrix_core.jobs.turn import Turn
from itgrix_core.outbox.engine import Later
from itgrix_hooks.values import PhoneNumber


class Ringing:
    """A turn of events that move the card."""

    FIRST_PHASE: ClassVar[str] = "cards"

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def file(self) -> Later | None:
        """Bring the CRM's cards to where the events have brought the call; one that is finished has none."""
        turn = self._turn
        if turn.standing.filed.is_finished or all(isinstance(event, CallStarted) for event in turn.events):
            return None
        first = first_user(turn.events, turn.users)
        if first is None and not turn.standing.is_registered:
            turn.because(_nobody(turn.events))
        if first is None or turn.standing.is_registered or turn.has_decided(self.FIRST_PHASE):
            return turn.phase(self.FIRST_PHASE, lambda: self._decide(Prepared()))
        creating = Creating(turn, first.id, is_over=False)
        prepared = creating.prepare()
        if prepared.waiting or prepared.is_postponed:
            return prepared.waiting
        waiting = turn.phase(self.FIRST_PHASE, lambda: self._decide(prepared))
        if waiting is None:
            creating.end()
        return waiting

    def _decide(self, prepared: Prepared) -> list[Step]:
        turn = self._turn
        standing = turn.standing
        if not turn.is_wanted():
            return quiet_end(turn)
        number = PhoneNumber("") if standing.is_registered else turn.questions.number("file")
        commands = cards(turn.events, standing, turn.users, number, turn.account.rules)
        steps: list[Step] = []
        for command in commands:
            if isinstance(command, RegisterCall):
                steps += turn.registration(prepared.of(command))
            else:
                steps.append(turn.step(command))
        return steps


def _nobody(events: Sequence[CallEvent]) -> str:
    phones = ", ".join(plan.extensions_in(events))
    return f"no card: the CRM knows no employee with {phones}" if phones else "no card: no phone was rung yet"


def quiet_end(turn: Turn) -> list[Step]:
    """A call that is not wanted any more, though the CRM knows it: hide and finish, nothing else.

    An unfinished registration would poison the next call of the same pair for half an hour. A call that still
    lives is finished with what it was until now.
    """
    standing, call = turn.standing, turn.call
    if not standing.is_registered or standing.filed.is_finished:
        return []
    if call.ended_at is None:
        call = replace(call, ended_at=turn.events[-1].at)
    owner = plan.owner_of(call, turn.users, None, turn.account.rules)
    return [turn.step(command) for command in plan.closing(call, owner, standing)]
