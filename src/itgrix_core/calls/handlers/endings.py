"""HangupRequest, Hangup: who ended it, and the end."""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.calls.state import Channel
from itgrix_core.calls.topology import ChannelKind
from itgrix_core.wire.messages import Message

TURNED_AWAY = frozenset({"17", "34"})
"""Causes that Busy() and Congestion() set (docs/facts/asterisk.md 18, 19)."""


def on_hanguprequest(board: Board, message: Message, at: float) -> None:
    """Somebody asks to hang up; Local halves do so of themselves and say nothing by it."""
    found = touch(board, message, at)
    if not found:
        return
    call, channel = found
    if channel.kind is not ChannelKind.LOCAL and channel.uniqueid not in call.requests:
        call.requests.append(channel.uniqueid)


def on_hangup(board: Board, message: Message, at: float) -> None:
    """A channel is gone."""
    found = touch(board, message, at)
    if found:
        call, channel = found
        if not channel.is_dialled and (channel.state == "Busy" or _is_turned_away(channel, message)):
            call.requests = [key for key in call.requests if key != channel.uniqueid]
        call.lost_sight = ""
        board.drop(call, channel, message.get("Cause"), at)


def _is_turned_away(channel: Channel, message: Message) -> bool:
    """Whether the PBX sent a caller away; his HangupRequest is its doing, and on 16 precedes state Busy."""
    return channel.state != "Up" and message.get("Cause") in TURNED_AWAY


HANDLERS = {"HangupRequest": on_hanguprequest, "Hangup": on_hangup}
