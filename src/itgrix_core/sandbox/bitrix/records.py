"""What the portal keeps beside CRM rows: employees, lines, calls under way, finished calls, recordings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class User:
    """An employee. `departments` are ids; `timeman` is the state of the working day."""

    id: int
    name: str
    last_name: str = ""
    extension: str = ""
    is_active: bool = True
    is_admin: bool = False
    email: str = ""
    work_phone: str = ""
    personal_phone: str = ""
    personal_mobile: str = ""
    departments: tuple[int, ...] = (1,)
    timeman: str = "OPENED"

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.name} {self.last_name}".strip()

    @property
    def phones(self) -> tuple[str, ...]:
        """All phones of the profile; the inside extension is none of them."""
        return tuple(p for p in (self.work_phone, self.personal_phone, self.personal_mobile) if p)


@dataclass(frozen=True, slots=True)
class Department:
    """A department; `head` is a user's id."""

    id: int
    name: str
    parent: int | None = None
    head: int | None = None


@dataclass(slots=True)
class Line:
    """An external line; `app_id` is its owner, `None` for one made by webhook or given from the start."""

    id: int
    number: str
    name: str = ""
    crm_auto_create: str = "Y"
    app_id: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the CRM knows of a call's number: ids, `None` or empty where nothing was found.

    `deals` and `repeat_leads` are the open ones of that contact and company; `lead` is an open lead.
    """

    contact: int | None = None
    company: int | None = None
    lead: int | None = None
    deals: tuple[int, ...] = ()
    repeat_leads: tuple[int, ...] = ()

    @property
    def is_client(self) -> bool:
        """Whether there is a contact or company."""
        return self.contact is not None or self.company is not None

    @property
    def is_known(self) -> bool:
        """Whether the number belongs to anything."""
        return self.is_client or self.lead is not None

    def primary(self) -> tuple[str, int | None]:
        """What CRM_ENTITY_TYPE and CRM_ENTITY_ID say: contact, else company, else lead, else ("", None)."""
        for kind, number in (("CONTACT", self.contact), ("COMPANY", self.company), ("LEAD", self.lead)):
            if number is not None:
                return kind, number
        return "", None


@dataclass(slots=True)
class ActiveCall:
    """A call between register and finish. Times in Unix seconds; `type` 1 to 5 as in TYPE."""

    call_id: str
    app_id: str | None
    app_name: str | None
    user_id: int
    number: str
    type: int
    line: str
    external_call_id: str
    started_at: float
    registered_at: float
    source: str = ""
    call_list: int | None = None
    is_internal: bool = False
    found: Found = field(default_factory=Found)
    created: list[tuple[str, int]] = field(default_factory=list)
    lead_creation_error: str = ""

    @property
    def is_outgoing(self) -> bool:
        """Whether an employee dialled."""
        return self.type == OUTGOING

    @property
    def portal_number(self) -> str:
        """The line, or the application where there is none."""
        return self.line or f"REST_APP:{self.app_id or ''}"


OUTGOING = 1
CALLBACK = 4


@dataclass(slots=True)
class Statistic:
    """A finished call: the row of voximplant.statistic.get before it is turned into strings."""

    id: int
    call: ActiveCall
    user_id: int
    duration: int
    status_code: str
    failed_reason: str
    cost: float
    currency: str
    vote: int | None
    activity_id: int | None
    record_file_id: int | None = None
    record_url: str | None = None
    transcript_id: int | None = None


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A recording on the portal's disk: its bytes, or the link that the portal was told to fetch."""

    id: int
    call_id: str
    name: str
    content: bytes = b""
    url: str = ""

    def to_json(self) -> dict[str, Any]:
        """The file without its bytes."""
        return {
            "id": self.id,
            "call_id": self.call_id,
            "name": self.name,
            "size": len(self.content),
            "url": self.url,
        }
