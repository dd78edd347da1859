"""What is asked of Asterisk because of what it said, and what its answers do."""

from itgrix_core.calls.questions import question_about
from itgrix_core.calls.topology import Topology
from itgrix_core.wire.messages import make_message


def test_a_recording_that_begins_is_asked_for_its_file():
    """Under the class mask no VarSet names it; the Uniqueid travels in the ActionID."""
    begun = make_message(("Event", "MixMonitorStart"), ("Channel", "PJSIP/101-00000001"), ("Uniqueid", "1.1"))
    assert question_about(begun, Topology()) == (
        ("Action", "Getvar"),
        ("ActionID", "itgrix-recording-1.1"),
        ("Channel", "PJSIP/101-00000001"),
        ("Variable", "MIXMONITOR_FILENAME"),
    )


def test_nothing_else_is_asked():
    """Neither other events nor a MixMonitorStart that names no channel."""
    assert (
        question_about(
            make_message(("Event", "MixMonitorStop"), ("Channel", "x"), ("Uniqueid", "1")), Topology()
        )
        is None
    )
    assert question_about(make_message(("Event", "MixMonitorStart"), ("Uniqueid", "1")), Topology()) is None
    assert question_about(make_message(("Event", "MixMonitorStart"), ("Channel", "x")), Topology()) is None


def test_the_answer_names_the_file_of_the_call(pbx):
    """Once, however often it is answered; double slashes are one."""
    pbx.call_in()
    for _ in range(2):
        pbx.answer(ActionID="itgrix-recording-1.0", Variable="MIXMONITOR_FILENAME", Value="/monitor//in.wav")
    (recording,) = pbx.hang_up("1.0")[-1].call.recordings
    assert (recording.path, recording.channel) == ("/monitor/in.wav", "1.0")


def test_an_answer_that_comes_too_late_or_empty_is_nothing(pbx):
    """The channel may be gone, the variable unset; `Status` writes that as (null)."""
    pbx.call_in()
    pbx.answer(ActionID="itgrix-recording-1.0", Variable="MIXMONITOR_FILENAME", Value="")
    pbx.say("Status", Uniqueid="1.0", Variable="MIXMONITOR_FILENAME=(null)")
    assert pbx.hang_up("1.0")[-1].call.recordings == ()
    assert pbx.answer(ActionID="itgrix-recording-1.0", Value="/late.wav") == []


def test_status_names_the_file_of_a_call_found_in_the_middle(pbx):
    """Asked for with `Variables: MIXMONITOR_FILENAME`."""
    pbx.call_in()
    pbx.say("Status", Uniqueid="1.0", Variable="MIXMONITOR_FILENAME=/monitor/in.wav")
    assert [r.path for r in pbx.hang_up("1.0")[-1].call.recordings] == ["/monitor/in.wav"]
