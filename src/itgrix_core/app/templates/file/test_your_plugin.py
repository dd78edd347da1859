"""`ask` asks as the service does: the same copies, checks and limits, without a telephone or a CRM."""

from __future__ import annotations

from pathlib import Path

from itgrix_hooks.testing import ask, load, make_call

your_plugin = load(Path(__file__).with_name("your_plugin.py"))


def test_an_answered_call_says_who_talked() -> None:
    asked = ask("get_updated_activity_fields", your_plugin, call=make_call("answered"))
    assert asked.answer == {"DESCRIPTION": "101 talked for 60 s."}


def test_a_missed_call_is_left_as_it_is() -> None:
    asked = ask("get_updated_activity_fields", your_plugin, call=make_call("missed"))
    assert asked.answer == {}
