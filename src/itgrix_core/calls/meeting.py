"""Who hears whom: through bridges and Local pairs.

With `/n` an agent and a client never share a bridge (docs/facts/asterisk.md 20), so the pairs are walked too.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.state import CallState, Channel
from itgrix_core.calls.table import LegTrigger, Phase
from itgrix_core.calls.topology import ChannelKind, endpoint_of, number_in

SOMEBODY = frozenset({ChannelKind.PHONE, ChannelKind.TRUNK})


def reach(board: Board, start: Channel) -> list[Channel]:
    """All channels that hear this one, itself included, nearest first."""
    found = {start.uniqueid: start}
    queue = [start]
    for channel in queue:
        for uniqueid in (*board.bridges.get(channel.bridge, ()), channel.half):
            near = board.channel(uniqueid)
            if near and uniqueid not in found:
                found[uniqueid] = near
                queue.append(near)
    return list(found.values())


def meet(board: Board, call: CallState, channel: Channel, at: float) -> None:
    """See who hears whom around a channel: an employee and the other party together are a talk.

    A channel in state Ringing is in the bridge only because somebody was sent to it early (a blonde
    transfer, docs/facts/asterisk.md 28): it does not talk.
    """
    reached = reach(board, channel)
    near = [c for c in reached if c.kind in SOMEBODY and c.state != "Ringing"]
    far = [c for c in near if c.uniqueid in call.far]
    people = [c for c in near if c.uniqueid not in call.far and board.channels[c.uniqueid] is call]
    if not far or not people or call.phase is not Phase.LIVE:
        return
    call.talkers = [c.uniqueid for c in (*far, *people)]
    call.heard += [c.uniqueid for c in reached if c.uniqueid not in call.heard]
    call.leaver = call.sent_on = ""
    call.answered_at = call.answered_at or at
    for person in people:
        leg = call.leg(person.uniqueid, employee_of(board, person))
        leg.is_up = True
        leg.up_at = leg.up_at or at
        if person.kind is ChannelKind.TRUNK:
            leg.trunk = endpoint_of(person.name)
        leg.answered_at = leg.answered_at or at
        board.advance(call, leg, LegTrigger.MEETS, at)


def employee_of(board: Board, channel: Channel) -> str:
    """The employee's number behind a channel; for a mobile of nobody known the number that was dialled."""
    if channel.kind is ChannelKind.TRUNK:
        return number_in(channel.dial_string) or channel.caller_number
    return board.employee(channel)
