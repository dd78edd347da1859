"""How phones and calls ended: DialStatus and cause together (table of docs/facts/asterisk.md 15)."""

import pytest

from itgrix_core.calls.events import CallEnded
from itgrix_core.calls.state import Leg
from itgrix_core.calls.verdict import result_of_leg
from itgrix_hooks.values import Disposition, Result


@pytest.mark.parametrize(
    ("status", "cause", "result"),
    [
        ("NOANSWER", "0", Result.NO_ANSWER),
        ("CANCEL", "127", Result.NO_ANSWER),
        ("CANCEL", "26", Result.ANSWERED_ELSEWHERE),
        ("NOANSWER", "21", Result.DECLINED),
        ("BUSY", "17", Result.BUSY),
        ("", "17", Result.BUSY),
        ("BUSY", "0", Result.BUSY),
        ("", "", Result.NO_ANSWER),
    ],
)
def test_a_phone_that_rang_ended_so(status, cause, result):
    """Neither word alone can tell: declined is NOANSWER as well, and 0 and 127 are everyday values."""
    assert result_of_leg(Leg("1.1", "101", rang_at=5.0, status=status), cause) is result


def test_a_phone_that_talked_has_answered_whatever_was_said_last():
    """ANSWER and cause 16; a talk that ended oddly was one all the same."""
    talked = Leg("1.1", "101", rang_at=5.0, answered_at=6.0, is_up=True, status="ANSWER")
    assert {result_of_leg(talked, cause) for cause in ("16", "127", "26", "")} == {Result.ANSWERED}


def test_who_was_picked_up_and_never_heard_the_caller_has_not_answered():
    """A mobile that was asked to press 1 says ANSWER too; whether a colleague talked meanwhile decides."""
    asked = Leg("1.1", "79057654321", tried_at=4.0, rang_at=5.0, is_up=True, status="ANSWER")
    before = Leg("1.2", "101", answered_at=3.0, is_up=True)
    meanwhile = Leg("1.3", "102", answered_at=7.0, is_up=True)
    assert result_of_leg(asked, "16", [before, asked]) is Result.NO_ANSWER
    assert result_of_leg(asked, "16", [before, asked, meanwhile]) is Result.ANSWERED_ELSEWHERE


def test_nobody_answered_elsewhere_where_nobody_talked(pbx):
    """26 stops a phone as soon as another is picked up; who is asked there and refuses took nothing."""
    pbx.call_in()
    pbx.ring()
    pbx.ring(uniqueid="1.2", channel="PJSIP/102-00000003")
    pbx.hang_up("1.1", "26")
    pbx.hang_up("1.2", "16")
    pbx.hang_up("1.0")
    (call,) = (event.call for event in pbx.told if isinstance(event, CallEnded))
    assert {c.extension: c.result for c in call.conversations}["101"] is Result.NO_ANSWER


def test_a_phone_that_never_rang_was_not_reached():
    """Registered, no reply: CANCEL, 127, and no ringing."""
    assert result_of_leg(Leg("1.1", "101", status="CANCEL"), "127") is Result.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "cause", "disposition"),
    [
        ("ANSWER", "16", Disposition.ANSWERED),
        ("NOANSWER", "0", Disposition.NO_ANSWER),
        ("CANCEL", "127", Disposition.NO_ANSWER),
        ("NOANSWER", "21", Disposition.DECLINED),
        ("BUSY", "17", Disposition.BUSY),
        ("NOANSWER", "1", Disposition.FAILED),
        ("CONGESTION", "34", Disposition.FAILED),
        ("CHANUNAVAIL", "0", Disposition.FAILED),
    ],
)
def test_a_call_out_ended_so(pbx, status, cause, disposition):
    """One row of the table each: what the provider's channel says of a dialled number."""
    trunk = {"DestUniqueid": "1.1", "DestLinkedid": "1.0", "DestChannel": "PJSIP/provider1-00000002"}
    pbx.say(
        "Newchannel",
        Uniqueid="1.0",
        Channel="PJSIP/101-00000001",
        ChannelStateDesc="Ring",
        Exten="89165550009",
    )
    pbx.say(
        "Newchannel", Uniqueid="1.1", Linkedid="1.0", Channel=trunk["DestChannel"], ChannelStateDesc="Down"
    )
    pbx.say("DialBegin", Uniqueid="1.0", DialString="79165550009@provider1", **trunk)
    if status == "ANSWER":
        pbx.bridge("1.0", "1.1")
    pbx.say("DialEnd", Uniqueid="1.0", DialStatus=status, **trunk)
    pbx.hang_up("1.1", cause)
    call = pbx.hang_up("1.0")[-1].call
    assert call.disposition is disposition
    assert (str(call.client_number), call.trunk) == ("79165550009", "provider1")
    assert (call.extension, call.dialled) == ("101", "89165550009")


def test_a_colleague_who_declines_ended_an_inside_call(pbx):
    """His refusal is the only request to hang up."""
    pbx.say("Newchannel", Uniqueid="1.0", Channel="PJSIP/102-00000001", ChannelStateDesc="Ring", Exten="101")
    pbx.ring()
    pbx.say("HangupRequest", Uniqueid="1.1", Linkedid="1.0", Cause="21")
    pbx.hang_up("1.1", "21")
    call = pbx.hang_up("1.0", "21")[-1].call
    assert (call.hangup_by, call.disposition) == ("101", Disposition.DECLINED)


def test_a_phone_given_up_on_at_once_had_no_time_to_ring():
    """Dialled for less than two seconds: its silence proves nothing."""
    leg = Leg("1.1", "101", tried_at=10.0, stopped_at=10.5, status="CANCEL")
    assert result_of_leg(leg, "127") is Result.NO_ANSWER
    leg.stopped_at = 14.0
    assert result_of_leg(leg, "127") is Result.UNREACHABLE


@pytest.mark.parametrize("cause", ["17", "21"])
def test_a_phone_that_just_rang_does_not_inherit_a_colleagues_refusal(cause):
    """The caller gave up after a colleague had refused: CANCEL, with the colleague's cause."""
    assert result_of_leg(Leg("1.1", "103", rang_at=5.0, status="CANCEL"), cause) is Result.NO_ANSWER
