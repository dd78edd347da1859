"""What is asked of Asterisk without cause, and when: what it is made of, and what lives in it.

Asterisk's own events are not enough. The class mask makes a long talk as silent as a dead one, so the list
of channels is asked for every `resync_seconds`, and at once when events had to be shed. A call that was on
before us tells its number and its recording only in `Status` (docs/facts/asterisk.md 49), which is long; so
that is asked where something was missed and not every minute. What is a phone, a trunk, a queue is asked
first, as it tells how the list is to be understood; Asterisk answers a connection's questions in their order.

All answers come in the stream like events: whoever records it has them. A refusal (no such module, no right)
is an answer as well, and means nothing.
"""

from __future__ import annotations

AFTER_LOGIN = (
    {"Action": "PJSIPShowEndpoints"},
    {"Action": "SIPpeers"},
    {"Action": "QueueStatus"},
)
"""What the PBX is made of."""

LIST_CHANNELS = {"Action": "CoreShowChannels"}
STATUS = {"Action": "Status", "Variables": "MIXMONITOR_FILENAME"}
"""What lives in it, and what the list leaves out of those that were on before us."""

DETECTION_SECONDS = 3600.0
SETTLING_SECONDS = 2.0
"""A reload of all modules says so once for each; so long after the last one the PBX is asked."""

Action = dict[str, str]


class Asking:
    """The questions of one connection.

    Args:
        resync_seconds: how often the list of channels is asked for.
        is_booted: whether Asterisk has said FullyBooted already.
    """

    def __init__(self, resync_seconds: float, *, is_booted: bool) -> None:
        self._resync_seconds = resync_seconds
        self._was_booted = is_booted
        self._reloads: int | None = None
        self._detect_at = 0.0
        self._list_at = 0.0
        self._is_full = True

    def due(self, now: float, is_booted: bool, reloads: int, *, is_short: bool) -> list[Action]:
        """The actions to be sent now, in their order.

        Args:
            now: steady seconds.
            is_booted: whether Asterisk has said FullyBooted.
            reloads: how often it said Reload.
            is_short: events were shed, and there is room again.
        """
        if is_booted and not self._was_booted:
            self._was_booted = True
            self._detect_at = self._list_at = now
            self._is_full = True
        if is_short:
            self._list_at, self._is_full = now, True
        if self._reloads not in {None, reloads}:
            self._detect_at = now + SETTLING_SECONDS
        self._reloads = reloads
        return self._detection(now) + self._list(now)

    def _detection(self, now: float) -> list[Action]:
        if now < self._detect_at:
            return []
        self._detect_at = now + DETECTION_SECONDS
        return list(AFTER_LOGIN)

    def _list(self, now: float) -> list[Action]:
        if now < self._list_at:
            return []
        self._list_at = now + self._resync_seconds
        is_full, self._is_full = self._is_full, False
        return [LIST_CHANNELS, STATUS] if is_full else [LIST_CHANNELS]
