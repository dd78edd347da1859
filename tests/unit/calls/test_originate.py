"""Click-to-call: whose wish it was, and responses that come late."""

import pytest

from itgrix_core.calls.events import CallEnded
from itgrix_core.calls.tracker import Tracker
from itgrix_core.wire.messages import Message

REFUSED = ("ast22/originate_agent_declined_sip", "ast22/originate_agent_busy_sip")
RESPONSE = "OriginateResponse"


def calls_of(messages):
    """The calls that end in these messages."""
    tracker = Tracker("lab")
    told = [event for message, at in messages for event in tracker.feed(message, at)]
    return [event.call for event in told if isinstance(event, CallEnded)]


def with_the_response_last(messages):
    """The same log, with the response a moment after everything else."""
    (response,) = [message for message, _ in messages if message.name == RESPONSE]
    others = [(message, at) for message, at in messages if message is not response]
    return [*others, (response, others[-1][1] + 0.01)]


@pytest.mark.parametrize("name", REFUSED)
def test_a_response_that_comes_after_the_hangup_makes_no_second_call(recording_of, name):
    """Two threads of Asterisk say the two; a real one had them in this order once in a dozen times."""
    messages = recording_of[name].messages
    (call,) = calls_of(with_the_response_last(messages))
    assert call.disposition == calls_of(messages)[0].disposition == "agent declined"


def test_a_phone_that_is_not_there_is_a_call_also_right_after_a_refusal(recording_of):
    """Of another extension: its response is the only word that there is about it."""
    refused = recording_of["ast22/originate_agent_declined_sip"].messages
    until = refused[-1][1]
    missing = [(message, until) for message, _ in recording_of["ast22/originate_agent_unregistered"].messages]
    calls = calls_of([*refused, *missing])
    assert [call.disposition for call in calls] == ["agent declined", "agent unavailable"]


def test_a_call_says_at_whose_request_it_was_made(recording_of):
    """By the ActionID of the Originate, if the agent answered or has no phone; a refusal names no channel."""
    for name in ("originate_answered", "originate_agent_unregistered"):
        recorded = recording_of[f"ast22/{name}"]
        (call,) = calls_of(recorded.messages)
        assert call.action_id == recorded.truth["calls"][0]["action_id"]


def test_an_unregistered_phone_behind_a_local_channel_with_an_id_is_a_call(recording_of):
    """With ChannelId the failed response names the Local channel, which is there, though nobody was rung."""
    messages = recording_of["ast16-macro/macro_originate_agent_unregistered_local"].messages
    first = next(message.get("Uniqueid") for message, _ in messages if message.name == "Newchannel")
    (response,) = [message for message, _ in messages if message.name == RESPONSE]
    named = Message(response.raw.replace(b"<unknown>", first.encode()))
    others = [(message, at) for message, at in messages if message is not response]
    end = next(place for place, (message, _) in enumerate(others) if message.name == "Hangup")
    (call,) = calls_of([*others[:end], (named, others[end][1]), *others[end:]])
    (told,) = calls_of(messages)
    assert (call.disposition, call.extension) == (told.disposition, told.extension)
    assert (call.key, call.action_id) == (f"lab/{first}", told.action_id)
