"""What a CRM tells us by itself: somebody clicked a number, an entity changed. Words, without any token."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Notice:
    """One event of a CRM.

    Attributes:
        account: the entry of `crm` that it came to.
        event: the CRM's name of it, in capitals (ONEXTERNALCALLSTART).
        data: what it says, as nested text.
        at: when the CRM says that it happened, Unix seconds.
    """

    account: str
    event: str
    data: dict[str, Any] = field(hash=False)
    at: float

    @property
    def subject(self) -> str:
        """What it is about: the call, else the changed object, else "" ."""
        fields = self.data.get("FIELDS")
        inner = fields.get("ID") if isinstance(fields, dict) else None
        return str(self.data.get("CALL_ID") or inner or "")

    @property
    def key(self) -> str:
        """The same for a repeat. A call is clicked once; of other things the time tells repeats apart."""
        begin = f"{self.account}/{self.event}/"
        if self.data.get("CALL_ID"):
            return f"{begin}{self.data['CALL_ID']}"
        told = json.dumps(self.data, sort_keys=True, default=str).encode()
        return f"{begin}{self.subject}/{self.at:.0f}/{hashlib.sha256(told).hexdigest()[:16]}"
