"""What the portal keeps about events: who has asked, what waits to be fetched, what was posted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Handler:
    """A subscription. `user_id` 0 means: in the name of whoever caused the event."""

    id: int
    app_id: str
    event: str
    address: str
    user_id: int = 0
    is_offline: bool = False
    connector: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Queued:
    """An offline event as it waits.

    `user_id` caused it (0 for nobody), `process_id` has reserved it ("" for nobody), `has_failed` says that
    whoever reserved it gave up.
    """

    id: int
    app_id: str
    connector: str
    at: float
    event: str
    data: dict[str, Any]
    message_id: str
    user_id: int = 0
    process_id: str = ""
    has_failed: bool = False


@dataclass(slots=True)
class Post:
    """An event on its way to an address, and what came of it ("" while it is on its way)."""

    id: int
    at: float
    event: str
    address: str
    payload: dict[str, Any]
    outcome: str = ""
