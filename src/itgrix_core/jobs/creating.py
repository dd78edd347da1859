"""What the rules want created for a call, made before its registration and once: lead, contact, deal.

The registration names the entity, so that the CRM's activity, the recording and the card belong to it from
the first moment on. A rule that waits for the answer or the end therefore makes the registration wait, too:
what is registered with nothing cannot be bound any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import structlog

from itgrix_core.crm.adapter import Step
from itgrix_core.filing import creation, plan
from itgrix_core.filing.commands import CreateForCall, RegisterCall
from itgrix_core.filing.creation import CreationRule
from itgrix_core.filing.numbering import entry
from itgrix_core.jobs.turn import Turn
from itgrix_core.outbox.claims import Claims
from itgrix_core.outbox.engine import Later
from itgrix_hooks.values import Entity, PhoneNumber

PLANNED = "creation planned"
"""Kind of the journal's note that a rule waits: `until` which moment."""

SETTLED = "creation settled"
"""Kind of the journal's note that it is known who creates: `by`, `entity`, `handed_on_from` (a user, if the
responsible follows the call to its owner)."""

WAIT_SECONDS = 0.3
"""How long a call waits for another one of its number that is creating, before it looks again."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the call is to be registered.

    Attributes:
        is_creating: the CRM itself creates what its rules say.
        entity: what the call is tied to; `None` leaves it to the CRM.
        is_postponed: not yet; a rule waits for the answer or the end.
        waiting: come back then; nothing is known yet.
    """

    is_creating: bool = False
    entity: Entity | None = None
    is_postponed: bool = False
    waiting: Later | None = None

    def of(self, command: RegisterCall) -> RegisterCall:
        """The registration with what was prepared."""
        return replace(command, is_creating=self.is_creating, entity=self.entity or command.entity)


class Creating:
    """Creation for the call of one turn.

    Args:
        turn: a turn that may register the call.
        user_id: the employee who has the call now.
        is_over: whether the call has ended.
    """

    PHASE: ClassVar[str] = "create"

    def __init__(self, turn: Turn, user_id: int, *, is_over: bool) -> None:
        self._turn = turn
        self._user_id = user_id
        self._is_over = is_over
        self._claims = Claims(turn.database)
        self._rules = creation.candidates(turn.account.rules.creation, turn.call)
        number = plan.other_number(turn.call) or PhoneNumber("")
        self._claim = f"{turn.account.name}/{number.digits[-10:]}"

    def prepare(self) -> Prepared:
        """Create what is to be created now.

        Raises:
            CrmUnavailable, CrmError: the CRM could not be asked; nothing was created.
        """
        if not self._rules:
            self._turn.because("nothing is created: no rule of crm.*.creation is for this call")
            return Prepared()
        settled = self._turn.noted(SETTLED)
        if settled is not None:
            return _prepared(settled)
        if self._turn.has_decided(self.PHASE):
            return self._carry_out()
        if not self._has_come() or not self._turn.is_wanted():
            return Prepared(is_postponed=not self._turn.declined)
        return self._choose()

    def end(self) -> None:
        """The registration has ended: tell whoever waits for this number what the CRM has created."""
        settled = self._turn.noted(SETTLED) if self._rules else None
        if not settled or settled["by"] != "portal":
            return
        if self._turn.declined:
            self._claims.release(self._claim, self._turn.call.key)
        else:
            self._claims.settle(self._claim, self._turn.call.key, _told(_main(self._turn.filed.created)))

    # ---- choosing --------------------------------------------------------------------------------------
    def _has_come(self) -> bool:
        """Whether the moment that an earlier turn found to be the rule's has come."""
        planned = self._turn.noted(PLANNED) or {}
        is_answer = planned.get("until") == "answer" and self._turn.call.is_answered
        return not planned or self._is_over or is_answer

    def _choose(self) -> Prepared:
        """Find the rule that fits, and go by it."""
        adapter, call = self._turn.account.adapter, self._turn.call
        number = self._turn.questions.number("search")
        if adapter.is_employee(number):
            why = f"nothing is created for {number}: it is a phone in the profile of an employee in the CRM"
            _log.warning(why, call=call.key)
            return self._settle("nobody", why=why)
        clients = adapter.open_clients(number) if creation.needs_search(self._rules) else ()
        rule = creation.chosen(self._rules, is_known=bool(clients))
        why = creation.idle(rule, call, clients, is_over=self._is_over) or self._superfluous(rule, clients)
        if why:
            return self._settle("nobody", why=why)
        if not creation.is_due(rule, call, is_over=self._is_over):
            self._turn.note(PLANNED, {"until": rule.when})
            self._turn.because(f"no card yet: a {rule.create} is created at the {rule.when} only")
            return Prepared(is_postponed=True)
        return self._claimed(rule, clients)

    def _superfluous(self, rule: CreationRule, clients: Sequence[Entity]) -> str:
        """Why what the rule wants is not made: it is there already, or the CRM has none of it; else ""."""
        adapter = self._turn.account.adapter
        if rule.create == "lead" and not adapter.has_leads():
            why = "no lead is created: the CRM works without leads. Write create: deal in crm.*.creation"
            _log.warning(why, call=self._turn.call.key)
            return why
        if rule.create == "portal" or not clients:
            return ""
        client = creation.client_among(clients)
        lead = next((each for each in clients if each.kind == "lead"), None)
        deal = adapter.open_deal(client) if client and rule.create != "contact" and not lead else None
        there = client or lead if rule.create == "contact" else lead or deal
        return f"no {rule.create} is created: the client has {there.kind} {there.id}" if there else ""

    def _claimed(self, rule: CreationRule, clients: Sequence[Entity]) -> Prepared:
        """Go on alone: of several calls of one number the first creates, the others take what it made."""
        claim = self._claims.take(self._claim, self._turn.call.key)
        if claim.is_settled:
            why = "another call of this number has created its client"
            return self._settle("another call", _entity(claim.value), why=why)
        if not claim.is_ours:
            why = "another call of this number is creating its client"
            return Prepared(waiting=Later(WAIT_SECONDS, why))
        campaign = entry(self._turn.account.rules.campaigns, self._turn.call) or {}
        is_known, has_leads = bool(clients), self._turn.account.adapter.has_leads()
        if creation.is_portals(rule, campaign, is_known=is_known, has_leads=has_leads):
            why = "what is created for it the CRM does itself, at the registration"
            return self._settle("portal", why=why)
        return self._carry_out(rule, campaign, clients)

    # ---- creating --------------------------------------------------------------------------------------
    def _carry_out(
        self,
        rule: CreationRule | None = None,
        campaign: Mapping[str, str] | None = None,
        clients: Sequence[Entity] = (),
    ) -> Prepared:
        """Create by ourselves; without a rule what was decided before a restart."""
        waiting = self._turn.phase(self.PHASE, lambda: self._steps(rule, campaign or {}, clients))
        if waiting:
            return Prepared(waiting=waiting)
        commands = [each.command for each in self._turn.decided(self.PHASE)]
        made = [each for each in commands if isinstance(each, CreateForCall)]
        entity = _main(self._turn.filed.created) or next((each.client for each in made if each.client), None)
        self._claims.settle(self._claim, self._turn.call.key, _told(entity))
        return self._settle("us", entity, next((each.user_id for each in made if each.is_handed_on), None))

    def _steps(
        self, rule: CreationRule | None, campaign: Mapping[str, str], clients: Sequence[Entity]
    ) -> list[Step]:
        if rule is None:
            return []
        turn, client = self._turn, creation.client_among(clients)
        number = turn.questions.number("file")
        source = plan.mapped(turn.account.rules.sources, turn.call)
        commands = [
            creation.command(
                rule, kind, turn.call, number, self._user_id, source=source, campaign=campaign, client=client
            )
            for kind in creation.kinds(rule, clients)
        ]
        return [turn.step(each, about=f"/{each.entity_kind}") for each in commands]

    def _settle(
        self, by: str, entity: Entity | None = None, handed_on: int | None = None, *, why: str = ""
    ) -> Prepared:
        """Note who creates, and why nobody does; from now on nobody is asked about it again."""
        self._turn.because(why)
        settled = {"by": by, "entity": _told(entity), "handed_on_from": handed_on}
        self._turn.note(SETTLED, settled)
        return _prepared(settled)


def _prepared(settled: Mapping[str, Any]) -> Prepared:
    return Prepared(is_creating=settled["by"] == "portal", entity=_entity(settled["entity"]))


def _main(created: Sequence[Entity]) -> Entity | None:
    """What a call can be tied to: no deal."""
    return next((each for each in created if each.kind != "deal"), None)


def _told(entity: Entity | None) -> dict[str, Any] | None:
    return {"kind": entity.kind, "id": entity.id} if entity else None


def _entity(told: Mapping[str, Any] | None) -> Entity | None:
    return Entity(told["kind"], told["id"]) if told else None
