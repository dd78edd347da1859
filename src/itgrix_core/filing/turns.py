"""How many of a lane's waiting events are filed together.

Events that only move the card are folded: the phones of a group ring within a few milliseconds, a queue's
round ends and begins anew in one. A call's end takes the ends of its conversations along, so that hiding and
finishing are one request.
"""

from __future__ import annotations

from collections.abc import Sequence

from itgrix_core.calls.events import (
    CallEvent,
    CallStarted,
    ConversationAccepted,
    ConversationEnded,
    ConversationRequested,
)

ABOUT_CARDS = (CallStarted, ConversationRequested, ConversationAccepted, ConversationEnded)


def turn_of(events: Sequence[CallEvent]) -> Sequence[CallEvent]:
    """The leading events that are one turn; at least one.

    Args:
        events: of one call, in order, all due.
    """
    count = 0
    while count < len(events) and isinstance(events[count], ABOUT_CARDS):
        count += 1
    is_ending = count < len(events) and all(isinstance(event, ConversationEnded) for event in events[:count])
    return events[: count + 1] if is_ending else events[:count]
