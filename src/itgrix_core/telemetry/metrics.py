"""Figures for Prometheus, read from the lines at the moment they are asked for.

Nothing is counted twice: a line counts for itself, a scrape looks at it. Names are `itgrix_ami_*`, one label
`asterisk` with the name in the configuration; docs/operating.md lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from itgrix_core.errors import ItgrixError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


Lines = Callable[[], Mapping[str, object]]
"""By the Asterisk's name what has the attributes that `FIGURES` read: `ami.supervisor.LineState`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric.

    Attributes:
        name: behind `itgrix_ami_`; a counter's gets `_total`.
        attribute: where it is read of a line: a number, a yes or no, or a tuple, whose length counts.
        about: its help.
        is_counter: it only grows.
    """

    name: str
    attribute: str
    about: str
    is_counter: bool = False

    def read(self, line: object) -> float:
        """Its value for a line."""
        value = getattr(line, self.attribute)
        return float(len(value) if isinstance(value, tuple) else value)


FIGURES = (
    Figure("connected", "is_connected", "1 while logged in and running."),
    Figure("connections", "connections", "Sessions so far.", is_counter=True),
    Figure("reconnects", "reconnects", "Sessions after the first.", is_counter=True),
    Figure("events", "events", "Events that came.", is_counter=True),
    Figure("received_bytes", "bytes", "Bytes that came.", is_counter=True),
    Figure("events_per_second", "events_per_second", "Events, over the last ten seconds."),
    Figure("bytes_per_second", "bytes_per_second", "Bytes, over the last ten seconds."),
    Figure("shed_events", "shed", "Events left out because we were behind.", is_counter=True),
    Figure("backlog_bytes", "backlog_bytes", "Bytes read and not yet understood."),
    Figure("lag_seconds", "lag_seconds", "From an event's receipt until it was understood."),
    Figure("asterisk_lag_seconds", "asterisk_lag_seconds", "By how much events come later than at best."),
    Figure("faults", "callback_errors", "Exceptions while events were taken.", is_counter=True),
    Figure("missing_rights", "missing_rights", "Rights that manager.conf withholds."),
)
"""Every metric of a line."""


class _LineCollector(Collector):
    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def collect(self) -> Iterator[Metric]:
        """All figures of all lines as they are now."""
        lines = self._lines()
        for figure in FIGURES:
            kind = CounterMetricFamily if figure.is_counter else GaugeMetricFamily
            family = kind(f"itgrix_ami_{figure.name}", figure.about, labels=["asterisk"])
            for name, line in lines.items():
                family.add_metric([name], figure.read(line))
            yield family


class MissedFigures(Protocol):
    """What is read of an account's missed calls (`outbox.missed.Figures`)."""

    @property
    def account(self) -> str:
        """Name of the entry under `crm`."""

    @property
    def lost(self) -> int:
        """Clients who could not get through."""

    @property
    def saved(self) -> int:
        """Of these, talked with later."""

    @property
    def open(self) -> int:
        """Of these, waiting."""

    @property
    def median_seconds(self) -> float | None:
        """Until the talk."""


MissedOf = Callable[[], Sequence[MissedFigures]]


class _MissedCollector(Collector):
    def __init__(self, missed: MissedOf) -> None:
        self._missed = missed

    def collect(self) -> Iterator[Metric]:
        """Clients who could not get through, by account; nothing when the database cannot be read."""
        try:
            found = self._missed()
        except ItgrixError:
            return
        name, labels = "itgrix_missed", ["crm"]
        lost = CounterMetricFamily(f"{name}_clients", "Clients who could not get through.", labels=labels)
        saved = CounterMetricFamily(f"{name}_saved", "Of these, talked with later.", labels=labels)
        still = GaugeMetricFamily(f"{name}_open", "Of these, waiting for a call back.", labels=labels)
        wait = GaugeMetricFamily(f"{name}_median_seconds", "Until the talk, half of them.", labels=labels)
        for each in found:
            lost.add_metric([each.account], each.lost)
            saved.add_metric([each.account], each.saved)
            still.add_metric([each.account], each.open)
            if each.median_seconds is not None:
                wait.add_metric([each.account], each.median_seconds)
        yield from (lost, saved, still, wait)


def make_registry(lines: Lines, missed: MissedOf | None = None) -> CollectorRegistry:
    """A registry of these lines' figures, of missed calls, and of this process's own (memory, CPU, files)."""
    registry = CollectorRegistry()
    registry.register(_LineCollector(lines))
    if missed is not None:
        registry.register(_MissedCollector(missed))
    ProcessCollector(registry=registry)
    return registry


def exposed(registry: CollectorRegistry) -> bytes:
    """The registry in Prometheus' text format (`CONTENT_TYPE`)."""
    return generate_latest(registry)
