"""What became of reloads: counted, and told by /status."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from itgrix_core.telemetry.status import ReloadStatus


class Reloads:
    """Of one service; `clock` gives Unix seconds."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._count = Counter("itgrix_reloads", "Reloads so far.", ["outcome"], registry=registry)
        self._is_refused = Gauge(
            "itgrix_reload_refused", "1 while the last reload was refused.", registry=registry
        )
        self._status: ReloadStatus = {"taken_up_at": None, "refused_at": None, "refusals": []}

    @property
    def status(self) -> ReloadStatus:
        """What became of the last ones."""
        return self._status

    def taken_up(self) -> None:
        """A new version counts."""
        self._count.labels("taken up").inc()
        self._is_refused.set(0)
        self._status = {**self._status, "taken_up_at": self._clock(), "refusals": []}

    def refused(self, problems: Sequence[str]) -> None:
        """The old version goes on, as this is wrong with the new one."""
        self._count.labels("refused").inc()
        self._is_refused.set(1)
        self._status = {**self._status, "refused_at": self._clock(), "refusals": list(problems)}
