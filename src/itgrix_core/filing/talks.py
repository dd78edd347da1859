"""A call that went through several hands, talk by talk: each employee's own talk is a call of its own. Pure.

A CRM's call has one employee, one length, one recording. So after a transfer the first talk stays with the
call that was registered while it rang, and each further one is filed as a call beside it, whose key is the
call's and the conversation's. Only talks of employees whom the CRM knows count: an operator without a user,
or a number outside to which the client was sent, makes no call of its own.
"""

from __future__ import annotations

from dataclasses import replace

from itgrix_core.filing.rules import Rules, Users
from itgrix_hooks.values import Call, Conversation, Direction


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
        recordings=tuple(r for r in call.recordings if r.channel not in later),
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
        recordings=tuple(r for r in call.recordings if r.channel == talk.key),
    )
