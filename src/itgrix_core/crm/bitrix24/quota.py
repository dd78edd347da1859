"""Whether a request may go to the portal now, and what its answers teach of the next ones.

Three judges, asked in this order: breakers (does the portal answer at all, do our credentials fit),
operating time (of the method, and of each that a batch holds), and the bucket of requests, which alone is
shared with other processes. A request is counted only when all have let it through.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from itgrix_core.crm.adapter import Blocked, Unknown
from itgrix_core.crm.bitrix24.breaker import LIVE_PAUSE_SECONDS, Breaker
from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.errand import Errand
from itgrix_core.crm.bitrix24.errors import Failure, is_limit, is_of_access, is_of_plan
from itgrix_core.crm.bitrix24.operating import LIMIT_SECONDS, OperatingTimes
from itgrix_core.crm.quota import MethodState, QuotaState
from itgrix_core.crm.urgency import Urgency, current

PARKED_SECONDS = 60.0
"""How long the backlog leaves a portal, or a method, alone that refuses our credentials."""

PORTAL = ""
"""The breaker of the whole portal; methods that are closed to us by right or scope have their own."""


class Quota:
    """One account's quota; safe to share between threads."""

    def __init__(
        self,
        bucket: Bucket,
        portal: str = "the portal",
        chance: Callable[[], float] = random.random,
        operating_seconds: float = LIMIT_SECONDS,
    ) -> None:
        """`portal` is its name in sentences; `chance` strews those who wait; the last one is a method's."""
        self._bucket = bucket
        self._portal = portal
        self._chance = chance
        self._lock = Lock()
        self._breakers = {PORTAL: Breaker(chance)}
        self._operating = OperatingTimes(chance, operating_seconds)

    def ask(self, errand: Errand) -> Blocked | None:
        """`None` lets it through, counted; whoever is let through tells `spent`, and last of all `heard`."""
        urgency, now = current(), self._bucket.now()
        with self._lock:
            blocked = (
                self._broken(errand, urgency, now)
                or self._timed(errand, urgency, now)
                or self._room(errand, urgency)
            )
            if blocked is None:
                self._begin(errand, now)
        return blocked

    def charge(self) -> None:
        """The same request goes out once more."""
        self._bucket.charge()

    def fill(self) -> None:
        """The portal says that its bucket is full."""
        self._bucket.fill()

    def close(self, method: str, seconds: float) -> None:
        """The portal has closed a method by its operating time."""
        with self._lock:
            self._operating.close(method.casefold(), self._bucket.now(), seconds)

    def spent(self, errand: Errand, body: Mapping[str, Any]) -> None:
        """It has ended; `body` is the answer's envelope, an empty one where there is none."""
        now = self._bucket.now()
        is_refused = str(body.get("error", "")).upper() == "OPERATION_TIME_LIMIT"
        with self._lock:
            for method, time in errand.times(body):
                self._operating.end(method, now, time, is_refused=is_refused)

    def heard(self, errand: Errand, failure: Failure | None) -> None:
        """How a request that was let through ended, when nothing more can be mended; `None` is an answer."""
        now = self._bucket.now()
        with self._lock:
            if isinstance(failure, Unknown) or (failure is not None and failure.why == "unreachable"):
                self._breakers[PORTAL].failed(now, failure.text)
                return
            parked = _parked(errand.method, failure)
            for name, breaker in self._breakers_of(errand):
                if name != parked:
                    breaker.passed()
            if failure is not None and parked is not None:
                kind = failure.why if isinstance(failure, Blocked) else "credentials"
                breaker = self._breakers.setdefault(parked, Breaker(self._chance))
                breaker.trip(now, kind, failure.text, PARKED_SECONDS)

    def pause(self, usual_seconds: float) -> float:
        """When to try again what could not reach the portal: live calls soon, the backlog in its row."""
        urgency, now = current(), self._bucket.now()
        if urgency.is_live:
            return min(usual_seconds, LIVE_PAUSE_SECONDS)
        with self._lock:
            return max(usual_seconds, self._breakers[PORTAL].ask(now, is_live=False))

    @property
    def state(self) -> QuotaState:
        """How it stands now."""
        now = self._bucket.now()
        with self._lock:
            breaker = self._breakers[PORTAL]
            return QuotaState(
                requests_at_once=self._bucket.capacity,
                requests_left=self._bucket.left(),
                backlog_left=self._bucket.left(is_live=False),
                is_shared=self._bucket.is_shared,
                breaker=breaker.state(now),
                probe_seconds=breaker.probe_seconds(now),
                why=breaker.why,
                methods=self._methods(now),
            )

    def _methods(self, now: float) -> dict[str, MethodState]:
        """What operating time and breakers tell of the methods."""
        told = self._operating.state(now)
        for name, breaker in self._breakers.items():
            if name != PORTAL and breaker.is_open:
                known = told.get(name, MethodState())
                told[name] = replace(
                    known, closed_seconds=max(known.closed_seconds, breaker.probe_seconds(now))
                )
        return told

    def _broken(self, errand: Errand, urgency: Urgency, now: float) -> Blocked | None:
        for name, breaker in self._breakers_of(errand):
            seconds = breaker.ask(now, is_live=urgency.is_live)
            if seconds > 0:
                text = f"{name or self._portal} is left alone for a while after this: {breaker.why}"
                return Blocked(breaker.kind, text, seconds)
        return None

    def _timed(self, errand: Errand, urgency: Urgency, now: float) -> Blocked | None:
        waits = {
            method: self._operating.ask(method, now, is_live=urgency.is_live) for method in errand.methods
        }
        method = max(waits, key=lambda each: waits[each])
        text = f"{method}: its operating time at the portal is nearly used up"
        return Blocked("quota", text, waits[method]) if waits[method] > 0 else None

    def _begin(self, errand: Errand, now: float) -> None:
        for _, breaker in self._breakers_of(errand):
            breaker.begin(now)
        for method in errand.methods:
            self._operating.begin(method, now)

    def _room(self, errand: Errand, urgency: Urgency) -> Blocked | None:
        seconds = self._bucket.take(urgency)
        if seconds <= 0:
            return None
        return Blocked("quota", f"{errand.method}: {self._portal} has had its requests for now", seconds)

    def _breakers_of(self, errand: Errand) -> Sequence[tuple[str, Breaker]]:
        return [(name, self._breakers[name]) for name in (PORTAL, *errand.methods) if name in self._breakers]


def _parked(method: str, failure: Failure | None) -> str | None:
    """What a person has to mend first, the portal or one method; `None` if nothing is to be mended."""
    if failure is None:
        return None
    if is_of_plan(failure) or is_limit(failure, "OVERLOAD_LIMIT"):
        return PORTAL
    if isinstance(failure, Blocked) and failure.why in {"credentials", "configuration"}:
        return method if is_of_access(failure) else PORTAL
    return None
