"""Asks the example about recorded numbers."""

from pathlib import Path

import pytest

from itgrix_hooks import PhoneNumber
from itgrix_hooks.testing import FakePbx, ask, assert_answer, assert_untouched, load, recorded_call

HOOK = load(Path(__file__).with_name("number_format.py"))
RU = {"region": "RU"}


@pytest.mark.parametrize("name", ["inbound_answered", "outbound_plain"])
def test_what_a_provider_sends_becomes_international(name):
    """79161234567 of one, 89165550015 of another."""
    number = recorded_call(name).client_number
    asked = ask("process_phone_number", HOOK, number=number, use="search", settings=RU)
    assert_answer(asked, PhoneNumber(f"+7{number.digits[-10:]}"))


def test_the_pbxs_region_is_taken_where_none_is_set():
    """As the configuration says it."""
    given = {"number": PhoneNumber("030 901820"), "use": "file"}
    assert_answer(
        ask("process_phone_number", HOOK, pbx=FakePbx(region="DE"), **given), PhoneNumber("+4930901820")
    )


def test_what_is_dialled_and_extensions_stay():
    """They are no business of the CRM."""
    number = PhoneNumber("89165550015")
    assert_untouched(ask("process_phone_number", HOOK, number=number, use="dial", settings=RU))
    assert_untouched(ask("process_phone_number", HOOK, number=number, party="user", use="file", settings=RU))
