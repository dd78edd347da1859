"""Around every answer: the portal's `result`, `total`, `next` and `time`.

Strict clients break when a key of `time` is missing, so all eight are always there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from itgrix_core.sandbox.bitrix.settings import Reply


def iso(at: float, timezone: str) -> str:
    """Unix seconds as the portal writes a date: its own zone, whole seconds."""
    return datetime.fromtimestamp(at, ZoneInfo(timezone)).isoformat(timespec="seconds")


def time_block(start: float, finish: float, timezone: str, operating: tuple[float, int]) -> dict[str, Any]:
    """The `time` block of a request that ran from `start` to `finish` (Unix seconds).

    `operating` is what `OperatingTime.used` says of its method.
    """
    return {
        "start": start,
        "finish": finish,
        "duration": finish - start,
        "processing": 0,
        "date_start": iso(start, timezone),
        "date_finish": iso(finish, timezone),
        "operating_reset_at": operating[1],
        "operating": operating[0],
    }


def envelope(reply: Reply, time: dict[str, Any]) -> dict[str, Any]:
    """A successful answer; `total` and `next` only where the method counts."""
    body: dict[str, Any] = {"result": reply.result}
    if reply.next is not None:
        body["next"] = reply.next
    if reply.total is not None:
        body["total"] = reply.total
    body["time"] = time
    return body
