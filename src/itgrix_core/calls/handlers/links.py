"""Links: trunks between two of our PBXes. Their two ends are one wire, and the calls on both sides one call.

Both ends of a SIP dialogue share its Call-ID, so each link's channel is asked for it when it is born; the
answer comes in the stream, hence stands in every recorded log. Two ends that know the same become halves as
those of a Local pair are, and whatever walks through pairs walks over the wire. Until then an *open* end is
neither a trunk nor an attempt outside: what it leads to is not told. One that finds no counterpart within
`PATIENCE_SECONDS` counts as any other trunk; if the evidence comes after all, the calls merge late. What ends
while it waits is understood afterwards.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.handlers.births import CALLING, came_in
from itgrix_core.calls.handlers.dials import by_employee, catch_up, root_of
from itgrix_core.calls.joining import merge
from itgrix_core.calls.questions import WIRE_ID
from itgrix_core.calls.state import CallState, Channel
from itgrix_core.calls.table import Phase
from itgrix_core.calls.topology import ChannelKind, endpoint_of, number_in
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Direction

PATIENCE_SECONDS = 3.0
"""How long an end waits for its counterpart: for a PBX far away, and one whose events lag under load."""


def on_answer(board: Board, message: Message, at: float) -> None:
    """What an end knows of its wire. Nothing (it is gone, or does not know): it waits no longer."""
    end = board.channel(board.side.id_of(message.get("ActionID").removeprefix(WIRE_ID)))
    if end is None or end.half:
        return
    wire = message.get("Value")
    if not wire and end.gone is None:
        resolve(board, end, at)
    if not wire:
        return
    end.wire = wire
    board.changed[board.channels[end.uniqueid].key] = None
    other = board.channel(board.wires.get(wire, ""))
    if other is None or other.pbx == end.pbx:
        board.wires[wire] = end.uniqueid
        return
    del board.wires[wire]
    out, came = (end, other) if _goes_out(end, other) else (other, end)
    _connect(board, out, came, at)


def _goes_out(end: Channel, other: Channel) -> bool:
    """Whether `end` is the one that called `other`; before its Dial is told, its state shows it."""
    if end.is_dialled or other.is_dialled:
        return end.is_dialled
    return end.state == "Down"


def _connect(board: Board, out: Channel, came: Channel, at: float) -> None:
    """Two ends are one wire, and the call that came over it is a part of the one that went out."""
    for end in (out, came):
        _take_back(board, end, at)
    out.half, came.half = came.uniqueid, out.uniqueid
    came.dialled_by = out.uniqueid
    board.ends.pop(came.uniqueid, None)
    if out.is_dialled:
        board.ends.pop(out.uniqueid, None)
    into, call = board.channels[out.uniqueid], board.channels[came.uniqueid]
    if into is not call:
        merge(board, call, into, at)
        _keep(into, call)
    if into.caller == came.uniqueid:
        _begun_elsewhere(board, into, came)
    elif into.phase is Phase.LATENT and root_of(board, came).kind is ChannelKind.PHONE:
        by_employee(board, into, came)
    board.changed[into.key] = None
    catch_up(board, into, at)


def _take_back(board: Board, end: Channel, at: float) -> None:
    """What an end meant as long as it counted as a trunk."""
    if end.kind is ChannelKind.LINK:
        return
    end.kind = ChannelKind.LINK
    call = board.channels[end.uniqueid]
    leg = call.legs.get(end.uniqueid)
    if leg:
        board.close(call, leg, "", at)
        del call.legs[end.uniqueid]
    attempt = call.attempts.pop(end.uniqueid, None)
    if attempt and not call.attempts and call.direction is Direction.OUTBOUND:
        call.direction, call.client_number = Direction.INTERNAL, ""


def _keep(into: CallState, call: CallState) -> None:
    """Who talked, or waited in a queue, at the wire's far end did so in this call all the time."""
    into.queue = call.queue or into.queue
    into.has_abandoned = into.has_abandoned or call.has_abandoned
    for key, known in call.legs.items():
        leg = into.legs.get(key)
        if known.answered_at and leg and leg.answered_at:
            leg.answered_at = known.answered_at
            into.answered_at = min(into.answered_at or known.answered_at, known.answered_at)


def _begun_elsewhere(board: Board, call: CallState, came: Channel) -> None:
    """A call that seemed to come from outside is an employee's own."""
    by_employee(board, call, came)
    call.direction = Direction.INTERNAL
    call.did = call.trunk = call.client_number = call.client_name = ""


# ---- ends without a counterpart ---------------------------------------------------------------------------
def expire(board: Board, at: float) -> None:
    """Find the other ends of those that are gone, and let go of what has waited too long.

    By the clock of the PBX that is being fed, whose own ends these are.
    """
    for end in [end for end in board.ends.values() if end.gone is not None]:
        other = _alike(board, end)
        if other:
            out, came = (end, other) if end.is_dialled else (other, end)
            _connect(board, out, came, at)
    for end in [end for end in board.ends.values() if end.pbx == board.pbx]:
        if end.awaited_at is None:
            end.awaited_at = at
            board.changed[board.channels[end.uniqueid].key] = None
        elif at - end.awaited_at > PATIENCE_SECONDS:
            resolve(board, end, at)


def _alike(board: Board, end: Channel) -> Channel | None:
    """The other end of a wire that was gone before both could tell its Call-ID: the one that fits.

    A phone that refuses at once ends its wire within milliseconds; the PBX then answers that there is no such
    channel. So it is the oldest end that leads here, from there, and whose number was dialled.
    """
    return next((other for other in board.ends.values() if _fit(board, end, other)), None)


def _fit(board: Board, end: Channel, other: Channel) -> bool:
    if (end.wire and other.wire) or end.half or other.half or end.is_dialled == other.is_dialled:
        return False
    out, came = (end, other) if end.is_dialled else (other, end)
    return number_in(out.dial_string) == came.exten and all(
        board.sides[one.pbx].topology.links.get(endpoint_of(one.name)) == two.pbx
        for one, two in ((out, came), (came, out))
    )


def resolve(board: Board, end: Channel, at: float) -> None:
    """Tell what an open end leads to with what is known: it is a trunk like others.

    From an inside number nobody from outside can have called.
    """
    if board.ends.pop(end.uniqueid, None) is None:
        return
    call = board.channels[end.uniqueid]
    if end.half:
        end.is_dialled = True
    else:
        end.kind = ChannelKind.TRUNK
        is_outside = not board.topology.is_inside(end.caller_number)
        if end.state in CALLING and not end.is_dialled and is_outside:
            state, end.state = end.state, "Ring"
            came_in(board, call, end, at)
            end.state = state
    board.changed[call.key] = None
    catch_up(board, call, at)


ANSWERS = {WIRE_ID: on_answer}
