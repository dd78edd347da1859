"""From an event to the call and the channel that it is about; calls whose Linkedid changed join here."""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.joining import relink
from itgrix_core.calls.state import CallState, Channel
from itgrix_core.wire.messages import Message


def touch(board: Board, message: Message, at: float, prefix: str = "") -> tuple[CallState, Channel] | None:
    """The call and channel that an event is about, with the channel's state and Linkedid brought up to date.

    `prefix` is "Dest", "Transferee" … for the second channel of an event. Unknown: noted as an oddity once
    the channel list was read, `None`.
    """
    uniqueid = message.get(prefix + "Uniqueid")
    call = board.channels.get(uniqueid) or board.revive(uniqueid)
    if call is None:
        if board.side.is_settled:
            board.odd("unknown channel", message, at, f"{prefix}Uniqueid {uniqueid or 'missing'}")
        return None
    channel = call.channels[uniqueid]
    linkedid = message.get(prefix + "Linkedid")
    if linkedid and linkedid != channel.linkedid:
        call = relink(board, call, channel, linkedid, at)
    board.changed[call.key] = None
    channel.state = message.get(prefix + "ChannelStateDesc") or channel.state
    return call, channel
