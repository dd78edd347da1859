"""What happened to a call, in the past tense: the tracker's only output.

Every `CallStarted` meets exactly one `CallEnded` or `CallMerged`. An event's id comes from its meaning
(key / kind / Uniqueid of the employee's channel), so a log that is read twice, or a newer version that tells
one event more, still hits the same ids, and whoever stores events ignores what he has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from itgrix_hooks.values import Call


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Base: `call` is the call as known right after the event, `at` the time of it (Unix seconds)."""

    kind: ClassVar[str] = ""
    call: Call
    at: float

    @property
    def id(self) -> str:
        """Unique for ever: `<call key>/<kind>`, for conversations with the channel's Uniqueid behind."""
        return f"{self.call.key}/{self.kind}"


@dataclass(frozen=True, slots=True)
class CallStarted(CallEvent):
    """The first trunk channel or Dial of a call was seen."""

    kind: ClassVar[str] = "CallStarted"


@dataclass(frozen=True, slots=True)
class ConversationEvent(CallEvent):
    """Base: `conversation` is the Uniqueid of the employee's channel, a key into `call.conversations`."""

    conversation: str = ""

    @property
    def id(self) -> str:
        """As `CallEvent.id`, for one conversation."""
        return f"{self.call.key}/{self.kind}/{self.conversation}"


@dataclass(frozen=True, slots=True)
class ConversationRequested(ConversationEvent):
    """A phone rings; or an employee's own call out was dialled (`Conversation.is_caller`)."""

    kind: ClassVar[str] = "ConversationRequested"


@dataclass(frozen=True, slots=True)
class ConversationAccepted(ConversationEvent):
    """Employee and other party hear each other for the first time."""

    kind: ClassVar[str] = "ConversationAccepted"


@dataclass(frozen=True, slots=True)
class ConversationEnded(ConversationEvent):
    """The phone's channel is gone; `Conversation.result` says how."""

    kind: ClassVar[str] = "ConversationEnded"


@dataclass(frozen=True, slots=True)
class CallEnded(CallEvent):
    """The last channel is gone. `is_provisional`: we lost sight of it, a better account may replace this."""

    kind: ClassVar[str] = "CallEnded"
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class CallMerged(CallEvent):
    """The call turned out to be a part of an older one, whose key is `into`."""

    kind: ClassVar[str] = "CallMerged"
    into: str = ""


@dataclass(frozen=True, slots=True)
class Oddity:
    """A message that did not fit: noted, never an error, changes nothing.

    Attributes:
        what: short kind, countable: "unknown channel", "missing header", …
        message: the event's name.
        at: Unix seconds.
        call: key of the call that it seems to belong to, "" if unknown.
        why: the particulars.
    """

    what: str
    message: str
    at: float
    call: str = ""
    why: str = ""


Told = CallEvent | Oddity
"""What the tracker says: events to be filed, oddities to be counted."""

BY_KIND: dict[str, type[CallEvent]] = {
    event.kind: event
    for event in (
        CallStarted,
        ConversationRequested,
        ConversationAccepted,
        ConversationEnded,
        CallEnded,
        CallMerged,
    )
}
