"""Lines break: what a connection that began anew may tell differently, and what it may not.

The channel lists come from the sandbox's switchboard, which knows of a PBX what it has said so far; so
recordings that began in the middle of calls have no place here. Time does not go on while a line is down.
"""

from __future__ import annotations

from functools import cache

import pytest

from itgrix_core.app.outward import call_as_json
from itgrix_core.calls.events import CallEnded, CallMerged, ConversationEnded, Oddity
from itgrix_core.calls.tracker import Tracker
from itgrix_core.sandbox.pbx.answers import answer
from itgrix_core.sandbox.pbx.switchboard import Switchboard
from itgrix_core.wire.frames import read_blocks
from itgrix_core.wire.messages import Message, make_message

QUESTION = make_message(("Action", "CoreShowChannels"))
MOST = 5
"""Places tried in a long recording."""


def feed(tracker, timed):
    """All that a tracker says to these messages."""
    return [event for message, at in timed for event in tracker.feed(message, at)]


def channel_list(messages, at):
    """What the PBX that has said these messages answers about its channels."""
    board = Switchboard({})
    for message, said_at in messages:
        if message.is_event:
            board.apply(message, "", said_at)
    return [(Message(block), at) for block in read_blocks(answer(QUESTION, board))]


@cache
def is_listed(recorded):
    """Whether a recording holds a channel list of its own: it began in the middle of calls."""
    return any(message.name == "CoreShowChannelsComplete" for message, _ in recorded.heard)


@pytest.fixture
def recorded(each_recording):
    """A recording that begins with its calls."""
    if is_listed(each_recording):
        pytest.skip("began in the middle of calls that the switchboard does not know")
    return each_recording


def in_the_end(told):
    """What a store that ignores repeated ids holds: id → the ended call in outward words, else None.

    A provisional end gives way to what is told later: to an end of the same id, or to the call's merging.
    With the merging also go the ends of conversations: an undisturbed call that merges tells none.
    """
    kept = {}
    for event in told:
        if isinstance(event, Oddity):
            continue
        before = kept.get(event.id)
        if before is None or (isinstance(before, CallEnded) and before.is_provisional):
            kept[event.id] = event
    merged = {event.call.key for event in kept.values() if isinstance(event, CallMerged)}
    return {
        key: call_as_json(event.call) if isinstance(event, CallEnded) else None
        for key, event in kept.items()
        if event.call.key not in merged or not _is_an_end(event)
    }


def _ends(kept):
    return {key for key in kept if key.endswith("/CallEnded")}


def _is_an_end(event):
    return isinstance(event, ConversationEnded) or (isinstance(event, CallEnded) and event.is_provisional)


# ---- cut, and served again from the start -----------------------------------------------------------------
@pytest.mark.parametrize("who_lives", ["those of the cut", "nobody"])
def test_served_again_is_no_news(recorded, places, who_lives):
    """Cut at any message; the list tells of the channels of that moment, or of none; then all is told again.

    What is kept in the end is what an undisturbed connection tells: the ground of the promise that `kill -9`
    loses nothing and repeats nothing.
    """
    heard, undisturbed = recorded.heard, in_the_end(recorded.told)
    for cut in places(len(heard), MOST)[1:]:
        alive = heard[:cut] if who_lives == "those of the cut" else []
        tracker = Tracker("lab")
        told = feed(tracker, heard[:cut])
        tracker.connected()
        told += feed(tracker, [*channel_list(alive, heard[cut - 1][1]), *heard])
        assert in_the_end(told) == undisturbed, cut
        assert list(tracker.live_calls) == [], cut


def test_served_again_to_a_process_that_was_killed_the_same_calls_end(recorded, places):
    """The same through saved rows, the last three messages before the cut not yet committed.

    What the list made us guess of those messages may be told in a call's events; no call is lost or invented.
    """
    heard, undisturbed = recorded.heard, in_the_end(recorded.told)
    for cut in places(len(heard), MOST)[1:]:
        killed = Tracker("lab")
        told = feed(killed, heard[: max(0, cut - 3)])
        tracker = Tracker("lab")
        tracker.load({key: row for key, row in killed.changes().items() if row is not None})
        tracker.connected()
        told += feed(tracker, [*channel_list(heard[:cut], heard[cut - 1][1]), *heard])
        assert list(tracker.live_calls) == [], cut
        assert _ends(in_the_end(told)) == _ends(undisturbed), cut


# ---- the list that is asked for every minute, and gaps ----------------------------------------------------
def test_a_channel_list_is_no_news(recorded, places):
    """Asked for at any message of an unbroken connection it changes no event, and nothing is odd after it."""
    heard = recorded.heard
    for place in places(len(heard), MOST)[1:]:
        middle = channel_list(heard[:place], heard[place - 1][1])
        told = feed(Tracker("lab"), [*heard[:place], *middle, *heard[place:]])
        assert told == recorded.told, place


def test_what_was_missed_is_caught_up_with(recorded, places):
    """A third of the messages is lost, then the list comes: nothing is odd, no call starts or ends twice."""
    heard = recorded.heard
    for begin in places(len(heard) - 1, MOST):
        end = min(len(heard), begin + len(heard) // 3 + 1)
        tracker = Tracker("lab")
        told = feed(tracker, heard[:begin])
        tracker.connected()
        told += feed(tracker, [*channel_list(heard[:end], heard[end - 1][1]), *heard[end:]])
        assert [event for event in told if isinstance(event, Oddity)] == [], begin
        assert list(tracker.live_calls) == [], begin
        assert len({event.id for event in told}) == len(told), begin
