"""What the tracker does beside its tables: silence, masked streams, feature codes, joins."""

from dataclasses import replace

import pytest

from itgrix_core.calls.events import CallEnded, CallMerged, Oddity
from itgrix_core.calls.tracker import TICK, Tracker
from itgrix_hooks.values import Direction, Result

HOUR = 3600.0


def test_a_call_in_that_is_answered_is_told_step_by_step(pbx):
    """The whole life of a plain call."""
    pbx.call_in()
    pbx.ring()
    pbx.bridge("1.0", "1.1")
    pbx.hang_up("1.1")
    pbx.hang_up("1.0")
    assert pbx.kinds == [
        *("CallStarted", "ConversationRequested", "ConversationAccepted", "ConversationEnded", "CallEnded")
    ]
    assert [event.id for event in pbx.told][:2] == [
        "lab/1.0/CallStarted",
        "lab/1.0/ConversationRequested/1.1",
    ]


def test_silence_alone_ends_no_call_before_twelve_hours(pbx):
    """A long talk is as silent as a dead call."""
    pbx.call_in()
    assert pbx.tracker.feed(TICK, 1001 + 11.9 * HOUR) == []
    (ended,) = pbx.tracker.feed(TICK, 1002 + 12 * HOUR)
    assert isinstance(ended, CallEnded)
    assert ended.is_provisional
    assert ended.call.lost_sight == "nothing ended it in 12 hours"
    assert list(pbx.tracker.live_calls) == []


def test_a_masked_stream_tells_the_same_calls_but_for_recordings(each_recording):
    """Class `dialplan` (VarSet, Newexten) names files; nothing else is read from it."""
    tracker = Tracker("lab")
    masked = [
        event
        for message, at in each_recording.heard
        if not message.get("Privilege").startswith("dialplan")
        for event in tracker.feed(message, at)
    ]
    assert [_unrecorded(e) for e in masked] == [_unrecorded(e) for e in each_recording.told]


def _unrecorded(event):
    """The event without its recordings, which a VarSet tells (and in one log `Status`)."""
    return replace(event, call=replace(event.call, recordings=()))


def test_feature_codes_registrations_and_queue_logins_are_no_calls(recording_of):
    """*78, REGISTER and QueueAdd leave nothing; of the recording with *78 only the calls from outside."""
    assert recording_of["ast22/registration"].told == []
    assert recording_of["ast22/queue_member_actions"].told == []
    told = recording_of["ast22/inbound_dnd"].told
    assert told
    assert {event.call.direction for event in told} == {Direction.INBOUND}


def test_a_feature_code_is_no_call_and_leaves_nothing(pbx):
    """A channel that dials nobody."""
    pbx.say("Newchannel", Uniqueid="1.0", Channel="PJSIP/101-00000001", ChannelStateDesc="Ring", Exten="*78")
    pbx.say("Newstate", Uniqueid="1.0", ChannelStateDesc="Up")
    pbx.hang_up("1.0")
    assert pbx.told == []
    assert list(pbx.tracker.live_calls) == []


@pytest.mark.parametrize("name", ["ast22/attended_transfer_refer", "ast16/attended_transfer_refer"])
def test_the_consultation_of_a_refer_transfer_becomes_a_part_of_the_call(recording_of, name):
    """The younger call ends in the older one, which ends with both colleagues in it."""
    told = recording_of[name].told
    (merged,) = [event for event in told if isinstance(event, CallMerged)]
    (ended,) = [event for event in told if isinstance(event, CallEnded)]
    assert merged.into == ended.call.key
    assert merged.call.direction is Direction.INTERNAL
    assert [talk.extension for talk in ended.call.talks] == ["101", "102"]


def test_calls_join_without_a_word_when_a_linkedid_changes(pbx):
    """The next event of the younger channel just carries the older Linkedid."""
    pbx.call_in()
    pbx.call_in("2.0", "79169999999")
    (merged,) = pbx.say("Newstate", Uniqueid="2.0", Linkedid="1.0", ChannelStateDesc="Up")
    assert (merged.kind, merged.call.key, merged.into) == ("CallMerged", "lab/2.0", "lab/1.0")
    pbx.hang_up("2.0")
    assert pbx.hang_up("1.0")[-1].call.key == "lab/1.0"


def test_a_colleague_who_took_it_is_told_apart_from_one_who_missed_it(pbx):
    """Cause 26 means: answered elsewhere."""
    pbx.call_in()
    pbx.ring(uniqueid="1.1", channel="PJSIP/101-00000002")
    pbx.ring(uniqueid="1.2", channel="PJSIP/102-00000003")
    pbx.bridge("1.0", "1.1")
    pbx.hang_up("1.2", "26")
    pbx.hang_up("1.1")
    call = pbx.hang_up("1.0")[-1].call
    assert [c.result for c in call.conversations] == [Result.ANSWERED, Result.ANSWERED_ELSEWHERE]


def test_an_event_that_lacks_its_uniqueid_is_noted_and_changes_nothing(pbx):
    """Odd, never an error."""
    (odd,) = pbx.say("Newchannel", Channel="PJSIP/101-00000001")
    assert (odd.what, odd.why) == ("missing header", "Uniqueid")
    assert isinstance(odd, Oddity)
    assert list(pbx.tracker.live_calls) == []
