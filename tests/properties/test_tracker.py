"""What is true of the tracker whatever a PBX says: of every recording, of mutilated ones, and of noise."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from itgrix_core.calls.events import CallEnded, CallMerged, CallStarted, Oddity
from itgrix_core.calls.tracker import WANTED, Tracker
from itgrix_core.wire.messages import Message, make_message

SEED = 20261122
LIST_BEGINS = make_message(
    ("Response", "Success"), ("EventList", "start"), ("Message", "Channels will follow")
)
LIST_ENDS = make_message(("Event", "CoreShowChannelsComplete"), ("EventList", "Complete"))


def feed(tracker, timed):
    """All that a tracker says to these messages."""
    return [event for message, at in timed for event in tracker.feed(message, at)]


def nobody_lives(tracker, at):
    """What a tracker says to a channel list without a channel."""
    return feed(tracker, [(LIST_BEGINS, at), (LIST_ENDS, at)])


def is_sound(told):
    """Whether every call that started ended or merged once before it could start again, and no other did."""
    life = defaultdict(list)
    for event in told:
        if isinstance(event, CallStarted):
            life[event.call.key].append("start")
        elif isinstance(event, CallEnded | CallMerged):
            life[event.call.key].append("end")
    return all(steps == ["start", "end"] * (len(steps) // 2) for steps in life.values())


def first_of_each_id(told):
    """What a store keeps that ignores repeats."""
    kept = {}
    for event in told:
        if not isinstance(event, Oddity):
            kept.setdefault(event.id, event)
    return kept


def repeated(told):
    """Ids that were told more than once."""
    return [
        key for key, times in Counter(e.id for e in told if not isinstance(e, Oddity)).items() if times > 1
    ]


# ---- the same log, the same events ------------------------------------------------------------------------
def test_the_same_log_gives_the_same_events(each_recording):
    """Twice through a new tracker, word for word; the messages that it does not read mean nothing."""
    assert feed(Tracker("lab"), each_recording.messages) == each_recording.told


def test_another_process_tells_the_same(all_recordings):
    """Nothing depends on the order of a set or on an address: two interpreters that hash otherwise agree."""
    program = (
        "import sys, gzip; from itgrix_core.calls.tracker import Tracker; "
        "from itgrix_core.wire.frames import read_blocks; from itgrix_core.wire.messages import Message\n"
        "for path in sys.argv[1:]:\n"
        "    tracker = Tracker('lab')\n"
        "    for at, block in enumerate(read_blocks(gzip.open(path).read())):\n"
        "        for event in tracker.feed(Message(block), at): print(event)\n"
    )
    paths = [str(rec.path) for rec in all_recordings if len(rec.heard) < 1000][::3]
    one, other = (
        subprocess.run(
            [sys.executable, "-c", program, *paths],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        for seed in ("1", "2")
    )
    assert one.stdout == other.stdout
    assert one.stdout.count(b"CallEnded") >= len(paths) // 2


def test_every_start_has_one_end_and_every_id_is_told_once(each_recording):
    """Ended or merged exactly once; whoever ignores repeated ids misses nothing."""
    assert is_sound(each_recording.told)
    assert repeated(each_recording.told) == []


# ---- going on from saved rows -----------------------------------------------------------------------------
def test_a_saved_tracker_goes_on_as_if_nothing_had_been(each_recording, places):
    """At any message: the rows that a store kept, loaded into a new tracker, tell the rest word for word.

    Not inside the answer to a channel list: whoever starts anew asks for a new one.
    """
    heard, wanted = each_recording.heard, set(places(len(each_recording.heard)))
    tracker, rows, told, is_listing = Tracker("lab"), {}, 0, False
    for place, (message, at) in enumerate([*heard, (Message(b""), 0.0)]):
        if place in wanted and not is_listing:
            follower = Tracker("lab")
            assert follower.load(rows) == []
            assert feed(follower, heard[place:]) == each_recording.told[told:]
        is_listing = message.get("Message") == "Channels will follow" or (
            is_listing and message.name != "CoreShowChannelsComplete"
        )
        told += len(tracker.feed(message, at))
        for key, row in tracker.changes().items():
            rows.pop(key, None)
            if row is not None:
                rows[key] = row
    rows.pop("lab/learnt", None)
    assert rows == {}


# ---- several calls at once --------------------------------------------------------------------------------
def test_calls_of_two_logs_do_not_disturb_each_other(all_recordings):
    """However two logs mix, each call is told as it is told alone: all pairs of a kind, some of the rest."""
    for number, (one, other) in enumerate(_mixed_pairs(all_recordings)):
        mixed = feed(Tracker("lab"), _mix(_calls_of(one), _calls_of(other), random.Random(SEED + number)))
        assert _by_call(mixed) == _by_call(one.told) | _by_call(other.told), f"{one.id} with {other.id}"


def _mixed_pairs(recordings):
    """Pairs of small logs that do not contradict each other about who uses a device.

    Nor has either a channel list in the midst of its calls, which would rightly miss those of the other.
    """
    usable = [
        rec
        for rec in recordings
        if len(rec.heard) < 1000 and all(m.name != "CoreShowChannelsComplete" for m, _ in _calls_of(rec))
    ]
    users = {rec.id: _users(rec) for rec in usable}
    pairs = [(one, other) for one, other in combinations(usable, 2) if _agree(users[one.id], users[other.id])]
    within = [(one, other) for one, other in pairs if one.family == other.family]
    rest = [(one, other) for one, other in pairs if one.family != other.family]
    return within + random.Random(SEED).sample(rest, min(300, len(rest)))


def _calls_of(recorded):
    """A log without the channel list that came before its first call."""
    names = [message.name for message, _ in recorded.heard]
    if "CoreShowChannelsComplete" not in names:
        return recorded.heard
    end = names.index("CoreShowChannelsComplete")
    begin = next(
        place
        for place, (message, _) in enumerate(recorded.heard)
        if "Channels will follow" in message.get("Message")
    )
    if "CoreShowChannel" in names[begin:end]:
        return recorded.heard
    return recorded.heard[:begin] + recorded.heard[end + 1 :]


def _users(recorded):
    """Who is said to use each device; several where somebody else logs in."""
    users = defaultdict(set)
    for message, _ in recorded.heard:
        if message.name == "DBGetResponse":
            users[message.get("Key")].add(message.get("Val"))
    return users


def _agree(one, other):
    return all(len(one[key] | other[key]) == 1 for key in one.keys() & other.keys())


def _mix(one, other, dice):
    turns = [0] * len(one) + [1] * len(other)
    dice.shuffle(turns)
    sources = iter(one), iter(other)
    return [next(sources[turn]) for turn in turns]


def _by_call(told):
    calls = defaultdict(list)
    for event in told:
        calls[getattr(event.call, "key", event.call)].append(event)
    return dict(calls)


# ---- connections that begin late, lose messages, or hear them twice ---------------------------------------
def test_a_connection_may_begin_at_any_message(each_recording, places):
    """Nothing raises, no channel list is needed to survive, and the next one leaves nothing behind."""
    heard = each_recording.heard
    for place in places(len(heard)):
        tracker = Tracker("lab")
        told = feed(tracker, heard[place:]) + nobody_lives(tracker, heard[-1][1] + 60)
        assert is_sound(told), place
        assert not list(tracker.live_calls), place


def test_any_message_may_be_lost(each_recording, places):
    """One message less: nothing raises, and after the next channel list nothing is left behind."""
    heard = each_recording.heard
    for place in places(len(heard) - 1):
        tracker = Tracker("lab")
        told = feed(tracker, heard[:place] + heard[place + 1 :]) + nobody_lives(tracker, heard[-1][1] + 60)
        assert is_sound(told), place
        assert not list(tracker.live_calls), place
        assert repeated(told) == [], place


def test_any_message_may_come_twice(each_recording, places):
    """What is told again is no news: the same events, word for word, but for ids that were told before."""
    heard = each_recording.heard
    for place in places(len(heard) - 1):
        tracker = Tracker("lab")
        told = feed(tracker, heard[: place + 1] + heard[place:])
        assert list(first_of_each_id(told).values()) == each_recording.told, place


# ---- noise ------------------------------------------------------------------------------------------------
GARBAGE = st.one_of(
    st.sampled_from(
        ["", "<unknown>", "0", "-1", "1795380185.0", "Local/101@x-0000000a;1", ";2", "/", "é", "\x00"]
    ),
    st.text(max_size=8).map(lambda text: text.replace("\r", "").replace("\n", "")),
)
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.integers(0, 60),
        st.sampled_from(["drop", "rename", "value", "borrow"]),
        GARBAGE,
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(which=st.integers(0, 10_000), changes=CHANGES)
def test_mutilated_messages_raise_nothing_and_leave_nothing(all_recordings, which, changes):
    """Headers dropped, renamed, filled with nonsense or with another header's value."""
    recorded = all_recordings[which % len(all_recordings)]
    heard = list(recorded.heard[:1000])
    for place, header, how, garbage in changes:
        message, at = heard[place % len(heard)]
        heard[place % len(heard)] = _mutilated(message, header, how, garbage), at
    tracker = Tracker("lab")
    told = feed(tracker, heard) + nobody_lives(tracker, heard[-1][1] + 60)
    assert is_sound(told)
    assert_empty(tracker)


def _mutilated(message, place, how, garbage):
    headers = message.headers()
    place %= len(headers)
    name, value = headers[place]
    if how == "drop":
        del headers[place]
    elif how == "rename":
        headers[place] = garbage, value
    elif how == "value":
        headers[place] = name, garbage
    else:
        headers[place] = name, headers[(place + 1) % len(headers)][1]
    return make_message(*headers)


def assert_empty(tracker):
    """Nothing at all is kept: no call, no channel, no bridge."""
    board = tracker._board
    assert (board.calls, board.channels, board.by_linkedid, board.bridges) == ({}, {}, {}, {})


IDS = st.sampled_from(["1.0", "1.1", "1.2", "1.3", ""])
NAMES = st.sampled_from(
    [
        *("PJSIP/101-00000001", "SIP/102-00000002", "PJSIP/provider1-00000003"),
        *("Local/103@q-00000004;1", "Local/103@q-00000004;2", "ConfBridge/x", ""),
    ]
)
VALUES = {
    "Uniqueid": IDS,
    "Linkedid": IDS,
    "Channel": NAMES,
    "ChannelStateDesc": st.sampled_from(["Down", "Ring", "Ringing", "Up", "Busy"]),
    "Exten": st.sampled_from(["101", "74950000100", "s", "*78"]),
    "CallerIDNum": st.sampled_from(["101", "79161234567", "<unknown>"]),
}
OTHERS = {
    "BridgeUniqueid": st.sampled_from(["a", "b", ""]),
    "BridgeId": st.sampled_from(["a", "b", ""]),
    "BridgeType": st.sampled_from(["basic", "base", "holding", "parking"]),
    "DialStatus": st.sampled_from(["RINGING", "ANSWER", "NOANSWER", "CANCEL", "BUSY", "CHANUNAVAIL"]),
    "DialString": st.sampled_from(["101", "79161234567@provider1", "provider1/8916", ""]),
    "Cause": st.sampled_from(["0", "16", "17", "21", "26", "127", "x"]),
    "Result": st.sampled_from(["Success", "Fail"]),
    "Response": st.sampled_from(["Success", "Failure"]),
    "Application": st.sampled_from(["Dial", "AppDial", "AppQueue", "Queue", ""]),
    "ApplicationData": st.sampled_from(["PJSIP/79161234567@provider1,60", "700,t", ""]),
    "LocalOneUniqueid": IDS,
    "LocalTwoUniqueid": IDS,
    "DestType": st.sampled_from(["App", "Bridge"]),
    "Duration": st.sampled_from(["00:00:05", "x", ""]),
    "Variable": st.sampled_from(["MIXMONITOR_FILENAME", "MIXMONITOR_FILENAME=/a.wav", "X"]),
    "Value": st.sampled_from(["/a.wav", ""]),
    "ActionID": st.sampled_from(["itgrix-recording-1.0", "x"]),
}
PREFIXES = (
    "Dest",
    "Transferee",
    "Transferer",
    "OrigTransferer",
    "SecondTransferer",
    "TransferTarget",
    "Target",
    "Parkee",
)
HEADERS = {prefix + name: values for prefix in ("", *PREFIXES) for name, values in VALUES.items()} | OTHERS


@st.composite
def noise(draw):
    """A message of a name that the tracker reads, with a few headers that contradict all others."""
    name = draw(st.sampled_from(sorted(WANTED))).decode()
    head = ("Response", "Success") if draw(st.integers(0, 20)) == 0 else ("Event", name)
    names = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=8, unique=True))
    always = [(key, draw(HEADERS[key])) for key in ("Uniqueid", "DestUniqueid", "Channel", "DestChannel")]
    return make_message(head, *always, *((key, draw(HEADERS[key])) for key in names))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(messages=st.lists(noise(), max_size=40))
def test_noise_raises_nothing_and_leaves_nothing(messages):
    """Events of five channels that contradict each other in every header."""
    tracker = Tracker("lab")
    told = feed(tracker, [(message, float(at)) for at, message in enumerate(messages)])
    for key, row in tracker.changes().items():
        assert row is None or Tracker("lab").load({key: row}) == []
    told += nobody_lives(tracker, 100.0)
    assert is_sound(told)
    assert_empty(tracker)


@given(raw=st.binary(max_size=200))
def test_bytes_that_are_no_ami_raise_nothing(raw):
    """Whatever comes off the wire is at most an oddity."""
    assert all(isinstance(event, Oddity) for event in feed(Tracker("lab"), [(Message(raw), 1.0)]))


def test_times_never_run_back_within_a_call(each_recording):
    """Events of a call are told in the order in which they happened."""
    for events in _by_call(each_recording.told).values():
        assert all(one.at <= other.at for one, other in pairwise(events))
