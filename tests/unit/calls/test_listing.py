"""The channel list: calls found in the middle, and calls that it no longer has."""

from itgrix_core.calls.events import CallEnded, CallStarted, Oddity
from itgrix_hooks.values import Direction

TRUNK = {
    "Uniqueid": "1.0", "Linkedid": "1.0", "Channel": "PJSIP/provider1-00000001", "ChannelStateDesc": "Up",
    "CallerIDNum": "79161234567", "CallerIDName": "79161234567", "Exten": "s", "Application": "Dial",
    "ApplicationData": "PJSIP/101/sip:101@127.0.0.1,20,tr", "Duration": "00:01:05", "BridgeId": "b1",
}  # fmt: skip
PHONE = {
    "Uniqueid": "1.1", "Linkedid": "1.0", "Channel": "PJSIP/101-00000002", "ChannelStateDesc": "Up",
    "CallerIDNum": "101", "Application": "AppDial", "Duration": "00:01:03", "BridgeId": "b1",
}  # fmt: skip


def test_a_talk_is_found_in_the_middle(pbx):
    """Who calls, since when, and who talks with him."""
    pbx.list_channels(TRUNK, PHONE)
    assert pbx.kinds == ["CallStarted", "ConversationRequested", "ConversationAccepted"]
    call = pbx.told[-1].call
    assert (call.direction, str(call.client_number), call.client_name) == (
        Direction.INBOUND,
        "79161234567",
        "",
    )
    assert (call.did, call.trunk, call.answered_by) == (None, "provider1", "101")
    assert 60 < pbx.at - call.started_at < 70


def test_the_number_of_a_call_out_is_read_from_what_the_phone_dials(pbx):
    """The trunk's own channel does not have it."""
    phone = TRUNK | {
        "Channel": "PJSIP/104-00000001",
        "CallerIDNum": "74950000100",
        "ApplicationData": "PJSIP/79160001003@provider1,60,TK",
    }
    trunk = PHONE | {"Channel": "PJSIP/provider1-00000002", "CallerIDNum": "s"}
    pbx.list_channels(phone, trunk)
    call = pbx.told[-1].call
    assert (call.direction, call.extension, str(call.client_number)) == (
        Direction.OUTBOUND,
        "104",
        "79160001003",
    )
    assert (call.trunk, call.dialled) == ("provider1", None)


def test_a_phone_that_began_to_ring_while_the_line_was_down_counts(pbx):
    """A known call gets the legs that the list shows, and their talk."""
    pbx.call_in()
    pbx.tracker.connected()
    pbx.list_channels(TRUNK, PHONE)
    pbx.hang_up("1.1")
    call = pbx.hang_up("1.0")[-1].call
    assert [(c.extension, c.was_rung, c.result) for c in call.conversations] == [("101", True, "answered")]
    assert call.did == "74950000101"


def test_a_call_that_the_list_lacks_has_ended_unseen(pbx):
    """Provisional, with the reason: a better account may replace it."""
    pbx.call_in()
    (ended,) = [event for event in pbx.list_channels() if isinstance(event, CallEnded)]
    assert ended.is_provisional
    assert ended.call.lost_sight == "the channel list no longer has it"
    assert list(pbx.tracker.live_calls) == []


def test_a_list_that_overtook_the_end_of_a_call_is_corrected_by_it(pbx):
    """Events wait in a queue while a list is answered at once: the true end replaces the lost one."""
    pbx.call_in()
    pbx.ring()
    pbx.list_channels()
    pbx.say("Hangup", Uniqueid="1.1", Linkedid="1.0", Cause="17")
    told = pbx.say("Hangup", Uniqueid="1.0", Cause="17")
    (ended,) = [event for event in told if isinstance(event, CallEnded)]
    assert (ended.is_provisional, ended.call.lost_sight) == (False, "")
    assert (ended.call.disposition, ended.call.conversations[0].result) == ("busy", "busy")
    assert [event for event in pbx.told if isinstance(event, Oddity)] == []


def test_a_lost_call_is_remembered_until_the_next_list_only(pbx):
    """After that its channel is an unknown one."""
    pbx.call_in()
    pbx.list_channels()
    pbx.list_channels()
    (odd,) = pbx.say("Hangup", Uniqueid="1.0", Cause="16")
    assert odd.what == "unknown channel"


def test_a_lost_channel_of_a_call_whose_end_was_seen_leaves_no_doubt(pbx):
    """The phone's hang-up was missed; the caller's was not."""
    pbx.call_in()
    pbx.ring()
    pbx.list_channels(TRUNK)
    (*_, ended) = pbx.hang_up("1.0")
    assert (ended.kind, ended.is_provisional, ended.call.lost_sight) == ("CallEnded", False, "")


def test_a_channel_born_while_the_list_was_told_need_not_be_in_it(pbx):
    """It came after the question."""
    pbx.answer(EventList="start", Message="Channels will follow")
    pbx.call_in()
    pbx.say("CoreShowChannelsComplete", EventList="Complete")
    assert list(pbx.tracker.live_calls) == ["lab/1.0"]


def test_unknown_channels_are_odd_only_once_a_list_was_read(pbx):
    """Before it we came into the middle; a new connection begins so again."""
    assert pbx.hang_up("9.9") == []
    pbx.list_channels()
    (odd,) = pbx.hang_up("9.9")
    assert (odd.what, odd.message, odd.why) == ("unknown channel", "Hangup", "Uniqueid 9.9")
    pbx.tracker.connected()
    assert pbx.hang_up("9.9") == []


def test_the_end_of_a_list_that_never_began_lets_go_of_nobody(pbx):
    """Told twice, it is not a second list, and not an empty one."""
    pbx.call_in()
    pbx.list_channels(TRUNK)
    assert pbx.say("CoreShowChannelsComplete", EventList="Complete") == []
    assert list(pbx.tracker.live_calls) == ["lab/1.0"]


def test_an_item_without_a_uniqueid_is_odd(pbx):
    """And changes nothing."""
    (odd,) = pbx.list_channels({"Channel": "PJSIP/101-00000001", "Linkedid": ""})
    assert isinstance(odd, Oddity)
    assert odd.what == "missing header"


def test_a_call_found_in_the_middle_and_then_told_from_its_beginning_begins_anew(pbx):
    """What was guessed ends provisionally, and the told account takes its place."""
    pbx.list_channels(TRUNK, PHONE)
    said = pbx.call_in()
    assert [event.is_provisional for event in said if isinstance(event, CallEnded)] == [True]
    assert isinstance(said[-1], CallStarted)
    assert said[-1].call.did == "74950000101"


def test_a_missed_newchannel_is_made_up_for_by_the_dial(pbx):
    """The Dial names both its channels."""
    pbx.say(
        "DialBegin", Uniqueid="1.0", Channel="PJSIP/provider1-00000001", ChannelStateDesc="Ring",
        CallerIDNum="79161234567", Exten="s", DestUniqueid="1.1", DestChannel="PJSIP/101-00000002",
        DestLinkedid="1.0", DialString="101",
    )  # fmt: skip
    (started,) = pbx.told
    assert (started.call.direction, str(started.call.client_number)) == (Direction.INBOUND, "79161234567")
