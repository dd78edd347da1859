"""Made calls look like what the tracker makes of real recordings of their kind."""

from collections import Counter
from itertools import pairwise
from typing import get_args

import pytest

from itgrix_hooks import Stage
from itgrix_hooks.testing import SHAPES, Shape, make_call, recorded_call, recorded_moments

RECORDED = {
    "answered": "inbound_answered",
    "missed": "inbound_no_answer",
    "busy": "inbound_busy",
    "declined": "inbound_declined",
    "unavailable": "inbound_unregistered",
    "anonymous": "anonymous_missed",
    "voicemail": "no_answer_then_announcement",
    "menu": "ivr_to_extension",
    "menu_dropped": "ivr_abandoned",
    "queue": "queue_answered",
    "queue_abandoned": "queue_abandoned",
    "queue_missed": "queue_timeout",
    "ring_group": "ringgroup_local",
    "ring_group_missed": "ringgroup_timeout",
    "blind_transfer": "blind_transfer_refer",
    "blind_transfer_missed": "blind_transfer_no_answer",
    "attended_transfer": "attended_transfer_refer",
    "blonde_transfer": "blonde_transfer_refer",
    "transfer_outside": "blind_transfer_external",
    "pickup": "pickup_ext",
    "parked": "parking",
    "mobile": "fmc_mobile",
    "two_pbxes": "ast22-pair/inbound_answered",
    "blacklisted": "freepbx_blacklisted",
    "outbound": "outbound_answered",
    "outbound_no_answer": "outbound_no_answer",
    "outbound_busy": "outbound_busy",
    "second_trunk": "outbound_failover",
    "click_to_call": "originate_answered",
    "click_to_call_agent_missed": "originate_agent_no_answer",
    "click_to_call_client_missed": "originate_client_no_answer",
    "internal": "internal_call",
    "internal_missed": "internal_no_answer",
}
"""Shape to the recording that it is a likeness of."""
TOGETHER_SECONDS = 0.3
"""Two moments so near each other are one: a PBX needs its milliseconds."""


def _order(*times):
    """Which of two neighbouring moments came first: -1, 0 (together), 1; `None` where one is missing."""
    pairs = pairwise(times)
    return [
        None
        if None in pair
        else (pair[1] - pair[0] > TOGETHER_SECONDS) - (pair[0] - pair[1] > TOGETHER_SECONDS)
        for pair in pairs
    ]


def _conversation(call, one):
    """All of a phone but whose it is and when exactly; a queue's rounds are one."""
    return (
        one.is_caller, one.was_rung, one.rang_at is not None, one.result, bool(one.picked_up_by),
        bool(one.trunk), one.pbx == call.pbx, one.key.startswith(f"{one.pbx}/"), one.key == call.linkedid,
        tuple(_order(one.rang_at, one.picked_up_at, one.answered_at, one.ended_at)),
    )  # fmt: skip


def likeness(call):
    """What of a call is its kind's and not its own: no numbers, no names, no spans."""
    phones = {one.extension for one in call.conversations}
    times = (call.heard_at, call.rang_at, call.heard_at, call.answered_at, call.ended_at)
    return {
        "direction": call.direction,
        "disposition": call.disposition,
        "hangup_by": call.hangup_by,
        "known": [
            bool(getattr(call, name)) for name in ("client_number", "did", "trunk", "extension", "dialled")
        ],
        "entry": (bool(call.queue), call.is_in_menu, call.is_blacklisted, len(call.tried_trunks)),
        "click": (call.is_click_to_call, bool(call.action_id)),
        "order": (call.rang_at is not None, call.answered_at is not None, _order(*times)),
        "phones": len(phones),
        "conversations": set(Counter(_conversation(call, one) for one in call.conversations)),
        "transfers": [(t.kind, t.how, t.is_done, t.source in phones) for t in call.transfers],
        "agents": (call.answered_by is not None, call.answered_by == call.last_agent),
        "recorded": bool(call.recordings) and call.recordings[0].path != "",
        "rest": (call.is_found, call.lost_sight, call.untold, call.part_of),
    }


def test_every_shape_has_a_recording_and_a_sentence():
    """None is made up; `ringing` is one of the moments of `missed`."""
    assert list(get_args(Shape)) == list(SHAPES)
    assert set(RECORDED) == set(SHAPES) - {"ringing"}
    assert [name for name, made in SHAPES.items() if not (made.__doc__ or "").endswith(".")] == []


@pytest.mark.parametrize("shape", RECORDED)
def test_a_shape_is_what_the_tracker_makes_of_such_a_call(shape):
    """In everything that is of the kind."""
    assert likeness(make_call(shape)) == likeness(recorded_call(RECORDED[shape]))


def test_a_ringing_call_is_what_the_tracker_says_when_a_phone_rings():
    """Nothing of its end is known."""
    first = recorded_moments("inbound_no_answer")[0]
    assert first.stage is Stage.CONVERSATION_REQUESTED
    assert likeness(make_call("ringing")) == likeness(first.call)


def test_shapes_differ():
    """Two that are alike in everything would be one."""
    kinds = [repr(likeness(make_call(shape))) for shape in SHAPES]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_made_call_is_whole(shape):
    """Its times are in order, its keys its own, and changes take the place of fields."""
    call = make_call(shape)
    ends = [one.ended_at for one in call.conversations if one.ended_at]
    assert call.ended_at is None or all(call.started_at <= end <= call.ended_at for end in ends)
    assert len({one.key for one in call.conversations}) == len(call.conversations)
    assert make_call(shape, did="5").did == "5"


def test_a_misspelt_shape_is_named():
    """With those that there are."""
    with pytest.raises(ValueError, match=r"no shape 'mised'; there are: answered, missed"):
        make_call("mised")
