"""How legs and calls ended: rules on what was seen, from the facts about DialStatus and hang-up causes.

Neither alone can tell: a declined call and an unanswered one are both NOANSWER, causes 0 and 127 are everyday
values (docs/facts/asterisk.md 15 to 18). So a leg is judged by whether it was up, then by its Hangup's cause,
then by its DialStatus; a call by whether *people* met, then by its legs and by who hung up first.
"""

from __future__ import annotations

from collections.abc import Iterable

from itgrix_core.calls.persons import persons
from itgrix_core.calls.state import Attempt, CallState, Leg
from itgrix_hooks.values import Direction, Disposition, Result

BUSY, NOT_THERE, DECLINED, ELSEWHERE = "17", "19", "21", "26"
REDIRECTED, TIMED_OUT = "23", "102"
"""Causes of a phone that sends the caller elsewhere (302) and of one that never replied (408 of our own)."""
GIVEN_UP = "CANCEL"
"""DialStatus of a phone that the PBX stopped ringing; the cause may be a colleague's who declined before."""
WRONG_NUMBER = frozenset({"1", "2", "3", "22", "27", "28", "34", "38", "41", "42", "44", "58"})
"""Q.850 causes of a number that cannot be reached at all: unallocated, no route, changed, out of order …"""
NO_WAY = frozenset({"CHANUNAVAIL", "CONGESTION"})
REFUSED = frozenset({"BUSY", "CONGESTION"})
"""DialStatus of whoever refused by himself, not by being called in vain."""

TIME_TO_RING = 2.0
"""Seconds in which a phone that can be reached has begun to ring (RFC 3261 wants a reply after 0.2 s)."""

_OF_RESULT = {
    Result.BUSY: Disposition.BUSY,
    Result.DECLINED: Disposition.DECLINED,
    Result.UNREACHABLE: Disposition.UNAVAILABLE,
    Result.FAILED: Disposition.UNAVAILABLE,
}


def result_of_leg(leg: Leg, cause: str, others: Iterable[Leg] = ()) -> Result:
    """How a phone's leg ended, given the cause of its channel's Hangup ("" if that was not seen).

    `others` are all legs of its call.
    """
    if leg.is_up:
        return _result_of_picked_up(leg, others)
    if cause == ELSEWHERE:
        return Result.ANSWERED_ELSEWHERE
    if cause == DECLINED and leg.status != GIVEN_UP:
        return Result.DECLINED
    if _is_busy(leg.status, cause):
        return Result.BUSY
    if cause == REDIRECTED or leg.status in REFUSED or (leg.has_refused and cause != TIMED_OUT):
        return Result.FAILED
    if leg.rang_at or _was_given_up_at_once(leg):
        return Result.NO_ANSWER
    return Result.UNREACHABLE


def _result_of_picked_up(leg: Leg, others: Iterable[Leg]) -> Result:
    """Picked up is answered only once he and the other party hear each other.

    The PBX may ask him first whether he takes the call (docs/facts/freepbx.md 1): who refuses, is silent, or
    is a mobile's voicemail has not answered, and meanwhile a colleague may.
    """
    if leg.answered_at or leg.is_caller:
        return Result.ANSWERED
    return Result.ANSWERED_ELSEWHERE if _is_taken(leg, others) else Result.NO_ANSWER


def settle(call: CallState) -> None:
    """What only the end can tell: whether a phone that fell silent for a colleague's sake did so in vain.

    Whoever picks up stops the others with 26, also if he is asked then and refuses (docs/facts/freepbx.md
    23).
    """
    for leg in call.legs.values():
        if leg.result is Result.ANSWERED_ELSEWHERE and not _is_taken(leg, call.legs.values()):
            leg.result = Result.NO_ANSWER


def _is_taken(leg: Leg, others: Iterable[Leg]) -> bool:
    """Whether somebody else talked since this phone was first rung."""
    since = leg.tried_at or 0.0
    return any(other.answered_at and other.answered_at >= since for other in others)


def _is_busy(status: str, cause: str) -> bool:
    """Whether a phone was busy: chan_sip says BUSY of every refusal (docs/facts/asterisk.md 60)."""
    if status == GIVEN_UP:
        return False
    return cause == BUSY or (status == "BUSY" and cause not in (DECLINED, NOT_THERE))


def _was_given_up_at_once(leg: Leg) -> bool:
    """Whether the caller left before the phone had the time to ring: its silence proves nothing."""
    if leg.status != GIVEN_UP or leg.tried_at is None or leg.stopped_at is None:
        return False
    return leg.stopped_at - leg.tried_at < TIME_TO_RING


def result_of_caller(call: CallState) -> Result:
    """How an employee's own call out ended for him."""
    if call.answered_at:
        return Result.ANSWERED
    return {
        Disposition.BUSY: Result.BUSY,
        Disposition.DECLINED: Result.DECLINED,
        Disposition.FAILED: Result.FAILED,
    }.get(_outward(call), Result.NO_ANSWER)


def hangup_by(call: CallState) -> str:
    """Who ended the call: "external", "agent", "pbx", or the extension in an internal call.

    The first HangupRequest of a channel that took part in the last talk, else whoever left that bridge first
    and is of a kind that makes no such request (docs/facts/asterisk.md 19, 56). Whoever sent the client on or
    parked him, ended nothing by leaving: then it is the client who gives up, or the PBX. Before anybody
    talked: the caller giving up, or outside refusing by the last trunk that was tried; a caller whom the PBX
    turned away does not count (`handlers.endings` takes his request back). Inside, a colleague who refused.
    """
    if call.is_shut_down:
        return "pbx"
    if call.sent_on:
        waiting = [*call.far, call.sent_on]
        first = next((key for key in call.requests if key in waiting), "")
        return _side(call, first) if first else "pbx"
    if call.talkers:
        first = next((key for key in call.requests if key in call.talkers), call.leaver)
        return _side(call, first) if first else "pbx"
    if call.direction is Direction.OUTBOUND:
        candidates = [*list(call.attempts)[-1:], *(leg.key for leg in call.legs.values() if leg.is_caller)]
    else:
        candidates = [call.caller]
    first = next((key for key in call.requests if key in candidates), "")
    if not first and call.direction is Direction.INTERNAL:
        first = next((key for key in reversed(call.requests) if key in call.legs), "")
    first = first or _refuser(call)
    return _side(call, first) if first else "pbx"


def _refuser(call: CallState) -> str:
    """Who was tried last and refused; chan_sip makes no HangupRequest of that (docs/facts/asterisk.md 60)."""
    if call.direction is Direction.INBOUND:
        return ""
    rung = [leg for leg in call.legs.values() if leg.is_rung]
    tried: list[Attempt | Leg] = [*call.attempts.values()] or [*rung]
    return tried[-1].key if tried and tried[-1].status in REFUSED else ""


def disposition(call: CallState, by: str) -> Disposition:
    """How the whole call ended; `by` is what `hangup_by` said."""
    if call.direction is Direction.OUTBOUND:
        return _agent(call) or _outward(call)
    if call.answered_at:
        return Disposition.ANSWERED
    results = {_weight(leg) for leg in persons(call) if not leg.is_caller}
    if call.direction is Direction.INTERNAL:
        return _only(results, by) or Disposition.NO_ANSWER
    if call.has_abandoned and by == "external":
        return Disposition.ABANDONED
    if results or call.is_pbx_answered or by == "external":
        return _only(results, by) or Disposition.MISSED
    return Disposition.BUSY if call.caller_cause == BUSY else Disposition.UNAVAILABLE


def _weight(leg: Leg) -> Result | None:
    """What a leg's result means for the whole call: a phone that rang before it failed was not answered."""
    return Result.NO_ANSWER if leg.result is Result.FAILED and leg.rang_at else leg.result


def carried(call: CallState) -> Attempt | None:
    """The attempt that carried an outgoing call: the one that was up, or rang, else the first tried."""
    attempts = list(call.attempts.values())
    for wanted in (lambda a: a.is_up, lambda a: a.rang_at is not None):
        found = next(filter(wanted, attempts), None)
        if found:
            return found
    return attempts[0] if attempts else None


def _only(results: set[Result | None], by: str) -> Disposition | None:
    """The disposition when all phones said the same, and it was not the caller's patience that ended it."""
    if len(results) != 1:
        return None
    (result,) = results
    if result is Result.UNREACHABLE and by != "pbx":
        return None
    return _OF_RESULT.get(result) if result else None


def _agent(call: CallState) -> Disposition | None:
    """Why a click-to-call never got as far as the client; `None` if the agent's phone was picked up."""
    agent = next((leg for leg in persons(call) if leg.is_caller), None)
    if not call.is_originated or call.attempts or agent is None or agent.is_up:
        return None
    return {
        Result.DECLINED: Disposition.AGENT_DECLINED,
        Result.BUSY: Disposition.AGENT_DECLINED,
        Result.UNREACHABLE: Disposition.AGENT_UNAVAILABLE,
        Result.FAILED: Disposition.AGENT_UNAVAILABLE,
    }.get(agent.result or Result.NO_ANSWER, Disposition.AGENT_NO_ANSWER)


def _outward(call: CallState) -> Disposition:
    if call.answered_at:
        return Disposition.ANSWERED
    attempts = list(call.attempts.values())
    if any(_is_busy(a.status, a.cause) for a in attempts):
        return Disposition.BUSY
    if any(a.cause == DECLINED and a.status != GIVEN_UP for a in attempts):
        return Disposition.DECLINED
    if any(a.rang_at or not _is_dead_end(a) for a in attempts):
        return Disposition.NO_ANSWER
    return Disposition.FAILED


def _is_dead_end(attempt: Attempt) -> bool:
    if attempt.status == GIVEN_UP:
        return False
    return attempt.status in NO_WAY or attempt.cause in WRONG_NUMBER


def _side(call: CallState, key: str) -> str:
    if call.direction is Direction.INTERNAL:
        leg = call.legs.get(key)
        return leg.extension if leg else call.extension
    return "external" if key in call.far else "agent"
