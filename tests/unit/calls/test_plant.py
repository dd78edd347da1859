"""Whose phone it is: what a PBX tells of its endpoints, what is asked, and what the settings overrule."""

from __future__ import annotations

import pytest

from itgrix_core.calls.topology import ChannelKind, Topology
from itgrix_core.calls.tracker import Tracker
from itgrix_core.wire.messages import make_message


def endpoint(name, auths="", outbound=""):
    """An item of PJSIPShowEndpoints."""
    return {"ObjectName": name, "Auths": auths, "OutboundAuths": outbound}


def detail(name, caller_id, outbound=""):
    """The endpoint in the answer to PJSIPShowEndpoint."""
    return {"ObjectName": name, "Callerid": caller_id, "OutboundAuth": outbound}


def tell_device(pbx, device, user):
    """AstDB's answer: this device is used by that user."""
    pbx.say(
        "DBGetResponse", Family="DEVICE", Key=f"{device}/user", Val=user, ActionID=f"itgrix-device-{device}"
    )


def no_device(pbx, device):
    """AstDB's answer: it knows no such device."""
    pbx.feed(
        make_message(
            ("Response", "Error"),
            ("ActionID", f"itgrix-device-{device}"),
            ("Message", "Database entry not found"),
        )
    )


def question(pbx, name, **headers):
    """What is asked because of an event, as a dict of headers; `None` for nothing."""
    asked = pbx.tracker.question_about(make_message(("Event", name), *headers.items()))
    return dict(asked) if asked else None


def leg_of(pbx, channel):
    """The one conversation of a call from outside that this phone's channel answers."""
    pbx.call_in()
    pbx.ring(channel=channel)
    pbx.bridge("1.0", "1.1")
    pbx.hang_up("1.1")
    (conversation,) = pbx.hang_up("1.0")[-1].call.conversations
    return conversation


# ---- devices and their users ------------------------------------------------------------------------------
@pytest.mark.parametrize(("device", "user"), [("99101", "101"), ("7001", "103"), ("7001", "none")])
def test_a_device_counts_as_its_user(pbx, device, user):
    """A WebRTC twin, a phone in Device & User mode; one where nobody is logged in stays itself."""
    tell_device(pbx, device, user)
    wanted = device if user == "none" else user
    assert leg_of(pbx, f"PJSIP/{device}-00000002").extension == wanted


def test_a_hot_desk_that_changes_hands_while_it_rings_is_corrected(pbx):
    """The answer to the question at its channel's birth may come after its dial."""
    tell_device(pbx, "7001", "103")
    pbx.call_in()
    pbx.ring(channel="PJSIP/7001-00000002")
    tell_device(pbx, "7001", "104")
    pbx.bridge("1.0", "1.1")
    pbx.hang_up("1.1")
    assert pbx.hang_up("1.0")[-1].call.answered_by == "104"


def test_a_device_that_calls_out_is_its_user(pbx):
    """The extension of an outgoing call, also when AstDB answers late."""
    pbx.say(
        "Newchannel", Uniqueid="1.0", Channel="PJSIP/7001-00000001", ChannelStateDesc="Ring",
        Exten="89161234567", CallerIDNum="7001",
    )  # fmt: skip
    leg = {"DestUniqueid": "1.1", "DestLinkedid": "1.0", "DestChannel": "PJSIP/provider1-00000002"}
    pbx.say("DialBegin", Uniqueid="1.0", DialString="79161234567@provider1", **leg)
    tell_device(pbx, "7001", "103")
    pbx.hang_up("1.1")
    call = pbx.hang_up("1.0")[-1].call
    assert (call.extension, [c.extension for c in call.conversations]) == ("103", ["103"])


def test_the_settings_overrule_what_the_pbx_says():
    """`devices` of the configuration come first, then AstDB."""
    topology = Topology(devices={"99101": "101"})
    topology.learnt.devices["99101"] = "105"
    topology.learnt.devices["99102"] = "102"
    assert topology.extension_of("PJSIP/99101-00000001") == "101"
    assert topology.extension_of("PJSIP/99102-00000001") == "102"


# ---- phones and trunks ------------------------------------------------------------------------------------
def test_a_trunk_that_looks_like_a_phone_is_recognised(pbx):
    """We prove ourselves to "100" and it never to us: a call from it is a call from outside."""
    pbx.say("EndpointList", **endpoint("100", outbound="100-auth"))
    pbx.say("EndpointList", **endpoint("101", auths="101-auth", outbound="101-auth"))
    began = pbx.say(
        "Newchannel", Uniqueid="1.0", Channel="PJSIP/100-00000001", ChannelStateDesc="Ring", Exten="7495"
    )
    assert (began[0].kind, began[0].call.trunk) == ("CallStarted", "100")
    assert pbx.say("Newchannel", Uniqueid="2.0", Channel="PJSIP/101-00000002", ChannelStateDesc="Ring") == []


def test_a_trunk_that_became_a_phone_is_one(pbx):
    """The list is asked for again; the last word counts."""
    pbx.say("EndpointList", **endpoint("100", outbound="100-auth"))
    pbx.say("EndpointList", **endpoint("100", auths="100-auth"))
    assert leg_of(pbx, "PJSIP/100-00000002").extension == "100"


@pytest.mark.parametrize(
    ("told", "extension"),
    [
        (("EndpointDetail", detail("boris", '"Boris Petrov" <102>')), "102"),
        (("QueueMember", {"Location": "PJSIP/boris", "Queue": "700"}), "boris"),
    ],
)
def test_a_phone_named_by_a_word_is_recognised(pbx, told, extension):
    """By an inside number in its caller id, or because a queue rings it directly."""
    name, headers = told
    pbx.say(name, **headers)
    assert leg_of(pbx, "PJSIP/boris-00000002").extension == extension


def test_a_chan_sip_phone_named_by_a_word_is_recognised(pbx):
    """SIPshowpeer answers as a response; a peer that does not register is a provider all the same."""
    pbx.answer(ActionID="itgrix-peer-boris", ObjectName="boris", Dynamic="Y", Callerid='"Boris" <102>')
    pbx.answer(ActionID="itgrix-peer-gate", ObjectName="gate", Dynamic="N", Callerid='"Gate" <200>')
    assert leg_of(pbx, "SIP/boris-00000002").extension == "102"
    (began,) = pbx.say(
        "Newchannel", Uniqueid="3.0", Channel="SIP/gate-00000001", ChannelStateDesc="Ring", Exten="7495"
    )
    assert began.call.trunk == "gate"


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("EndpointDetail", detail("provider1", "<unknown>")),
        ("EndpointDetail", detail("provider1", '"Office" <74950000100>')),
        ("EndpointDetail", detail("provider1", '"Office" <100>', outbound="provider1-auth")),
        ("QueueMember", {"Location": "PJSIP/79037654321@provider1"}),
        ("QueueMember", {"Location": "SIP/provider1/79037654321"}),
        ("QueueMember", {"Location": "Local/102@from-queue/n"}),
        ("EndpointList", endpoint("provider1", outbound="provider1-auth")),
    ],
)
def test_a_provider_stays_one(pbx, name, headers):
    """Whatever its caller id, and though queues reach mobiles through it."""
    pbx.say(name, **headers)
    assert pbx.call_in()[0].call.trunk == "provider1"


# ---- employees' mobiles -----------------------------------------------------------------------------------
MOBILES = Topology(mobiles={"+7 903 765-43-21": "101"})


def test_an_employees_mobile_counts_as_his_phone(pbx):
    """Dialled through a trunk, in whatever spelling: a leg of 101, no call outside."""
    pbx.tracker = Tracker("lab", MOBILES)
    pbx.call_in()
    leg = {"DestUniqueid": "1.1", "DestLinkedid": "1.0", "DestChannel": "PJSIP/provider2-00000002"}
    pbx.say("DialBegin", Uniqueid="1.0", DialString="89037654321@provider2", **leg)
    pbx.bridge("1.0", "1.1")
    pbx.hang_up("1.1")
    call = pbx.hang_up("1.0")[-1].call
    assert (call.direction, call.answered_by, call.trunk) == ("inbound", "101", "provider1")


def test_an_employee_who_calls_a_client_by_his_mobile_makes_an_outgoing_call(pbx):
    """His mobile's operator brings the call in by a trunk; it goes on to a client."""
    pbx.tracker = Tracker("lab", MOBILES)
    pbx.call_in(number="79037654321", did="89161234567")
    leg = {"DestUniqueid": "1.1", "DestLinkedid": "1.0", "DestChannel": "PJSIP/provider1-00000002"}
    pbx.say("DialBegin", Uniqueid="1.0", DialString="79161234567@provider1", **leg)
    pbx.hang_up("1.1")
    call = pbx.hang_up("1.0")[-1].call
    assert (call.direction, call.extension, str(call.client_number)) == ("outbound", "101", "79161234567")


# ---- what is asked ----------------------------------------------------------------------------------------
def test_each_phone_of_a_list_is_asked_for_its_user(pbx):
    """One DBGet, its ActionID names the device."""
    wanted = {"Action": "DBGet", "ActionID": "itgrix-device-7001", "Family": "DEVICE", "Key": "7001/user"}
    assert question(pbx, "EndpointList", ObjectName="7001") == wanted
    assert question(pbx, "PeerEntry", ObjectName="7001") == wanted


def test_what_does_not_look_like_a_phone_is_asked_for_its_details(pbx):
    """Providers are few; among them may be a phone."""
    assert question(pbx, "EndpointList", ObjectName="boris") == {
        "Action": "PJSIPShowEndpoint", "ActionID": "itgrix-endpoint-boris", "Endpoint": "boris",
    }  # fmt: skip
    assert question(pbx, "PeerEntry", ObjectName="boris") == {
        "Action": "SIPshowpeer", "ActionID": "itgrix-peer-boris", "Peer": "boris",
    }  # fmt: skip


def test_a_phones_channel_is_asked_about_where_users_change(pbx):
    """Until it is known that this PBX keeps no devices, and always where it does."""
    asked = {"Channel": "PJSIP/101-00000001", "Uniqueid": "1.1"}
    assert question(pbx, "Newchannel", **asked)["Key"] == "101/user"
    no_device(pbx, "101")
    assert question(pbx, "Newchannel", **asked) is None
    tell_device(pbx, "7001", "103")
    assert question(pbx, "Newchannel", **asked)["Key"] == "101/user"
    assert question(pbx, "Newchannel", Channel="PJSIP/provider1-00000001") is None
    assert question(pbx, "Newchannel", Channel="Local/101@from-queue-0000000c;1") is None


CALLER = {"Channel": "PJSIP/provider1-00000001", "Uniqueid": "1.0"}


def test_callers_from_outside_are_looked_up_in_freepbx_blacklist(pbx):
    """Where AstDB keeps devices; neither callers without a number nor channels that we dial."""
    assert question(pbx, "Newchannel", **CALLER, CallerIDNum="79037654321") is None
    tell_device(pbx, "101", "101")
    assert question(pbx, "Newchannel", **CALLER, CallerIDNum="79037654321") == {
        "Action": "DBGet", "ActionID": "itgrix-blacklist-1.0", "Family": "blacklist", "Key": "79037654321",
    }  # fmt: skip
    for number in ("anonymous", "<unknown>", ""):
        assert question(pbx, "Newchannel", **CALLER, CallerIDNum=number) is None


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_call_knows_that_the_pbx_shuts_its_caller_out(pbx, is_listed):
    """An entry of whatever value is one; what AstDB does not have it answers by an error."""
    pbx.call_in(number="79037654321", did="89161234567")
    if is_listed:
        entry = {"Family": "blacklist", "Key": "79037654321", "Val": "1"}
        pbx.say("DBGetResponse", ActionID="itgrix-blacklist-1.0", **entry)
    assert pbx.hang_up("1.0")[-1].call.is_blacklisted is is_listed


# ---- what was learnt stays --------------------------------------------------------------------------------
def test_what_was_learnt_is_saved_beside_the_calls(pbx):
    """A tracker that goes on from saved rows knows it; a damaged row is nothing, the PBX is asked again."""
    pbx.say("EndpointList", **endpoint("100", outbound="x"))
    tell_device(pbx, "7001", "103")
    rows = pbx.tracker.changes()
    assert pbx.tracker.changes() == {}
    follower = Tracker("lab")
    assert follower.load(rows) == []
    assert follower.load({"lab/learnt": b"damaged"}) == []
    pbx.tracker = follower
    assert leg_of(pbx, "PJSIP/7001-00000002").extension == "103"


def test_trackers_do_not_share_what_they_learn():
    """One topology of the settings, two PBXes."""
    topology = Topology()
    one, other = Tracker("one", topology), Tracker("other", topology)
    one.feed(
        make_message(("Event", "DBGetResponse"), ("Family", "DEVICE"), ("Key", "7001/user"), ("Val", "103")),
        1.0,
    )
    assert "one/learnt" in one.changes()
    assert other.changes() == {}
    assert topology.kind_of("PJSIP/7001-00000001") is ChannelKind.PHONE
    assert topology.extension_of("PJSIP/7001-00000001") == "7001"
