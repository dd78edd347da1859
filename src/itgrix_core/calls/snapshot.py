"""The live call as the frozen `Call` that leaves the room."""

from __future__ import annotations

from dataclasses import replace

from itgrix_core.calls import verdict
from itgrix_core.calls.persons import persons
from itgrix_core.calls.side import Side
from itgrix_core.calls.state import CallState, Handover, Leg
from itgrix_core.calls.table import Phase
from itgrix_hooks.values import Call, Conversation, Direction, Disposition, PhoneNumber, Transfer

MOMENT = 0.5
"""Seconds within which the events of one happening come in any order (docs/facts/asterisk.md 1)."""


def snapshot(call: CallState, side: Side) -> Call:
    """The call as known now; with disposition, end and who ended it once its last channel is gone.

    `side` is that of the call's own PBX.
    """
    is_over = call.phase is Phase.GONE
    by = verdict.hangup_by(call) if is_over else None
    how = verdict.disposition(call, by or "") if is_over else None
    attempt = verdict.carried(call)
    number = call.client_number or (attempt.number if attempt else "")
    return Call(
        key=call.key,
        pbx=call.pbx,
        linkedid=side.bare(call.linkedids[0]),
        direction=call.direction or Direction.INTERNAL,
        started_at=call.started_at,
        client_number=PhoneNumber(number) if number else None,
        client_name=call.client_name,
        did=call.did or None,
        trunk=call.trunk or (attempt.trunk if attempt else None),
        extension=call.extension or None,
        dialled=call.dialled or None,
        queue=call.queue or None,
        tried_trunks=tuple(dict.fromkeys(a.trunk for a in call.attempts.values())),
        rang_at=_rang_at(call),
        heard_at=call.caller_up_at,
        answered_at=call.answered_at,
        ended_at=call.client_left_at if is_over else None,
        conversations=tuple(_conversation(leg) for leg in persons(call)),
        transfers=tuple(_judged(call, handover) for handover in call.handovers),
        recordings=tuple(sorted(call.recordings, key=lambda file: file.channel not in call.heard)),
        disposition=how,
        hangup_by=by,
        is_click_to_call=call.is_originated,
        action_id=call.action_id or None,
        is_found=call.is_found,
        is_in_menu=how is Disposition.MISSED and call.is_pbx_answered and not call.legs and not call.queue,
        is_blacklisted=call.is_blacklisted,
        lost_sight=call.lost_sight,
        timezone=side.timezone,
    )


def _rang_at(call: CallState) -> float | None:
    if call.direction is Direction.OUTBOUND:
        rings = [a.rang_at for a in call.attempts.values()]
    else:
        rings = [leg.rang_at for leg in call.legs.values() if not leg.is_caller]
    return min((at for at in rings if at), default=None)


def _conversation(leg: Leg) -> Conversation:
    return Conversation(
        key=leg.key,
        extension=leg.extension,
        is_caller=leg.is_caller,
        was_rung=leg.is_rung,
        rang_at=leg.rang_at,
        picked_up_at=leg.up_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        result=leg.result,
        picked_up_by=leg.picked_up_by,
        trunk=leg.trunk,
        pbx=leg.pbx,
    )


def _judged(call: CallState, handover: Handover) -> Transfer:
    """A transfer went through when somebody other than its source first talked with the client after it."""
    transfer, source = handover.transfer, (handover.pbx, handover.transfer.source)
    since = transfer.at - MOMENT
    later = (leg for leg in call.legs.values() if leg.answered_at and leg.answered_at >= since)
    return replace(transfer, is_done=any((leg.pbx, leg.extension) != source for leg in later))
