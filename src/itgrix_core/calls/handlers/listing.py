"""CoreShowChannel, CoreShowChannelsComplete: the whole truth, asked for after each login and every minute.

What the list has and we do not is taken up in the middle; what we have and it lacks, though it was born
before the list began, is gone: its call ends as lost sight of (house.md §9.5). `Application` tells a
dialled channel (AppDial, AppQueue) from one that dials (asterisk.md 49 says what the list does not tell).
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.calls.handlers.births import came_in, channel_of, state_seen
from itgrix_core.calls.handlers.dials import dialled
from itgrix_core.calls.handlers.recordings import record
from itgrix_core.calls.meeting import meet
from itgrix_core.calls.questions import RECORDING_VARIABLE
from itgrix_core.calls.state import CallState, Channel
from itgrix_core.calls.table import Phase
from itgrix_core.calls.topology import ChannelKind, number_in
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Direction

DIALLED = frozenset({"AppDial", "AppDial2", "AppQueue"})
LOST = "the channel list no longer has it"


def on_list_begins(board: Board, message: Message, at: float) -> None:  # noqa: ARG001 - a handler's shape
    """The answer "Channels will follow": what is born from now on need not be in the list."""
    board.listed = {}


def on_item(board: Board, message: Message, at: float) -> None:
    """One live channel."""
    uniqueid = message.get("Uniqueid")
    if not uniqueid:
        board.odd("missing header", message, at, "Uniqueid")
        return
    if board.listed is None:
        board.listed = {}
    board.listed[uniqueid] = None
    if board.channel(uniqueid):
        touch(board, message, at)
        _sit(board, uniqueid, message, at)
        return
    channel = channel_of(board, message, at - _seconds(message.get("Duration")))
    channel.is_dialled = message.get("Application") in DIALLED
    board.add(channel)
    channel.bridge = message.get("BridgeId")
    _waiting(board, channel, message)


def on_status(board: Board, message: Message, at: float) -> None:
    """What `Status` adds to the list: the DID (DNID) of a call from outside, and the recording's file."""
    uniqueid = message.get("Uniqueid")
    call = board.channels.get(uniqueid)
    if call is None:
        return
    if call.direction is Direction.INBOUND and uniqueid == call.caller and not call.did:
        call.did = message.get("DNID")
        board.changed[call.key] = None
    for variable in message.all("Variable"):
        name, _, value = variable.partition("=")
        if name == RECORDING_VARIABLE:
            record(board, uniqueid, value, at)


def _waiting(board: Board, channel: Channel, message: Message) -> None:
    if message.get("Application") == "Queue":
        board.channels[channel.uniqueid].queue = message.get("ApplicationData").partition(",")[0]


def _sit(board: Board, uniqueid: str, message: Message, at: float) -> None:
    """A known channel's bridge and state, where events about them were missed."""
    channel, bridge = board.channel(uniqueid), message.get("BridgeId")
    if channel is None:
        return
    call = board.channels[uniqueid]
    if bridge and channel.bridge != bridge:
        board.enter(channel, bridge)
        meet(board, call, channel, at)
    state_seen(board, call, channel, at)


def on_complete(board: Board, message: Message, at: float) -> None:  # noqa: ARG001 - a handler's shape
    """The list is whole: understand the newcomers, let go of what it lacks."""
    listed, board.listed = board.listed or {}, None
    board.is_settled = True
    _pair_locals(board)
    for call in list(board.calls.values()):
        _understand(board, call, at)
    for uniqueid in [uid for uid in board.channels if uid not in listed]:
        call = board.channels[uniqueid]
        call.lost_sight = LOST
        board.drop(call, call.channels[uniqueid], "", at)


def _pair_locals(board: Board) -> None:
    """Two halves have one name but for the last digit."""
    halves: dict[str, Channel] = {}
    for call in board.calls.values():
        for channel in call.channels.values():
            if channel.kind is ChannelKind.LOCAL and not channel.half:
                other = halves.setdefault(channel.name[:-1], channel)
                if other is not channel:
                    other.half, channel.half = channel.uniqueid, other.uniqueid


def _understand(board: Board, call: CallState, at: float) -> None:
    """Work out who called whom from a group of channels that was found in the middle."""
    if call.phase is not Phase.LATENT:
        return
    newcomers = [c for c in call.channels.values() if c.bridge or c.is_dialled or c.kind is ChannelKind.TRUNK]
    callers = [c for c in call.channels.values() if not c.is_dialled and c.kind is not ChannelKind.LOCAL]
    if callers:
        _begun_by(board, call, min(callers, key=lambda c: c.born_at), at)
    for channel in newcomers:
        if channel.bridge:
            board.enter(channel, channel.bridge)
    for channel in newcomers:
        if channel.is_dialled:
            channel.dialled_by = channel.dialled_by or _dialler(call, channel)
            dialled(board, call, channel, at)
        state_seen(board, call, channel, at)
    for channel in newcomers:
        if channel.bridge:
            meet(board, call, channel, at)


def _begun_by(board: Board, call: CallState, caller: Channel, at: float) -> None:
    call.caller, call.started_at = caller.uniqueid, caller.born_at
    if caller.kind is ChannelKind.TRUNK:
        caller.state, state = "Ring", caller.state
        came_in(board, call, caller, at)
        caller.state = state
        call.did = number_in(call.did) if not board.topology.is_inside(call.did) else ""
        if state == "Up":
            call.is_pbx_answered = True


def _dialler(call: CallState, channel: Channel) -> str:
    """Who dialled it: a Local half of the same number, else whoever began the call."""
    for other in call.channels.values():
        if other.name.endswith(";2") and other.name.startswith(f"Local/{channel.caller_number}@"):
            return other.uniqueid
    return call.caller


def _seconds(duration: str) -> float:
    """Seconds of an h:m:s, 0 for anything else."""
    parts = duration.split(":")
    if len(parts) != len("hms") or not all(p.isdigit() for p in parts):
        return 0.0
    hours, minutes, seconds = map(int, parts)
    return hours * 3600.0 + minutes * 60 + seconds


HANDLERS = {"CoreShowChannel": on_item, "CoreShowChannelsComplete": on_complete, "Status": on_status}
