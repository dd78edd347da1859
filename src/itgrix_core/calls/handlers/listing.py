"""CoreShowChannel, CoreShowChannelsComplete: the whole truth, asked for after each login and every minute.

What the list has and we do not is taken up in the middle; what we have and it lacks, though it was born
before the list began, is gone: its call ends as lost sight of (docs/architecture.md §9.5). `Application`
tells a dialled channel (AppDial, AppQueue) from one that dials (docs/facts/asterisk.md 49 says what the list
does not tell).
"""

from __future__ import annotations

from collections.abc import Mapping

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.calls.handlers.births import channel_of, number, state_seen
from itgrix_core.calls.handlers.middle import pair_locals, understand
from itgrix_core.calls.handlers.recordings import record
from itgrix_core.calls.meeting import meet
from itgrix_core.calls.questions import RECORDING_VARIABLE
from itgrix_core.calls.state import Channel, dump
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Direction

DIALLED = frozenset({"AppDial", "AppDial2", "AppQueue"})
UNSET = "(null)"
"""How `Status` writes a variable that the channel does not have (recording `snapshot_midcall`)."""
LOST = "the channel list no longer has it"


def on_list_begins(board: Board, message: Message, at: float) -> None:  # noqa: ARG001 - a handler's shape
    """The answer "Channels will follow": what is born from now on need not be in the list."""
    board.side.listed = {}


def on_item(board: Board, message: Message, at: float) -> None:
    """One live channel."""
    uniqueid = message.get("Uniqueid")
    if not uniqueid:
        board.odd("missing header", message, at, "Uniqueid")
        return
    if board.side.listed is None:
        board.side.listed = {}
    is_dialling = message.get("Application") == "Dial"
    board.side.listed[uniqueid] = message.get("ApplicationData").partition(",")[0] if is_dialling else ""
    found = touch(board, message, at) if board.channel(uniqueid) else None
    if found:
        found[1].is_dialled = found[1].is_dialled or message.get("Application") in DIALLED
        _sit(board, uniqueid, message, at)
        return
    channel = channel_of(board, message, at - _seconds(message.get("Duration")))
    channel.is_dialled = message.get("Application") in DIALLED
    channel.exten = number(channel.exten)
    call = board.add(channel)
    call.is_found = call.is_found or list(call.channels) == [uniqueid]
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
        if name == RECORDING_VARIABLE and value != UNSET:
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
    """The list is whole: understand the newcomers, let go of what it lacks. Without a begin it was none."""
    side = board.side
    if side.listed is None:
        return
    listed, side.listed = side.listed, None
    side.is_settled = True
    pair_locals(board)
    for call in list(board.calls.values()):
        understand(board, call, listed, at)
    _remember(board, listed)
    for uniqueid in [uid for uid in board.channels if uid not in listed and side.holds(uid)]:
        call = board.channels[uniqueid]
        if call.channels[uniqueid].gone is not None:
            continue
        call.lost_sight = LOST
        board.drop(call, call.channels[uniqueid], "", at)


def _remember(board: Board, listed: Mapping[str, str]) -> None:
    """Keep the calls of which nothing is listed, until the next list, in case it was merely too early.

    A call that also lives on another PBX is not one of them.
    """
    board.side.lost = {}
    for call in board.calls.values():
        if all(uniqueid not in listed and board.side.holds(uniqueid) for uniqueid in call.channels):
            board.side.lost |= dict.fromkeys(call.channels, dump(call))


def _seconds(duration: str) -> float:
    """Seconds of an h:m:s, 0 for anything else."""
    parts = duration.split(":")
    if len(parts) != len("hms") or not all(p.isdigit() for p in parts):
        return 0.0
    hours, minutes, seconds = map(int, parts)
    return hours * 3600.0 + minutes * 60 + seconds


HANDLERS = {"CoreShowChannel": on_item, "CoreShowChannelsComplete": on_complete, "Status": on_status}
