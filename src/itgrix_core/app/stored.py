"""Calls that a service has filed, as its outbox keeps them: to be replayed."""

from __future__ import annotations

from collections.abc import Iterable

from itgrix_core.app.explaining import events_of
from itgrix_core.calls.events import CallEvent
from itgrix_core.outbox.database import Database


def stored_events(database: Database, keys: Iterable[str]) -> list[CallEvent]:
    """The events of these calls as they were filed, in the order of their times; of a call in its own.

    Talks that were filed as calls of their own are left out: the rehearsal parts the call anew.
    """
    found = [event for key in keys for event in events_of(database, key) if not event.call.part_of]
    return sorted(found, key=lambda event: event.at)
