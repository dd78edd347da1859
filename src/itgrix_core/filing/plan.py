"""Which commands follow from what happened: pure rules, in no CRM's own words.

Three questions are answered here: whether a call is filed at all, who sees its card now, and who owns it in
the end. Everything that has to be asked (users, responsibles, what was filed so far) is asked before and
comes in as a value; so each rule is a line in a test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from itgrix_core.calls.events import CallEvent, ConversationAccepted, ConversationEnded, ConversationEvent
from itgrix_core.filing.commands import AnyCommand, FinishCall, HideCard, RegisterCall, ShowCard
from itgrix_hooks.values import (
    Call,
    Conversation,
    Direction,
    Disposition,
    Filed,
    Owner,
    PhoneNumber,
    Result,
    User,
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of one CRM account that a plan depends on.

    Attributes:
        default_user: user id for what nobody else gets.
        lines: DID or trunk to external line; sources likewise to the CRM's source.
        create_for: directions in which an unknown number makes a lead or contact.
        missed_owner: "responsible", "last" or "default"; each falls back on the next.
        card_seconds: how long a card is worth showing.
    """

    default_user: int = 1
    lines: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    create_for: frozenset[str] = frozenset({"inbound"})
    is_filing_internal: bool = False
    missed_owner: str = "responsible"
    card_seconds: float = 60.0


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


def unfiled(call: Call, rules: Rules) -> str:
    """Why a call is not filed at all, "" if it is."""
    if call.direction is Direction.INTERNAL and not rules.is_filing_internal:
        return "a call between employees"
    number = other_number(call)
    if number is None or not number.is_usable:
        return "a caller without a number"
    return ""


def other_number(call: Call) -> PhoneNumber | None:
    """The number that a call is filed with: the client's; between employees the one that was dialled."""
    if call.direction is Direction.INTERNAL:
        return PhoneNumber(call.dialled or next(iter(call.rung), ""))
    return call.client_number


def cards(
    events: Sequence[CallEvent], standing: Standing, users: Users, number: PhoneNumber, rules: Rules
) -> tuple[AnyCommand, ...]:
    """What a run of events means for the call's card: register with it, show it, take it away.

    Several events are folded to their net effect, so that a queue's round costs one request and not six.

    Args:
        events: of one call, in order.
        standing: how far the call has come.
        users: the employees behind its extensions.
        number: the client's, as it is to be filed.
        rules: the account's.
    """
    call = events[-1].call
    wanted = list(standing.shown)
    for event in events:
        _see(event, wanted, users)
    until = events[-1].at + rules.card_seconds
    if standing.is_registered:
        shown = tuple(user for user in wanted if user not in standing.shown)
        hidden = tuple(user for user in standing.shown if user not in wanted)
        commands: list[AnyCommand] = []
        commands += [HideCard(call.key, hidden)] if hidden else []
        commands += [ShowCard(call.key, shown, until)] if shown else []
        return tuple(commands)
    first = next((user for event in events if (user := _user(event, users))), None)
    if first is None:
        return ()
    return (registration(call, first.id, number, rules, tuple(wanted), until),)


def _see(event: CallEvent, wanted: list[int], users: Users) -> None:
    """Who sees the card after one more event: those who ring; after an answer only who answered."""
    user = _user(event, users)
    conversation = _conversation(event)
    if conversation is None:
        return
    if isinstance(event, ConversationAccepted):
        wanted[:] = [user.id] if user else []
    elif user and isinstance(event, ConversationEnded):
        is_over = conversation.result is not Result.ANSWERED and not _is_in_call(event.call, user, users)
        if is_over and user.id in wanted:
            wanted.remove(user.id)
    elif user and user.id not in wanted:
        wanted.append(user.id)


def _is_in_call(call: Call, user: User, users: Users) -> bool:
    """Whether one of the employee's phones rings or talks: he may have several."""
    going_on = (users.get(c.extension) for c in call.conversations if c.result is None)
    return any(other and other.id == user.id for other in going_on)


def registration(
    call: Call,
    user_id: int,
    number: PhoneNumber,
    rules: Rules,
    show_to: tuple[int, ...] = (),
    good_until: float | None = None,
) -> RegisterCall:
    """The registration of a call on a user."""
    return RegisterCall(
        call=call.key,
        user_id=user_id,
        number=number,
        direction=call.direction,
        started_at=call.started_at,
        timezone=call.timezone,
        line=mapped(rules.lines, call),
        source=mapped(rules.sources, call),
        is_creating=call.direction.value in rules.create_for,
        show_to=show_to,
        good_until=good_until,
    )


def closing(call: Call, owner: Owner, standing: Standing) -> tuple[AnyCommand, ...]:
    """Take the card from everybody but the owner (the finish takes it from him), and finish."""
    others = tuple(user for user in standing.shown if user != owner.user_id)
    hide = (HideCard(call.key, others),) if others else ()
    disposition = call.disposition or (Disposition.ANSWERED if call.is_answered else Disposition.MISSED)
    is_answered = disposition is Disposition.ANSWERED
    finish = FinishCall(
        call=call.key,
        user_id=owner.user_id,
        direction=call.direction,
        disposition=disposition,
        talk_seconds=call.talk_seconds if is_answered else 0.0,
        reason=call.lost_sight or ("" if is_answered or not call.disposition else call.disposition.value),
    )
    return (*hide, finish)


def hide_all(call: Call, standing: Standing) -> tuple[AnyCommand, ...]:
    """Take the card from everybody who still sees it."""
    return (HideCard(call.key, standing.shown),) if standing.shown else ()


def owner_of(call: Call, users: Users, responsible: User | None, rules: Rules) -> Owner:
    """On whom a call is booked.

    Args:
        call: the ended call.
        users: the employees behind its extensions.
        responsible: the client's responsible, if he was asked for (see `needs_responsible`).
        rules: the account's.
    """
    if call.direction is Direction.OUTBOUND or call.direction is Direction.INTERNAL:
        caller = users.get(call.extension or "")
        return Owner(caller.id, "caller") if caller else Owner(rules.default_user, "default")
    if call.is_answered:
        talked = (users.get(c.extension) for c in reversed(call.talks))
        last = next((user for user in talked if user), None)
        return Owner(last.id, "talked last") if last else Owner(rules.default_user, "default")
    if rules.missed_owner == "responsible" and responsible:
        return Owner(responsible.id, "responsible")
    rung = (users.get(extension) for extension in reversed(call.rung))
    last = next((user for user in rung if user), None)
    if rules.missed_owner != "default" and last:
        return Owner(last.id, "rang last")
    return Owner(rules.default_user, "default")


def needs_responsible(call: Call, rules: Rules) -> bool:
    """Whether `owner_of` wants to know the client's responsible."""
    return call.is_missed and rules.missed_owner == "responsible"


def mapped(table: Mapping[str, str], call: Call) -> str:
    """The entry for the call's DID (however it is written) or trunk; "" if there is none."""
    did = PhoneNumber(call.did or "")
    for key, value in table.items():
        if key in (call.did, call.trunk) or did.same_as(PhoneNumber(key)):
            return value
    return ""


def extensions_in(events: Sequence[CallEvent]) -> tuple[str, ...]:
    """Every extension whose employee a plan for these events may ask for, each once."""
    call = events[-1].call
    named = [c.extension for c in call.conversations] + [call.extension or ""]
    return tuple(dict.fromkeys(extension for extension in named if extension))


def _conversation(event: CallEvent) -> Conversation | None:
    return event.call.conversation(event.conversation) if isinstance(event, ConversationEvent) else None


def _user(event: CallEvent, users: Users) -> User | None:
    conversation = _conversation(event)
    return users.get(conversation.extension) if conversation else None
