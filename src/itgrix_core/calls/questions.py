"""What to ask Asterisk because of what it said: pure, the asking itself is the listening job's.

The class mask that spares ten times the traffic also hides VarSet, and with it the recording's file name. So
each MixMonitorStart is answered by one Getvar on the channel while it lives; the Uniqueid travels in the
ActionID and comes back with the answer (docs/architecture.md §9.13; docs/facts/asterisk.md 42 to 44).

Who uses a device only AstDB knows (docs/facts/freepbx.md 6), and a hot desk's user changes without an event.
So the phones of a list are asked about, and where one was found, each phone again whenever it has a channel.
What an endpoint is that does not look like a phone, its own details may tell. On such a PBX the number of
each caller from outside is looked up in FreePBX's blacklist, a family of AstDB: the dialplan sends those
callers away, and no event says why.

The ends of a link are asked what they know of their wire: the Call-ID, or an id in a header of the operator's
(docs/operating.md). The variable that goes with that header is set by the Dial (its option `b`), so that it
is asked for when the Dial is told.
"""

from __future__ import annotations

from collections.abc import Callable

from itgrix_core.calls.state import Channel
from itgrix_core.calls.topology import ChannelKind, Topology, endpoint_of
from itgrix_core.wire.messages import Message

RECORDING_VARIABLE = "MIXMONITOR_FILENAME"
RECORDING_ID = "itgrix-recording-"
DEVICE_ID = "itgrix-device-"
BLACKLIST_ID = "itgrix-blacklist-"
ENDPOINT_ID = "itgrix-endpoint-"
PEER_ID = "itgrix-peer-"
WIRE_ID = "itgrix-wire-"
WIRE_VARIABLE = "ITGRIX_WIRE"
CALL_IDS = {"PJSIP": "CHANNEL(pjsip,call-id)", "SIP": "SIPCALLID"}
"""What holds a channel's Call-ID, by its technology (docs/facts/asterisk.md 70)."""
HEADERS = {"PJSIP": "PJSIP_HEADER(read,{})", "SIP": "SIP_HEADER({})"}
"""What reads a header of the INVITE with which a channel came in."""

Action = tuple[tuple[str, str], ...]
"""An AMI action as its headers, in order."""


def question_about(message: Message, topology: Topology) -> Action | None:
    """The action that an event gives rise to, `None` for nearly all; `topology` is what is known so far."""
    ask = _QUESTIONS.get(message.name)
    return ask(message, topology) if ask else None


def _recording(message: Message, topology: Topology) -> Action | None:  # noqa: ARG001 - a question's shape
    channel, uniqueid = message.get("Channel"), message.get("Uniqueid")
    if not channel or not uniqueid:
        return None
    return (
        ("Action", "Getvar"),
        ("ActionID", RECORDING_ID + uniqueid),
        ("Channel", channel),
        ("Variable", RECORDING_VARIABLE),
    )


def _of_channel(message: Message, topology: Topology) -> Action | None:
    """A phone's channel: who uses it now, on a PBX that keeps devices or of which that is not known yet."""
    channel, learnt = message.get("Channel"), topology.learnt
    kind = topology.kind_of(channel)
    if kind is ChannelKind.TRUNK and learnt.has_devices:
        return _of_caller(message)
    if kind is not ChannelKind.PHONE:
        return None
    device = endpoint_of(channel)
    return _device(device) if learnt.has_devices or device not in learnt.devices else None


def _of_caller(message: Message) -> Action | None:
    """A trunk's channel: is its caller on the blacklist? One that we dial is born without a number."""
    number = message.get("CallerIDNum")
    if not number.removeprefix("+").isdigit():
        return None
    return _entry(BLACKLIST_ID + message.get("Uniqueid"), "blacklist", number)


def _of_endpoint(message: Message, topology: Topology) -> Action | None:
    """An item of PJSIPShowEndpoints."""
    name = message.get("ObjectName")
    if topology.is_inside(name):
        return _device(name)
    return (
        ("Action", "PJSIPShowEndpoint"),
        ("ActionID", ENDPOINT_ID + name),
        ("Endpoint", name),
    )


def _of_peer(message: Message, topology: Topology) -> Action | None:
    """An item of SIPpeers."""
    name = message.get("ObjectName")
    if topology.is_inside(name):
        return _device(name)
    return (("Action", "SIPshowpeer"), ("ActionID", PEER_ID + name), ("Peer", name))


def _device(device: str) -> Action:
    return _entry(DEVICE_ID + device, "DEVICE", f"{device}/user")


def _entry(action_id: str, family: str, key: str) -> Action:
    """An entry of AstDB."""
    return (("Action", "DBGet"), ("ActionID", action_id), ("Family", family), ("Key", key))


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
        variable = (
            HEADERS[technology].format(header) if technology in HEADERS and end.state != "Down" else None
        )
    if variable is None:
        return None
    return (
        ("Action", "Getvar"),
        ("ActionID", WIRE_ID + uniqueid),
        ("Channel", end.name),
        ("Variable", variable),
    )


_QUESTIONS: dict[str, Callable[[Message, Topology], Action | None]] = {
    "MixMonitorStart": _recording,
    "Newchannel": _of_channel,
    "EndpointList": _of_endpoint,
    "PeerEntry": _of_peer,
}

ASKED_ABOUT = frozenset(name.encode() for name in _QUESTIONS)
"""Names of the events that may give rise to a question, for a filter before parsing."""
