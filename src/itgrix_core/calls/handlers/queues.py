"""QueueCallerJoin, QueueCallerAbandon: waiting in a queue.

Abandon also comes when the queue's own time ran out (docs/facts/asterisk.md 34); who hung up tells the two
apart.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.wire.messages import Message


def on_join(board: Board, message: Message, at: float) -> None:
    """The caller begins to wait."""
    found = touch(board, message, at)
    if found:
        found[0].queue = message.get("Queue")
        found[0].has_abandoned = False


def on_abandon(board: Board, message: Message, at: float) -> None:
    """The caller left the queue without having been served."""
    found = touch(board, message, at)
    if found:
        found[0].has_abandoned = True


HANDLERS = {"QueueCallerJoin": on_join, "QueueCallerAbandon": on_abandon}
