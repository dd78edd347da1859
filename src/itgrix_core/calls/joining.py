"""Two calls turn out to be one: the older survives, the younger ends in `CallMerged`.

Asterisk joins the Linkedids of channels that are bridged, and says so nowhere: the next event of the younger
channel just carries the older Linkedid (docs/facts/asterisk.md 3). Under the class mask that may be its
Hangup, long after the talk. So calls also join at the evidence itself: a bridge of two calls' channels, or a
completed transfer.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.meeting import meet
from itgrix_core.calls.state import CallState, Channel, Leg
from itgrix_core.calls.table import CallTrigger, LegTrigger, Phase
from itgrix_hooks.values import Direction

INHERITED = (
    "started_at", "caller", "client_number", "client_name", "did", "trunk", "extension", "dialled", "queue",
    "answered_at", "attempts", "is_originated", "is_pbx_answered", "talkers",
    "sent_on", "caller_up_at", "action_id",
)  # fmt: skip
"""What an older group of channels, no call so far, takes over from the call that becomes a part of it."""


def relink(board: Board, call: CallState, channel: Channel, linkedid: str, at: float) -> CallState:
    """A channel's Linkedid changed: its call is a part of the one that has the new Linkedid."""
    channel.linkedid = linkedid
    into = board.by_linkedid.get(linkedid)
    if into is None:
        board.by_linkedid[linkedid] = call
        call.linkedids.append(linkedid)
    elif into is not call:
        merge(board, call, into, at)
        return into
    return call


def join_bridge(board: Board, bridge: str, at: float) -> None:
    """The calls whose channels share a bridge become one, the oldest."""
    join(board, _calls_in(board, bridge), at)


def _calls_in(board: Board, bridge: str) -> list[CallState]:
    """The calls whose channels are in a bridge, each once, in the order of their coming."""
    calls = {
        board.channels[uniqueid].key: board.channels[uniqueid] for uniqueid in board.bridges.get(bridge, ())
    }
    return list(calls.values())


def join_room(board: Board, bridge: str, at: float) -> None:
    """In a conference those who are in no call yet (employees who dialled in) join the oldest call there."""
    calls = _calls_in(board, bridge)
    live = [call for call in calls if call.phase is Phase.LIVE]
    if live:
        oldest = min(live, key=lambda call: call.born_at)
        for call in calls:
            if call.phase is Phase.LATENT:
                merge(board, call, oldest, at)


def join(board: Board, calls: list[CallState], at: float) -> None:
    """These calls become one, the oldest of them."""
    if len(calls) < 2:  # noqa: PLR2004 - it takes two
        return
    order = list(board.calls)
    oldest = min(calls, key=lambda call: (call.born_at, order.index(call.key)))
    for call in calls:
        if call is not oldest:
            merge(board, call, oldest, at)


def merge(board: Board, call: CallState, into: CallState, at: float) -> None:
    """`call` ends in `into`, which takes its channels, its phones and its recordings."""
    if into.phase is Phase.LATENT and call.phase is Phase.LIVE and call.direction:
        for name in INHERITED:
            setattr(into, name, getattr(call, name))
        board.begin(into, call.direction, at)
    board.step(call, CallTrigger.JOINS, at, into=into.key)
    board.forget(call)
    for channel in call.channels.values():
        into.channels[channel.uniqueid] = channel
        board.channels[channel.uniqueid] = into
    for linkedid in call.linkedids:
        board.by_linkedid[linkedid] = into
    into.linkedids += [known for known in call.linkedids if known not in into.linkedids]
    into.recordings += call.recordings
    into.requests += call.requests
    into.heard += call.heard
    into.is_shut_down = into.is_shut_down or call.is_shut_down
    board.changed[into.key] = None
    for leg in call.legs.values():
        if not leg.is_caller or _is_recalled(call):
            _take(board, into, leg, at)
    for channel in call.channels.values():
        meet(board, into, channel, at)


def _is_recalled(call: CallState) -> bool:
    """Whether the PBX rang an employee and nobody else: he gets back the client whom he had sent on."""
    return call.is_originated and call.direction is Direction.OUTBOUND and not call.attempts


def _take(board: Board, into: CallState, leg: Leg, at: float) -> None:
    """A phone that the younger call rang counts in the older one, its talk from now on with *its* client."""
    if leg.key in into.legs:
        return
    fresh = into.legs[leg.key] = Leg(
        leg.key,
        leg.extension,
        trunk=leg.trunk,
        is_rung=leg.is_rung,
        tried_at=leg.tried_at,
        rang_at=leg.rang_at,
        is_up=leg.is_up,
        up_at=leg.up_at,
        has_refused=leg.has_refused,
        status=leg.status,
        phone=leg.phone,
        person=leg.person if leg.person in into.legs else "",
        pbx=leg.pbx,
    )
    if leg.rang_at:
        board.advance(into, fresh, LegTrigger.RINGS, at)
    if leg.ended_at:
        fresh.ended_at, fresh.result = leg.ended_at, leg.result
        board.advance(into, fresh, LegTrigger.ENDS, at)
