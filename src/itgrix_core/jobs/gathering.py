"""How long an event waits in its lane before it is filed, so that what belongs together is one request.

A phone that begins to ring waits for its colleagues, and one that fell silent for a colleague's sake for his
answer: Asterisk tells of either one by one, milliseconds apart (recordings `ringgroup_local` and
`queue_blind_transfer`). What follows in the same lane has no delay of its own, it comes with that.
"""

from __future__ import annotations

from itgrix_core.calls.events import (
    CallEnded,
    CallEvent,
    CallMerged,
    ConversationEnded,
    ConversationRequested,
)
from itgrix_hooks.values import Result

RING_SECONDS = 0.1
"""How long a ring waits, so that a group, or a queue's round, is one request."""

ANSWER_SECONDS = 0.05
"""How long a phone that fell silent waits for the answer, so that all cards go with one request."""

LOST_SIGHT_SECONDS = 15 * 60.0
"""How long a lost-sight end waits for a better account; a finish cannot be corrected."""

_SILENCED = (Result.ANSWERED_ELSEWHERE, Result.PICKED_UP)


class Gathering:
    """Remembers of each live call until when its lane waits."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def delay(self, event: CallEvent, received_at: float) -> float:
        """Seconds that an event, received at a Unix time, waits before it is filed."""
        key = event.call.key
        if isinstance(event, CallEnded | CallMerged):
            self._until.pop(key, None)
            is_lost = isinstance(event, CallEnded) and event.is_provisional
            return LOST_SIGHT_SECONDS if is_lost else 0.0
        seconds = _moment(event)
        if not seconds or received_at < self._until.get(key, 0.0):
            return 0.0
        self._until[key] = received_at + seconds
        return seconds


def _moment(event: CallEvent) -> float:
    """How long an event of a live call waits if nothing waits before it."""
    if isinstance(event, ConversationRequested):
        return RING_SECONDS
    if isinstance(event, ConversationEnded):
        conversation = event.call.conversation(event.conversation)
        return ANSWER_SECONDS if conversation and conversation.result in _SILENCED else 0.0
    return 0.0
