"""Plugins that keep failing rest for a while: each of their failures costs a ringing phone its time limit.

After some failures in a row a plugin is not asked for a pause; then one asking tries it. If that fails, the
pause doubles. What it would have answered is left out as if it had failed, and says so in the call's trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import structlog

from itgrix_core.config.schema import BreakerSettings
from itgrix_hooks.trace import Entry, Outcome

_FAULTS = frozenset({Outcome.FAILED, Outcome.TOO_SLOW, Outcome.NONSENSE})
_UNTRIED = frozenset({Outcome.RESTING, Outcome.NO_TIME})

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Standing:
    """How a plugin stands: failures in a row, its pause, until when, why, and whether it is being tried."""

    failures: int = 0
    pause: float = 0.0
    until: float = 0.0
    why: str = ""
    is_tried: bool = False


class Breakers:
    """All plugins' breakers; safe to share between threads.

    Args:
        settings: how many failures, how long a pause.
        is_leaking: whether a plugin holds too many threads that do not come back: then it is not tried.
        clock: steady seconds.
    """

    def __init__(
        self,
        settings: BreakerSettings,
        is_leaking: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._is_leaking = is_leaking
        self._clock = clock
        self._lock = Lock()
        self._standings: dict[str, _Standing] = {}

    def rests(self, plugin: str) -> str:
        """Why a plugin is not to be asked now; "" if it is: after a pause only for the first who looks."""
        with self._lock:
            standing = self._standings.get(plugin)
            if standing is None or not standing.pause:
                return ""
            now = self._clock()
            if now >= standing.until:
                standing.until = now + standing.pause  # the next one, should this asking end without a word
                standing.is_tried = not self._is_leaking(plugin)
                if standing.is_tried:
                    return ""
            return _sentence(standing, now)

    def resting(self) -> dict[str, str]:
        """Why, by plugin, of all that rest."""
        with self._lock:
            now = self._clock()
            return {name: _sentence(each, now) for name, each in self._standings.items() if each.pause}

    def note(self, entry: Entry) -> None:
        """What came of an asking."""
        if entry.outcome in _UNTRIED:
            return
        with self._lock:
            if entry.outcome not in _FAULTS:
                standing = self._standings.pop(entry.plugin, None)
                if standing and standing.pause:
                    _log.info(f"plugin {entry.plugin}: it answers and is asked again")
                return
            standing = self._standings.setdefault(entry.plugin, _Standing())
            standing.failures += 1
            if standing.pause or 0 < self._settings.failures <= standing.failures:
                self._rest(entry.plugin, standing, _reason(standing, entry))

    def trip(self, plugin: str, why: str) -> None:
        """Let it rest at once."""
        with self._lock:
            self._rest(plugin, self._standings.setdefault(plugin, _Standing()), why)

    def _rest(self, plugin: str, standing: _Standing, why: str) -> None:
        """Begin a rest or lengthen it after its try; askings that were under way when it began do neither."""
        if standing.pause and not standing.is_tried:
            standing.why = why
            return
        longer = 2 * standing.pause or self._settings.pause_seconds
        standing.pause = min(longer, self._settings.longest_pause_seconds)
        standing.until, standing.why = self._clock() + standing.pause, why
        standing.is_tried = False
        _log.warning(f"plugin {plugin}: it is not asked for {standing.pause:g} s ({why})")


def _reason(standing: _Standing, entry: Entry) -> str:
    return f"{standing.failures} failure{'s' * (standing.failures > 1)} in a row, {entry.reason}"


def _sentence(standing: _Standing, now: float) -> str:
    return f"not asked for another {max(0.0, standing.until - now):.0f} s: {standing.why}"
