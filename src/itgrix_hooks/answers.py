"""What a hook may answer besides a value: cancel, try later, give up; and actions on entities."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal

from itgrix_hooks.params import EntityFields
from itgrix_hooks.values import Entity, EntityKind


class Cancelled(Enum):
    """The type of `CANCEL`."""

    CANCEL = "CANCEL"

    def __repr__(self) -> str:
        return "CANCEL"


CANCEL: Final = Cancelled.CANCEL
"""Answer of a cancellable hook: the request is not sent. Ends the chain; it is not an error."""


class RetryLater(Exception):  # noqa: N818 - named for what the author asks, as in the product's manual
    """Raised by a hook that cannot decide yet: nothing is saved, it is asked again after `seconds`."""

    def __init__(self, seconds: float, reason: str = "") -> None:
        self.seconds = seconds
        super().__init__(reason or f"asked to be called again in {seconds:g} s")


class GiveUp(Exception):  # noqa: N818 - as RetryLater
    """Raised by a hook that will never be able to decide: it is left out of this call, with the reason."""


@dataclass(frozen=True, slots=True)
class Link:
    """Answer of `process_record_file_path`: give the CRM this address instead of a file."""

    url: str


@dataclass(frozen=True, slots=True)
class Create:
    """Create an entity with these CRM fields and bind the call to it."""

    kind: EntityKind
    fields: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Update:
    """Write these CRM fields into an entity."""

    entity: Entity
    fields: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Bind:
    """Tie the call's activity to this entity as well."""

    entity: Entity


@dataclass(frozen=True, slots=True)
class Comment:
    """Write a comment into the entity's timeline."""

    entity: Entity
    text: str


Action = Create | Update | Bind | Comment
Changes = EntityFields | dict[str, Any] | Action
"""One piece of what `get_updated_entity_fields` answers: fields to write, or an action."""

Cancel = Literal[Cancelled.CANCEL]
