"""Spellings of phone numbers."""

from __future__ import annotations

import pytest

from itgrix_hooks.numbers import as_dialled, in_e164, is_region


@pytest.mark.parametrize(
    ("number", "region", "wanted"),
    [
        ("89161234567", "RU", "+79161234567"),
        ("79161234567", "RU", "+79161234567"),
        ("9161234567", "RU", "+79161234567"),
        ("+7 (916) 123-45-67", "RU", "+79161234567"),
        ("8 (495) 000-01-01", "RU", "+74950000101"),
        ("8104930123456", "RU", "+4930123456"),
        ("030123456", "DE", "+4930123456"),
        ("2125550100", "US", "+12125550100"),
        ("79161234567,101", "RU", "+79161234567"),
        ("+79161234567 ext. 22", "RU", "+79161234567"),
    ],
)
def test_a_number_is_written_for_the_whole_world(number, region, wanted):
    """However a subscriber of that country writes it; an extension behind it is left out."""
    assert str(in_e164(number, region)) == wanted


@pytest.mark.parametrize("number", ["101", "112", "*78", "anonymous", "", "777777777777777777777"])
def test_what_no_plan_knows_stays_as_it_is(number):
    """Inside numbers, short codes, nonsense: never made into somebody's number."""
    assert str(in_e164(number, "RU")) == number
    assert str(as_dialled(number, "RU", "national")) == number


def test_without_a_region_nothing_changes():
    """Nobody guesses the country."""
    assert str(in_e164("89161234567", "")) == "89161234567"
    assert str(as_dialled("+79161234567", "", "national", "9")) == "9+79161234567"


@pytest.mark.parametrize(
    ("number", "region", "style", "wanted"),
    [
        ("+79161234567", "RU", "national", "89161234567"),
        ("+79161234567", "RU", "international", "79161234567"),
        ("89161234567", "RU", "e164", "+79161234567"),
        ("89161234567", "RU", "as given", "89161234567"),
        ("+4930123456", "RU", "national", "8104930123456"),
        ("+4930123456", "DE", "national", "030123456"),
        ("+79161234567,101", "RU", "national", "89161234567"),
    ],
)
def test_a_number_is_dialled_as_the_trunk_wants_it(number, region, style, wanted):
    """Also abroad, by the country's own code for going abroad; the PBX's own prefix comes first."""
    assert str(as_dialled(number, region, style)) == wanted
    assert str(as_dialled(number, region, style, "9")) == f"9{wanted}"


@pytest.mark.parametrize(("region", "known"), [("RU", True), ("DE", True), ("ru", False), ("XX", False)])
def test_a_region_is_a_country_with_numbers(region, known):
    """Two capitals."""
    assert is_region(region) is known
