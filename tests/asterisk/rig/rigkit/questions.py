"""What a tap asks Asterisk because of what it said, in the words in which the service asks.

A recording then holds the answers, whatever a tracker's next version wants to know: which file a recording
goes to, who uses a device, what is behind an endpoint. Asked for every channel, not only where it is news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from itgrix_core.wire.messages import Message

AT_LOGIN = ("PJSIPShowEndpoints", "SIPpeers", "QueueStatus", "CoreShowChannels")
PHONE_LIKE = ("PJSIP", "SIP", "IAX2", "DAHDI")

Action = dict[str, str]
"""An action's headers in order."""


def questions_about(message: Message) -> list[Action]:
    """The actions that an event gives rise to."""
    if message.name == "MixMonitorStart":
        return [_recording(message.get("Channel"), message.get("Uniqueid"))]
    if message.name == "Newchannel":
        technology, _, rest = message.get("Channel").partition("/")
        asked = [_user_of(rest.rpartition("-")[0])] if technology in PHONE_LIKE else []
        return asked + ([_shut_out(message)] if asked and message.get("CallerIDNum").isdigit() else [])
    if message.name in ("EndpointList", "PeerEntry"):
        name = message.get("ObjectName")
        return [_user_of(name) if name.isdigit() else _details_of(message.name, name)]
    return []


def _recording(channel: str, uniqueid: str) -> Action:
    return {
        "Action": "Getvar",
        "ActionID": f"itgrix-recording-{uniqueid}",
        "Channel": channel,
        "Variable": "MIXMONITOR_FILENAME",
    }


def _user_of(device: str) -> Action:
    return {
        "Action": "DBGet",
        "ActionID": f"itgrix-device-{device}",
        "Family": "DEVICE",
        "Key": f"{device}/user",
    }


def _shut_out(message: Message) -> Action:
    return {
        "Action": "DBGet",
        "ActionID": f"itgrix-blacklist-{message.get('Uniqueid')}",
        "Family": "blacklist",
        "Key": message.get("CallerIDNum"),
    }


def _details_of(listed_as: str, name: str) -> Action:
    if listed_as == "EndpointList":
        return {"Action": "PJSIPShowEndpoint", "ActionID": f"itgrix-endpoint-{name}", "Endpoint": name}
    return {"Action": "SIPshowpeer", "ActionID": f"itgrix-peer-{name}", "Peer": name}
