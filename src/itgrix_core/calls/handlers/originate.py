"""OriginateResponse: a click-to-call whose agent could not even be rung.

It comes when the agent's side is answered or has failed, while that call still lives; but for a phone that is
not registered it is the only event at all (docs/facts/asterisk.md 38): no channel, no Linkedid. Then the
request's own ActionID has to stand for the call.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.events import CallEnded, CallStarted
from itgrix_core.calls.handlers.births import number
from itgrix_core.calls.state import CallState
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Call, Direction, Disposition, PhoneNumber


def on_response(board: Board, message: Message, at: float) -> None:
    """Tell of a call that never had a channel; all others tell of themselves."""
    extension = board.topology.extension_of(message.get("Channel")).partition("@")[0]
    action, client = message.get("ActionID"), number(message.get("Exten"))
    if message.get("Response") != "Failure" or not action or not board.topology.is_inside(extension):
        return
    if any(_concerns(call, extension) for call in board.calls.values()):
        return
    call = Call(
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
        timezone=board.timezone,
    )
    board.told += [CallStarted(call, at), CallEnded(call, at)]


def _concerns(call: CallState, extension: str) -> bool:
    """Whether a live call is the one: it rang that employee, whose phone can be reached then."""
    if call.is_originated and call.extension == extension:
        return True
    return any(leg.extension == extension and not leg.is_up for leg in call.legs.values())


HANDLERS = {"OriginateResponse": on_response}
