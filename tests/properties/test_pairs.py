"""Two linked PBXes tell one story, however their streams come: interleaved otherwise, late, cut, unproven."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from itgrix_core.app.outward import call_as_json
from itgrix_core.calls.events import CallEnded, CallMerged, CallStarted, Oddity
from itgrix_core.calls.questions import WIRE_ID
from itgrix_core.wire.messages import Message, make_message

SEED = 20261125
LATE = 2.0
"""Seconds by which the words of one PBX may lag behind."""
LIST_BEGINS = make_message(
    ("Response", "Success"), ("EventList", "start"), ("Message", "Channels will follow")
)
LIST_ENDS = make_message(("Event", "CoreShowChannelsComplete"), ("EventList", "Complete"))
LINKED = ("main", "branch")
TIMES = {
    "started_at", "rang_at", "caller_heard_answer_at", "agent_rang_at", "agent_answered_at", "answered_at",
    "ended_at", "wait_s", "talk_s",
}  # fmt: skip


def feed(trackers, heard):
    """All that the trackers say to these messages."""
    return [event for pbx, message, at in heard for event in trackers[pbx].feed(message, at)]


def nobody_lives(trackers, at):
    """What is told when neither PBX has a channel any more."""
    return feed(trackers, [(pbx, said, at) for pbx in trackers for said in (LIST_BEGINS, LIST_ENDS)])


def is_sound(told):
    """Whether every call that started ended or merged once, and no event came twice."""
    events = [event for event in told if not isinstance(event, Oddity)]
    starts = Counter(event.call.key for event in events if isinstance(event, CallStarted))
    ends = Counter(event.call.key for event in events if isinstance(event, CallEnded | CallMerged))
    return starts == ends and max(Counter(event.id for event in events).values(), default=1) == 1


def assert_empty(trackers):
    """Nothing at all is kept."""
    board = trackers["main"]._board
    assert (board.calls, board.channels, board.by_linkedid, board.bridges) == ({}, {}, {}, {})
    assert (board.ends, board.wires) == ({}, {})


def calls_of(told):
    """The ended calls in outward words, by key, without times."""
    ended = [event.call for event in told if isinstance(event, CallEnded)]
    return {call.key: _without_times(call_as_json(call)) for call in ended}


def _without_times(value):
    """The same without any time, and lists that Asterisk fills in any order sorted."""
    if isinstance(value, dict):
        return {name: _without_times(each) for name, each in value.items() if name not in TIMES}
    return sorted(map(_without_times, value), key=repr) if isinstance(value, list) else value


def is_evidence(message):
    """Whether it is the answer that tells a wire's Call-ID."""
    return message.get("ActionID").startswith(WIRE_ID)


# ---- the same logs, the same events -----------------------------------------------------------------------
def test_the_same_logs_give_the_same_events(each_pair, linked_trackers):
    """Twice through new trackers, word for word; all is sound and nothing stays."""
    trackers = linked_trackers()
    assert feed(trackers, each_pair.heard) == each_pair.told
    assert is_sound(each_pair.told)
    assert_empty(trackers)


def test_ids_that_both_pbxes_have_given_do_not_mix(each_pair, linked_trackers):
    """Both count alike: with every Uniqueid of the branch turned into one that main has given, too."""
    renumbered = _renumbered(each_pair)
    told = feed(linked_trackers(), renumbered)
    plain = [(event.kind, event.call.direction, event.call.disposition) for event in each_pair.told]
    assert [(event.kind, event.call.direction, event.call.disposition) for event in told] == plain


def _renumbered(pair):
    ids = {pbx: _ids(stream.heard) for pbx, stream in pair.streams.items()}
    numbers = {pbx: {given: f"1790000000.{n}" for n, given in enumerate(own)} for pbx, own in ids.items()}
    return [(pbx, _replaced(message, numbers[pbx]), at) for pbx, message, at in pair.heard]


def _ids(heard):
    found = (value for message, _ in heard for name, value in message.headers() if name.endswith("Uniqueid"))
    return dict.fromkeys(value for value in found if value.partition(".")[0].isdigit())


def _replaced(message, numbers):
    headers = [
        (name, WIRE_ID + numbers.get(value.removeprefix(WIRE_ID), value))
        if value.startswith(WIRE_ID)
        else (name, numbers.get(value, value))
        for name, value in message.headers()
    ]
    return make_message(*headers)


def test_trackers_that_were_saved_go_on_as_if_nothing_had_been(each_pair, linked_trackers, places):
    """At any message: the common rows, loaded into new trackers, tell the rest word for word."""
    heard, wanted = each_pair.heard, set(places(len(each_pair.heard)))
    trackers, rows, told = linked_trackers(), {}, 0
    for place, (pbx, message, at) in enumerate([*heard, ("main", Message(b""), 0.0)]):
        if place in wanted:
            followers = linked_trackers()
            assert followers["branch"].load(rows) == []
            assert feed(followers, heard[place:]) == each_pair.told[told:]
        told += len(trackers[pbx].feed(message, at))
        for key, row in trackers[pbx].changes().items():
            rows.pop(key, None)
            if row is not None:
                rows[key] = row
    assert {key for key in rows if not key.endswith("/learnt")} == set()


# ---- the streams come otherwise ---------------------------------------------------------------------------
def test_streams_that_interleave_otherwise_tell_the_same_calls(each_pair, linked_trackers):
    """Each stream in its own order, either up to 50 ms late: what a line to a branch does every day.

    A phone that is busy at once ends its wire long before that.
    """
    for attempt in range(10):
        dice = random.Random(SEED + attempt)
        trackers = linked_trackers()
        told = feed(trackers, _delayed(each_pair, {pbx: dice.uniform(0, 0.05) for pbx in trackers}))
        assert calls_of(told) == calls_of(each_pair.told)
        assert is_sound(told)
        assert_empty(trackers)


def _delayed(pair, seconds):
    """What was heard, each stream so much later, its times with it."""
    timed = [(pbx, message, at + seconds[pbx]) for pbx, message, at in pair.heard]
    return sorted(timed, key=lambda each: each[2])


@pytest.mark.parametrize("far", ["main", "branch"])
def test_a_pbx_far_away_may_have_nothing_left_to_ask(each_pair, linked_trackers, far):
    """A tenth of a second to it and back: of channels that are gone by then it knows no Call-ID."""
    timed = _delayed(each_pair, {pbx: 0.05 if pbx == far else 0.0 for pbx in LINKED})
    gone = {(pbx, said.get("Uniqueid")): at for pbx, said, at in timed if said.name == "Hangup"}
    heard = []
    for pbx, message, at in timed:
        uniqueid = message.get("ActionID").removeprefix(WIRE_ID)
        if is_evidence(message) and pbx == far:
            answer = message if at + 0.05 < gone[pbx, uniqueid] else _no_such_channel(message)
            heard.append((pbx, answer, at + 0.05))
        else:
            heard.append((pbx, message, at))
    trackers = linked_trackers()
    told = feed(trackers, sorted(heard, key=lambda each: each[2]))
    assert calls_of(told) == calls_of(each_pair.told)
    assert is_sound(told)
    assert_empty(trackers)


def _no_such_channel(answer):
    return make_message(
        ("Response", "Error"), ("ActionID", answer.get("ActionID")), ("Message", "No such channel")
    )


@pytest.mark.parametrize("late", ["main", "branch"])
def test_a_stream_that_lags_loses_no_call(each_pair, linked_trackers, late):
    """Two seconds late: calls are told as ever, but for who talked first where that took one second."""
    trackers = linked_trackers()
    seconds = {pbx: LATE if pbx == late else 0.0 for pbx in trackers}
    told = feed(trackers, _delayed(each_pair, seconds))
    assert is_sound(told)
    assert_empty(trackers)
    is_brief = any(call["transfers"] for call in each_pair.truth["calls"])  # the first talk, of one second
    if not is_brief:
        assert calls_of(told) == calls_of(each_pair.told)


# ---- the evidence is late, or never comes -----------------------------------------------------------------
def test_without_evidence_there_are_two_calls_and_none_is_lost(each_pair, linked_trackers):
    """As if the two did not know each other: every phone that talked is somebody's leg or the caller."""
    trackers = linked_trackers()
    told = feed(trackers, [each for each in each_pair.heard if not is_evidence(each[1])])
    assert is_sound(told)
    assert_empty(trackers)
    talked = {c.key for event in each_pair.told for c in event.call.conversations if c.answered_at}
    ended = [event.call for event in told if isinstance(event, CallEnded)]
    parts = {c.key for call in ended for c in call.conversations}
    assert all(key in parts for key in talked)


def test_one_lost_answer_loses_no_call(each_pair, linked_trackers):
    """Any of the answers that tell a Call-ID is missing: sound, and nothing stays."""
    answers = [place for place, each in enumerate(each_pair.heard) if is_evidence(each[1])]
    for place in answers:
        trackers = linked_trackers()
        told = feed(trackers, [*each_pair.heard[:place], *each_pair.heard[place + 1 :]])
        assert is_sound(told)
        assert_empty(trackers)


def test_an_answer_after_the_patience_merges_the_calls(each_pair, linked_trackers):
    """The last answer comes four seconds late, if its channel still lives: sound, and nothing stays."""
    (*_, last) = [place for place, each in enumerate(each_pair.heard) if is_evidence(each[1])]
    pbx, answer, at = each_pair.heard[last]
    rest = [*each_pair.heard[:last], *each_pair.heard[last + 1 :], (pbx, answer, at + 4)]
    trackers = linked_trackers()
    told = feed(trackers, sorted(rest, key=lambda each: each[2]))
    assert is_sound(told)
    assert_empty(trackers)


# ---- lines break ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("away", ["main", "branch"])
def test_a_pbx_that_goes_away_leaves_nothing_behind(each_pair, linked_trackers, places, away):
    """From any message on one PBX is silent; when it is back and has no channels, all is over."""
    heard = each_pair.heard
    for place in places(len(heard)):
        trackers = linked_trackers()
        told = feed(trackers, heard[:place] + [each for each in heard[place:] if each[0] != away])
        trackers[away].connected()
        told += nobody_lives(trackers, heard[-1][2] + 60)
        assert is_sound(told), place
        assert_empty(trackers)


def test_connections_may_begin_at_any_message(each_pair, linked_trackers, places):
    """Nothing raises, and the next channel lists leave nothing behind."""
    heard = each_pair.heard
    for place in places(len(heard)):
        trackers = linked_trackers()
        told = feed(trackers, heard[place:]) + nobody_lives(trackers, heard[-1][2] + 60)
        assert is_sound(told), place
        assert_empty(trackers)


def test_any_message_may_be_lost_or_come_twice(each_pair, linked_trackers, places):
    """Nothing raises, and the next channel lists leave nothing behind."""
    heard = each_pair.heard
    for place in places(len(heard) - 1):
        for mutilated in (heard[:place] + heard[place + 1 :], heard[: place + 1] + heard[place:]):
            trackers = linked_trackers()
            told = feed(trackers, mutilated) + nobody_lives(trackers, heard[-1][2] + 60)
            assert is_sound(told), place
            assert_empty(trackers)


def test_a_channel_list_is_no_news_for_the_other_pbx(each_pair, linked_trackers, places):
    """The branch's list holds none of main's channels; nobody misses them."""
    heard = each_pair.heard
    for place in places(len(heard)):
        before = [each for each in heard[:place] if each[0] == "main"]
        trackers = linked_trackers()
        told = feed(trackers, before)
        kept = list(trackers["main"].live_calls)
        said = [("branch", said, 0.0) for said in (LIST_BEGINS, LIST_ENDS)]
        assert feed(trackers, said) == [], place
        assert list(trackers["main"].live_calls) == kept, place
        assert is_sound(told + nobody_lives(trackers, heard[-1][2] + 60))


def test_times_never_run_back_within_a_call(each_pair):
    """Events of a call are told in the order in which they happened."""
    for key in {event.call.key for event in each_pair.told}:
        at = [event.at for event in each_pair.told if event.call.key == key]
        assert all(one <= other for one, other in pairwise(at))
