"""What is created for a call in the CRM, when, and by whom: the first rule that fits counts. Pure.

The portal creates by itself what its own table says (docs/facts/bitrix24.md: a lead, or a contact with a deal
where leads are switched off). Where that is just what a rule wants, it is left to the portal, which costs no
request; everything else is created by us.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from itgrix_core.filing.commands import CreateForCall
from itgrix_core.filing.numbering import is_line_of
from itgrix_core.filing.texts import rendered
from itgrix_hooks.values import Call, Entity, PhoneNumber

What = Literal["nothing", "portal", "lead", "contact", "deal"]
"""`portal`: what the portal makes of it; `deal`: with a contact, if the client has none."""

When = Literal["ring", "answer", "end"]


@dataclass(frozen=True, slots=True)
class CreationRule:
    """One rule.

    Attributes:
        create: what is made.
        directions: of calls ("inbound", "outbound").
        client: whose calls: of numbers that the CRM knows, does not know, or both.
        lines: DIDs or trunks, in any spelling; empty for all.
        when: an `answer` never comes for a missed call, and then nothing is created.
        source: the CRM's source; "" for that of the call's line.
        source_description: kind of request, a text with values.
        title: the name, a text with values; "" for number and direction.
        pipeline: of a deal. `stage`: of a lead or deal, "" for the first.
        responsible: a user's id; `None` for the employee who has the call.
        fields: further fields of the CRM, texts with values (UTM_SOURCE and the like).
    """

    create: What = "nothing"
    directions: frozenset[str] = frozenset({"inbound"})
    client: Literal["known", "unknown", "any"] = "unknown"
    lines: tuple[str, ...] = ()
    when: When = "ring"
    source: str = ""
    source_description: str = ""
    title: str = ""
    pipeline: int = 0
    stage: str = ""
    responsible: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether it asks for nothing that the portal would not do by itself, at the registration."""
        asked = (self.source_description, self.title, self.pipeline, self.stage, self.responsible)
        return not any(asked) and not self.fields and self.when == "ring"


def candidates(rules: Iterable[CreationRule], call: Call) -> tuple[CreationRule, ...]:
    """The rules that may apply to a call; which one does depends on whether the client is known.

    A part of a call that went through several hands creates nothing: the call as a whole did.
    """
    if call.part_of:
        return ()
    return tuple(rule for rule in rules if _is_for(rule, call))


def _is_for(rule: CreationRule, call: Call) -> bool:
    is_line = not rule.lines or any(is_line_of(spelling, call) for spelling in rule.lines)
    return call.direction.value in rule.directions and is_line


def chosen(rules: Iterable[CreationRule], *, is_known: bool) -> CreationRule:
    """The first candidate that fits; a rule that creates nothing if none does."""
    wanted = "known" if is_known else "unknown"
    return next((rule for rule in rules if rule.client in {"any", wanted}), CreationRule())


def needs_search(rules: Sequence[CreationRule]) -> bool:
    """Whether it matters for these candidates if the client is known."""
    return bool(rules) and (rules[0].client != "any" or rules[0].create not in {"portal", "nothing"})


def is_due(rule: CreationRule, call: Call, *, is_over: bool) -> bool:
    """Whether the rule's moment has come."""
    return rule.when == "ring" or (rule.when == "answer" and call.is_answered) or is_over


def idle(rule: CreationRule, call: Call, clients: Sequence[Entity], *, is_over: bool) -> str:
    """Why the rule creates nothing any more, "" if it may: a missed call has no answer to wait for."""
    if rule.create == "nothing":
        known = " with a client whom the CRM knows" if clients else ""
        return f"nothing is created: so the rules of crm.*.creation say for a call{known}"
    if rule.when == "answer" and is_over and not call.is_answered:
        return f"no {rule.create} is created: the rule waits for an answer, and nobody answered"
    return ""


def is_portals(rule: CreationRule, campaign: Mapping[str, str], *, is_known: bool, has_leads: bool) -> bool:
    """Whether the portal does by itself what the rule wants.

    For an unknown number it makes a lead, without leads a contact and a deal. For a client whom it knows it
    depends on settings that nobody can read, so that is never left to it.
    """
    if rule.create == "portal":
        return True
    own = "lead" if has_leads else "deal"
    return rule.create == own and rule.is_plain and not campaign and not is_known


def kinds(rule: CreationRule, clients: Sequence[Entity]) -> tuple[Literal["lead", "contact", "deal"], ...]:
    """What is made one after the other: a deal needs somebody whose deal it is."""
    if rule.create == "lead":
        return ("lead",)
    if rule.create == "contact":
        return ("contact",)
    return ("deal",) if client_among(clients) else ("contact", "deal")


def client_among(clients: Sequence[Entity]) -> Entity | None:
    """The contact, else the company: whose deal or repeated lead it is."""
    order = ("contact", "company")
    return next((each for kind in order for each in clients if each.kind == kind), None)


def command(
    rule: CreationRule,
    kind: Literal["lead", "contact", "deal"],
    call: Call,
    number: PhoneNumber,
    user_id: int,
    *,
    source: str = "",
    campaign: Mapping[str, str] | None = None,
    client: Entity | None = None,
) -> CreateForCall:
    """The rule's wish as a command.

    Args:
        rule: what is wished.
        kind: which of its entities.
        call: for whom.
        number: the client's, as it is filed.
        user_id: the employee who has the call.
        source: of the call's line, where the rule names none.
        campaign: fields of the call's advertising campaign; the rule's own come first.
        client: whose deal or lead it is.
    """
    default = call.client_name or str(number) if kind == "contact" else "{number} - {direction}"
    template = rule.title or default
    title = default if template is default and kind == "contact" else rendered(template, call, number)
    fields = {
        **(campaign or {}),
        **{name: rendered(text, call, number) for name, text in rule.fields.items()},
    }
    return CreateForCall(
        call=call.key,
        entity_kind=kind,
        title=title,
        number=number,
        user_id=rule.responsible or user_id,
        is_handed_on=rule.responsible is None,
        source=rule.source or source,
        source_description=rendered(rule.source_description, call, number),
        pipeline=rule.pipeline if kind == "deal" else 0,
        stage=rule.stage if kind == rule.create else "",
        client=client,
        fields=fields,
        why=f"a {rule.create} at the {rule.when}: the first rule of crm.*.creation that fits",
    )


def of_employee(clients: Sequence[Entity], user_id: int) -> Entity | None:
    """Of several entities the one whose responsible this employee is; a deal cannot be chosen."""
    return next((each for each in clients if each.responsible_id == user_id and each.kind != "deal"), None)
