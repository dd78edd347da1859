"""The portal's clock, which somebody who has no hour to wait can move forward."""

from __future__ import annotations

from itgrix_core.sandbox.bitrix.settings import Clock


class MovableClock:
    """A clock that can be moved forward: for what lasts an hour in a portal and must not in a test."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = 0.0

    def __call__(self) -> float:
        """Unix seconds."""
        return self._clock() + self._offset

    def forward(self, seconds: float) -> None:
        """Let this much time pass at once; never backwards."""
        self._offset += max(0.0, seconds)
