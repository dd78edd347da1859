"""Calls in the outward words; that they equal the recorded truths is shown by tests/recorded."""

import json
from dataclasses import replace

import pytest

from itgrix_core.app.outward import call_as_json
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_hooks.values import Conversation, Recording, Result, Transfer, TransferKind


def phone(extension, result=Result.NO_ANSWER, **more):
    """A phone that was rung."""
    facts = {"was_rung": True, "rang_at": BEGAN + 1, "ended_at": BEGAN + 20} | more
    return Conversation(f"c{extension}", extension, result=result, **facts)


@pytest.mark.parametrize("shape", ["answered", "missed", "outbound", "internal"])
def test_every_call_is_json(shape):
    """And all have the same names."""
    told = call_as_json(make_call(shape))
    assert json.loads(json.dumps(told)) == told
    assert told.keys() == call_as_json(make_call("answered")).keys()


def test_a_call_from_outside_says_who_answered_and_how_long():
    """In seconds."""
    told = call_as_json(make_call("answered"))
    assert (told["direction"], told["answered_by"], told["last_agent"]) == ("inbound", "101", "101")
    assert (told["wait_s"], told["talk_s"], told["disposition"]) == (12.0, 60.0, "answered")


def test_a_call_out_has_nobody_who_answered():
    """Its employee is the one who dialled."""
    told = call_as_json(make_call("outbound"))
    assert (told["extension"], told["answered_by"], told["legs"]) == ("101", None, [])


def test_a_leg_is_a_phone_that_was_rung_and_is_done():
    """Callers, phones that fetched the call, and phones that still ring are none."""
    silent = [phone("102", result=None), phone("103", was_rung=False), phone("104", is_caller=True)]
    call = make_call("answered", conversations=(phone("101"), *silent))
    assert [leg["extension"] for leg in call_as_json(call)["legs"]] == ["101"]


def test_a_picked_up_leg_says_by_whom():
    """In one word more."""
    call = make_call("answered", conversations=(phone("101", Result.PICKED_UP, picked_up_by="105"),))
    assert call_as_json(call)["legs"][0]["result"] == "picked up by 105"


def test_a_mobile_is_known_by_its_trunk():
    """Through which it was reached."""
    mobile = phone("79031234567", Result.ANSWERED, answered_at=BEGAN + 5, trunk="provider2")
    assert call_as_json(make_call("answered", conversations=(mobile,)))["answered_by"] == "provider2"


def test_a_transfer_outside_is_no_leg_and_keeps_the_number_that_was_reached():
    """However it was typed."""
    mobile = phone("79031234567", Result.ANSWERED, answered_at=BEGAN + 5, trunk="provider2")
    transfer = Transfer(TransferKind.BLIND, "REFER", "101", "89031234567", BEGAN + 4, is_done=True)
    told = call_as_json(make_call("answered", conversations=(phone("101"), mobile), transfers=(transfer,)))
    assert told["transfers"] == [
        {"kind": "blind", "how": "REFER", "from": "101", "to": "79031234567", "done": True}
    ]
    assert [leg["extension"] for leg in told["legs"]] == ["101"]


def test_files_are_named_below_asterisks_folder():
    """Or as they are."""
    below = Recording("/var/spool/asterisk/monitor/2026/a.wav", "1", BEGAN)
    call = make_call("answered", recordings=(below, replace(below, path="/mnt/b.wav")))
    assert call_as_json(call)["recordings"] == [
        {"file": "2026/a.wav", "pbx": "main"},
        {"file": "/mnt/b.wav", "pbx": "main"},
    ]


def test_what_is_not_known_is_none():
    """Neither empty text nor zero."""
    call = make_call("missed", client_number=None, did=None, disposition=None, ended_at=None)
    told = call_as_json(call)
    assert [told[name] for name in ("external_number", "did", "disposition", "ended_at", "lost_sight")] == [
        None
    ] * 5
