"""Our own behaviour as hooks."""

from __future__ import annotations

import pytest

from itgrix_core.plugins import defaults
from itgrix_hooks import PhoneNumber
from itgrix_hooks.testing import FakePbx


@pytest.mark.parametrize(
    ("use", "party", "wanted"),
    [
        ("search", "client", "+79161234567"),
        ("file", "client", "+79161234567"),
        ("route", "client", "+79161234567"),
        ("dial", "client", "989161234567"),
        ("search", "user", "8 916 123-45-67"),
    ],
)
def test_our_own_hook_spells_clients_numbers_by_their_use(use, party, wanted):
    """International for the CRM, the trunk's way for dialling; an employee's number is nobody's business."""
    pbx = FakePbx(region="RU", dial_style="national", dial_prefix="9")
    number = PhoneNumber("8 916 123-45-67")
    assert str(defaults.process_phone_number(number=number, party=party, use=use, pbx=pbx)) == wanted
