"""Clients who are sent on, meet in rooms, or lose their PBX: who has talked, and who ended it."""

import pytest

from itgrix_core.calls.events import CallEnded, CallMerged, CallStarted
from itgrix_hooks.values import Direction, Disposition, Result

AGENT = "PJSIP/101-00000002"


def ended(pbx):
    """The calls that ended, as last known."""
    return [event.call for event in pbx.told if isinstance(event, CallEnded)]


@pytest.fixture
def talk(pbx):
    """101 talks with a client."""
    pbx.call_in()
    pbx.ring()
    pbx.bridge("1.1", "1.0")
    return pbx


def send_on(pbx):
    """101 sends the client to 102 and is gone."""
    pbx.say(
        "BlindTransfer", TransfererUniqueid="1.1", TransfererLinkedid="1.0", TransfererChannel=AGENT,
        TransfereeUniqueid="1.0", TransfereeLinkedid="1.0", Extension="102", Result="Success",
    )  # fmt: skip
    pbx.say("BridgeLeave", Uniqueid="1.1", Linkedid="1.0", BridgeUniqueid="b1")
    pbx.say("BridgeLeave", Uniqueid="1.0", Linkedid="1.0", BridgeUniqueid="b1")
    pbx.hang_up("1.1")
    pbx.ring(uniqueid="1.2", channel="PJSIP/102-00000003")


def test_who_sent_the_client_on_did_not_end_the_call(talk):
    """102 does not answer and nobody asks to hang up: the PBX ended it."""
    send_on(talk)
    talk.hang_up("1.2", "0")
    talk.hang_up("1.0")
    (call,) = ended(talk)
    assert (call.hangup_by, call.transfers[0].is_done) == ("pbx", False)


def test_a_client_who_was_sent_on_may_give_up(talk):
    """His is the only HangupRequest that counts."""
    send_on(talk)
    talk.say("HangupRequest", Uniqueid="1.0", Linkedid="1.0")
    talk.hang_up("1.2", "127")
    talk.hang_up("1.0")
    assert ended(talk)[0].hangup_by == "external"


def test_whoever_talks_with_him_next_can_end_it(talk):
    """After the transfer went through all is as before."""
    send_on(talk)
    talk.bridge("1.2", "1.0", bridge="b2")
    talk.say("HangupRequest", Uniqueid="1.2", Linkedid="1.0")
    talk.hang_up("1.2")
    talk.hang_up("1.0")
    (call,) = ended(talk)
    assert (call.hangup_by, call.last_agent, call.transfers[0].is_done) == ("agent", "102", True)


def test_a_restart_is_known_by_its_own_request(pbx):
    """The phone that rang then is not blamed, and nobody hung up."""
    pbx.call_in()
    pbx.ring()
    for uniqueid in ("1.1", "1.0"):
        pbx.say("SoftHangupRequest", Uniqueid=uniqueid, Linkedid="1.0", Cause="4")
    pbx.hang_up("1.1", "0")
    pbx.hang_up("1.0", "0")
    (call,) = ended(pbx)
    assert (call.disposition, call.hangup_by) == (Disposition.MISSED, "pbx")
    assert [leg.result for leg in call.conversations] == [Result.PBX_RESTARTED]


def test_any_other_soft_request_says_nothing(pbx):
    """Nearly every channel gets one."""
    pbx.call_in()
    pbx.ring()
    pbx.say("SoftHangupRequest", Uniqueid="1.1", Linkedid="1.0", Cause="16")
    pbx.hang_up("1.1", "0")
    pbx.hang_up("1.0", "0")
    assert [leg.result for leg in ended(pbx)[0].conversations] == [Result.NO_ANSWER]


def enter_room(pbx, uniqueid):
    """A channel comes into the conference, with a Linkedid of its own."""
    pbx.say(
        "BridgeEnter", Uniqueid=uniqueid, Linkedid=uniqueid, ChannelStateDesc="Up",
        BridgeUniqueid="room", BridgeType="base",
    )  # fmt: skip


def dial_in(pbx, uniqueid, extension):
    """An employee calls the conference: no Dial, so no call."""
    pbx.say(
        "Newchannel", Uniqueid=uniqueid, Channel=f"PJSIP/{extension}-0000000a", ChannelStateDesc="Ring",
        Exten="801", CallerIDNum=extension,
    )  # fmt: skip
    enter_room(pbx, uniqueid)


def test_a_client_in_a_conference_talks_with_the_employee_whom_he_meets(pbx):
    """Answered when the two are together; the employee's own dialling in is no call of its own."""
    pbx.call_in()
    enter_room(pbx, "1.0")
    dial_in(pbx, "2.0", "101")
    together = pbx.at
    for uniqueid in ("1.0", "2.0"):
        pbx.say("HangupRequest", Uniqueid=uniqueid)
        pbx.say("BridgeLeave", Uniqueid=uniqueid, BridgeUniqueid="room")
        pbx.hang_up(uniqueid, linkedid=uniqueid)
    (call,) = ended(pbx)
    assert (call.answered_at, call.answered_by, call.hangup_by) == (together, "101", "external")
    assert sum(isinstance(event, CallStarted) for event in pbx.told) == 1
    assert list(pbx.tracker.live_calls) == []


def test_two_clients_in_one_conference_stay_two_calls(pbx):
    """Rooms join nobody who has a call."""
    pbx.call_in()
    enter_room(pbx, "1.0")
    pbx.call_in("3.0", "79167654321")
    enter_room(pbx, "3.0")
    for uniqueid in ("1.0", "3.0"):
        pbx.hang_up(uniqueid, linkedid=uniqueid)
    assert len(ended(pbx)) == 2
    assert not any(isinstance(event, CallMerged) for event in pbx.told)


def test_who_leaves_a_conference_early_did_not_end_the_call(pbx):
    """102 goes, 101 and the client talk on, the client goes."""
    pbx.call_in()
    enter_room(pbx, "1.0")
    dial_in(pbx, "2.0", "101")
    dial_in(pbx, "2.1", "102")
    for uniqueid in ("2.1", "1.0", "2.0"):
        pbx.say("HangupRequest", Uniqueid=uniqueid)
        pbx.say("BridgeLeave", Uniqueid=uniqueid, BridgeUniqueid="room")
        pbx.hang_up(uniqueid, linkedid=uniqueid)
    assert ended(pbx)[0].hangup_by == "external"


def test_a_click_on_a_colleagues_number_is_an_internal_call(pbx):
    """The PBX rings 101, then 102: it never goes outside, and no client is named."""
    leg = {"DestUniqueid": "1.0", "DestLinkedid": "1.0", "DestChannel": AGENT, "DestCallerIDNum": "102"}
    pbx.say("Newchannel", Uniqueid="1.0", Channel=AGENT, ChannelStateDesc="Down")
    pbx.say("DialBegin", DialString="101", **leg)
    pbx.say("Newstate", Uniqueid="1.0", ChannelStateDesc="Up")
    pbx.ring(uniqueid="1.1", channel="PJSIP/102-00000003")
    pbx.bridge("1.1", "1.0")
    for uniqueid in ("1.1", "1.0"):
        pbx.hang_up(uniqueid)
    (call,) = ended(pbx)
    assert (call.direction, call.extension, call.client_number) == (Direction.INTERNAL, "101", None)
    assert (call.answered_by, call.is_click_to_call) == ("102", True)
