"""What a CRM's own list says of calls, for the comparison with what was filed (`filing/reconciling.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from itgrix_core.filing.mending import ActivityState
from itgrix_core.filing.sheet import Entry, Expected
from itgrix_hooks.values import Call


@dataclass(frozen=True, slots=True)
class Told:
    """What the CRM was told of a call, in its own fields, with its answer, and whether it took it."""

    kind: str
    params: Mapping[str, Any] = field(hash=False)
    answer: Any = field(hash=False)
    is_done: bool


class Books(Protocol):
    """One account's list of calls. What asks raises `CrmUnavailable`, and `CrmError` for good."""

    def entries(self, since: float, until: float) -> list[Entry]:
        """The finished calls that began within these Unix seconds, both included."""

    def expected(self, key: str, told: Sequence[Told], call: Call | None) -> Expected | None:
        """What the list has to say of a call that was told so, `None` if nothing.

        Pure. `call` says what the fields do not, where it is still kept.
        """

    def again(self, told: Sequence[Told], expected: Expected) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """What registers and finishes the call once more. Pure; `None` where that cannot be."""

    def activity(self, activity_id: int) -> ActivityState | None:
        """A call's activity as it is now; `None` if it is gone."""

    def responsible(self, user_id: int) -> dict[str, Any]:
        """The fields of an activity that make this user its responsible. Pure."""
