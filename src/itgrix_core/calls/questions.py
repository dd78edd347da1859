"""What to ask Asterisk because of what it said: pure, the asking itself is the listening job's.

The class mask that spares ten times the traffic also hides VarSet, and with it the recording's file name. So
each MixMonitorStart is answered by one Getvar on the channel while it lives; the Uniqueid travels in the
ActionID and comes back with the answer (docs/architecture.md §9.13; docs/facts/asterisk.md 42 to 44).
"""

from __future__ import annotations

from itgrix_core.wire.messages import Message

RECORDING_VARIABLE = "MIXMONITOR_FILENAME"
RECORDING_ID = "itgrix-recording-"

Action = tuple[tuple[str, str], ...]
"""An AMI action as its headers, in order."""


def question_about(message: Message) -> Action | None:
    """The action that an event gives rise to, `None` for nearly all."""
    if message.name != "MixMonitorStart":
        return None
    channel, uniqueid = message.get("Channel"), message.get("Uniqueid")
    if not channel or not uniqueid:
        return None
    return (
        ("Action", "Getvar"),
        ("ActionID", RECORDING_ID + uniqueid),
        ("Channel", channel),
        ("Variable", RECORDING_VARIABLE),
    )
