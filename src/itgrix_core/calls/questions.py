"""What to ask Asterisk because of what it said: pure, the asking itself is the listening job's.

The class mask that spares ten times the traffic also hides VarSet, and with it the recording's file name. So
each MixMonitorStart is answered by one Getvar on the channel while it lives; the Uniqueid travels in the
ActionID and comes back with the answer (docs/architecture.md §9.13; docs/facts/asterisk.md 42 to 44).

The ends of a link are asked what they know of their wire: the Call-ID, or an id in a header of the operator's
(docs/operating.md). The variable that goes with that header is set by the Dial (its option `b`), so that it
is asked for when the Dial is told.
"""

from __future__ import annotations

from itgrix_core.calls.state import Channel
from itgrix_core.wire.messages import Message

RECORDING_VARIABLE = "MIXMONITOR_FILENAME"
RECORDING_ID = "itgrix-recording-"
WIRE_ID = "itgrix-wire-"
WIRE_VARIABLE = "ITGRIX_WIRE"
CALL_IDS = {"PJSIP": "CHANNEL(pjsip,call-id)", "SIP": "SIPCALLID"}
"""What holds a channel's Call-ID, by its technology (docs/facts/asterisk.md 57)."""
HEADERS = {"PJSIP": "PJSIP_HEADER(read,{})", "SIP": "SIP_HEADER({})"}
"""What reads a header of the INVITE with which a channel came in."""

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


def question_about_end(end: Channel, uniqueid: str, header: str) -> Action | None:
    """How to ask a link's channel what it knows of its wire; `None` where it cannot know it (yet).

    `header` is `Topology.link_header`, `uniqueid` the channel's own on its PBX.
    """
    technology = end.name.partition("/")[0]
    if not header:
        variable = CALL_IDS.get(technology)
    elif end.is_dialled:
        variable = WIRE_VARIABLE
    else:
        variable = HEADERS[technology].format(header) if technology in HEADERS and end.state != "Down" else None
    if variable is None:
        return None
    return (
        ("Action", "Getvar"),
        ("ActionID", WIRE_ID + uniqueid),
        ("Channel", end.name),
        ("Variable", variable),
    )
