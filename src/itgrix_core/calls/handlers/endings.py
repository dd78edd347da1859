"""HangupRequest, SoftHangupRequest, Hangup: who ended it, and the end.

Shutdown itself comes a second after the last Hangup (docs/facts/asterisk.md 48), too late for the calls that
it ended; but it asks each channel to go with a flag of its own, and nothing else does.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.calls.handlers.dials import is_waiting
from itgrix_core.calls.state import Channel
from itgrix_core.calls.topology import MEANS
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Result

TURNED_AWAY = frozenset({"17", "34"})
"""Causes that Busy() and Congestion() set (docs/facts/asterisk.md 18, 19)."""
SHUTTING_DOWN = "4"
"""`Cause` of a SoftHangupRequest that a stop or restart of Asterisk makes (AST_SOFTHANGUP_SHUTDOWN)."""


def on_hanguprequest(board: Board, message: Message, at: float) -> None:
    """Somebody asks to hang up; Local halves and links pass it on and say nothing by it."""
    found = touch(board, message, at)
    if not found:
        return
    call, channel = found
    if channel.kind not in MEANS and channel.uniqueid not in call.requests:
        call.requests.append(channel.uniqueid)
        channel.has_given_up = call.is_ringing
        leg = call.legs.get(channel.uniqueid)
        if leg and not leg.is_up:
            leg.has_refused = True


def on_softhanguprequest(board: Board, message: Message, at: float) -> None:
    """The PBX asks a channel to go: news only when it goes itself, as nobody can know it later."""
    if message.get("Cause") != SHUTTING_DOWN:
        return
    found = touch(board, message, at)
    if not found:
        return
    call, channel = found
    call.is_shut_down = True
    leg = call.legs.get(channel.uniqueid)
    if leg and leg.ended_at is None and not leg.is_up:
        leg.result = leg.result or Result.PBX_RESTARTED


def on_hangup(board: Board, message: Message, at: float) -> None:
    """A channel is gone."""
    found = touch(board, message, at)
    if found:
        call, channel = found
        if _is_turned_away(channel, message):
            call.requests = [key for key in call.requests if key != channel.uniqueid]
        call.lost_sight = ""
        if board.ends and is_waiting(board, channel):
            channel.gone = message.get("Cause")
        else:
            board.drop(call, channel, message.get("Cause"), at)


def _is_turned_away(channel: Channel, message: Message) -> bool:
    """Whether the PBX sent a caller away; his HangupRequest is its doing, and on 16 precedes state Busy.

    A caller who gives up while a second trunk rings may end with the first one's cause (docs/facts/freepbx.md
    21): nobody is sent away while somebody is rung for him.
    """
    if channel.is_dialled or channel.has_given_up:
        return False
    return channel.state == "Busy" or (channel.state != "Up" and message.get("Cause") in TURNED_AWAY)


HANDLERS = {
    "HangupRequest": on_hanguprequest,
    "SoftHangupRequest": on_softhanguprequest,
    "Hangup": on_hangup,
}
