"""`--json`: a call in the words of a recording's `truth.json`, so that any program can compare the two.

This is an outward format and stands in this one file; inside the service the glossary's words are used.
A call from outside names whom it rang and who answered; an outgoing one has legs only of the phones that a
transfer rang, as the truth has.
"""

from __future__ import annotations

from typing import Any

from itgrix_core.filing.sheet import Sheet
from itgrix_hooks.values import Call, Conversation, Direction, PhoneNumber, Recording, Result, Transfer


def call_as_json(call: Call) -> dict[str, Any]:
    """One ended call as JSON data; times are Unix seconds, spans seconds, absent facts `None`."""
    return {
        "key": call.key,
        "pbx": call.pbx,
        "direction": call.direction.value,
        "external_number": str(call.client_number) if call.client_number else None,
        "external_name": call.client_name,
        "did": call.did,
        "trunk": call.trunk,
        "tried_trunks": list(call.tried_trunks),
        "extension": call.extension,
        "dialled": call.dialled,
        "queue": call.queue,
        "started_at": _rounded(call.started_at),
        "rang_at": _rounded(call.rang_at),
        "caller_heard_answer_at": _rounded(call.heard_at),
        "answered_at": _rounded(call.answered_at),
        "ended_at": _rounded(call.ended_at),
        "wait_s": round(call.wait_seconds, 3),
        "talk_s": round(call.talk_seconds, 3),
        "answered_by": _answered_by(call),
        "last_agent": call.last_agent,
        "legs": [_leg(call, c) for c in call.conversations if _is_leg(call, c)],
        "transfers": [_transfer(call, t) for t in call.transfers],
        "disposition": call.disposition.value if call.disposition else None,
        "hangup_by": call.hangup_by,
        "click_to_call": call.is_click_to_call,
        "action_id": call.action_id,
        **_agent(call),
        "before_login": call.is_found,
        "ivr": call.is_in_menu,
        "blacklisted": call.is_blacklisted,
        "recordings": [{"file": file_name(r), "pbx": r.pbx or call.pbx} for r in call.recordings],
        "lost_sight": call.lost_sight or None,
        "untold": list(call.untold),
    }


def sheet_as_json(sheet: Sheet) -> dict[str, Any]:
    """A comparison with a CRM's list of calls; times are Unix seconds, absent facts `None`."""
    return {
        "compared": sheet.compared,
        "lost_or_wrong": sheet.bad_calls,
        "waiting": sheet.waiting,
        "findings": [
            {
                "fault": finding.fault.value,
                "call": finding.key or None,
                "number": finding.number,
                "began_at": _rounded(finding.began_at),
                "filed": finding.expected,
                "in_crm": finding.found,
                "remedy": finding.remedy.value,
                "way_out": finding.way_out,
                "row": finding.entry.row_id if finding.entry else None,
            }
            for finding in sheet.findings
        ],
    }


def _agent(call: Call) -> dict[str, Any]:
    """When the phone of a click-to-call's employee rang, and when he picked it up."""
    agent = next((c for c in call.conversations if c.is_caller and call.is_click_to_call), None)
    return {
        "agent_rang_at": _rounded(agent.rang_at) if agent else None,
        "agent_answered_at": _rounded(agent.picked_up_at) if agent else None,
    }


def _is_leg(call: Call, conversation: Conversation) -> bool:
    """Whether a phone was rung: retrieved and picked-up calls, callers, transfers outside are no legs."""
    if conversation.is_caller or conversation.result is None:
        return False
    is_transfer_outside = any(_outside_target(conversation, transfer) for transfer in call.transfers)
    return conversation.was_rung and not is_transfer_outside


def _answered_by(call: Call) -> str | None:
    """The extension, or for a mobile the trunk through which it was reached; an outgoing call has none."""
    if call.direction is Direction.OUTBOUND or not call.talks:
        return None
    first = call.talks[0]
    return first.trunk or first.extension


def _leg(call: Call, conversation: Conversation) -> dict[str, Any]:
    result = conversation.result.value if conversation.result else None
    is_taken = conversation.result is Result.ANSWERED
    if conversation.result is Result.PICKED_UP:
        result = f"picked up by {conversation.picked_up_by}"
    return {
        "extension": conversation.extension,
        "pbx": conversation.pbx or call.pbx,
        "rang_at": _rounded(conversation.rang_at),
        "answered_at": _rounded(conversation.picked_up_at or conversation.answered_at) if is_taken else None,
        "ended_at": _rounded(conversation.ended_at),
        "result": result,
    }


def _outside_target(conversation: Conversation, transfer: Transfer) -> bool:
    """Whether a transfer went to this outside number, however it was typed (8903… for 7903…)."""
    return conversation.trunk is not None and PhoneNumber(transfer.target).same_as(
        PhoneNumber(conversation.extension)
    )


def _transfer(call: Call, transfer: Transfer) -> dict[str, Any]:
    outside = (c.extension for c in call.conversations if _outside_target(c, transfer))
    return {
        "kind": transfer.kind.value,
        "how": transfer.how,
        "from": transfer.source,
        "to": next(outside, transfer.target),
        "done": transfer.is_done,
    }


def file_name(recording: Recording) -> str:
    """The path below Asterisk's recording folder, as the truth names it."""
    return recording.path.partition("/monitor/")[2] or recording.path


def _rounded(at: float | None) -> float | None:
    return None if at is None else round(at, 3)
