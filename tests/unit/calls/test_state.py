"""Saved rows: what is saved can be loaded, and what cannot be understood is handed back."""

import msgspec
import pytest

from itgrix_core.calls import state
from itgrix_core.calls.tracker import Tracker


def test_a_row_holds_all_of_a_call(pbx):
    """There and back: the same call."""
    pbx.call_in()
    pbx.ring()
    (row,) = pbx.tracker.changes().values()
    assert state.dump(state.parse(row)) == row


@pytest.mark.parametrize("row", [b"", b"{}", b"\xff", b"[]", b'{"version":1,"call":{}}', b'{"version":1'])
def test_a_damaged_row_is_handed_back(row):
    """The key is told, nothing is loaded, nothing raises."""
    tracker = Tracker("lab")
    assert tracker.load({"lab/1": row}) == ["lab/1"]
    assert list(tracker.live_calls) == []


def test_a_row_of_another_version_is_handed_back(pbx):
    """An older or newer program wrote it: the channel list has to tell."""
    pbx.call_in()
    ((key, row),) = pbx.tracker.changes().items()
    other = msgspec.json.decode(row) | {"version": state.VERSION + 1}
    tracker = Tracker("lab")
    assert tracker.load({key: msgspec.json.encode(other), "lab/fine": row}) == [key]
    assert list(tracker.live_calls) == [key]


def test_changes_name_each_changed_call_once_and_those_that_are_gone(pbx):
    """Rows since the last time; None for a call without channels."""
    pbx.call_in()
    assert list(pbx.tracker.changes()) == ["lab/1.0"]
    assert pbx.tracker.changes() == {}
    pbx.hang_up("1.0")
    assert pbx.tracker.changes() == {"lab/1.0": None}


def test_what_a_channel_list_teaches_is_saved(pbx):
    """The call that it began is one in its row as well, also when the row was asked for in between."""
    pbx.answer(EventList="start", Message="Channels will follow")
    pbx.say(
        "CoreShowChannel", Uniqueid="1.0", Channel="PJSIP/provider1-00000001", ChannelStateDesc="Up",
        Application="Queue", ApplicationData="700,t", Duration="00:00:04",
    )  # fmt: skip
    pbx.tracker.changes()
    pbx.say("CoreShowChannelsComplete", EventList="Complete")
    (row,) = pbx.tracker.changes().values()
    assert state.parse(row).phase == "live"


def test_a_call_whose_caller_has_a_name_in_eight_bits_is_saved(pbx):
    """Its row and its events are text: no byte of a caller may keep a call from being stored."""
    name = "Иван".encode("cp1251").decode("utf-8", "surrogateescape")
    (started,) = pbx.say(
        "Newchannel", Uniqueid="1.0", Channel="PJSIP/provider1-00000001", ChannelStateDesc="Ring",
        Exten="74950000101", CallerIDNum="79161234567", CallerIDName=name,
    )  # fmt: skip
    (row,) = pbx.tracker.changes().values()
    assert state.parse(row).client_name == started.call.client_name == "Иван"
    assert msgspec.json.encode(started)
