"""What `/status` says: from values of the rooms to the words of `telemetry.status`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from itgrix_core.ami.supervisor import LineState
from itgrix_core.app.nightly import Reconciled
from itgrix_core.directory.numbers import IndexFigures
from itgrix_core.outbox.figures import Depth, oldest_seconds
from itgrix_core.outbox.missed import Figures
from itgrix_core.plugins.processes import Standing
from itgrix_core.plugins.records import Record
from itgrix_core.telemetry.collectors import QuotaFigures
from itgrix_core.telemetry.counters import Contact
from itgrix_core.telemetry.status import (
    AccountStatus,
    IndexStatus,
    LineStatus,
    MissedStatus,
    OutboxStatus,
    PluginStatus,
    QuotaStatus,
    ReconciledStatus,
)
from itgrix_hooks.trace import Outcome


@dataclass(frozen=True, slots=True)
class Filing:
    """What is known of an account's calls.

    Attributes:
        filed: how many are in the CRM.
        not_filed: how many are not, by the class of the reason.
        missed: clients who could not get through, `None` if nobody counts them.
    """

    filed: int
    not_filed: Mapping[str, int]
    missed: Figures | None


def requests_per_call(requests: int, calls: int) -> float | None:
    """What a call costs; `None` before the first."""
    return requests / calls if calls else None


def line_status(line: LineState, oddities: Mapping[str, int]) -> LineStatus:
    """One Asterisk's."""
    return {
        "is_connected": line.is_connected,
        "connected_at": line.connected_at,
        "lost_at": line.lost_at,
        "last_error": line.last_error,
        "ami_version": line.ami_version,
        "connections": line.connections,
        "events": line.events,
        "events_per_second": line.events_per_second,
        "shed_events": line.shed,
        "backlog_bytes": line.backlog_bytes,
        "lag_seconds": line.lag_seconds,
        "asterisk_lag_seconds": line.asterisk_lag_seconds,
        "missing_rights": list(line.missing_rights),
        "oddities": dict(oddities),
    }


def account_status(
    kind: str,
    contact: Contact,
    filing: Filing,
    quota: QuotaFigures | None,
    index: IndexFigures | None = None,
    reconciled: Reconciled | None = None,
) -> AccountStatus:
    """One account's."""
    return {
        "kind": kind,
        "is_reachable": contact.is_reachable,
        "answered_at": contact.answered_at,
        "failed_at": contact.failed_at,
        "failure": contact.failure,
        "requests": contact.requests,
        "calls_filed": filing.filed,
        "calls_not_filed": dict(filing.not_filed),
        "requests_per_call": requests_per_call(contact.requests, filing.filed),
        "quota": _quota(quota) if quota else None,
        "missed": _missed(filing.missed) if filing.missed else None,
        "index": _index(index) if index else None,
        "reconciled": _reconciled(reconciled) if reconciled else None,
    }


def outbox_status(depths: list[Depth], reasons: Mapping[str, int], now: float) -> OutboxStatus:
    """The outbox's."""
    kinds: dict[str, dict[str, int]] = {}
    for each in depths:
        states = kinds.setdefault(each.kind, {})
        states[each.state] = states.get(each.state, 0) + each.jobs
    return {
        "waiting": sum(states.get("waiting", 0) for states in kinds.values()),
        "running": sum(states.get("running", 0) for states in kinds.values()),
        "dead": sum(states.get("dead", 0) for states in kinds.values()),
        "live_seconds": oldest_seconds(depths, now, is_live=True),
        "backlog_seconds": oldest_seconds(depths, now, is_live=False),
        "kinds": kinds,
        "reasons": dict(reasons),
    }


def plugins_status(
    records: Sequence[Record], processes: Sequence[Standing], outcomes: Mapping[tuple[str, ...], int]
) -> list[PluginStatus]:
    """The plugins'; `outcomes` by (hook, plugin, outcome)."""
    standings = {each.plugin: each for each in processes}
    return [
        _plugin(record, standings.get(record.name), _of_plugin(record.name, outcomes)) for record in records
    ]


def _plugin(record: Record, standing: Standing | None, outcomes: dict[str, int]) -> PluginStatus:
    return {
        "name": record.name,
        "level": str(record.level),
        "origin": record.origin,
        "status": record.status.value,
        "reason": record.reason,
        "hooks": list(record.hooks),
        "outcomes": outcomes,
        "failures": sum(count for outcome, count in outcomes.items() if Outcome(outcome).is_failure),
        "process": record.process,
        "memory_bytes": standing.memory_bytes if standing else None,
        "starts": standing.starts if standing else None,
    }


def _of_plugin(name: str, outcomes: Mapping[tuple[str, ...], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_hook, plugin, outcome), count in outcomes.items():
        if plugin == name:
            found[outcome] = found.get(outcome, 0) + count
    return found


def _quota(quota: QuotaFigures) -> QuotaStatus:
    return {
        "requests_left": quota.requests_left,
        "backlog_left": quota.backlog_left,
        "breaker": quota.breaker,
        "why": quota.why,
        "methods": {
            name: {
                "operating_seconds": method.operating_seconds,
                "limit_seconds": method.limit_seconds,
                "closed_seconds": method.closed_seconds,
            }
            for name, method in quota.methods.items()
        },
    }


def _index(figures: IndexFigures) -> IndexStatus:
    return {
        "numbers": figures.numbers,
        "is_whole": figures.is_whole,
        "checked_at": figures.checked_at,
    }


def _reconciled(figures: Reconciled) -> ReconciledStatus:
    return {
        "at": figures.at or None,
        "compared": figures.compared,
        "lost_or_wrong": figures.lost_or_wrong,
        "failure": figures.failure,
    }


def _missed(figures: Figures) -> MissedStatus:
    return {
        "clients": figures.lost,
        "saved": figures.saved,
        "open": figures.open,
        "median_seconds": figures.median_seconds,
    }
