"""To whom a caller is put through: to his own manager if that one can be rung, else to others. Pure.

The dialplan asks once and rings one phone; where nobody can be named, and where that phone is not answered,
the call goes its usual way. So a wrong guess here costs some seconds of ringing, and no call.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from itgrix_core.calls.presence import PhoneState, Presence
from itgrix_core.calls.topology import endpoint_of
from itgrix_core.filing.missed import WorkingHours
from itgrix_hooks.values import Call, Direction, Entity, PhoneNumber, User
from itgrix_hooks.wishes import RouteAnswer, RouteQuestion

OPEN_DAY = "OPENED"
"""TIMEMAN_STATUS of somebody who is at work (docs/facts/bitrix24.md A6); "" is not known."""

NAME_LETTERS = 60
_WHY_LETTERS = 120
_DIALABLE = re.compile(r"\+?[0-9]{1,20}")
_PLAIN = re.compile(r"[\w.@+-]{1,80}")
_RISKY = set('"\\<>|;&,${}[]`')
_KINDS = ("contact", "company", "lead", "deal")


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """How the one is found.

    Attributes:
        hours: when callers are put through at all; `None` for always.
        is_skipping_busy: whether somebody who talks is passed over; else his phone is rung all the same.
        needs_open_day: whether his working day in the CRM must have begun.
        stand_ins: user id to the extension that is rung in his stead.
        fallback: extensions that are tried for any client, in order, when nobody else is left.
    """

    hours: WorkingHours | None = None
    is_skipping_busy: bool = True
    needs_open_day: bool = False
    stand_ins: Mapping[int, str] = field(default_factory=dict)
    fallback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Employee:
    """An active employee of the CRM, and how his working day stands there ("" if nobody knows)."""

    user: User
    day: str = ""


Staff = Callable[[int], Employee | None]
"""User id to the employee; `None` for one who is dismissed, or was never there."""


def route(
    clients: Sequence[Entity], staff: Staff, phones: Presence, rules: RoutingRules, at: datetime
) -> RouteAnswer:
    """Who gets a caller.

    Args:
        clients: whose number it is, in any order.
        staff: the CRM's employees.
        phones: those of the PBX that asks.
        rules: the account's.
        at: now, by the clock on the PBX's wall.

    Returns:
        An extension with the client's name, and why; without an extension the call goes its usual way.
    """
    known = in_order(clients)
    if not known:
        return RouteAnswer(why="nobody of the CRM has this number")
    name = next((client.name for client in known if client.name), "")
    if rules.hours is not None and not rules.hours.holds(at):
        return RouteAnswer(name=name, why="out of hours")
    passed: list[str] = []
    for candidate in _candidates(known, staff, rules):
        obstacle = _obstacle(candidate, phones, rules)
        if not obstacle:
            return RouteAnswer(candidate.extension, name, " / ".join([*passed, candidate.why]))
        passed.append(f"{candidate.why} ({obstacle})")
    return RouteAnswer(name=name, why=" / ".join(passed) or "its clients have no responsible")


def in_order(clients: Sequence[Entity]) -> list[Entity]:
    """Contacts before companies before leads, of a kind the oldest first: as the portal binds its calls."""
    return sorted(clients, key=lambda client: (_KINDS.index(client.kind), client.id))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Somebody who may be rung; `employee` where he is found in the CRM and not in the settings."""

    extension: str
    why: str
    employee: Employee | None = None
    is_named: bool = False


def _candidates(clients: Sequence[Entity], staff: Staff, rules: RoutingRules) -> list[_Candidate]:
    """Each responsible and whoever stands in for him, then the others; each extension at most once."""
    found: dict[str, _Candidate] = {}
    for client in clients:
        responsible = client.responsible_id
        if responsible is None:
            continue
        employee = staff(responsible)
        own = (employee.user.extension or "") if employee else ""
        why = f"responsible of {client.kind} {client.id}"
        found.setdefault(own or f"user {responsible}", _Candidate(own, why, employee))
        if responsible in rules.stand_ins:
            extension = rules.stand_ins[responsible]
            why = f"stands in for user {responsible}"
            found.setdefault(extension, _Candidate(extension, why, is_named=True))
    if found:
        for extension in rules.fallback:
            found.setdefault(extension, _Candidate(extension, "takes what others cannot", is_named=True))
    return list(found.values())


def _obstacle(candidate: _Candidate, phones: Presence, rules: RoutingRules) -> str:
    """Why this one cannot be rung, "" if he can. What a profile says has to be an inside number."""
    extension, employee = candidate.extension, candidate.employee
    if not candidate.is_named:
        if employee is None:
            return "dismissed, or unknown here"
        if not phones.is_inside(extension):
            return "no extension"
        if rules.needs_open_day and employee.day not in {"", OPEN_DAY}:
            return f"{extension} off shift"
    state = phones.state_of(extension)
    is_hindered = state in {PhoneState.DND, PhoneState.AWAY}
    if is_hindered or (state is PhoneState.BUSY and rules.is_skipping_busy):
        return f"{extension} {state.value}"
    return ""


def call_of(pbx: str, timezone: str, question: RouteQuestion, uniqueid: str, at: float) -> Call:
    """The question as the call that it is about, for everything that is chosen by a call."""
    return Call(
        key=f"{pbx}/{uniqueid}",
        pbx=pbx,
        linkedid=uniqueid,
        direction=Direction.INBOUND,
        started_at=at,
        client_number=question.number,
        did=question.did,
        trunk=question.trunk,
        timezone=timezone,
    )


def question_of(number: str, did: str, channel: str) -> RouteQuestion | None:
    """A question in the words of a channel; `None` where the caller's number is none."""
    found = caller(number)
    if found is None:
        return None
    trunk = endpoint_of(channel)
    return RouteQuestion(found, str(caller(did) or "") or None, plain(trunk) or None)


def plain(text: str) -> str:
    """An id or an endpoint's name as it is, "" where it could be something else."""
    return text if _PLAIN.fullmatch(text) else ""


def caller(text: str) -> PhoneNumber | None:
    """The number of a caller as a channel has it; `None` for what is none, an empty one for nobody's."""
    bare = re.sub(r"[\s().-]", "", text)
    if bare.casefold() in {"", "unknown", "anonymous", "restricted", "unavailable"}:
        return PhoneNumber("")
    return PhoneNumber(bare) if _DIALABLE.fullmatch(bare) else None


def safe(answer: RouteAnswer) -> RouteAnswer:
    """The same as a dialplan may have it: names come from strangers, and extensions from profiles.

    An extension is digits, a plus in front at most: nothing that dials a feature code, a second phone or
    another technology. Names lose what a SIP header, a dialplan variable or our own answer could break at.
    """
    extension = answer.extension or ""
    if extension and not _DIALABLE.fullmatch(extension):
        why = "the extension that was found is no number"
        return RouteAnswer(None, _clean(answer.name, NAME_LETTERS), why)
    why = _clean(answer.why, _WHY_LETTERS)
    return RouteAnswer(extension or None, _clean(answer.name, NAME_LETTERS), why)


def _clean(text: str, letters: int) -> str:
    """Without control characters, line ends of any kind, and what has a meaning to somebody."""
    plain = (" " if unicodedata.category(each)[0] in "CZ" else each for each in str(text))
    return " ".join("".join(each for each in plain if each not in _RISKY).split())[:letters].strip()
