"""What is to be told to a CRM, in the imperative and in no CRM's own words.

`plan` makes them from events and verdicts; a CRM's adapter turns each into the CRM's own fields
(`params_of`), hooks change those, and only then are they sent. Not everything may be late: `good_until`
(Unix seconds) says when a command has lost its worth; `None` means never.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from itgrix_hooks.values import Direction, Disposition, Entity, PhoneNumber


@dataclass(frozen=True, slots=True)
class Command:
    """Base.

    Attributes:
        call: the call's key, the CRM's EXTERNAL_CALL_ID.
        why: by which rule, for whoever asks later; says nothing to the CRM, so two commands that differ in
            nothing else are equal.
    """

    kind: ClassVar[str] = ""
    call: str
    why: str = field(default="", kw_only=True, compare=False)


@dataclass(frozen=True, slots=True)
class RegisterCall(Command):
    """Tell the CRM that a call exists, and show its card to `show_to` while it rings.

    Attributes:
        user_id: on whom it is booked for now.
        number: the client's number as it is to be filed.
        started_at: Unix seconds; sent with the offset of `timezone`.
        line: external line (LINE_NUMBER), "" if none is known to the CRM.
        source: CRM source of entities that it creates, "" for the CRM's own rule.
        is_creating: whether the CRM may create what its own rules say for this number.
        is_redirected: the call was sent on to a mobile.
        is_callback: the client has ordered it.
        entity: what the call is tied to; `None` leaves it to the CRM's search.
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
    is_redirected: bool = False
    is_callback: bool = False
    entity: Entity | None = None


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
class CreateForCall(Command):
    """Create what the rules want for a call, before the call is registered.

    Attributes:
        title: name of the lead, contact or deal.
        number: the client's.
        user_id: its responsible.
        is_handed_on: whether the responsible follows the call to its owner.
        pipeline, stage: of a deal; a lead has the latter alone. "" for the first.
        client: the contact or company whose lead or deal it is.
        fields: further ones, by the CRM's own names.
    """

    kind: ClassVar[str] = "create for call"
    entity_kind: Literal["lead", "contact", "deal"]
    title: str
    number: PhoneNumber
    user_id: int
    is_handed_on: bool = True
    source: str = ""
    source_description: str = ""
    pipeline: int = 0
    stage: str = ""
    client: Entity | None = None
    fields: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class AssignEntity(Command):
    """Give an entity to another employee."""

    kind: ClassVar[str] = "assign"
    entity: Entity
    user_id: int


@dataclass(frozen=True, slots=True)
class BindEntity(Command):
    """Tie the call's activity to one more entity."""

    kind: ClassVar[str] = "bind"
    activity_id: int
    entity: Entity


@dataclass(frozen=True, slots=True)
class UnbindEntity(Command):
    """Untie the call's activity from an entity; it has to be tied to another one by then."""

    kind: ClassVar[str] = "unbind"
    activity_id: int
    entity: Entity


@dataclass(frozen=True, slots=True)
class AddComment(Command):
    """Write into an entity's timeline."""

    kind: ClassVar[str] = "comment"
    entity: Entity
    text: str


@dataclass(frozen=True, slots=True)
class AskToCallBack(Command):
    """Ask an employee to call a client back, once a call was missed.

    Attributes:
        form: a task, or a to-do at the client's entity (which then has to be there).
        deadline: until when, Unix seconds; sent with the offset of `timezone`.
        remind_minutes: so long before it the CRM itself reminds of a to-do; 0 for never.
    """

    kind: ClassVar[str] = "ask to call back"
    form: Literal["task", "todo"]
    user_id: int
    title: str
    text: str
    deadline: float
    timezone: str = "UTC"
    entity: Entity | None = None
    remind_minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class ChangeCallBack(Command):
    """Give what was asked (the CRM's id of the task or to-do) another title, or to another employee."""

    kind: ClassVar[str] = "change call back"
    form: Literal["task", "todo"]
    item_id: int
    title: str = ""
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class CloseCallBack(Command):
    """The client was talked with: what was asked is done."""

    kind: ClassVar[str] = "close call back"
    form: Literal["task", "todo"]
    item_id: int


@dataclass(frozen=True, slots=True)
class Notify(Command):
    """Tell an employee something in the CRM."""

    kind: ClassVar[str] = "notify"
    user_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Write(Command):
    """A write that a hook makes through `crm`: the CRM's own method and params."""

    kind: ClassVar[str] = "write"
    method: str
    params: dict[str, Any] = field(default_factory=dict, hash=False)


AnyCommand = (
    RegisterCall | ShowCard | HideCard | FinishCall | AttachRecording | UpdateActivity | UpdateEntity
    | CreateEntity | CreateForCall | AssignEntity | BindEntity | UnbindEntity | AddComment
    | AskToCallBack | ChangeCallBack | CloseCallBack | Notify | Write
)  # fmt: skip
