"""BlindTransfer, AttendedTransfer, Pickup, ParkedCall: calls change hands.

These events come at once with Result Success and do not say that anybody answered (docs/facts/asterisk.md 25,
28); whether a transfer went through is judged when the call is looked at (`snapshot`).
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.calls.joining import join
from itgrix_core.calls.snapshot import MOMENT
from itgrix_core.calls.state import CallState, Channel, Handover, Leg
from itgrix_core.calls.table import LegState
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Result, Transfer, TransferKind


def on_blind(board: Board, message: Message, at: float) -> None:
    """An employee sends the client elsewhere. The transferee may be a Local half instead of the client."""
    found = touch(board, message, at, "Transferee") or touch(board, message, at, "Transferer")
    if not found or message.get("Result") != "Success":
        return
    how = "REFER" if message.get("IsExternal") == "Yes" else "code"
    source = board.topology.extension_of(message.get("TransfererChannel"))
    transfer = Transfer(TransferKind.BLIND, how, source, message.get("Extension"), at)  # type: ignore[arg-type]
    _note(found[0], Handover(transfer, message.get("TransfereeUniqueid"), board.pbx))
    found[0].sent_on = message.get("TransfereeUniqueid")


def on_attended(board: Board, message: Message, at: float) -> None:
    """An employee joins the client with the one whom he consulted, or is still ringing (blonde)."""
    found = touch(board, message, at, "OrigTransferer") or touch(board, message, at, "Transferee")
    if not found or message.get("Result") != "Success":
        return
    call = _joined(board, message, at) or found[0]
    original, second = message.get("OrigTransfererUniqueid"), message.get("SecondTransfererUniqueid")
    source = board.topology.extension_of(message.get("OrigTransfererChannel"))
    ringing = message.get("DestType") == "App"
    if original == second:
        how, consulted = "code", _consulted(call, board.pbx, source)
        target = consulted.extension if consulted else ""
        ringing = consulted is not None and consulted.state is LegState.RINGING and not consulted.is_up
    else:
        how, channel = "REFER", board.channel(second)
        target = (
            channel.exten if channel else board.topology.extension_of(message.get("TransferTargetChannel"))
        )
    kind = TransferKind.BLONDE if ringing else TransferKind.ATTENDED
    transfer = Transfer(kind, how, source, target, at)  # type: ignore[arg-type]
    transferee = message.get("TransfereeUniqueid")
    _note(call, Handover(transfer, transferee or original, board.pbx))
    if ringing:
        call.sent_on = transferee


def _joined(board: Board, message: Message, at: float) -> CallState | None:
    """The one call that an attended transfer makes of the client's and the consultation's."""
    wanted = ("OrigTransferer", "SecondTransferer", "Transferee", "TransferTarget")
    calls = {
        call.key: call for prefix in wanted if (call := board.channels.get(message.get(prefix + "Uniqueid")))
    }
    join(board, list(calls.values()), at)
    return board.channels.get(message.get("OrigTransfererUniqueid"))


def _consulted(call: CallState, pbx: str, source: str) -> Leg | None:
    """The leg that was rung last by somebody else's wish: the one consulted by feature code."""
    legs = (leg for leg in call.legs.values() if leg.ended_at is None)
    others = [leg for leg in legs if (leg.pbx, leg.extension) != (pbx, source)]
    return others[-1] if others else None


def _note(call: CallState, handover: Handover) -> None:
    known = any(
        h.channel == handover.channel and h.transfer.at == handover.transfer.at for h in call.handovers
    )
    if not known:
        call.handovers.append(handover)


def on_pickup(board: Board, message: Message, at: float) -> None:
    """Somebody takes the call that rings at a colleague's phone."""
    found = touch(board, message, at, "Target")
    if not found:
        return
    call, target = found
    leg = call.legs.get(target.uniqueid)
    if leg and leg.ended_at is None:
        leg.result = Result.PICKED_UP
        leg.picked_up_by = board.topology.extension_of(message.get("Channel"))
        leg.stopped_at = at


def on_parked(board: Board, message: Message, at: float) -> None:
    """The client is parked."""
    found = touch(board, message, at, "Parkee")
    if not found:
        return
    call, parkee = found
    board.leave(parkee)
    call.sent_on = parkee.uniqueid
    parked(call, parkee, at)


def parked(call: CallState, channel: Channel, at: float) -> None:
    """A channel is in the parking: the blind transfer that brought it there just now was none.

    ParkedCall may come before its BlindTransfer; BridgeEnter comes behind it (docs/facts/asterisk.md 66).
    """
    if not call.handovers or call.handovers[-1].channel != channel.uniqueid:
        return
    if at - call.handovers[-1].transfer.at <= MOMENT:
        call.handovers.pop()


HANDLERS = {
    "BlindTransfer": on_blind,
    "AttendedTransfer": on_attended,
    "Pickup": on_pickup,
    "ParkedCall": on_parked,
}
