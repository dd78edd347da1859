"""A request on its way through the portal, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from itgrix_core.sandbox.bitrix.faults import Fault
from itgrix_core.sandbox.bitrix.ledger import Entry, shortened
from itgrix_core.sandbox.bitrix.settings import Caller, Params


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status and JSON body, where a redirect leads, the fault that the transport has to play, if any."""

    status: int
    body: Any
    fault: Fault | None = None
    location: str = ""


@dataclass(slots=True)
class Visit:
    """A request, or a command of a batch, on its way; becomes an entry of the ledger."""

    number: int
    at: float
    name: str
    params: Params
    caller: Caller | None = None
    fault: Fault | None = None
    batch: int | None = None
    key: str = ""

    def entry(self, answer: Answer, *, is_executed: bool) -> Entry:
        """What the ledger keeps of it."""
        fault = self.fault.kind.value if self.fault else ""
        names = (named(self.caller), self.batch, self.key, fault)
        params = shortened(self.params)
        return Entry(self.number, self.at, self.name, params, answer.status, answer.body, is_executed, *names)


def named(caller: Caller | None) -> str:
    """Who calls, as the ledger and the limits name him; "" for nobody."""
    if caller is None:
        return ""
    return f"app {caller.app_id}" if caller.app_id else f"webhook {caller.user_id}"
