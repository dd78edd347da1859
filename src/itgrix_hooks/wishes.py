"""What somebody waits for: the CRM's wish that we dial, the dialplan's question where a caller goes."""

from __future__ import annotations

from dataclasses import dataclass

from itgrix_hooks.values import Entity, PhoneNumber


@dataclass(frozen=True, slots=True)
class OriginateRequest:
    """The CRM's wish that we dial: who clicked, which number, on which line, for which entity.

    Of a callback that a visitor has ordered `user_id` is whose phone rings, and `text` what his form says.
    """

    number: PhoneNumber
    user_id: int
    call_id: str | None = None
    line: str | None = None
    entity: Entity | None = None
    is_callback: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class RouteQuestion:
    """The dialplan's question: where does this caller go?"""

    number: PhoneNumber
    did: str | None = None
    trunk: str | None = None


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """Who gets the caller: an extension, the name to show on the phone, and why."""

    extension: str | None = None
    name: str = ""
    why: str = ""
