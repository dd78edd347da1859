"""After the finish: the call's activity is tied to whom it concerns, what we created gets its owner."""

from __future__ import annotations

from itgrix_core.crm.adapter import Step
from itgrix_core.filing import creation, plan
from itgrix_core.filing.commands import (
    AnyCommand,
    AssignEntity,
    BindEntity,
    FinishCall,
    RegisterCall,
    UnbindEntity,
)
from itgrix_core.jobs.creating import SETTLED
from itgrix_core.jobs.turn import FINISH, Turn
from itgrix_hooks.values import Entity, Filed


class Tying:
    """The tying phase of a turn."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    @property
    def is_needed(self) -> bool:
        """Whether the rules want anything of it; what nobody wants costs nothing."""
        rules = self._turn.account.rules
        settled = self._turn.noted(SETTLED) or {}
        is_ours = rules.is_choosing_by_employee or rules.is_binding_deal
        return is_ours or self._is_chosen_late or bool(settled.get("handed_on_from"))

    @property
    def _is_chosen_late(self) -> bool:
        """Whether a hook chooses the entity only now, as the CRM registered the call by itself."""
        call = self._turn.call
        has_chooser = self._turn.has_plugins_for("process_registration_params")
        return has_chooser and call.is_click_to_call and self._turn.is_registered_by_crm

    def decide(self) -> list[Step]:
        """Assign, bind the employee's own entity instead of another's, bind the last open deal."""
        filed = self._turn.filed
        commands = [*self._assigned(filed), *self._own_client(filed), *self._last_deal(filed)]
        return [self._turn.step(each, about=f"/{place}") for place, each in enumerate(commands)]

    @property
    def _owner(self) -> int | None:
        """On whom the call was booked, hooks' change included."""
        finish = next((s for s in self._turn.decided(FINISH) if isinstance(s.command, FinishCall)), None)
        return finish.command.user_id if finish and isinstance(finish.command, FinishCall) else None

    def _assigned(self, filed: Filed) -> list[AnyCommand]:
        """The CRM hands what it created to who finishes the call; what we created we hand on ourselves."""
        handed_on_from = (self._turn.noted(SETTLED) or {}).get("handed_on_from")
        owner = self._owner
        if not handed_on_from or not owner or owner == handed_on_from:
            return []
        why = "what was created for the call goes to its owner"
        return [AssignEntity(self._turn.call.key, each, owner, why=why) for each in filed.created]

    def _own_client(self, filed: Filed) -> list[AnyCommand]:
        """Of several clients with the number the owner's own; a hook that chooses itself is not overruled.

        The CRM ties a call to a contact and a company at once: another company than his own goes as well.
        """
        turn, owner = self._turn, self._owner
        if not filed.activity_id or not owner or filed.entity is None:
            return []
        if self._is_chosen_late:
            own = self._chosen_by_hooks(owner)
        elif turn.account.rules.is_choosing_by_employee and not turn.has_plugins_for(
            "process_registration_params"
        ):
            own = creation.of_employee(turn.questions.clients(), owner)
        else:
            return []
        if own is None or _is_same(own, filed.entity):
            return []
        key, activity, why = turn.call.key, filed.activity_id, "of several clients the owner's own"
        tied = turn.account.adapter.tied_to(activity)
        bound = [] if any(_is_same(each, own) for each in tied) else [own]
        rest = [each for each in tied if each.kind == own.kind and not _is_same(each, own)]
        others = [filed.entity, *(each for each in rest if not _is_same(each, filed.entity))]
        unbinds = [UnbindEntity(key, activity, each, why=why) for each in others]
        return [*(BindEntity(key, activity, each, why=why) for each in bound), *unbinds]

    def _chosen_by_hooks(self, user_id: int) -> Entity | None:
        """What rules and hooks would have registered the call with; read as the CRM's answer to that."""
        turn = self._turn
        number = turn.questions.number("file")
        command = plan.registration(turn.call, user_id, number, turn.account.rules)
        asked = turn.ask_registration(turn.with_own_client(command))
        if asked.is_cancelled:
            return None
        return turn.account.adapter.filed([(RegisterCall.kind, {}, asked.answer)]).entity

    def _last_deal(self, filed: Filed) -> list[AnyCommand]:
        """The youngest open deal of the contact or company that the call is tied to."""
        turn, client = self._turn, filed.entity
        if not turn.account.rules.is_binding_deal or not filed.activity_id or not _has_deals(client):
            return []
        deal = turn.account.adapter.open_deal(client) if client else None
        why = "the client's last open deal"
        return [BindEntity(turn.call.key, filed.activity_id, deal, why=why)] if deal else []


def _has_deals(client: Entity | None) -> bool:
    return client is not None and client.kind in {"contact", "company"}


def _is_same(one: Entity, other: Entity) -> bool:
    return (one.kind, one.id) == (other.kind, other.id)
