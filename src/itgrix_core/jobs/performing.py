"""Sends decided steps, each exactly once: journal, CRM, journal.

One commit marks the steps as started, one writes the outcomes. A step that was started and has no outcome (a
crash, a time-out) is looked up in the CRM before it is sent again: no queue can promise "not twice", this
does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from itgrix_core.crm.adapter import Blocked, Done, Outcome, Refused, Step, Unknown
from itgrix_core.errors import CrmError
from itgrix_core.filing.commands import FinishCall, RegisterCall
from itgrix_core.jobs.accounts import Account
from itgrix_core.jobs.troubles import later_of
from itgrix_core.jobs.watching import Watcher
from itgrix_core.outbox.effects import Effects, Finished, Starting
from itgrix_core.outbox.engine import Later
from itgrix_core.outbox.tables import EffectState
from itgrix_hooks.values import Call, Filed


class Performer:
    """Carries out steps of calls.

    Args:
        effects: the journal.
        watcher: is told each outcome.
    """

    def __init__(self, effects: Effects, watcher: Watcher) -> None:
        self._effects = effects
        self._watcher = watcher

    def filed(self, call: str, account: Account) -> Filed:
        """What a call (its key) has put into the CRM so far."""
        done = [e for e in self._effects.of_call(call) if e.state is EffectState.DONE]
        return account.adapter.filed([(e.kind, e.params, e.answer) for e in done])

    def perform(self, call: Call, account: Account, steps: Sequence[Step], now: float) -> Later | None:
        """Bring every step to an end: done or refused.

        Args:
            call: whose steps they are.
            account: where they are sent.
            steps: in order.
            now: the stream's time; decides whether a card is still worth showing.

        Returns:
            `None` when all have ended, else when to come back for the rest.
        """
        steps = [self._current(step, account) for step in steps]
        doubtful = [step for step in steps if self._effects.is_doubtful(step.key, call.started_at)]
        self._mark(call, doubtful)
        for step in steps:
            if self._state(step) is not EffectState.STARTED:
                continue
            waiting = self._look_up(call, account, step, is_doubtful=step in doubtful)
            if waiting:
                return waiting
        pending = [step for step in steps if self._state(step) is None]
        if not pending:
            return None
        outcomes = self._send(call, account, pending, now)
        if any(isinstance(outcome, Refused) for outcome in outcomes):  # an end: on with those behind it
            return self.perform(call, account, steps, now)
        return _waiting(outcomes)

    def refusal(self, call: str, kind: str) -> tuple[str, str]:
        """Why (a word of `Refused.why`) and with which text the CRM refused the last command of a kind."""
        refused = [
            e for e in self._effects.of_call(call) if e.kind == kind and e.state is EffectState.REFUSED
        ]
        return (refused[-1].answer["why"], refused[-1].answer["text"]) if refused else ("other", "no answer")

    def answer(self, step: Step) -> Any:
        """The CRM's answer to a step that has ended.

        Raises:
            CrmError: it was refused.
        """
        effect = self._effects.state(step.key)
        if effect is None or effect.state is not EffectState.DONE:
            raise CrmError(effect.answer["text"] if effect and effect.answer else f"{step.key} was not sent")
        return effect.answer

    def _state(self, step: Step) -> EffectState | None:
        effect = self._effects.state(step.key)
        return effect.state if effect else None

    def _current(self, step: Step, account: Account) -> Step:
        """The step, or, once the CRM has refused the user on whom it books, the same on the default user."""
        if not isinstance(step.command, RegisterCall | FinishCall):
            return step
        effect = self._effects.state(step.key)
        default = account.rules.default_user
        if effect is None or effect.state is not EffectState.REFUSED or effect.answer["why"] != "user":
            return step
        if step.params.get("USER_ID") == default:
            return step
        return replace(step, key=f"{step.key}/default", params={**step.params, "USER_ID": default})

    def _look_up(self, call: Call, account: Account, step: Step, *, is_doubtful: bool) -> Later | None:
        """Learn what became of a step that was started: ended, or free to be sent again.

        Where the looking itself fails the step stays started: taken back it would be sent a second time.
        Where we do not even know whether it was sent, the call may be finished as well.
        """
        filed = self.filed(call.key, account)
        if is_doubtful:
            filed = replace(filed, is_finished=True)
        found = account.adapter.look_up(step, filed)
        if found is None:
            self._effects.finish([], taken_back=[step.key])
            return None
        if isinstance(found, Done | Refused):
            self._note(call, [step], [found])
        return _waiting([found])

    def _mark(self, call: Call, steps: Sequence[Step]) -> None:
        """Mark steps as started."""
        if steps:
            self._effects.start([Starting(s.key, call.key, s.command.kind, s.params) for s in steps])

    def _send(self, call: Call, account: Account, steps: Sequence[Step], now: float) -> list[Outcome]:
        filed = self.filed(call.key, account)
        self._mark(call, steps)
        outcomes = account.adapter.perform(steps, filed, now)
        self._note(call, steps, outcomes)
        return outcomes

    def _note(self, call: Call, steps: Sequence[Step], outcomes: Sequence[Outcome]) -> None:
        """Write outcomes into the journal and tell them; what was certainly not sent was never started."""
        finished, taken_back = [], []
        for step, outcome in zip(steps, outcomes, strict=True):
            if isinstance(outcome, Done):
                finished.append(Finished(step.key, EffectState.DONE, outcome.answer))
            elif isinstance(outcome, Refused):
                answer = {"why": outcome.why, "text": outcome.text}
                finished.append(Finished(step.key, EffectState.REFUSED, answer))
            elif isinstance(outcome, Blocked):
                taken_back.append(step.key)
        self._effects.finish(finished, taken_back)
        for step, outcome in zip(steps, outcomes, strict=True):
            self._watcher.performed(call, step, outcome)


def _waiting(outcomes: Sequence[Outcome]) -> Later | None:
    """When to come back for the outcomes that are no end; `None` if all are."""
    for outcome in outcomes:
        if isinstance(outcome, Blocked | Unknown):
            return later_of(outcome)
    return None
