"""Newchannel, Newstate, LocalBridge: channels come to be and come up.

A trunk's channel in state Ring is a call from outside; chan_sip's is born Down and says Ring in a Newstate
(docs/facts/freepbx.md 5). Dialled channels ring in state *Ringing*, so the two words tell the directions
apart.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.calls.state import CallState, Channel
from itgrix_core.calls.table import LegState, LegTrigger, Phase
from itgrix_core.calls.topology import ChannelKind, endpoint_of, number_in
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Direction

CALLING = frozenset({"Ring", "Up"})
RETOLD = "it was found in the middle, and then told from its beginning"
NOT_KNOWN = frozenset({"", "<unknown>", "anonymous", "Anonymous", "unknown"})


def known(value: str) -> str:
    """A header's value, "" where Asterisk says that it does not know."""
    return "" if value in NOT_KNOWN else value


def number(value: str) -> str:
    """A caller's number, "" where it is none (docs/facts/asterisk.md 8: "<unknown>", "anonymous")."""
    return value if any(c.isdigit() for c in value) else ""


def channel_of(board: Board, message: Message, at: float, prefix: str = "") -> Channel:
    """A channel as an event describes it. A number in place of the name is no name."""
    name = message.get(prefix + "Channel")
    caller, caller_name = message.get(prefix + "CallerIDNum"), message.get(prefix + "CallerIDName")
    return Channel(
        uniqueid=message.get(prefix + "Uniqueid"),
        name=name,
        kind=board.topology.kind_of(name),
        linkedid=message.get(prefix + "Linkedid") or message.get(prefix + "Uniqueid"),
        born_at=at,
        state=message.get(prefix + "ChannelStateDesc"),
        exten=message.get(prefix + "Exten"),
        caller_number=number(caller),
        caller_name=known(caller_name) if caller_name != caller else "",
    )


def on_newchannel(board: Board, message: Message, at: float) -> None:
    """A channel is born. One that is known already is told again (a log served twice): no news."""
    uniqueid = message.get("Uniqueid")
    if not uniqueid:
        board.odd("missing header", message, at, "Uniqueid")
        return
    if uniqueid in board.channels and not _is_retold(board, uniqueid, at):
        touch(board, message, at)
        return
    channel = channel_of(board, message, at)
    call = board.add(channel)
    if board.side.listed is not None:
        board.side.listed[channel.uniqueid] = ""
    came_in(board, call, channel, at)


def _is_retold(board: Board, uniqueid: str, at: float) -> bool:
    """Let go of a call that was found in the middle when its first channel is born now: all of it follows."""
    call = board.channels[uniqueid]
    if not call.is_found or uniqueid != call.linkedids[0]:
        return False
    call.lost_sight = RETOLD
    for channel in list(call.channels.values()):
        board.drop(call, channel, "", at)
    return True


def came_in(board: Board, call: CallState, channel: Channel, at: float) -> None:
    """Begin a call from outside when a trunk's channel is the one that calls."""
    if call.phase is not Phase.LATENT or channel.kind is not ChannelKind.TRUNK:
        return
    if channel.state != "Ring" or channel.is_dialled:
        return
    channel.mobile_of = board.topology.owner_of_mobile(channel.caller_number)
    if channel.mobile_of:
        channel.kind = ChannelKind.PHONE
        return
    call.caller = channel.uniqueid
    call.started_at = channel.born_at
    call.trunk = endpoint_of(channel.name)
    call.did = channel.exten
    call.client_number, call.client_name = channel.caller_number, channel.caller_name
    board.begin(call, Direction.INBOUND, at)


def came_in_before(board: Board, call: CallState, channel: Channel, at: float) -> None:
    """As `came_in`, for a channel whose birth nobody told: its place in the dialplan may be the DID."""
    if channel.kind is not ChannelKind.TRUNK or call.phase is not Phase.LATENT or channel.is_dialled:
        return
    if channel.state not in CALLING:
        return
    channel.state, state = "Ring", channel.state
    channel.exten = "" if board.topology.is_inside(channel.exten) else number_in(channel.exten)
    came_in(board, call, channel, at)
    channel.state = state
    call.is_pbx_answered = call.is_pbx_answered or state == "Up"


def on_newstate(board: Board, message: Message, at: float) -> None:
    """A channel rings or is up."""
    found = touch(board, message, at)
    if not found:
        return
    call, channel = found
    came_in(board, call, channel, at)
    state_seen(board, call, channel, at)


def state_seen(board: Board, call: CallState, channel: Channel, at: float) -> None:
    """What a channel's state means for its leg, its attempt, and the caller."""
    leg, attempt = call.legs.get(channel.uniqueid), call.attempts.get(channel.uniqueid)
    if channel.state == "Ringing":
        channel.rang_at = channel.rang_at or at
        if attempt:
            attempt.rang_at = attempt.rang_at or channel.rang_at
        if leg and leg.state is LegState.TRIED:
            leg.rang_at = leg.rang_at or channel.rang_at
            board.advance(call, leg, LegTrigger.RINGS, at)
    elif channel.state == "Up":
        if attempt:
            attempt.is_up = True
        if leg and leg.ended_at is None:
            leg.is_up = True
            leg.up_at = leg.up_at or (None if call.is_found else at)
        if channel.uniqueid == call.caller and call.direction is Direction.INBOUND:
            call.caller_up_at = call.caller_up_at or (None if call.is_found else at)
            call.is_pbx_answered = call.is_pbx_answered or not any(lg.is_up for lg in call.legs.values())


def on_localbridge(board: Board, message: Message, at: float) -> None:
    """The two halves of a Local pair belong together."""
    one, two = message.get("LocalOneUniqueid"), message.get("LocalTwoUniqueid")
    first, second = board.channel(one), board.channel(two)
    if first and second:
        first.half, second.half = two, one
        board.changed[board.channels[one].key] = None
    elif board.side.is_settled:
        board.odd("unknown channel", message, at, f"Local pair {one} {two}")


HANDLERS = {"Newchannel": on_newchannel, "Newstate": on_newstate, "LocalBridge": on_localbridge}
