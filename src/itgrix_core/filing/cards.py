"""Who sees a call's card: rules that fold what happened into as few commands as can be. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from itgrix_core.calls.events import CallEvent, ConversationAccepted, ConversationEnded, ConversationEvent
from itgrix_core.filing.commands import AnyCommand, HideCard, ShowCard
from itgrix_core.filing.plan import registration
from itgrix_core.filing.rules import CardRules, Rules, Standing, Users
from itgrix_hooks.values import Call, Conversation, PhoneNumber, Result, User


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
        _see(event, wanted, users, rules.cards)
    until = events[-1].at + rules.card_seconds
    if standing.is_registered:
        shown = tuple(user for user in wanted if user not in standing.shown)
        hidden = tuple(user for user in standing.shown if user not in wanted)
        commands: list[AnyCommand] = []
        commands += [HideCard(call.key, hidden, why=_why_hidden(events[-1]))] if hidden else []
        commands += [ShowCard(call.key, shown, until, why="their phones ring, or they talk")] if shown else []
        return tuple(commands)
    first = first_user(events, users)
    if first is None:
        return ()
    why = f"by the rules user {first.id}: his is the first phone of somebody whom the CRM knows"
    return (registration(call, first.id, number, rules, tuple(wanted), until, why),)


def _why_hidden(event: CallEvent) -> str:
    is_taken = isinstance(event, ConversationAccepted)
    return "another one answered" if is_taken else "they have nothing more to do with the call"


def first_user(events: Sequence[CallEvent], users: Users) -> User | None:
    """On whom a call is registered while it lives: the first employee whose phone rings."""
    return next((user for event in events if (user := _user(event, users))), None)


def _see(event: CallEvent, wanted: list[int], users: Users, cards: CardRules) -> None:
    """Who sees the card after one more event: those who ring; after an answer only who answered.

    Between two rounds of a queue the card stays: to take it away and show it again would cost two requests a
    round. The next ring, the answer or the end takes it from whom the queue did not ring again.
    """
    user = _user(event, users)
    conversation = _conversation(event)
    if conversation is None:
        return
    moment = cards.moment(user, event.call) if user else "never"
    if isinstance(event, ConversationAccepted):
        wanted[:] = [user.id] if user and moment != "never" else []
    elif isinstance(event, ConversationEnded):
        if user and _is_over(conversation, event.call) and not _is_in_call(event.call, user.id, users):
            wanted[:] = [each for each in wanted if each != user.id]
    else:
        wanted[:] = [each for each in wanted if not _is_passed_over(event.call, each, users)]
        if user and moment == "ring" and user.id not in wanted:
            wanted.append(user.id)


def _is_over(conversation: Conversation, call: Call) -> bool:
    """Whether an employee has nothing more to do with the call; in a queue silence is a pause."""
    is_pause = bool(call.queue) and conversation.result is Result.NO_ANSWER
    return conversation.result is not Result.ANSWERED and not is_pause


def _is_in_call(call: Call, user_id: int, users: Users) -> bool:
    """Whether one of the employee's phones rings or talks: he may have several."""
    going_on = (users.get(c.extension) for c in call.conversations if c.result is None)
    return any(other and other.id == user_id for other in going_on)


def _is_passed_over(call: Call, user_id: int, users: Users) -> bool:
    """Whether the employee was rung in vain, and is not while others are."""
    results = {c.result for c in call.conversations if (u := users.get(c.extension)) and u.id == user_id}
    return results == {Result.NO_ANSWER}


def _conversation(event: CallEvent) -> Conversation | None:
    return event.call.conversation(event.conversation) if isinstance(event, ConversationEvent) else None


def _user(event: CallEvent, users: Users) -> User | None:
    conversation = _conversation(event)
    return users.get(conversation.extension) if conversation else None
