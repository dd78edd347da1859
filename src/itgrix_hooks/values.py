"""The words of a call, frozen: what a hook may look at, keep and compare.

Times end in `_at` and are Unix seconds (float); spans end in `_seconds`. The service builds these values,
hooks only read them. They carry over JSON unchanged (`msgspec`), so a stored `Call` is a test fixture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

Party = Literal["client", "user"]
"""Whose number `process_phone_number` is asked about: the outside party's or an employee's."""

NumberUse = Literal["search", "file", "dial", "route"]
"""What a number is needed for: CRM search, filing the call, dialling out, routing a caller."""

EntityKind = Literal["lead", "contact", "company", "deal"]

Role = Literal["bound", "created", "none"]
"""How an entity came to the call: it was there, the CRM made it for the call, or there is no entity."""


class Direction(StrEnum):
    """Who called whom, seen from the company."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Stage(StrEnum):
    """The four moments of a call at which `need_registration` is asked (the product's own words)."""

    CONVERSATION_REQUESTED = "conversation_requested"
    CONVERSATION_ACCEPTED = "conversation_accepted"
    CONVERSATION_ENDED = "conversation_ended"
    CALL_ENDED = "call_ended"


class Result(StrEnum):
    """How one conversation (the ringing or talking of one phone) ended."""

    ANSWERED = "answered"
    ANSWERED_ELSEWHERE = "answered elsewhere"
    BUSY = "busy"
    DECLINED = "declined"
    FAILED = "failed"
    NO_ANSWER = "no answer"
    PBX_RESTARTED = "pbx restarted"
    PICKED_UP = "picked up"
    UNREACHABLE = "unreachable"


class Disposition(StrEnum):
    """How a whole call ended. Inbound: answered by a *human*, never by the PBX alone."""

    ANSWERED = "answered"
    MISSED = "missed"
    ABANDONED = "abandoned"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no answer"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"
    AGENT_NO_ANSWER = "agent did not answer"
    AGENT_DECLINED = "agent declined"
    AGENT_UNAVAILABLE = "agent unavailable"


class TransferKind(StrEnum):
    """As in Asterisk; blonde: an attended transfer completed while the target still rings."""

    BLIND = "blind"
    ATTENDED = "attended"
    BLONDE = "blonde"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A phone number as it was given; compare two by `same_as`, never by text."""

    raw: str

    def __str__(self) -> str:
        return self.raw

    @property
    def digits(self) -> str:
        """The digits alone: "+7 916 123-45-67" → "79161234567"."""
        return re.sub(r"\D", "", self.raw)

    @property
    def is_usable(self) -> bool:
        """Whether anything is left to search for; "anonymous" and "" are not."""
        return bool(self.digits)

    def same_as(self, other: PhoneNumber) -> bool:
        """Whether both mean one subscriber: equal in their last ten digits (the national number)."""
        return self.is_usable and self.digits[-10:] == other.digits[-10:]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One ringing or talking stretch with one employee's phone; a call may have several.

    Attributes:
        key: Uniqueid of the employee's channel; `<pbx>/<Uniqueid>` on a PBX that is linked to another.
        extension: the employee's inside number; an outside number when a mobile was rung.
        is_caller: the employee made the call (dialled out, or clicked in the CRM).
        was_rung: his phone was dialled; `False` when he fetched the call himself (pickup, parking).
        rang_at: when the phone began to ring, `None` if it never did.
        picked_up_at: when the phone was picked up; somebody to talk with may come later (click-to-call).
        answered_at: when the employee and the other party could first hear each other.
        ended_at: when the phone's channel ended or stopped ringing.
        result: set when it ended.
        picked_up_by: the extension that took the call from this ringing phone.
        trunk: the trunk through which an employee's mobile was rung, `None` for a phone of the PBX.
        pbx: name of the Asterisk that has the phone; another than the call's where two are linked.
    """

    key: str
    extension: str
    is_caller: bool = False
    was_rung: bool = False
    rang_at: float | None = None
    picked_up_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    result: Result | None = None
    picked_up_by: str | None = None
    trunk: str | None = None
    pbx: str = ""

    @property
    def talk_seconds(self) -> float:
        """Seconds from answer to end, 0 without an answer or before the end."""
        return max(0.0, self.ended_at - self.answered_at) if self.answered_at and self.ended_at else 0.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """A call handed on.

    Attributes:
        how: by the phone's own transfer key ("REFER") or a feature code ("code").
        source: extension that handed it on.
        target: as dialled: an extension, a queue, an outside number.
        is_done: whether somebody new has talked with the client since.
    """

    kind: TransferKind
    how: Literal["REFER", "code"]
    source: str
    target: str
    at: float
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """An audio file that Asterisk said it writes.

    Attributes:
        path: the own one of `pbx`.
        channel: written as `Conversation.key` is, also a client's.
        talks: of a file that holds the talks of several calls (`Call.part_of`): when each was, Unix seconds;
            () where all of it is this call's.
    """

    path: str
    channel: str
    began_at: float
    pbx: str = ""
    talks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """Everything from the first channel to the last hang-up, as known at the moment of asking.

    Attributes:
        key: `<pbx>/<linkedid first seen>`, never changes; the CRM's EXTERNAL_CALL_ID.
        pbx: name of the Asterisk in the configuration.
        client_number: the outside party; `None` for internal calls and callers without a number.
        did: the outside number that was dialled (inbound).
        trunk: endpoint through which the call came or went.
        extension: the inside number that *made* the call (outbound, internal).
        dialled: what that extension dialled, as typed.
        queue: the (last) queue the caller waited in.
        tried_trunks: of an outgoing call, every trunk that was tried, in order.
        rang_at: when the called side first rang.
        heard_at: when a caller from outside was answered by whatever, as a queue or a menu does long before
            a human.
        answered_at: first moment at which a human employee and the other party heard each other.
        ended_at: when the client (internal: the caller) was gone; `None` while the call lives.
        conversations: in the order in which the phones were rung.
        recordings: those of channels that took part in a talk first; the others may hold a header alone.
        disposition: `None` until the call has ended.
        hangup_by: "external", "agent", "pbx"; for internal calls the extension or "pbx".
        is_click_to_call: the PBX called the employee first, at somebody's request (Originate).
        action_id: the ActionID of that request.
        is_found: the call was on already when we came; what happened before is not known.
        is_in_menu: the caller was last in a voice menu or announcement: no phone was tried after it.
        is_blacklisted: the caller is on FreePBX's own blacklist; such a call is not filed.
        lost_sight: why the end was not seen, "" if it was.
        not_dialled: of a click-to-call that came to nothing before Asterisk: why; "" of all others.
        untold: of a call that was read from CDR and CEL afterwards: the fields that these could not tell, by
            their names in `itgrix replay --json` ("hangup_by", "rang_at" …); () of one that was watched.
        part_of: key of the whole call, if this is one employee's talk of it, filed by itself; else "".
        timezone: IANA name of the PBX's zone, for the `*_local` times.
    """

    key: str
    pbx: str
    linkedid: str
    direction: Direction
    started_at: float
    client_number: PhoneNumber | None = None
    client_name: str = ""
    did: str | None = None
    trunk: str | None = None
    extension: str | None = None
    dialled: str | None = None
    queue: str | None = None
    tried_trunks: tuple[str, ...] = ()
    rang_at: float | None = None
    heard_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    conversations: tuple[Conversation, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    recordings: tuple[Recording, ...] = ()
    disposition: Disposition | None = None
    hangup_by: str | None = None
    is_click_to_call: bool = False
    action_id: str | None = None
    is_found: bool = False
    is_in_menu: bool = False
    is_blacklisted: bool = False
    lost_sight: str = ""
    not_dialled: str = ""
    untold: tuple[str, ...] = ()
    part_of: str = ""
    timezone: str = "UTC"

    @property
    def is_answered(self) -> bool:
        """Whether a human employee and the other party have talked."""
        return self.answered_at is not None

    @property
    def is_missed(self) -> bool:
        """Whether this is an ended call from outside that no human took."""
        return self.direction is Direction.INBOUND and self.ended_at is not None and not self.is_answered

    @property
    def wait_seconds(self) -> float:
        """Seconds from the start to the answer, or to the end if there was none; 0 while unknown."""
        until = self.answered_at or self.ended_at
        return max(0.0, until - self.started_at) if until else 0.0

    @property
    def talk_seconds(self) -> float:
        """Seconds from the first answer to the end, holds and transfers included; 0 before the end."""
        return max(0.0, self.ended_at - self.answered_at) if self.answered_at and self.ended_at else 0.0

    @property
    def talks(self) -> tuple[Conversation, ...]:
        """The conversations in which people talked, in the order of their answers."""
        talks = [c for c in self.conversations if c.answered_at is not None]
        return tuple(sorted(talks, key=lambda c: c.answered_at or 0.0))

    @property
    def answered_by(self) -> str | None:
        """Extension of the first employee who talked, `None` if none did."""
        return next((c.extension for c in self.talks), None)

    @property
    def last_agent(self) -> str | None:
        """Extension of the last employee who talked, `None` if none did."""
        return next((c.extension for c in reversed(self.talks)), None)

    @property
    def rung(self) -> tuple[str, ...]:
        """Extensions whose phones were tried, in order, each once."""
        return tuple(dict.fromkeys(c.extension for c in self.conversations if not c.is_caller))

    def conversation(self, key: str) -> Conversation | None:
        """The conversation of that channel (Uniqueid), `None` if this call has none."""
        return next((c for c in self.conversations if c.key == key), None)

    def local(self, at: float) -> datetime:
        """A Unix time as the PBX's clock on the wall shows it, with its offset."""
        return datetime.fromtimestamp(at, ZoneInfo(self.timezone))

    @property
    def started_local(self) -> datetime:
        """`started_at` in the PBX's zone."""
        return self.local(self.started_at)

    @property
    def answered_local(self) -> datetime | None:
        """`answered_at` in the PBX's zone."""
        return self.local(self.answered_at) if self.answered_at else None

    @property
    def ended_local(self) -> datetime | None:
        """`ended_at` in the PBX's zone."""
        return self.local(self.ended_at) if self.ended_at else None


@dataclass(frozen=True, slots=True)
class User:
    """A CRM employee."""

    id: int
    name: str = ""
    extension: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Owner:
    """The user on whom a call is booked, and by which rule.

    `why` is one of "talked last", "talked first", "talked longest", "rang last", "responsible", "caller",
    "default"; of a missed call also "missed before" (he has the client's last one), "line", "turn", "free",
    "hook".
    """

    user_id: int
    why: str


@dataclass(frozen=True, slots=True)
class Entity:
    """What the CRM ties a call to; `fields` hold the CRM's own names as far as they were read."""

    kind: EntityKind
    id: int
    name: str = ""
    responsible_id: int | None = None
    fields: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Activity:
    """The call's entry in the CRM; `fields` hold the CRM's own names."""

    id: int
    fields: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Filed:
    """What this call has put into the CRM so far.

    Attributes:
        call_id: the CRM's own id of the call (Bitrix24: CALL_ID), `None` before the registration.
        user_id: on whom it is registered.
        entity: what the CRM tied it to.
        created: entities that the CRM created for it.
        shown_to: users who see its card now.
        activity_id: the call's entry, known after the finish.
        is_finished: whether the finish was accepted.
        recording_id: the CRM's id of the attached file.
    """

    call_id: str | None = None
    user_id: int | None = None
    entity: Entity | None = None
    created: tuple[Entity, ...] = ()
    shown_to: tuple[int, ...] = ()
    activity_id: int | None = None
    is_finished: bool = False
    recording_id: int | None = None

    @property
    def entities(self) -> Iterator[Entity]:
        """The bound entity and the created ones, each once."""
        seen = set()
        for entity in (self.entity, *self.created):
            if entity and (entity.kind, entity.id) not in seen:
                seen.add((entity.kind, entity.id))
                yield entity
