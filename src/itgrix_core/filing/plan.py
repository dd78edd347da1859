"""Which commands follow from what happened: pure rules, in no CRM's own words.

Two questions are answered here: whether a call is filed at all, and who owns it in the end. What has to be
asked (users, responsibles, what was filed so far) is asked before and comes in as a value; so each rule is a
line in a test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from itgrix_core.calls.events import CallEvent
from itgrix_core.filing.commands import AnyCommand, FinishCall, HideCard, RegisterCall
from itgrix_core.filing.numbering import entry
from itgrix_core.filing.rules import Rules, Standing, Users
from itgrix_hooks.values import Call, Direction, Disposition, Owner, PhoneNumber, User

OWNERS: Final = {
    "caller": "he made the call",
    "responsible": "the client's responsible",
    "talked first": "of those who talked the first",
    "talked last": "of those who talked the last",
    "talked longest": "of those who talked the longest",
    "rang last": "nobody talked, his phone rang last",
    "missed before": "he is to call this client back already",
    "line": "he gets what is missed on this line",
    "turn": "it is his turn for a missed call",
    "free": "he has the fewest missed calls to make up for",
    "hook": "a hook says so",
    "default": "the default user, as the rules find nobody else",
}
"""`Owner.why` in words."""


def unfiled(call: Call, rules: Rules) -> str:
    """Why a call is not filed at all, "" if it is."""
    if call.direction is Direction.INTERNAL and not rules.is_filing_internal:
        return "a call between employees"
    number = other_number(call)
    if number is None or not number.is_usable:
        return "a caller without a number"
    return rules.lists.why_not(call)


def other_number(call: Call) -> PhoneNumber | None:
    """The number that a call is filed with: the client's; between employees the one that was dialled."""
    if call.direction is Direction.INTERNAL:
        return PhoneNumber(call.dialled or next(iter(call.rung), ""))
    return call.client_number


def registration(
    call: Call,
    user_id: int,
    number: PhoneNumber,
    rules: Rules,
    show_to: tuple[int, ...] = (),
    good_until: float | None = None,
    why: str = "",
) -> RegisterCall:
    """The registration of a call on a user, and why on him."""
    return RegisterCall(
        call=call.key,
        user_id=user_id,
        number=number,
        direction=call.direction,
        started_at=call.started_at,
        timezone=call.timezone,
        line=mapped(rules.lines, call),
        source=mapped(rules.sources, call),
        is_redirected=is_redirected(call),
        show_to=show_to,
        good_until=good_until,
        why=why,
    )


def is_redirected(call: Call) -> bool:
    """Whether a call from outside was sent on to mobiles: all who talked, else all who rang."""
    phones = call.talks or tuple(c for c in call.conversations if not c.is_caller)
    return call.direction is Direction.INBOUND and bool(phones) and all(phone.trunk for phone in phones)


def closing(call: Call, owner: Owner, standing: Standing) -> tuple[AnyCommand, ...]:
    """Take the card from everybody but the owner (the finish takes it from him), and finish."""
    others = tuple(user for user in standing.shown if user != owner.user_id)
    hide = (HideCard(call.key, others, why="the call is over"),) if others else ()
    disposition = call.disposition or (Disposition.ANSWERED if call.is_answered else Disposition.MISSED)
    is_answered = disposition is Disposition.ANSWERED
    finish = FinishCall(
        call=call.key,
        user_id=owner.user_id,
        direction=call.direction,
        disposition=disposition,
        talk_seconds=call.talk_seconds if is_answered else 0.0,
        reason=call.lost_sight
        or call.not_dialled
        or ("" if is_answered or not call.disposition else call.disposition.value),
        why=owned(owner),
    )
    return (*hide, finish)


def hide_all(call: Call, standing: Standing) -> tuple[AnyCommand, ...]:
    """Take the card from everybody who still sees it."""
    return (HideCard(call.key, standing.shown, why="the call is over"),) if standing.shown else ()


def owner_of(
    call: Call,
    users: Users,
    responsible: User | None,
    rules: Rules,
    picked: Owner | None = None,
    clicker: User | None = None,
) -> Owner:
    """On whom a call is booked.

    Args:
        call: the ended call.
        users: the employees behind its extensions.
        responsible: the client's responsible, if he was asked for (see `needs_responsible`).
        rules: the account's.
        picked: who gets this missed call whatever the rest says (he has the client's last one, or his line,
            or it is his turn).
        clicker: on whom the CRM has registered a click's call; his extension may be a colleague's as well.
    """
    if call.direction is Direction.OUTBOUND or call.direction is Direction.INTERNAL:
        caller = users.get(call.extension or "")
        if clicker and (caller is None or clicker.extension == call.extension):
            caller = clicker
        return Owner(caller.id, "caller") if caller else Owner(rules.default_user, "default")
    if call.is_answered:
        return _who_talked(call, users, responsible, rules) or Owner(rules.default_user, "default")
    if picked:
        return picked
    if rules.missed_owner == "responsible" and responsible:
        return Owner(responsible.id, "responsible")
    rung = (users.get(extension) for extension in reversed(call.rung))
    last = next((user for user in rung if user), None)
    if rules.missed_owner in {"responsible", "last"} and last:
        return Owner(last.id, "rang last")
    return Owner(rules.default_user, "default")


def owned(owner: Owner) -> str:
    """Whose a call is and by which rule, in words."""
    return f"by the rules user {owner.user_id}: {OWNERS.get(owner.why, owner.why)}"


def _who_talked(call: Call, users: Users, responsible: User | None, rules: Rules) -> Owner | None:
    """Of the employees who talked long enough (of all, if none did) the one whom the rule wants."""
    talks = [(c, user) for c in call.talks if (user := users.get(c.extension))]
    counting = [(c, user) for c, user in talks if c.talk_seconds >= rules.owner_talk_seconds] or talks
    if not counting:
        return None
    if rules.answered_owner == "responsible" and responsible and responsible.id in {u.id for _, u in talks}:
        return Owner(responsible.id, "responsible")
    if rules.answered_owner == "first":
        return Owner(counting[0][1].id, "talked first")
    if rules.answered_owner == "longest":
        return Owner(max(counting, key=lambda talk: talk[0].talk_seconds)[1].id, "talked longest")
    return Owner(counting[-1][1].id, "talked last")


def needs_responsible(call: Call, rules: Rules) -> bool:
    """Whether `owner_of` wants to know the client's responsible."""
    if call.is_answered:
        return rules.answered_owner == "responsible" and call.direction is Direction.INBOUND
    return call.is_missed and rules.missed_owner == "responsible"


def mapped(table: Mapping[str, str], call: Call) -> str:
    """The entry for the call's DID (however it is written) or trunk; "" if there is none."""
    return entry(table, call) or ""


def extensions_in(events: Sequence[CallEvent]) -> tuple[str, ...]:
    """Every extension whose employee a plan for these events may ask for, each once."""
    call = events[-1].call
    named = [c.extension for c in call.conversations] + [call.extension or ""]
    return tuple(dict.fromkeys(extension for extension in named if extension))
