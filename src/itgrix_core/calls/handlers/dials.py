"""DialBegin, DialState, DialEnd: who rings whom, and why a call is a call.

Asterisk says DialEnd twice or never and leaves out the caller for Originate (docs/facts/asterisk.md 16, 40),
and a masquerade changes the caller in the middle (28): so a dial is known by its DestUniqueid alone.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.calls.handlers.births import came_in_before, channel_of, number, state_seen
from itgrix_core.calls.meeting import meet
from itgrix_core.calls.persons import fold
from itgrix_core.calls.state import Attempt, CallState, Channel
from itgrix_core.calls.table import LegTrigger, Phase
from itgrix_core.calls.topology import ChannelKind, endpoint_of, number_in
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Direction


def on_dialbegin(board: Board, message: Message, at: float) -> None:
    """Somebody or something begins to dial a channel."""
    found = _destination(board, message, at)
    if not found:
        return
    call, channel = found
    if channel.is_dialled and channel.dial_string:
        return
    channel.is_dialled = True
    channel.dialled_by = message.get("Uniqueid")
    channel.dial_string = message.get("DialString")
    if channel.dialled_by:
        _source(board, message, at)
        call = board.channels[channel.uniqueid]
    elif call.phase is Phase.LATENT:
        call.is_originated = True
        call.dialled = call.dialled or number(message.get("DestCallerIDNum"))
    dialled(board, call, channel, at)
    state_seen(board, call, channel, at)
    if channel.kind is ChannelKind.LINK and channel.half:
        board.ends.pop(channel.uniqueid, None)
        catch_up(board, call, at)


def dialled(board: Board, call: CallState, channel: Channel, at: float) -> None:
    """A channel is being dialled: a phone's leg, an attempt to go outside, or a step on the way.

    Nothing yet while the call came over a link and it is not known from whom (`links`).
    """
    if board.ends and root_of(board, channel).is_open_end:
        return
    if channel.kind is ChannelKind.TRUNK:
        channel.mobile_of = board.topology.owner_of_mobile(number_in(channel.dial_string))
    if channel.kind is ChannelKind.PHONE or channel.mobile_of:
        channel.kind = ChannelKind.PHONE
        _phone(board, call, channel, at)
    elif channel.kind is ChannelKind.TRUNK:
        _outside(board, call, channel, at)


def catch_up(board: Board, call: CallState, at: float) -> None:
    """Understand the dials that waited for an end of a link, each by its own PBX's rules; then hang-ups."""
    here = board.side
    for channel in list(call.channels.values()):
        if channel.is_dialled and channel.uniqueid not in call.legs and channel.uniqueid not in call.attempts:
            board.side = board.sides[channel.pbx]
            dialled(board, call, channel, at)
            state_seen(board, call, channel, at)
    board.side = here
    for channel in list(call.channels.values()):
        meet(board, call, channel, at)
    for channel in list(call.channels.values()):
        if channel.gone is not None and not is_waiting(board, channel):
            board.drop(call, channel, channel.gone, at)


def is_waiting(board: Board, channel: Channel) -> bool:
    """Whether a channel's end cannot be understood yet: a link hides who called it, or whom it calls."""
    if channel.is_open_end or root_of(board, channel).is_open_end:
        return True
    return any(root_of(board, end) is channel for end in board.ends.values())


def root_of(board: Board, channel: Channel) -> Channel:
    """The channel at the beginning of the chain of dials and Local pairs that led to this one."""
    seen = {channel.uniqueid}
    while True:
        before = board.channel(channel.dialled_by) or _other_half(board, channel)
        if before is None or before.uniqueid in seen:
            return channel
        seen.add(before.uniqueid)
        channel = before


def _other_half(board: Board, channel: Channel) -> Channel | None:
    """From a Local's ;2, which runs the dialplan, to its ;1, which was dialled."""
    return board.channel(channel.half) if channel.name.endswith(";2") else None


def _phone(board: Board, call: CallState, channel: Channel, at: float) -> None:
    leg = call.leg(channel.uniqueid, board.employee(channel))
    is_told_again = leg.is_rung
    leg.is_rung, leg.tried_at, leg.phone = True, at, endpoint_of(channel.name)
    if not is_told_again:
        fold(call, leg)
    if call.phase is Phase.LATENT:
        if call.is_originated:
            leg.is_caller = True
            call.extension = leg.extension
            call.client_number = call.dialled
            board.begin(call, Direction.OUTBOUND, at)
        else:
            by_employee(board, call, channel)
            board.begin(call, Direction.INTERNAL, at)
    elif call.is_originated and not call.attempts:
        _inside(call)


def _inside(call: CallState) -> None:
    """A click-to-call whose agent is there, and now a colleague is rung: it never goes outside."""
    agent = next((leg for leg in call.legs.values() if leg.is_caller and leg.is_up), None)
    if agent and call.direction is Direction.OUTBOUND:
        call.direction, call.caller, call.client_number = Direction.INTERNAL, agent.key, ""


def _outside(board: Board, call: CallState, channel: Channel, at: float) -> None:
    root = root_of(board, channel)
    outside = number_in(channel.dial_string)
    trunk = endpoint_of(channel.name)
    if call.phase is Phase.LATENT:
        by_employee(board, call, channel)
        is_mobile = board.topology.is_inside(call.dialled) and (
            channel.dialled_by != call.caller or trunk in board.topology.links
        )
        board.begin(call, Direction.INTERNAL if is_mobile else Direction.OUTBOUND, at)
    if call.direction is not Direction.OUTBOUND or root.uniqueid in call.attempts:
        leg = call.leg(channel.uniqueid, outside)
        leg.extension = leg.extension or outside
        leg.trunk, leg.is_rung, leg.tried_at = trunk, True, at
        return
    attempt = call.attempts.setdefault(channel.uniqueid, Attempt(channel.uniqueid, trunk, outside))
    attempt.number = attempt.number or outside
    if call.is_originated:
        call.client_number = outside or call.client_number
    for leg in call.legs.values():
        if leg.is_caller:
            board.advance(call, leg, LegTrigger.RINGS, at)


def by_employee(board: Board, call: CallState, channel: Channel) -> None:
    """An employee's own call: take his number and what he dialled from the channel that began it.

    Where that was beyond a link and is gone, it was noted when the ends were found to be one wire.
    """
    root = root_of(board, channel)
    if root.kind is not ChannelKind.LINK:
        call.caller = root.uniqueid
        call.started_at = root.born_at
        call.dialled = root.exten
        call.extension = board.employee(root) if root.kind is ChannelKind.PHONE else call.extension
    if call.extension and channel.kind is ChannelKind.TRUNK:
        call.leg(call.caller, call.extension).is_caller = True


def _destination(board: Board, message: Message, at: float) -> tuple[CallState, Channel] | None:
    """The dialled channel; one whose Newchannel we missed is taken from the dial itself."""
    uniqueid = message.get("DestUniqueid")
    if uniqueid and not board.channel(uniqueid):
        board.add(channel_of(board, message, at, "Dest"))
    return touch(board, message, at, "Dest")


def _source(board: Board, message: Message, at: float) -> None:
    """The channel that dials; one whose Newchannel we missed is taken from the dial itself."""
    uniqueid = message.get("Uniqueid")
    if not board.channel(uniqueid):
        channel = channel_of(board, message, at)
        channel.exten = number(channel.exten)
        came_in_before(board, board.add(channel), channel, at)
    touch(board, message, at)


def on_dialstate(board: Board, message: Message, at: float) -> None:
    """RINGING of a dialled channel; repeated up to three times."""
    found = touch(board, message, at, "Dest")
    if found and message.get("DialStatus") == "RINGING":
        call, channel = found
        if channel.state != "Up":
            channel.state = "Ringing"
        state_seen(board, call, channel, at)


def on_dialend(board: Board, message: Message, at: float) -> None:
    """A dial is over: note status and time; the result waits for the cause in the Hangup."""
    uniqueid = message.get("DestUniqueid")
    if uniqueid not in board.channels:
        return
    found = touch(board, message, at, "Dest")
    if not found:
        return
    call, channel = found
    status = message.get("DialStatus")
    leg, attempt = call.legs.get(channel.uniqueid), call.attempts.get(channel.uniqueid)
    if attempt:
        attempt.status = attempt.status or status
    if leg:
        leg.status = leg.status or status
        leg.is_up = leg.is_up or (status == "ANSWER" and leg.ended_at is None)
        leg.stopped_at = leg.stopped_at or at
        leg.has_refused = leg.has_refused or bool(message.get("Forward"))


HANDLERS = {"DialBegin": on_dialbegin, "DialState": on_dialstate, "DialEnd": on_dialend}
