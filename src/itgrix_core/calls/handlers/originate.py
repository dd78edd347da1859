"""OriginateResponse: whose wish a click-to-call was, and one whose agent could not even be rung.

It comes when the agent's side is answered or has failed, while that call lives or in the moment after. But
for a phone that is not registered it is the only event at all (docs/facts/asterisk.md 38): no channel, no
Linkedid. Then the request's own ActionID has to stand for the call. With chan_sip the Hangup of the only
channel comes first; then the reason tells that there was one (64). A Local channel, which is always there,
proves nothing, also where it was given an id by which the response names it (95).
"""

from __future__ import annotations

from collections.abc import Iterator

from itgrix_core.calls.board import Board
from itgrix_core.calls.events import CallEnded, CallStarted
from itgrix_core.calls.handlers.births import number
from itgrix_core.calls.state import CallState
from itgrix_core.calls.table import Phase
from itgrix_core.calls.topology import ChannelKind, endpoint_of
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Call, Direction, Disposition, PhoneNumber, Recording

NEVER_CALLED = frozenset({"", "0"})
"""`Reason` when nothing could be called; with any other (3 rang out, 5 busy …) there was a channel."""

LATE_SECONDS = 2.0
"""How long after its call's end a response may come: another thread of Asterisk says it."""


def on_response(board: Board, message: Message, at: float) -> None:
    """Note the ActionID of the call whose channel is named; tell of a call that never had one."""
    own = board.channels.get(message.get("Uniqueid"))
    is_failure = message.get("Response") == "Failure"
    if own is not None and not (is_failure and own.is_originated and own.phase is Phase.LATENT):
        _note(board, own, message.get("ActionID"))
        return
    extension = board.topology.extension_of(message.get("Channel")).partition("@")[0]
    if not (is_failure and message.get("ActionID") and board.topology.is_inside(extension)):
        return
    if own is None and _had_channel(board, message, extension, at):
        return
    key = own.key if own else f"{board.pbx}/{message.get('ActionID')}"
    call = _without_channel(board, message, extension, key, at)
    board.told += [CallStarted(call, at), CallEnded(call, at)]


def _had_channel(board: Board, message: Message, extension: str, at: float) -> bool:
    """Whether the request became a call that tells of itself, maybe one that ended just now."""
    ended_at = board.side.unheard.pop(extension, at - LATE_SECONDS)
    if at - ended_at < LATE_SECONDS or any(
        _concerns(call, board.pbx, extension) for call in board.calls.values()
    ):
        return True
    is_local = board.topology.kind_of(message.get("Channel")) is ChannelKind.LOCAL
    return not is_local and message.get("Reason") not in NEVER_CALLED


def _without_channel(board: Board, message: Message, extension: str, key: str, at: float) -> Call:
    """A call to an employee whose phone is not there."""
    action, client = message.get("ActionID"), number(message.get("Exten"))
    return Call(
        key=key,
        pbx=board.pbx,
        linkedid="",
        direction=Direction.OUTBOUND,
        started_at=at,
        client_number=PhoneNumber(client) if client else None,
        extension=extension,
        dialled=client or None,
        ended_at=at,
        disposition=Disposition.AGENT_UNAVAILABLE,
        hangup_by="pbx",
        recordings=tuple(_recordings(board, message.get("Channel"))),
        is_click_to_call=True,
        action_id=action,
        timezone=board.side.timezone,
    )


def _note(board: Board, call: CallState, action: str) -> None:
    if call.is_originated and action and not call.action_id:
        call.action_id = action
        board.changed[call.key] = None


def _recordings(board: Board, local: str) -> Iterator[Recording]:
    """The files that the request's own Local channel has begun although nobody was rung."""
    for call in board.calls.values():
        own = [channel for channel in call.channels.values() if channel.pbx == board.pbx]
        names = [endpoint_of(channel.name) for channel in own]
        if call.is_originated and call.phase is Phase.LATENT and endpoint_of(local) in names:
            yield from call.recordings


def _concerns(call: CallState, pbx: str, extension: str) -> bool:
    """Whether a live call is the one: it rang that employee, whose phone can be reached then."""
    if call.is_originated and (call.pbx, call.extension) == (pbx, extension):
        return True
    legs = (leg for leg in call.legs.values() if not leg.is_up)
    return any((leg.pbx, leg.extension) == (pbx, extension) for leg in legs)


HANDLERS = {"OriginateResponse": on_response}
