"""A call that went through several hands, talk by talk: each employee's own talk is a call of its own. Pure.

A CRM's call has one employee, one length, one recording. So after a transfer the first talk stays with the
call that was registered while it rang, and each further one is filed as a call beside it, whose key is the
call's and the conversation's. Only talks of employees whom the CRM knows count: an operator without a user,
or a number outside to which the client was sent, makes no call of its own.
"""

from __future__ import annotations

from dataclasses import replace

from itgrix_core.filing.rules import Rules, Users
from itgrix_hooks.values import Call, Conversation, Direction, Recording


def parts_of(call: Call, users: Users, rules: Rules) -> tuple[Call, ...]:
    """What an ended call is filed as, the first under its own key; itself unless it is to be parted."""
    talks = [talk for talk in call.talks if talk.extension in users]
    is_whole = not rules.is_per_talk or call.part_of or call.direction is Direction.INTERNAL
    if is_whole or len(talks) < 2:  # noqa: PLR2004 - one talk is no parts
        return (call,)
    first, *others = talks
    return (_first(call, first, others), *(_further(call, talk) for talk in others))


def _first(call: Call, talk: Conversation, others: list[Conversation]) -> Call:
    """The call up to the end of its first talk, with everybody whom it rang but those who talked later."""
    later = {other.key for other in others}
    return replace(
        call,
        answered_at=talk.answered_at,
        ended_at=talk.ended_at or call.ended_at,
        conversations=tuple(c for c in call.conversations if c.key not in later),
        recordings=tuple(_shared(r, call) for r in call.recordings if r.channel not in later),
    )


def _further(call: Call, talk: Conversation) -> Call:
    """A later talk as a call of its own, that began when this employee's phone rang."""
    return replace(
        call,
        key=f"{call.key}/{talk.key}",
        part_of=call.key,
        extension=call.extension if call.direction is Direction.INBOUND else talk.extension,
        started_at=talk.rang_at or talk.answered_at or call.started_at,
        rang_at=talk.rang_at,
        answered_at=talk.answered_at,
        ended_at=talk.ended_at or call.ended_at,
        conversations=(talk,),
        transfers=(),
        recordings=tuple(
            _shared(r, call) for r in call.recordings if r.channel == talk.key or is_clients(r, call)
        ),
    )


def recordings_of(call: Call) -> list[Recording]:
    """The files that may be a call's recording, the best first.

    That is the client's, else the first of those on which the talk was heard; then come those of the
    employees who talked. What else was recorded, as a consultation, is nobody's in the CRM.
    """
    first = next(iter(call.recordings), None)
    best = next((r for r in call.recordings if _began(r, call)), first)
    talked = {talk.key for talk in call.talks}
    others = [r for r in call.recordings if r is not best and r.channel in talked]
    return [best, *others] if best else []


def is_clients(recording: Recording, call: Call) -> bool:
    """Whether a file is of the client's channel, which began the call and heard all talks."""
    return _began(recording, call) and all(recording.channel != each.key for each in call.conversations)


def _began(recording: Recording, call: Call) -> bool:
    """Whether a file is of the channel that began the call; of linked PBXes an id bears the name in front."""
    return recording.channel in (call.linkedid, f"{call.pbx}/{call.linkedid}")


def _shared(recording: Recording, call: Call) -> Recording:
    """The client's file goes on over transfers: it says when each talk was, so that it can be cut."""
    if not is_clients(recording, call):
        return recording
    over = call.ended_at or 0.0
    return replace(
        recording, talks=tuple((t.answered_at, t.ended_at or over) for t in call.talks if t.answered_at)
    )
