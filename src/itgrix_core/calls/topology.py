"""What is behind a channel: a phone and whose, a trunk, or neither.

AMI has no word for "trunk", and a phone's endpoint is not always its user's number. So there are rules, and
knowledge that overrules them, the strongest first: the settings; what the PBX itself said (`learnt`); the
name. A phone's endpoint is named by its extension on nearly every PBX, a trunk by a word or a long number:
that rule is a length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from itgrix_core.calls.learnt import Learnt
from itgrix_hooks.values import PhoneNumber

REAL = frozenset({"PJSIP", "SIP", "IAX2", "DAHDI", "SCCP", "Skinny", "MGCP", "OOH323", "Motif"})
"""Channel technologies behind which is somebody; others (Message, ConfBridge, Surrogate …) are the PBX."""

_SUFFIX = re.compile(r"-[0-9a-f]{6,}(;[12])?$")
_NUMBER = re.compile(r"\+?[\d*#]+")


class ChannelKind(StrEnum):
    """What is behind a channel. LINK: another PBX of ours."""

    PHONE = "phone"
    TRUNK = "trunk"
    LOCAL = "local"
    PBX = "pbx"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Topology:
    """The rules of one PBX, and what it said of itself.

    Args:
        min_length: digits of the shortest inside number.
        max_length: digits of the longest; whatever is longer is outside.
        trunks: endpoints that are trunks although they look like phones.
        internal: endpoints that are phones although they do not look like it.
        devices: device (endpoint) to the extension of its user, where the PBX does not tell.
        mobiles: outside number of an employee's mobile to his extension; compared without their prefixes.
        learnt: what the PBX said; grows while the tracker is fed.
        links: endpoints that are trunks to another PBX of ours, with its name.
        link_header: SIP header in which calls over links bear an id; "" where both ends have one Call-ID.
    """

    min_length: int = 2
    max_length: int = 5
    trunks: frozenset[str] = frozenset()
    internal: frozenset[str] = frozenset()
    devices: Mapping[str, str] = field(default_factory=dict)
    mobiles: Mapping[str, str] = field(default_factory=dict)
    learnt: Learnt = field(default_factory=Learnt)
    links: Mapping[str, str] = field(default_factory=dict)
    link_header: str = ""

    def is_inside(self, number: str) -> bool:
        """Whether a number looks like an extension: digits only, of the right length."""
        return number.isdigit() and self.min_length <= len(number) <= self.max_length

    def kind_of(self, channel: str) -> ChannelKind:
        """What is behind a channel of this name ("PJSIP/101-0000002a", "Local/101@from-queue-0000000c;1")."""
        technology = channel.partition("/")[0]
        if technology == "Local":
            return ChannelKind.LOCAL
        if technology not in REAL:
            return ChannelKind.PBX
        endpoint = endpoint_of(channel)
        if endpoint in self.links:
            return ChannelKind.LINK
        return ChannelKind.PHONE if self._is_phone(endpoint) else ChannelKind.TRUNK

    def _is_phone(self, endpoint: str) -> bool:
        if endpoint in self.trunks:
            return False
        if endpoint in self.internal or endpoint in self.devices or self.learnt.is_phone(endpoint):
            return True
        return self.is_inside(endpoint) and endpoint not in self.learnt.trunks

    def extension_of(self, channel: str) -> str:
        """The inside number of whoever is behind a phone's channel: endpoint → device → user."""
        endpoint = endpoint_of(channel)
        return self.devices.get(endpoint) or self.learnt.extension_of(endpoint) or endpoint

    def owner_of_mobile(self, number: str) -> str:
        """The extension of the employee whose mobile has this outside number, "" for anybody else's."""
        wanted = PhoneNumber(number)
        for mobile, extension in self.mobiles.items():
            if wanted.same_as(PhoneNumber(mobile)):
                return extension
        return ""


MEANS = frozenset({ChannelKind.LOCAL, ChannelKind.LINK})
"""Kinds behind which is nobody: they only lead to somebody."""


def endpoint_of(channel: str) -> str:
    """The endpoint in a channel's name: "PJSIP/provider1-00000002" → "provider1"; Local: "101@from-queue"."""
    return _SUFFIX.sub("", channel.partition("/")[2])


def number_in(dial_string: str) -> str:
    """The number that goes out by a DialString; "" if it holds none.

    PJSIP: "79165550010@provider1"; chan_sip: "provider1/79165550010"; "provider1/sip:7916…@10.0.0.1"
    (facts: recordings `outbound_*`; chan_sip from the FreePBX dialplans).
    """
    for part in reversed(re.split(r"[/@]", dial_string.replace("sip:", ""))):
        found = _NUMBER.fullmatch(part)
        if found:
            return part
    return ""
