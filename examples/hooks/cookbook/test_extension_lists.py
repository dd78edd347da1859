"""Asks the example at every moment of recorded calls, as the service does."""

from pathlib import Path

import pytest

from itgrix_hooks.testing import ask, load, recorded_moments

HOOK = load(Path(__file__).with_name("extension_lists.py"))


def opinions(name, **settings):
    """What the hook says at each moment at which a phone is in question; `None` is no opinion."""
    given = [(m.call, m.conversation, m.stage) for m in recorded_moments(name)]
    asked = [
        ask("need_registration", HOOK, call=call, conversation=phone, stage=stage, settings=settings)
        for call, phone, stage in given
    ]
    return [None if each.is_default else each.answer for each in asked]


@pytest.mark.parametrize("name", ["inbound_answered", "outbound_answered"])
def test_an_extension_of_the_black_list_is_never_filed(name):
    """Whether it is called or calls."""
    assert set(opinions(name, never=["101"])) == {False}
    assert set(opinions(name, never=["102"])) == {None}


def test_of_a_white_list_all_others_are_not_filed():
    """101 is on it, 102 rings besides."""
    said = opinions("blind_transfer_refer", only=["101"])
    assert said[:3] == [None, None, None]
    assert False in said


def test_without_lists_there_is_no_opinion():
    """The next plugin is asked."""
    assert set(opinions("queue_answered")) == {None}
