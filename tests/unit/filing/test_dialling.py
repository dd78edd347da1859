"""What a click dials: pure rules, and no way for a stranger's text into a dialplan."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itgrix_core.filing import plan
from itgrix_core.filing.dialling import ClickRules, DialRules, LineRules, originate_params, to_dial
from itgrix_core.filing.rules import Rules
from itgrix_hooks.testing import make_call
from itgrix_hooks.values import Owner, User

ANN, ZED = User(11, "Ann", "101"), User(99, "Zed", "101")


@pytest.mark.parametrize(
    ("text", "dialled"),
    [
        ("+7 (916) 000-00-01", "+79160000001"),
        ("8 916 000\u00a000.01", "89160000001"),
        ("9+79160000001", "979160000001"),
        ("*43", "*43"),
        ("102", "102"),
    ],
)
def test_a_number_is_dialled_without_what_people_write_between(text, dialled):
    """A plus stands in front or not at all."""
    assert to_dial(text) == dialled


@given(st.text())
def test_whatever_a_crm_has_for_a_number_is_keys_or_refused(text):
    """Nothing in between."""
    try:
        dialled = to_dial(text)
    except ValueError:
        return
    assert re.fullmatch(r"\+?[0-9*#]{1,40}", dialled)


def test_the_employee_is_rung_through_his_dialplan_and_the_client_shown_to_him():
    """The defaults."""
    params = originate_params(DialRules(), LineRules(), "main", "101", "+79160000001")
    assert params == {
        "pbx": "main",
        "channel": "Local/101@from-internal",
        "context": "from-internal",
        "extension": "+79160000001",
        "priority": 1,
        "caller_id": "<+79160000001>",
        "timeout_seconds": 30.0,
        "variables": {},
    }


def test_variables_hold_extension_number_and_line():
    """Other braces stay what they are."""
    rules = DialRules(variables={"A": "{extension}/{number}", "B": "{other}"})
    line = LineRules(variables={"C": "{line}"})
    params = originate_params(rules, line, "main", "101", "8916", "7495")
    assert params["variables"] == {"A": "101/8916", "B": "{other}", "C": "7495"}


def test_a_line_is_found_however_it_is_written():
    """One without rules is as usual."""
    rules = ClickRules("main", {"+7 (495) 000-00-01": LineRules(prefix="9")})
    assert rules.line("74950000001").prefix == "9"
    assert rules.line("74950000002") == rules.line("") == LineRules()


@pytest.mark.parametrize(
    ("users", "clicker", "owner"),
    [
        ({"101": ZED}, ANN, 11),
        ({}, ANN, 11),
        ({"101": ZED}, User(11, "Ann", "105"), 99),
        ({"101": ZED}, None, 99),
    ],
    ids=["a shared extension", "an extension of nobody", "another took it", "no click"],
)
def test_a_clicks_call_is_booked_on_who_clicked(users, clicker, owner):
    """Unless another one's phone was rung."""
    call = make_call("outbound", extension="101")
    assert plan.owner_of(call, users, None, Rules(), None, clicker) == Owner(owner, "caller")
