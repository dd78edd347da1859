"""Calls and what happened to them in a few words, for lines that people read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from itgrix_core.calls.events import (
    CallEnded,
    CallEvent,
    CallMerged,
    CallStarted,
    ConversationAccepted,
    ConversationEnded,
    ConversationEvent,
    ConversationRequested,
)
from itgrix_hooks.values import Call, Conversation, Direction

HAPPENED: Final = {
    CallStarted.kind: "the call began",
    ConversationRequested.kind: "a phone was rung, or an employee dialled",
    ConversationAccepted.kind: "somebody answered",
    ConversationEnded.kind: "a phone's part was over",
    CallEnded.kind: "the call ended",
    CallMerged.kind: "the call turned out to be a part of another",
    "RecordingReady": "its recording is to be attached",
    "RepairWanted": "what the CRM has of it is to be repaired",
    "CallBackDue": "a missed call's task is to be followed up",
    "CrmNotice": "the CRM told us something",
}
"""By kind of job, where the event itself is not kept any more."""


def summary(call: Call) -> str:
    """A call: which way, with whom, and how it ended."""
    number = call.client_number or call.dialled or "no number"
    text = f"{call.direction} {number}"
    if call.disposition is None:
        return text
    by = f" by {call.answered_by}" if call.answered_by else ""
    return (
        f"{text}: {call.disposition}{by}, waited {call.wait_seconds:.1f} s, talked {call.talk_seconds:.1f} s"
    )


def happened(event: CallEvent) -> str:
    """An event: what happened, to whom."""
    if isinstance(event, ConversationEvent):
        conversation = event.call.conversation(event.conversation)
        return _OF_CONVERSATION[event.kind](conversation) if conversation else HAPPENED[event.kind]
    if isinstance(event, CallMerged):
        return f"the call turned out to be a part of {event.into}"
    return (
        f"{HAPPENED[event.kind]} ({_began(event.call)})" if isinstance(event, CallStarted) else _ended(event)
    )


def _began(call: Call) -> str:
    if call.direction is Direction.INTERNAL:
        return f"{call.extension or 'somebody'} calls {call.dialled or 'a colleague'}"
    number = call.client_number or "without a number"
    line = call.did or call.trunk
    return f"{call.direction} {number}{f', line {line}' if line else ''}"


def _ended(event: CallEvent) -> str:
    call = event.call
    by = f", hung up by {call.hangup_by}" if call.hangup_by else ""
    lost = f", lost sight of: {call.lost_sight}" if call.lost_sight else ""
    return f"the call ended ({summary(call)}{by}{lost})"


def _requested(conversation: Conversation) -> str:
    return f"{conversation.extension} {'dialled' if conversation.is_caller else 'is rung'}"


_OF_CONVERSATION: Final[Mapping[str, Callable[[Conversation], str]]] = {
    ConversationRequested.kind: _requested,
    ConversationAccepted.kind: lambda conversation: f"{conversation.extension} and the other party talk",
    ConversationEnded.kind: lambda conversation: f"{conversation.extension} is done: {conversation.result}",
}
