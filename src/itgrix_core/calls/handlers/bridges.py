"""BridgeEnter, BridgeLeave: who can hear whom.

Leaving is not the end of talking (docs/facts/asterisk.md 21: Local pairs optimise themselves away by
hopping), and a bridge of type holding or parking is no talk (30, 33). A bridge of type basic makes one call
of those in it. A conference (type base) does not (4): two clients in one room stay two calls; but an employee
who dialled into the room, which alone is no call, talks with the client whom he meets there.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.calls.handlers.transfers import parked
from itgrix_core.calls.joining import join_bridge, join_room
from itgrix_core.calls.meeting import meet
from itgrix_core.calls.state import CallState, Channel
from itgrix_core.calls.topology import ChannelKind
from itgrix_core.wire.messages import Message

ASKING = frozenset({"PJSIP", "SIP", "IAX2"})
"""Technologies whose drivers turn the other side's goodbye into a HangupRequest; DAHDI's just stop."""
SILENT = frozenset({"holding", "parking"})


def on_bridgeenter(board: Board, message: Message, at: float) -> None:
    """A channel comes into a bridge: perhaps an employee and the client hear each other now."""
    found = touch(board, message, at)
    bridge = message.get("BridgeUniqueid")
    if not found or not bridge:
        return
    call, channel = found
    if message.get("BridgeType") in SILENT:
        board.leave(channel)
        if message.get("BridgeType") == "parking":
            parked(call, channel, at)
        return
    if channel.bridge != bridge:
        board.enter(channel, bridge)
        if message.get("BridgeType") == "basic":
            join_bridge(board, bridge, at)
        else:
            join_room(board, bridge, at)
        call = board.channels[channel.uniqueid]
    meet(board, call, channel, at)


def on_bridgeleave(board: Board, message: Message, at: float) -> None:
    """A channel goes out of a bridge; the first of the talkers to go is remembered."""
    found = touch(board, message, at)
    if not found:
        return
    call, channel = found
    if channel.uniqueid in call.talkers and not call.leaver and not _has_a_word(channel):
        call.leaver = channel.uniqueid
    if channel.bridge == message.get("BridgeUniqueid"):
        board.leave(channel)
    if channel.uniqueid in call.talkers:
        _go_on(board, call, at)


def _has_a_word(channel: Channel) -> bool:
    """Whether somebody who hangs up there makes a HangupRequest: if there was none, it was not he."""
    return channel.kind is ChannelKind.LOCAL or channel.name.partition("/")[0] in ASKING


def _go_on(board: Board, call: CallState, at: float) -> None:
    """One of several left: those who still hear the other party are the talkers now."""
    staying = next((board.channel(key) for key in call.talkers if key in call.far), None)
    if staying and staying.bridge:
        meet(board, call, staying, at)


HANDLERS = {"BridgeEnter": on_bridgeenter, "BridgeLeave": on_bridgeleave}
