"""Figures that are read at the moment of a scrape: the outbox, oddities, quota, requests a call.

As in `metrics` nothing is counted twice, and what cannot be read just now (a database that fails) leaves its
figures out of that scrape: `/healthz` says so. Who reads gets values with attributes, never the rooms.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from itgrix_core.errors import ItgrixError

DEAD = "dead"


class JobFigures(Protocol):
    """What is read of jobs of one sort (`outbox.figures.Depth`)."""

    @property
    def kind(self) -> str:
        """Of the event."""

    @property
    def state(self) -> str:
        """Waiting, running or dead."""

    @property
    def is_live(self) -> bool:
        """Whether their calls are going on."""

    @property
    def jobs(self) -> int:
        """How many."""

    @property
    def oldest_at(self) -> float:
        """When the oldest was due (Unix seconds)."""


class ProcessFigures(Protocol):
    """What is read of an isolated plugin's process (`plugins.processes.Standing`)."""

    @property
    def plugin(self) -> str:
        """Its name."""

    @property
    def starts(self) -> int:
        """How often it was started."""

    @property
    def memory_bytes(self) -> int:
        """What it holds now."""


class MethodFigures(Protocol):
    """What is read of how one method stands with a portal."""

    @property
    def operating_seconds(self) -> float:
        """Operating time used up within the portal's window."""

    @property
    def limit_seconds(self) -> float:
        """How much of it there is."""

    @property
    def closed_seconds(self) -> float:
        """How long the method is closed to us, 0 if it is open."""


class QuotaFigures(Protocol):
    """What is read of an account's quota."""

    @property
    def requests_left(self) -> float:
        """Requests of live calls that may be sent at once."""

    @property
    def backlog_left(self) -> float:
        """How many of these the backlog may have; the rest is the reserve of live calls."""

    @property
    def breaker(self) -> str:
        """The word "closed" while requests pass, else what it is."""

    @property
    def why(self) -> str:
        """What has opened the breaker, "" while it is closed."""

    @property
    def methods(self) -> Mapping[str, MethodFigures]:
        """Those of which the portal has told something, by name."""


Jobs = Callable[[], Sequence[JobFigures]]
Quotas = Callable[[], Mapping[str, QuotaFigures]]
"""By the account's name."""
Oddities = Callable[[], Mapping[str, Mapping[str, int]]]
"""By the Asterisk's name: kind to how many."""
PerCall = Callable[[], Mapping[str, float]]
"""By the account's name: requests for each call that was filed."""


class ReconciledFigures(Protocol):
    """What is read of a comparison with the CRM's list of calls."""

    @property
    def at(self) -> float:
        """When it was (Unix seconds), 0 if there was none."""

    @property
    def compared(self) -> int:
        """How many calls."""

    @property
    def lost_or_wrong(self) -> int:
        """How many of them are."""


class OutboxCollector(Collector):
    """Depth and age of the outbox."""

    def __init__(self, jobs: Jobs, clock: Callable[[], float] = time.time) -> None:
        self._jobs = jobs
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """As it is now; nothing when the database cannot be read."""
        try:
            found, now = self._jobs(), self._clock()
        except ItgrixError:
            return
        depth = GaugeMetricFamily("itgrix_outbox_jobs", "Jobs that are not done.", labels=["state", "kind"])
        live = GaugeMetricFamily("itgrix_outbox_live_seconds", "Age of the oldest job of a call that is on.")
        late = GaugeMetricFamily(
            "itgrix_outbox_backlog_seconds", "Age of the oldest job of calls that are over.", labels=["kind"]
        )
        for state, kind in dict.fromkeys((each.state, each.kind) for each in found):
            same = [each.jobs for each in found if (each.state, each.kind) == (state, kind)]
            depth.add_metric([state, kind], sum(same))
        waiting = [each for each in found if each.state != DEAD]
        live.add_metric([], _age((each for each in waiting if each.is_live), now))
        over = [each for each in waiting if not each.is_live]
        for kind in dict.fromkeys(each.kind for each in over):
            late.add_metric([kind], _age((each for each in over if each.kind == kind), now))
        yield from (depth, live, late)


class OddityCollector(Collector):
    """Messages that did not fit."""

    def __init__(self, oddities: Oddities) -> None:
        self._oddities = oddities

    def collect(self) -> Iterator[Metric]:
        """By Asterisk and kind."""
        family = CounterMetricFamily(
            "itgrix_oddities", "Messages of Asterisk that did not fit.", labels=["asterisk", "kind"]
        )
        for asterisk, kinds in self._oddities().items():
            for kind, count in kinds.items():
                family.add_metric([asterisk, kind], count)
        yield family


class ReconciledCollector(Collector):
    """How the last comparison with each CRM's list of calls ended."""

    def __init__(self, figures: Callable[[], Mapping[str, ReconciledFigures]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """By account, as soon as it had one."""
        compared = GaugeMetricFamily(
            "itgrix_reconciled_calls", "Calls in the last comparison with the CRM.", labels=["crm"]
        )
        wrong = GaugeMetricFamily(
            "itgrix_lost_or_wrong_calls", "Calls that were absent or wrong in it.", labels=["crm"]
        )
        at = GaugeMetricFamily("itgrix_reconciled_at", "When it was (Unix seconds).", labels=["crm"])
        for name, figures in self._figures().items():
            if figures.at:
                compared.add_metric([name], figures.compared)
                wrong.add_metric([name], figures.lost_or_wrong)
                at.add_metric([name], figures.at)
        yield from (compared, wrong, at)


class PerCallCollector(Collector):
    """What a call costs."""

    def __init__(self, per_call: PerCall) -> None:
        self._per_call = per_call

    def collect(self) -> Iterator[Metric]:
        """By account, as soon as it has a call."""
        family = GaugeMetricFamily(
            "itgrix_crm_requests_per_call", "Requests for each call that was filed.", labels=["crm"]
        )
        for account, requests in self._per_call().items():
            family.add_metric([account], requests)
        yield family


class ProcessCollector(Collector):
    """The processes of isolated plugins."""

    def __init__(self, processes: Callable[[], Sequence[ProcessFigures]]) -> None:
        self._processes = processes

    def collect(self) -> Iterator[Metric]:
        """By plugin."""
        memory = GaugeMetricFamily(
            "itgrix_plugin_memory_bytes", "What an isolated plugin's process holds.", labels=["plugin"]
        )
        starts = CounterMetricFamily(
            "itgrix_plugin_starts", "How often an isolated plugin's process was started.", labels=["plugin"]
        )
        for each in self._processes():
            memory.add_metric([each.plugin], each.memory_bytes)
            starts.add_metric([each.plugin], each.starts)
        yield from (memory, starts)


class QuotaCollector(Collector):
    """What the portals still allow."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    def collect(self) -> Iterator[Metric]:
        """By account; the operating time by method besides."""
        left = _gauge("requests_left", "Requests of live calls that may be sent at once.")
        backlog = _gauge("backlog_left", "Of these, for what may wait.")
        breaker = _gauge("breaker_open", "1 while requests are held back.")
        operating = _gauge("operating_seconds", "Operating time used up.", "method")
        closed = _gauge("method_closed_seconds", "How long a method is closed.", "method")
        for account, quota in self._quotas().items():
            left.add_metric([account], quota.requests_left)
            backlog.add_metric([account], quota.backlog_left)
            breaker.add_metric([account], float(quota.breaker != "closed"))
            for name, method in quota.methods.items():
                operating.add_metric([account, name], method.operating_seconds)
                closed.add_metric([account, name], method.closed_seconds)
        yield from (left, backlog, breaker, operating, closed)


def _gauge(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"itgrix_crm_{name}", about, labels=["crm", *labels])


def _age(jobs: Iterator[JobFigures], now: float) -> float:
    return max((max(0.0, now - each.oldest_at) for each in jobs), default=0.0)
