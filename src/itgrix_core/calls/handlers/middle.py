"""Calls found in the middle of their lives: who called whom, and who hears whom.

After a login, or after a line was cut, the channel list shows channels whose births and dials nobody told.
What it does not tell either is guessed from names and from what each Dial says it dials
(docs/facts/asterisk.md 49).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from itgrix_core.calls.board import Board
from itgrix_core.calls.handlers.births import came_in_before, state_seen
from itgrix_core.calls.handlers.dials import dialled
from itgrix_core.calls.meeting import meet
from itgrix_core.calls.state import CallState, Channel
from itgrix_core.calls.table import Phase
from itgrix_core.calls.topology import MEANS, ChannelKind, endpoint_of


def pair_locals(board: Board) -> None:
    """Two halves have one name but for the last digit."""
    halves: dict[str, Channel] = {}
    for call in board.calls.values():
        for channel in call.channels.values():
            if channel.kind is ChannelKind.LOCAL and not channel.half:
                other = halves.setdefault(f"{channel.pbx}/{channel.name[:-1]}", channel)
                if other is not channel:
                    other.half, channel.half = channel.uniqueid, other.uniqueid
                    board.changed[call.key] = None


def understand(board: Board, call: CallState, listed: Mapping[str, str], at: float) -> None:
    """Catch up with a call's channels that were found in the middle; for those known already nothing changes.

    Channels of another PBX are its own list's. `listed` holds, for each channel that dials, what it dials.
    """
    own = [channel for channel in call.channels.values() if channel.pbx == board.pbx]
    callers = [c for c in own if not c.is_dialled and c.kind not in MEANS]
    if call.phase is Phase.LATENT and callers:
        _begun_by(board, call, min(callers, key=lambda c: c.born_at), at)
    seated = [c for c in own if c.bridge and c.uniqueid not in board.bridges.get(c.bridge, ())]
    for channel in seated:
        board.enter(channel, channel.bridge)
    if seated or call.phase is Phase.LATENT:
        board.changed[call.key] = None
    for channel in own:
        if channel.is_dialled and channel.uniqueid not in call.legs and channel.uniqueid not in call.attempts:
            _dialled(board, call, channel, listed, at)
        state_seen(board, call, channel, at)
    for channel in seated:
        meet(board, call, channel, at)


def _begun_by(board: Board, call: CallState, caller: Channel, at: float) -> None:
    call.caller = caller.uniqueid
    came_in_before(board, call, caller, at)


def _dialled(board: Board, call: CallState, channel: Channel, listed: Mapping[str, str], at: float) -> None:
    channel.dialled_by = channel.dialled_by or _dialler(call, channel)
    channel.dial_string = channel.dial_string or _dial_string(listed.get(channel.dialled_by, ""), channel)
    board.changed[call.key] = None
    dialled(board, call, channel, at)


def _dialler(call: CallState, channel: Channel) -> str:
    """Who dialled it: a Local half of the same number, else whoever began the call."""
    for other in call.channels.values():
        if other.name.endswith(";2") and other.name.startswith(f"Local/{channel.caller_number}@"):
            return other.uniqueid
    return call.caller


def _dial_string(destinations: str, channel: Channel) -> str:
    """Of what a Dial dials ("PJSIP/7916…@provider1&PJSIP/101"), the part that made this channel."""
    endpoint = endpoint_of(channel.name)
    return next((d.partition("/")[2] for d in destinations.split("&") if endpoint in re.split("[/@]", d)), "")
