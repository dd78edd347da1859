"""What the phases of a turn share: its events, where the call stands, and decide-save-send.

`phase` is the heart of delivery: a decision is taken once, saved, and only then sent; whoever comes again
finds it and sends what has not been sent yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import structlog

from itgrix_core.calls.events import CallEnded, CallEvent, ConversationEvent
from itgrix_core.crm.adapter import Step
from itgrix_core.errors import CrmError
from itgrix_core.filing import plan
from itgrix_core.filing.commands import AnyCommand, CreateEntity, CreateForCall, RegisterCall
from itgrix_core.filing.creation import of_employee
from itgrix_core.filing.rules import Standing, Users
from itgrix_core.jobs.accounts import Account
from itgrix_core.jobs.codec import decode_decision
from itgrix_core.jobs.questions import Questions, Tools
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects, Finished, Starting
from itgrix_core.outbox.engine import Later
from itgrix_core.outbox.tables import EffectState
from itgrix_core.plugins import rules
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import Call, Conversation, Entity, Filed, Stage, User

DECLINED = "declined"
"""Kind of the journal's note that a call is not filed; the reason is its parameter `why`."""

REFUSED = "refused"
"""Parameter of that note: whether it was the CRM that refused, so that a retry may mend it."""

BY_CRM = "BY_CRM"
"""Parameter of a registration in the journal that was not ours: the CRM made it when a number was clicked."""

FINISH = "finish"
"""Name of the phase that finishes a call and says what follows on it, in one request."""

STAGES = {
    "ConversationRequested": Stage.CONVERSATION_REQUESTED,
    "ConversationAccepted": Stage.CONVERSATION_ACCEPTED,
    "ConversationEnded": Stage.CONVERSATION_ENDED,
    "CallEnded": Stage.CALL_ENDED,
}

_log = structlog.get_logger(__name__)


class RefusedForGood(CrmError):  # noqa: N818 - says what happened to a registration
    """The CRM will never take this call; the text says why."""


class Turn:
    """One call's events that are filed together.

    Args:
        key: of the turn's first job; decisions and effects are keyed below it.
    """

    def __init__(
        self,
        key: str,
        events: Sequence[CallEvent],
        account: Account,
        questions: Questions,
        tools: Tools,
        effects: Effects,
        now: float,
    ) -> None:
        self.key = key
        self.events = events
        self.call: Call = events[-1].call
        self.account = account
        self.questions = questions
        self.now = now
        self._tools = tools
        self._effects = effects
        self._is_asked = False

    # ---- where the call stands -------------------------------------------------------------------------
    def is_out_of_scope(self) -> bool:
        """Whether nothing is to be filed of this call, or nothing more; told once, at its end.

        What the CRM knows already is brought to its end all the same.
        """
        if not self.unfiled or self._is_open:
            return False
        self.tell_skipped(self.unfiled)
        return True

    @cached_property
    def unfiled(self) -> str:
        """Why nothing more of this call is filed, "" if it is."""
        return plan.unfiled(self.call, self.account.rules) or self.declined

    def tell_skipped(self, why: str) -> None:
        """Tell that the call is not filed, if this is its end: once is enough."""
        if isinstance(self.events[-1], CallEnded):
            self._tools.watcher.skipped(self.call, why)

    @property
    def _is_open(self) -> bool:
        """Whether the call is registered and not finished."""
        filed = self.filed
        return filed.call_id is not None and not filed.is_finished

    def closed(self) -> None:
        """Tell that the call's end is filed."""
        self._tools.watcher.closed(self.call)

    @property
    def declined(self) -> str:
        """Why a call that could be filed is not: a hook said so, or the CRM refused; "" if it is."""
        note = self.noted(DECLINED)
        return str(note["why"]) if note else ""

    @property
    def database(self) -> Database:
        """Where what calls share is kept."""
        return self._tools.database

    @property
    def guesses_recordings(self) -> bool:
        """Whether a recording of this call's PBX is looked for although Asterisk has named none."""
        return self.call.pbx in self._tools.guessing

    @property
    def is_refused(self) -> bool:
        """Whether the call is not filed because the CRM refused it for something that may be mended."""
        note = self.noted(DECLINED)
        return bool(note and note.get(REFUSED))

    def decline(self, why: str, *, is_refused: bool = False) -> None:
        """From now on nothing of this call is filed."""
        self.note(DECLINED, {"why": why, REFUSED: is_refused})

    def note(self, kind: str, facts: dict[str, Any]) -> None:
        """Write something about the call into the journal, once: the first note of a kind stands."""
        key = f"{self.call.key}/{kind}"
        if not self._effects.state(key):
            self._effects.start([Starting(key, self.call.key, kind, facts)])
            self._effects.finish([Finished(key, EffectState.DONE)])

    def noted(self, kind: str) -> dict[str, Any] | None:
        """The call's note of a kind, `None` if there is none."""
        effect = self._effects.state(f"{self.call.key}/{kind}")
        return effect.params if effect else None

    @property
    def filed(self) -> Filed:
        """What the call has put into the CRM so far."""
        return self._tools.performer.filed(self.call.key, self.account)

    @property
    def is_registered_by_crm(self) -> bool:
        """Whether the CRM has registered the call by itself, so that no hook was asked about it."""
        effect = self._effects.state(f"{self.call.key}/{RegisterCall.kind}")
        return effect is not None and bool(effect.params.get(BY_CRM))

    @property
    def standing(self) -> Standing:
        """How far the call has come."""
        filed = self.filed
        return Standing(filed, filed.shown_to)

    @cached_property
    def users(self) -> Users:
        """The CRM's employees behind the extensions of this turn."""
        wanted = filter(self.account.rules.lists.has_employee, plan.extensions_in(self.events))
        found = {ext: self.questions.user(ext) for ext in wanted}
        return {ext: user for ext, user in found.items() if user}

    def created_in(self, phase: str) -> list[Entity]:
        """The entities that the steps of a phase have created."""
        found = []
        for step in self.decided(phase):
            effect = self._effects.state(step.key)
            if isinstance(step.command, CreateEntity) and effect and effect.state is EffectState.DONE:
                found.append(self.account.adapter.created(step.command.entity_kind, effect.answer))
        return [entity for entity in found if entity]

    def user(self, user_id: int) -> User | None:
        """The employee of this id."""
        return self.account.adapter.user(user_id)

    def has_plugins_for(self, hook: str) -> bool:
        """Whether anybody answers a hook; what nobody answers costs nothing."""
        return self.questions.is_answered(hook)

    # ---- deciding --------------------------------------------------------------------------------------
    def because(self, why: str) -> None:
        """Why the next decision sends nothing, or not more; kept with it for whoever asks later."""
        self.questions.notes.because(why)

    def is_wanted(self) -> bool:
        """`need_registration` at each stage of this turn; the first `False` declines the call for good.

        Who creates and who registers both ask; the hooks hear it once.
        """
        if self.declined:
            return False
        if self._is_asked:
            return True
        self._is_asked = True
        for event in self.events:
            stage = STAGES.get(event.kind)
            if stage is None:
                continue
            key = event.conversation if isinstance(event, ConversationEvent) else ""
            asked = self.questions.is_wanted(stage, self.call.conversation(key))
            if asked.answer is False:
                who = ", ".join(entry.plugin for entry in asked.trace if entry.outcome == "answered")
                self.decline(f"need_registration: {self._named(who) or 'a hook'} said no at {stage}")
                if self._is_open:
                    _log.warning(f"{self.declined}, after the registration: finished", call=self.call.key)
                return False
        return True

    def _named(self, plugin: str) -> str:
        """Who said no; of the rules which one."""
        row = self.account.rules.table.first("file", self.call) if plugin == rules.NAME else None
        return f'rule "{row.name}"' if row else plugin

    def step(self, command: AnyCommand, params: dict[str, Any] | None = None, about: str = "") -> Step:
        """A command ready to be sent, keyed by its meaning."""
        fields = self.account.adapter.params_of(command, self.filed) if params is None else params
        once = f"{self.call.key}/{command.kind}" if command.kind in ONCE else f"{self.key}/{command.kind}"
        return Step(once + about, command, fields)

    def registration(self, command: RegisterCall) -> list[Step]:
        """The registration as the hooks want it; none if they cancel it.

        Of several clients with the number the employee's own comes first, if the rules say so.
        """
        command = self.with_own_client(command)
        asked = self.ask_registration(command)
        if asked.is_cancelled:
            self.decline("its registration was cancelled by a hook")
            return []
        return [self.step(command, asked.answer)]

    def with_own_client(self, command: RegisterCall) -> RegisterCall:
        """The registration with the employee's own client, if the rules say so and nothing else is known."""
        if command.entity is not None or not self.account.rules.is_choosing_by_employee:
            return command
        return replace(command, entity=of_employee(self.questions.clients(), command.user_id))

    def ask_registration(self, command: RegisterCall) -> Asked:
        """What the hooks make of a registration."""
        extension = self._extension_of(command.user_id)
        return self.questions.ask(
            "process_registration_params",
            is_ringing=True,
            params=self.account.adapter.params_of(command, self.filed),
            call=self.call,
            conversation=self._conversation_of(extension),
            user=self.user(command.user_id),
            clients=self.questions.clients(),
        )

    def _extension_of(self, user_id: int) -> str:
        return next((ext for ext, user in self.users.items() if user.id == user_id), "")

    def _conversation_of(self, extension: str) -> Conversation | None:
        return next((c for c in self.call.conversations if c.extension == extension), None)

    # ---- decide, save, send ----------------------------------------------------------------------------
    def has_decided(self, name: str) -> bool:
        """Whether a phase of this turn was decided, now or in an earlier try."""
        return self._effects.decision(f"{self.key}/{name}") is not None

    def decided(self, name: str) -> list[Step]:
        """The steps of a phase that was decided, none if it was not."""
        row = self._effects.decision(f"{self.key}/{name}")
        return decode_decision(row)[1] if row else []

    def answer(self, step: Step) -> Any:
        """The CRM's answer to a step that has ended; `None` if it was refused."""
        effect = self._effects.state(step.key)
        return effect.answer if effect and effect.state is EffectState.DONE else None

    def phase(self, name: str, decide: Callable[[], list[Step]]) -> Later | None:
        """Decide once, save, send what was not sent yet.

        Returns:
            `None` when every step has ended, else when to come back.

        Raises:
            RefusedForGood: the CRM refused the registration.
        """
        key = f"{self.key}/{name}"
        row = self._effects.decision(key)
        if row is None:
            decided = decide()
            row = self._effects.decide(key, self.questions.notes.saved_with(len(self.events), decided))
        _, steps = decode_decision(row)
        if not steps:
            return None
        waiting = self._tools.performer.perform(self.call, self.account, steps, self.now)
        if waiting is None and any(isinstance(step.command, RegisterCall) for step in steps):
            self._registered()
        return waiting

    def _registered(self) -> None:
        """After a registration has ended: tell the hooks, or decline the call if the CRM refused it."""
        filed = self.filed
        if filed.call_id is None:
            why, text = self._tools.performer.refusal(self.call.key, RegisterCall.kind)
            is_refused = why != "number"
            self.decline(f"the CRM refused its registration: {text}", is_refused=is_refused)
            if is_refused:
                self.tell_skipped(self.declined)
                raise RefusedForGood(text)
            return
        if self.has_plugins_for("post_registration"):
            self.phase("post", lambda: self._tell_registered(filed))

    def _tell_registered(self, filed: Filed) -> list[Step]:
        self.questions.ask("post_registration", call=self.call, filed=filed)
        return []


ONCE = frozenset({"register", "finish", "activity", CreateForCall.kind})
"""Commands that a call has once; their effects are keyed by the call, the others' by the turn."""
