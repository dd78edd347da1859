"""Black and white lists: whose calls are filed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from itgrix_core.filing import plan
from itgrix_core.filing.lists import Lists, Names
from itgrix_core.filing.rules import Rules
from itgrix_hooks.testing import make_call
from itgrix_hooks.values import Conversation, PhoneNumber

CALL = make_call("answered", client_number=PhoneNumber("79161234567"), trunk="provider1")


def why_not(call=CALL, **lists):
    """Why these lists keep a call from being filed."""
    return plan.unfiled(call, Rules(lists=Lists(**lists)))


def rung(*extensions):
    """A call from outside that rang these phones."""
    phones = tuple(Conversation(f"c{extension}", extension, was_rung=True) for extension in extensions)
    return make_call("missed", conversations=phones)


def test_without_lists_everything_is_filed():
    """As before they were written."""
    assert why_not() == ""


def test_whom_the_pbx_shuts_out_is_not_filed():
    """Whatever the lists of the configuration say."""
    assert why_not(replace(CALL, is_blacklisted=True)) == "the client's number is on the PBX's own blacklist"


@pytest.mark.parametrize("number", ["79161234567", "+7 (916) 123-45-67", "89161234567", "7916*", "+7 916*"])
def test_a_client_on_the_black_list_is_not_filed(number):
    """However his number is written; a beginning stands for all of its numbers."""
    assert why_not(never=Names(numbers=(number,))) == (
        "the client's number is on the black list of the configuration"
    )


def test_with_a_white_list_of_numbers_others_are_not_filed():
    """The black list comes first."""
    white = Names(numbers=("7916*",))
    assert why_not(only=white) == ""
    assert "white list" in why_not(only=Names(numbers=("7495*",)))
    assert "black list" in why_not(only=white, never=Names(numbers=("79161234567",)))


def test_trunks_are_listed_by_their_names():
    """One provider's calls are somebody else's business."""
    assert "trunk provider1" in why_not(never=Names(trunks=("provider*",)))
    assert "trunk provider1" in why_not(only=Names(trunks=("provider2",)))
    assert why_not(only=Names(trunks=("provider1",))) == ""


def test_a_call_is_not_filed_if_only_listed_employees_had_to_do_with_it():
    """A colleague who is filed makes it a call of his."""
    boss = {"never": Names(extensions=("101", "9*"))}
    reason = "calls of 101, 901 are not filed, by the lists of the configuration"
    assert why_not(rung("101", "901"), **boss) == reason
    assert why_not(rung("101", "102"), **boss) == ""
    assert why_not(rung(), **boss) == ""
    assert "calls of 101" in why_not(replace(make_call("outbound"), conversations=()), **boss)


def test_with_a_white_list_of_extensions_others_have_no_calls():
    """Nor have they cards: their extensions count as nobody's."""
    sales = Lists(only=Names(extensions=("101",)), never=Names(extensions=("105",)))
    assert [ext for ext in ("101", "102", "105") if sales.has_employee(ext)] == ["101"]
    assert "calls of 102" in why_not(rung("102"), only=sales.only)
