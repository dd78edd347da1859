"""OriginateResponse: whose wish a click-to-call was, and one whose agent could not even be rung.

It comes when the agent's side is answered or has failed, while that call lives or in the moment after. But
for a phone that is not registered it is the only event at all (docs/facts/asterisk.md 38): no channel, no
Linkedid. Then the request's own ActionID has to stand for the call.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.events import CallEnded, CallStarted
from itgrix_core.calls.handlers.births import number
from itgrix_core.calls.state import CallState
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Call, Direction, Disposition, PhoneNumber

LATE_SECONDS = 2.0
"""How long after its call's end a response may come: another thread of Asterisk says it."""


def on_response(board: Board, message: Message, at: float) -> None:
    """Note the ActionID of a call that lives; tell of one that never had a channel."""
    extension = board.topology.extension_of(message.get("Channel")).partition("@")[0]
    action, client = message.get("ActionID"), number(message.get("Exten"))
    own = board.channels.get(message.get("Uniqueid"))
    concerned = [own] if own else [call for call in board.calls.values() if _concerns(call, extension)]
    if concerned:
        numbers = (client, message.get("CallerIDNum"))
        waiting = (call for call in concerned if call.dialled in numbers and not call.action_id)
        _note(board, own or next(waiting, None), action)
        return
    is_late = at - board.unheard.pop(extension, at - LATE_SECONDS) < LATE_SECONDS
    is_failure = message.get("Response") == "Failure" and board.topology.is_inside(extension)
    if is_failure and action and not is_late:
        call = _without_channel(board, extension, client, action, at)
        board.told += [CallStarted(call, at), CallEnded(call, at)]


def _without_channel(board: Board, extension: str, client: str, action: str, at: float) -> Call:
    """A call to an employee whose phone is not there."""
    return Call(
        key=f"{board.pbx}/{action}",
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
        is_click_to_call=True,
        action_id=action,
        timezone=board.timezone,
    )


def _note(board: Board, call: CallState | None, action: str) -> None:
    if call and call.is_originated and action and not call.action_id:
        call.action_id = action
        board.changed[call.key] = None


def _concerns(call: CallState, extension: str) -> bool:
    """Whether a live call is the one: it rang that employee, whose phone can be reached then."""
    if call.is_originated and call.extension == extension:
        return True
    return any(leg.extension == extension and not leg.is_up for leg in call.legs.values())


HANDLERS = {"OriginateResponse": on_response}
