"""Events that are fetched: the way for a PBX without a public address.

A batch is reserved, kept by us, then cleared in the portal; what a crash left reserved is found again by its
process_id. A plan without reserving gives events only by taking them away, which a crash may lose.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itgrix_core.crm.bitrix24.answers import mapping, rows
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.errors import Failure, is_of_access
from itgrix_core.crm.notice import Notice

_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Fetched:
    """Events, and under which name they are reserved ("" for taken away)."""

    notices: list[Notice]
    process_id: str = ""


class OfflineQueue:
    """The portal's queue of one account's application; for one thread."""

    def __init__(self, client: Client, account: str, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self._account = account
        self._now = now
        self.is_reserving = True

    def is_bound(self) -> bool | Failure:
        """Whether any event of ours is fetched at all."""
        reply = self._client.call("event.get")
        if not isinstance(reply, Reply):
            return reply
        return any(str(row.get("offline", "0")) == "1" for row in rows(reply.result))

    def left(self) -> list[str] | Failure:
        """The process_ids under which events are still reserved, from before a crash: the oldest events."""
        reply = self._client.call("event.offline.list", {"order": {"ID": "ASC"}})
        if not isinstance(reply, Reply):
            return reply
        found = [str(row.get("PROCESS_ID") or "") for row in rows(reply.result)]
        return [process for process in dict.fromkeys(found) if process]

    def fetch(self, process_id: str = "") -> Fetched | Failure:
        """The next events, or those that are reserved under `process_id`."""
        asked: dict[str, Any] = {"limit": _LIMIT, "clear": 0 if self.is_reserving else 1}
        if process_id:
            asked["process_id"] = process_id
        reply = self._client.call("event.offline.get", asked)
        if not isinstance(reply, Reply):
            if self.is_reserving and is_of_access(reply) and not process_id:
                self.is_reserving = False
                return self.fetch()
            return reply
        found = mapping(reply.result)
        notices = [notice for row in rows(found.get("events")) if (notice := self._notice(row))]
        return Fetched(notices, str(found.get("process_id") or ""))

    def clear(self, fetched: Fetched) -> Failure | None:
        """They are kept here: the portal may forget them."""
        if not fetched.process_id:
            return None
        reply = self._client.call("event.offline.clear", {"process_id": fetched.process_id})
        return None if isinstance(reply, Reply) else reply

    def _notice(self, row: Mapping[str, Any]) -> Notice | None:
        name = str(row.get("EVENT_NAME") or "").upper()
        data = row.get("EVENT_DATA")
        return Notice(self._account, name, dict(mapping(data)), self._time(row)) if name else None

    def _time(self, row: Mapping[str, Any]) -> float:
        try:
            return min(datetime.fromisoformat(str(row.get("TIMESTAMP_X"))).timestamp(), self._now())
        except ValueError:
            return self._now()
