"""What happened, read off the phones' own records, in the words of `tests/recorded/README.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rigkit.call import PhoneCall

Truth = dict[str, Any]


def leg(call: PhoneCall, result: str = "", extension: str = "") -> Truth:
    """One phone that was offered the call; a mobile is named by its number, `extension`."""
    return {
        "extension": extension or call.phone.name,
        "rang_at": stamp(call.rang_at),
        "answered_at": stamp(call.answered_at),
        "ended_at": stamp(call.ended_at),
        "result": result or _result(call),
    }


STRONGEST = ("answered", "answered elsewhere", "declined", "no answer", "busy", "failed")
"""Which of a person's phones counts: what a human did, then silence, then what a phone did by itself."""


def person(extension: str, *calls: PhoneCall) -> Truth:
    """One employee whose phones rang together: first ring, and what the phone did that counts."""
    phones = sorted((leg(call) for call in calls), key=lambda each: STRONGEST.index(each["result"]))
    rings = [phone["rang_at"] for phone in phones if phone["rang_at"]]
    return phones[0] | {"extension": extension, "rang_at": min(rings, default=None)}


def leg_unreachable(extension: str, caller: PhoneCall) -> Truth:
    """A registered phone that never replied: it knows nothing itself, its end is the caller's."""
    ended_at = stamp(caller.ended_at)
    return {
        "extension": extension,
        "rang_at": None,
        "answered_at": None,
        "ended_at": ended_at,
        "result": "unreachable",
    }


def _result(call: PhoneCall) -> str:
    if call.answered_at:
        return "answered"
    if "completed elsewhere" in call.reason.lower():
        return "answered elsewhere"
    return {486: "busy", 600: "busy", 603: "declined", 487: "no answer"}.get(call.code, "failed")


def inbound(
    caller: PhoneCall, legs: list[Truth], disposition: str, answered: PhoneCall | None = None, **more: Any
) -> Truth:
    """A call from outside; `answered` is the employee's side of the talk."""
    talk_from = answered.answered_at if answered else None
    return {
        "direction": "inbound",
        "external_number": caller.caller,
        "external_name": caller.caller_name,
        "did": caller.dialled,
        "trunk": caller.phone.name,
        "started_at": stamp(caller.began_at),
        "rang_at": min((each["rang_at"] for each in legs if each["rang_at"]), default=None),
        "caller_heard_answer_at": stamp(caller.answered_at),
        "answered_at": stamp(talk_from),
        "ended_at": stamp(caller.ended_at),
        "wait_s": round((talk_from or caller.ended_at) - caller.began_at, 3),
        "talk_s": round(caller.ended_at - talk_from, 3) if talk_from else 0,
        "answered_by": answered.phone.name if answered else None,
        "legs": legs,
        "disposition": disposition,
        "sip_code_to_caller": caller.code,
        "hangup_by": "external" if caller.ended_by == "local" else "pbx",
        "transfers": [],
        **more,
    }


def outbound(agent: PhoneCall, client: PhoneCall, disposition: str, hangup_by: str, **more: Any) -> Truth:
    """A call to the outside; `client` is the provider's side."""
    talk_from = client.answered_at
    return {
        "direction": "outbound",
        "extension": agent.phone.name,
        "dialled": agent.dialled,
        "external_number": client.dialled,
        "trunk": client.phone.name,
        "caller_id_shown": client.caller,
        "started_at": stamp(agent.began_at),
        "rang_at": stamp(client.rang_at),
        "answered_at": stamp(talk_from),
        "ended_at": stamp(agent.ended_at),
        "wait_s": round((talk_from or agent.ended_at) - agent.began_at, 3),
        "talk_s": round(agent.ended_at - talk_from, 3) if talk_from else 0,
        "disposition": disposition,
        "sip_code_to_extension": agent.code,
        "hangup_by": hangup_by,
        "transfers": [],
        **more,
    }


def internal(caller: PhoneCall, called: PhoneCall, disposition: str, hangup_by: str, **more: Any) -> Truth:
    """A call between two extensions; a group or queue that was called has more `legs`."""
    talk_from = called.answered_at
    return {
        "direction": "internal",
        "extension": caller.phone.name,
        "dialled": caller.dialled,
        "answered_by": called.phone.name if talk_from else None,
        "legs": [leg(called)],
        "disposition": disposition,
        "started_at": stamp(caller.began_at),
        "answered_at": stamp(talk_from),
        "ended_at": stamp(caller.ended_at),
        "talk_s": round(caller.ended_at - talk_from, 3) if talk_from else 0,
        "sip_code_to_extension": caller.code,
        "hangup_by": hangup_by,
        "transfers": [],
        **more,
    }


def click(agent: PhoneCall, client: PhoneCall | None, disposition: str, hangup_by: str, **more: Any) -> Truth:
    """A call begun by Originate; `client` is the provider's side, `None` while it was never dialled."""
    talk_from = client.answered_at if client else None
    ended_at = (client or agent).ended_at
    return {
        "direction": "outbound",
        "click_to_call": True,
        "extension": agent.phone.name,
        "agent_rang_at": stamp(agent.rang_at),
        "agent_answered_at": stamp(agent.answered_at),
        "rang_at": stamp(client.rang_at) if client else None,
        "answered_at": stamp(talk_from),
        "ended_at": stamp(ended_at),
        "talk_s": round(ended_at - talk_from, 3) if talk_from else 0,
        "disposition": disposition,
        "hangup_by": hangup_by,
        "transfers": [],
        **({"external_number": client.dialled, "trunk": client.phone.name} if client else {}),
        **more,
    }


def transfer(kind: str, how: str, source: str, target: str, *, done: bool) -> Truth:
    """A transfer: kind blind, attended or blonde; how REFER or code; target as dialled."""
    return {"kind": kind, "how": how, "from": source, "to": target, "done": done}


def stamp(at: float | None) -> float | None:
    """A Unix time to the millisecond."""
    return None if at is None else round(at, 3)
