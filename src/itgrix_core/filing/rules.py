"""What a plan depends on: an account's settings, how far a call has come, who is who. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from itgrix_core.filing.conditions import RuleTable
from itgrix_core.filing.creation import CreationRule
from itgrix_core.filing.lists import Lists
from itgrix_core.filing.missed import MissedRules
from itgrix_hooks.values import Call, Filed, User

Moment = Literal["ring", "answer", "never"]
"""When a card comes up: while the phone rings, when the employee talks, or not at all."""


@dataclass(frozen=True, slots=True)
class CardRules:
    """When a call's card comes up: the employee's wish, else his queue's, else everybody's.

    Attributes:
        users: by the CRM's user id.
        queues: by the queue's number.
    """

    everybody: Moment = "ring"
    users: Mapping[int, Moment] = field(default_factory=dict)
    queues: Mapping[str, Moment] = field(default_factory=dict)

    def moment(self, user: User, call: Call) -> Moment:
        """When this employee sees the card of this call."""
        return self.users.get(user.id) or self.queues.get(call.queue or "") or self.everybody


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of one CRM account that a plan depends on.

    Attributes:
        default_user: user id for what nobody else gets.
        lines: DID or trunk to external line; sources likewise to the CRM's source.
        creation: what is created for a call; the first rule that fits counts.
        campaigns: DID or trunk to fields of what is created there (UTM_SOURCE and the like).
        is_choosing_by_employee: of several clients with the number the employee's own is bound.
        is_binding_deal: the client's last open deal is bound as well.
        missed_owner: "responsible", "last" or "default", each falls back on the next; "turn" and "free"
            choose among the members that `missed` names.
        missed: what follows on a missed call.
        answered_owner: of those who talked "last", "first", "longest", or the "responsible" if among them.
        owner_talk_seconds: a shorter talk does not make an owner, if there is a longer one.
        is_per_talk: each employee's talk is filed as a call of its own (`talks`), not the call as a whole.
        card_seconds: how long a card is worth showing.
        cards: when it comes up.
        lists: whose calls are filed.
        table: what follows otherwise, under conditions; asked as a built-in hook.
    """

    default_user: int = 1
    lines: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    creation: tuple[CreationRule, ...] = ()
    campaigns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    is_choosing_by_employee: bool = False
    is_binding_deal: bool = False
    is_filing_internal: bool = False
    missed_owner: str = "responsible"
    missed: MissedRules = field(default_factory=MissedRules)
    answered_owner: str = "last"
    owner_talk_seconds: float = 0.0
    is_per_talk: bool = True
    card_seconds: float = 60.0
    cards: CardRules = field(default_factory=CardRules)
    lists: Lists = field(default_factory=Lists)
    table: RuleTable = field(default_factory=RuleTable)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a call has come in the CRM.

    Attributes:
        filed: what it has put there.
        shown: users who see its card now.
    """

    filed: Filed = field(default_factory=Filed)
    shown: tuple[int, ...] = ()

    @property
    def is_registered(self) -> bool:
        """Whether the CRM knows the call."""
        return self.filed.call_id is not None


Users = Mapping[str, User]
"""Extension to the CRM's employee; extensions of nobody are not in it."""
