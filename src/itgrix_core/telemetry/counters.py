"""What is counted while it happens: requests to CRMs, calls, cards, hooks. A few microseconds each.

What can be read when it is asked for (`collectors`) is not counted here. No figure has a label that grows
with the calls. Names are explained in docs/operating.md.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

_REQUEST_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
_CARD_BUCKETS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
_ROUTE_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
_HOOK_BUCKETS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0)

NOT_SENT = "not sent"
"""The outcome of what never reached the CRM and so is no request; the others are `crm.*.observing`'s."""

_UNANSWERED = frozenset({NOT_SENT, "cut"})
MOST_METHODS = 200
"""Hooks name methods as they like; beyond so many an account's are counted together."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How an account answers.

    Attributes:
        is_reachable: whether the last request was answered, `None` before the first.
        answered_at: when the last answer came, whatever it said (Unix seconds).
        failed_at: when a request was last left without an answer.
        failure: how: "cut" or "not sent"; "" if none was.
        requests: how many reached it.
    """

    is_reachable: bool | None = None
    answered_at: float | None = None
    failed_at: float | None = None
    failure: str = ""
    requests: int = 0


class Traffic:
    """Requests to all accounts; safe to share between threads."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = time.time) -> None:
        self._sent = Counter(
            "itgrix_crm_requests", "Requests to the CRM.", ["crm", "method", "outcome"], registry=registry
        )
        self._seconds = Histogram(
            "itgrix_crm_request_seconds",
            "From a request to its answer.",
            ["crm", "method"],
            buckets=_REQUEST_BUCKETS,
            registry=registry,
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._contacts: dict[str, Contact] = {}
        self._methods: dict[str, set[str]] = {}

    def observer(self, account: str) -> Callable[[str, str, float], None]:
        """Who counts an account's requests: called with method, outcome and seconds of each."""

        def observe(method: str, outcome: str, seconds: float) -> None:
            self._note(account, outcome)
            name = self._known(account, method)
            self._sent.labels(account, name, outcome).inc()
            if outcome != NOT_SENT:
                self._seconds.labels(account, name).observe(seconds)

        return observe

    def contact(self, account: str) -> Contact:
        """How an account answers."""
        return self._contacts.get(account, Contact())

    def _note(self, account: str, outcome: str) -> None:
        now = self._clock()
        with self._lock:
            old = self.contact(account)
            requests = old.requests + (outcome != NOT_SENT)
            if outcome in _UNANSWERED:
                new = Contact(False, old.answered_at, now, outcome, requests)
            else:
                new = Contact(True, now, old.failed_at, old.failure, requests)
            self._contacts[account] = new

    def _known(self, account: str, method: str) -> str:
        with self._lock:
            known = self._methods.setdefault(account, set())
            if method not in known and len(known) >= MOST_METHODS:
                return "other"
            known.add(method)
            return method


class Counts:
    """Calls, cards and hooks. Each method tells of one of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"itgrix_{name}", about, labels, registry=registry)

        def histogram(
            name: str, about: str, labels: tuple[str, ...], buckets: tuple[float, ...]
        ) -> Histogram:
            return Histogram(f"itgrix_{name}", about, labels, buckets=buckets, registry=registry)

        self.filed = counter("calls_filed", "Calls whose end is in the CRM.", "crm")
        self.not_filed = counter("calls_not_filed", "Calls that are not to be filed.", "crm", "reason")
        self.recordings = counter("recordings_attached", "Recordings that the CRM has got.", "crm", "how")
        self.without_recording = counter("calls_without_recording", "Recordings that never came.", "crm")
        self.late_cards = counter("cards_late", "Cards that were no longer worth showing.", "crm")
        self.card_shown = histogram(
            "card_shown_seconds", "From the ring until the CRM has the card.", ("crm",), _CARD_BUCKETS
        )
        self.card_hidden = histogram(
            "card_hidden_seconds",
            "From the answer until the others' cards are away.",
            ("crm",),
            _CARD_BUCKETS,
        )
        self.routed = counter(
            "callers_routed", "Callers about whom the dialplan asked.", "asterisk", "outcome"
        )
        self.route_seconds = histogram(
            "route_seconds", "From the dialplan's question to our answer.", ("asterisk",), _ROUTE_BUCKETS
        )
        self.hook_seconds = histogram(
            "hook_seconds", "How long a plugin took.", ("hook", "plugin"), _HOOK_BUCKETS
        )
        self.hook_outcomes = counter(
            "hook_outcomes", "How askings of a plugin ended.", "hook", "plugin", "outcome"
        )
        self.hook_uses = counter("hook_uses", "What a plugin used of crm and store.", "plugin", "method")


def totals(counter: Counter) -> Mapping[tuple[str, ...], int]:
    """What a counter has counted, by the values of its labels."""
    return {
        tuple(sample.labels.values()): int(sample.value)
        for metric in counter.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
