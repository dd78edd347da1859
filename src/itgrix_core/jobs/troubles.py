"""What kept the CRM from being told, in the outbox's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from itgrix_core.crm.adapter import Blocked, CrmUnavailable, Unknown
from itgrix_core.outbox.engine import Later, Trouble
from itgrix_hooks.answers import RetryLater

TROUBLES: Final[Mapping[str, Trouble]] = {
    "quota": Trouble.BUSY,
    "unreachable": Trouble.AWAY,
    "credentials": Trouble.LOCKED,
    "configuration": Trouble.LOCKED,
}
"""By `Blocked.why` and `CrmUnavailable.why`."""

UNKNOWN_SECONDS: Final = 2.0
"""The shortest pause before it is looked up what became of something that was sent."""


def later_of(waiting: Blocked | Unknown | CrmUnavailable | RetryLater) -> Later:
    """When to come back, and why."""
    if isinstance(waiting, RetryLater):
        by_whom = dict.fromkeys(getattr(waiting, "__notes__", []))
        return Later(waiting.seconds, ", ".join([str(waiting), *by_whom]))
    if isinstance(waiting, Unknown):
        return Later(UNKNOWN_SECONDS, waiting.text, Trouble.UNKNOWN)
    text = waiting.text if isinstance(waiting, Blocked) else str(waiting)
    return Later(waiting.seconds or UNKNOWN_SECONDS, text, TROUBLES.get(waiting.why, Trouble.UNKNOWN))
