"""The words of `/status`: its fields, as JSON has them. They may become more; none changes its meaning.

Times are Unix seconds, spans are in seconds; `None` where there is nothing to tell yet. What is counted is
counted since the start of the process, but for the outbox and missed calls, which lie in the database.
"""

from __future__ import annotations

from typing import TypedDict


class LineStatus(TypedDict):
    """One Asterisk's line (`ami.supervisor.LineState`)."""

    is_connected: bool
    connected_at: float | None
    lost_at: float | None
    last_error: str
    ami_version: str
    connections: int
    events: int
    events_per_second: float
    shed_events: int
    backlog_bytes: int
    lag_seconds: float
    asterisk_lag_seconds: float
    missing_rights: list[str]
    oddities: dict[str, int]


class MethodStatus(TypedDict):
    """How one method stands with a portal (`collectors.MethodFigures`)."""

    operating_seconds: float
    limit_seconds: float
    closed_seconds: float


class QuotaStatus(TypedDict):
    """What a portal still allows (`collectors.QuotaFigures`)."""

    requests_left: float
    backlog_left: float
    breaker: str
    why: str
    methods: dict[str, MethodStatus]


class MissedStatus(TypedDict):
    """Clients who could not get through (`outbox.missed.Figures`)."""

    clients: int
    saved: int
    open: int
    median_seconds: float | None


class IndexStatus(TypedDict):
    """What is known here of clients' numbers (`directory.numbers.IndexFigures`)."""

    numbers: int
    is_whole: bool
    checked_at: float | None


class ReconciledStatus(TypedDict):
    """The last comparison with the CRM's own list of calls (`app.nightly.Reconciled`)."""

    at: float | None
    compared: int
    lost_or_wrong: int
    failure: str


class AccountStatus(TypedDict):
    """One CRM account; `failure` is how a request was last left without an answer."""

    kind: str
    is_reachable: bool | None
    answered_at: float | None
    failed_at: float | None
    failure: str
    requests: int
    calls_filed: int
    calls_not_filed: dict[str, int]
    requests_per_call: float | None
    quota: QuotaStatus | None
    missed: MissedStatus | None
    index: IndexStatus | None
    reconciled: ReconciledStatus | None


class OutboxStatus(TypedDict):
    """Jobs that are not done, by state and by kind; `reasons`: why those in `dead` went aside."""

    waiting: int
    running: int
    dead: int
    live_seconds: float
    backlog_seconds: float
    kinds: dict[str, dict[str, int]]
    reasons: dict[str, int]


class PluginStatus(TypedDict):
    """One plugin (`plugins.records.Record`), and how its askings ended, by outcome.

    `memory_bytes` and `starts` of its own process, `None` for one that runs in the service's.
    """

    name: str
    level: str
    origin: str
    status: str
    reason: str
    hooks: list[str]
    outcomes: dict[str, int]
    failures: int
    process: str
    memory_bytes: int | None
    starts: int | None


class HooksStatus(TypedDict):
    """All plugins, and what is wrong besides single ones."""

    plugins: list[PluginStatus]
    problems: list[str]


class ReloadStatus(TypedDict):
    """When hooks and settings were last reloaded or refused; `refusals`: why, if the last one was refused."""

    taken_up_at: float | None
    refused_at: float | None
    refusals: list[str]


class Status(TypedDict):
    """All of it. `troubles` are the sentences of `/healthz`; `outbox` is `None` where it cannot be read."""

    version: str
    started_at: float
    uptime_seconds: float
    is_well: bool
    troubles: list[str]
    asterisk: dict[str, LineStatus]
    crm: dict[str, AccountStatus]
    outbox: OutboxStatus | None
    hooks: HooksStatus
    reload: ReloadStatus
