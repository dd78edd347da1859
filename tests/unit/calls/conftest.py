"""A PBX in a few lines: says events to a tracker and keeps what is told."""

from __future__ import annotations

import pytest

from itgrix_core.calls.events import Oddity
from itgrix_core.calls.tracker import Tracker
from itgrix_core.wire.messages import make_message


class ScriptedPbx:
    """Says one event a second to a tracker; `told` is all that it has answered."""

    def __init__(self) -> None:
        self.tracker = Tracker("lab")
        self.told = []
        self.at = 1000.0

    def feed(self, message):
        """Say any message; returns what is told to it."""
        self.at += 1
        said = self.tracker.feed(message, self.at)
        self.told += said
        return said

    def say(self, name, **headers):
        """Say an event; `Uniqueid` is also its Linkedid unless one is given."""
        headers.setdefault("Linkedid", headers.get("Uniqueid", ""))
        return self.feed(make_message(("Event", name), *headers.items()))

    def answer(self, **headers):
        """Say a response."""
        return self.feed(make_message(("Response", "Success"), *headers.items()))

    def list_channels(self, *channels):
        """Say the answer to CoreShowChannels: these channels live, each a dict of headers."""
        said = self.answer(EventList="start", Message="Channels will follow")
        for channel in channels:
            said += self.say("CoreShowChannel", **channel)
        return said + self.say("CoreShowChannelsComplete", EventList="Complete")

    def call_in(self, uniqueid="1.0", number="79161234567", did="74950000101"):
        """A call from outside begins."""
        return self.say(
            "Newchannel", Uniqueid=uniqueid, Channel="PJSIP/provider1-00000001", ChannelStateDesc="Ring",
            Exten=did, CallerIDNum=number,
        )  # fmt: skip

    def ring(self, caller="1.0", uniqueid="1.1", channel="PJSIP/101-00000002"):
        """A phone is dialled and rings."""
        leg = {"DestUniqueid": uniqueid, "DestLinkedid": caller, "DestChannel": channel}
        said = self.say(
            "Newchannel", Uniqueid=uniqueid, Linkedid=caller, Channel=channel, ChannelStateDesc="Down"
        )
        said += self.say("DialBegin", Uniqueid=caller, DialString="101", **leg)
        return said + self.say("DialState", Uniqueid=caller, DialStatus="RINGING", **leg)

    def bridge(self, *uniqueids, linkedid="1.0", bridge="b1"):
        """These channels hear each other."""
        return [
            event
            for uniqueid in uniqueids
            for event in self.say(
                "BridgeEnter", Uniqueid=uniqueid, Linkedid=linkedid, ChannelStateDesc="Up",
                BridgeUniqueid=bridge, BridgeType="basic",
            )
        ]  # fmt: skip

    def hang_up(self, uniqueid, cause="16", linkedid="1.0"):
        """A channel is gone."""
        return self.say("Hangup", Uniqueid=uniqueid, Linkedid=linkedid, Cause=cause)

    @property
    def kinds(self):
        """What was told, by kind."""
        return [event.what if isinstance(event, Oddity) else event.kind for event in self.told]


@pytest.fixture
def pbx():
    """A PBX whose tracker knows nothing yet."""
    return ScriptedPbx()
