"""What is to be told to a CRM, in the imperative and in no CRM's own words.

`plan` makes them from events and verdicts; a CRM's adapter turns each into the CRM's own fields
(`params_of`), hooks change those, and only then are they sent. Not everything may be late: `good_until`
(Unix seconds) says when a command has lost its worth; `None` means never.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from itgrix_hooks.values import Direction, Disposition, Entity, PhoneNumber


@dataclass(frozen=True, slots=True)
class Command:
    """Base. `call` is the call's key, the CRM's EXTERNAL_CALL_ID."""

    kind: ClassVar[str] = ""
    call: str


@dataclass(frozen=True, slots=True)
class RegisterCall(Command):
    """Tell the CRM that a call exists, and show its card to `show_to` while it rings.

    Attributes:
        user_id: on whom it is booked for now.
        number: the client's number as it is to be filed.
        started_at: Unix seconds; sent with the offset of `timezone`.
        line: external line (LINE_NUMBER), "" if none is known to the CRM.
        source: CRM source of entities that it creates, "" for the CRM's own rule.
        is_creating: whether the CRM may create a lead or contact for an unknown number.
        show_to: users whose phones ring.
        good_until: until when the card is worth showing; the registration itself never spoils.
    """

    kind: ClassVar[str] = "register"
    user_id: int
    number: PhoneNumber
    direction: Direction
    started_at: float
    timezone: str = "UTC"
    line: str = ""
    source: str = ""
    is_creating: bool = False
    show_to: tuple[int, ...] = ()
    good_until: float | None = None


@dataclass(frozen=True, slots=True)
class ShowCard(Command):
    """Show the call's card to these users as well."""

    kind: ClassVar[str] = "show"
    users: tuple[int, ...]
    good_until: float | None = None


@dataclass(frozen=True, slots=True)
class HideCard(Command):
    """Take the card away from these users."""

    kind: ClassVar[str] = "hide"
    users: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FinishCall(Command):
    """Close the call with its true result; makes the CRM's activity.

    `talk_seconds` is 0 for a call that nobody took; `reason` is free text about an unusual end.
    """

    kind: ClassVar[str] = "finish"
    user_id: int
    direction: Direction
    disposition: Disposition
    talk_seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AttachRecording(Command):
    """Attach an audio file (a path that this machine can read) or a link to the finished call."""

    kind: ClassVar[str] = "attach"
    path: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class UpdateActivity(Command):
    """Write the CRM's own fields into the call's activity."""

    kind: ClassVar[str] = "activity"
    activity_id: int
    fields: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class UpdateEntity(Command):
    """Write the CRM's own fields into a lead, contact, company or deal."""

    kind: ClassVar[str] = "entity"
    entity: Entity
    fields: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class CreateEntity(Command):
    """Create an entity with the CRM's own fields, bound to the call's activity afterwards."""

    kind: ClassVar[str] = "create"
    entity_kind: str
    fields: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class BindEntity(Command):
    """Tie the call's activity to one more entity."""

    kind: ClassVar[str] = "bind"
    activity_id: int
    entity: Entity


@dataclass(frozen=True, slots=True)
class AddComment(Command):
    """Write into an entity's timeline."""

    kind: ClassVar[str] = "comment"
    entity: Entity
    text: str


@dataclass(frozen=True, slots=True)
class Write(Command):
    """A write that a hook makes through `crm`: the CRM's own method and params."""

    kind: ClassVar[str] = "write"
    method: str
    params: dict[str, Any] = field(default_factory=dict, hash=False)


AnyCommand = (
    RegisterCall | ShowCard | HideCard | FinishCall | AttachRecording | UpdateActivity | UpdateEntity
    | CreateEntity | BindEntity | AddComment | Write
)  # fmt: skip
