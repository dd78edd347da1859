"""The kit's recorded calls are what the tracker makes of the recordings today."""

import gzip

import msgspec
import pytest
from recorded_calls import packed

from itgrix_hooks import Direction, Stage
from itgrix_hooks.testing import (
    ask,
    make_call,
    recorded_call,
    recorded_calls,
    recorded_moments,
    recorded_names,
    stored_call,
)
from itgrix_hooks.testing.recorded import DATA


def test_they_are_the_trackers_own():
    """`make calls` makes them so."""
    assert gzip.decompress(DATA.read_bytes()) == gzip.decompress(packed())


def test_every_recording_is_there(all_recordings, pair_of):
    """But those of load."""
    single = {each.id for each in all_recordings if not each.path.name.startswith("load_")}
    assert set(recorded_names()) == single | {pair.id for pair in pair_of.values()}


def test_a_call_is_had_by_its_recordings_name():
    """That of the newest Asterisk, unless the folder says otherwise."""
    call = recorded_call("blind_transfer_refer")
    assert (call.last_agent, call.transfers[0].target) == ("102", "102")
    assert recorded_call("ast22/blind_transfer_refer") == call
    assert recorded_call("ast16/blind_transfer_refer") != call
    assert recorded_call("freepbx_inbound").direction is Direction.INBOUND


def test_of_several_calls_nobody_guesses_which_is_meant():
    """The sentence says how to get at them."""
    with pytest.raises(ValueError, match=r"has 2 calls: take one of recorded_calls"):
        recorded_call("two_calls_same_number")
    assert len(recorded_calls("two_calls_same_number")) == 2


@pytest.mark.parametrize(("name", "hint"), [("queue_answerd", "queue_answered"), ("x", "recorded_names")])
def test_a_misspelt_name_is_named(name, hint):
    """With the nearest one, or with where they are all told."""
    with pytest.raises(LookupError, match=hint):
        recorded_call(name)


def test_moments_are_those_at_which_hooks_are_asked():
    """In order: three phones of a queue begin to ring, one answers, all end."""
    moments = recorded_moments("queue_answered")
    stages = [moment.stage for moment in moments]
    assert stages[:3] == [Stage.CONVERSATION_REQUESTED] * 3
    assert stages.count(Stage.CONVERSATION_ACCEPTED) == 1
    assert stages[-1] is Stage.CALL_ENDED
    rings = moments[0]
    assert (rings.call.ended_at, rings.conversation.answered_at) == (None, None)
    asked = ask(
        "need_registration", lambda stage: stage is Stage.CALL_ENDED, stage=rings.stage, call=rings.call
    )
    assert asked.answer is False


def test_a_call_that_the_service_has_kept_is_read_back():
    """As `itgrix replay --record` writes it; what is no call is told with the place."""
    call = make_call("pickup")
    assert stored_call(msgspec.json.encode(call)) == call
    with pytest.raises(ValueError, match=r"\$\.direction"):
        stored_call(b'{"key": "a", "pbx": "main", "linkedid": "1", "direction": "up", "started_at": 1}')


def test_each_recorded_call_can_be_asked_about(every_recorded_call):
    """The plugin's fixture runs a test once for each."""
    assert every_recorded_call.ended_at is not None


def test_what_one_asking_keeps_the_next_one_finds(ask_hook, hook_store, hook_crm):
    """The plugin's fixtures share one store and one CRM."""

    def post_registration(call, store, crm):
        crm.write("crm.lead.add", {"n": store.get("n", 0)})
        store.set("n", store.get("n", 0) + 1)

    for shape in ("answered", "missed"):
        assert ask_hook("post_registration", post_registration, call=make_call(shape)).failures == ()
    assert hook_store.get("n") == 2
    assert [params["n"] for _, params in hook_crm.writes] == [0, 1]
