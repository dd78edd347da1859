"""Asks the example about clicks."""

from pathlib import Path

from itgrix_hooks import OriginateRequest, PhoneNumber
from itgrix_hooks.testing import ask, assert_changed, assert_untouched, load

HOOK = load(Path(__file__).with_name("dial_context.py"))
SETTINGS = {"lines": {"1": "sales"}, "caller_ids": {"1": "Sales <1>"}}
PARAMS = {"context": "from-internal", "extension": "9165550009"}


def clicked(line):
    """What is dialled after a click on this line."""
    request = OriginateRequest(PhoneNumber("9165550009"), user_id=1, line=line)
    return ask("process_originate_params", HOOK, request=request, params=PARAMS, settings=SETTINGS)


def test_a_line_has_its_context_and_its_name():
    """The number stays."""
    assert_changed(clicked("1"), context="sales", caller_id="Sales <1>")


def test_another_line_is_dialled_as_ever():
    """And a click without one."""
    assert_untouched(clicked("2"))
    assert_untouched(clicked(None))
