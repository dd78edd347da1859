"""What Asterisk said, message by message, in the words of somebody who reads of a call. Pure.

For people only: nothing is decided by these sentences. What says nothing about the call's way (the dialplan's
steps, variables, states of devices) has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from itgrix_core.wire.messages import Message

Words = Callable[[Message], str]

_STATES: Final = {"Ringing": "rings", "Up": "is up", "Busy": "is busy", "Ring": "calls"}
_ENDS: Final = {
    "ANSWER": "answered",
    "BUSY": "busy",
    "NOANSWER": "no answer",
    "CANCEL": "given up",
    "CONGESTION": "refused",
    "CHANUNAVAIL": "cannot be reached",
}


def in_words(message: Message) -> str:
    """A message as a sentence without a full stop, "" for one that says nothing about a call's way."""
    words = _WORDS.get(message.name)
    return words(message) if words else ""


def _newchannel(message: Message) -> str:
    number, wanted = message.get("CallerIDNum"), message.get("Exten")
    by = f" from {number}" if number and number != "<unknown>" else ""
    to = f", to {wanted} in {message.get('Context')}" if wanted and wanted != "s" else ""
    return f"a channel begins: {message.get('Channel')}{by}{to}"


def _newstate(message: Message) -> str:
    state = _STATES.get(message.get("ChannelStateDesc"))
    return f"{message.get('Channel')} {state}" if state else ""


def _dial_begin(message: Message) -> str:
    by = message.get("Channel") or "the PBX"
    return f"{by} dials {message.get('DestChannel')} ({message.get('DialString')})"


def _dial_end(message: Message) -> str:
    status = message.get("DialStatus")
    return f"dialling {message.get('DestChannel')} ended: {_ENDS.get(status, status.lower() or 'unknown')}"


def _met(message: Message) -> str:
    return f"{message.get('Channel')} enters a bridge with {message.get('BridgeNumChannels')} in it"


def _left(message: Message) -> str:
    return f"{message.get('Channel')} leaves its bridge"


def _blind(message: Message) -> str:
    is_done = "" if message.get("Result").lower() == "success" else ", in vain"
    by, to = message.get("TransfererChannel"), message.get("Extension")
    return f"{by} sends the other party on to {to} (blind transfer){is_done}"


def _attended(message: Message) -> str:
    is_done = "" if message.get("Result").lower() == "success" else ", in vain"
    return f"{message.get('OrigTransfererChannel')} hands the call on (attended transfer){is_done}"


def _hangup(message: Message) -> str:
    return (
        f"{message.get('Channel')} is gone: {message.get('Cause-txt') or 'no cause'} ({message.get('Cause')})"
    )


def _originated(message: Message) -> str:
    return f"the call that was asked for: {message.get('Response').lower()} ({message.get('Channel')})"


def _of_channel(words: str) -> Words:
    return lambda message: f"{message.get('Channel')} {words}"


def _of_queue(words: str, header: str = "Channel") -> Words:
    return lambda message: f"{message.get(header)} {words} queue {message.get('Queue')}"


_WORDS: Final[Mapping[str, Words]] = {
    "Newchannel": _newchannel,
    "Newstate": _newstate,
    "Rename": lambda message: f"{message.get('Channel')} is now called {message.get('Newname')}",
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "BridgeEnter": _met,
    "BridgeLeave": _left,
    "LocalBridge": lambda m: f"{m.get('LocalOneChannel')} and {m.get('LocalTwoChannel')} are one line",
    "Hold": _of_channel("puts the other party on hold"),
    "Unhold": _of_channel("takes the other party back from hold"),
    "QueueCallerJoin": _of_queue("waits in"),
    "QueueCallerLeave": _of_queue("leaves"),
    "QueueCallerAbandon": _of_queue("gives up waiting in"),
    "AgentCalled": _of_queue("is rung for", "MemberName"),
    "AgentConnect": _of_queue("takes the call of", "MemberName"),
    "AgentRingNoAnswer": _of_queue("does not answer for", "MemberName"),
    "BlindTransfer": _blind,
    "AttendedTransfer": _attended,
    "Pickup": lambda m: f"{m.get('Channel')} picks up what rings at {m.get('TargetChannel')}",
    "ParkedCall": lambda m: f"{m.get('ParkeeChannel')} is parked at {m.get('ParkingSpace')}",
    "UnParkedCall": lambda m: f"{m.get('RetrieverChannel')} fetches {m.get('ParkeeChannel')} from the park",
    "ParkedCallTimeOut": lambda m: f"nobody fetches {m.get('ParkeeChannel')} from the park in time",
    "ParkedCallGiveUp": lambda m: f"{m.get('ParkeeChannel')} gives up in the park",
    "OriginateResponse": _originated,
    "MixMonitorStart": _of_channel("is recorded"),
    "Hangup": _hangup,
}
"""By the event's name; each takes the message."""
