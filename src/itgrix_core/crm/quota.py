"""What a CRM still lets us ask of it, for pages and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class MethodState:
    """How one method stands with the CRM.

    Attributes:
        operating_seconds: execution time within the CRM's window, as it told last.
        limit_seconds: how much of it is allowed, as far as is known.
        closed_seconds: how long the method is closed to us, 0.0 if it is open.
    """

    operating_seconds: float = 0.0
    limit_seconds: float = 0.0
    closed_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class QuotaState:
    """One account's quota at this moment.

    Attributes:
        requests_at_once: the CRM's bucket.
        requests_left: how many requests of live calls could go out now.
        backlog_left: how many of those the backlog could have.
        is_shared: whether all processes of this machine count together.
        breaker: "closed" lets all through, "open" only probes, "probing": one is under way.
        probe_seconds: how long until the backlog may probe, 0.0 if it may.
        why: the failure that opened the breaker, "" while it is closed.
        methods: those that the CRM told something of, by name in small letters.
    """

    requests_at_once: float
    requests_left: float
    backlog_left: float
    is_shared: bool
    breaker: Literal["closed", "open", "probing"] = "closed"
    probe_seconds: float = 0.0
    why: str = ""
    methods: Mapping[str, MethodState] = field(default_factory=dict)
