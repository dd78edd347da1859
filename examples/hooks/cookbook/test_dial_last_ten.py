"""Asks the example about clicks."""

from pathlib import Path

import pytest

from itgrix_hooks.testing import ask, assert_changed, assert_untouched, load

HOOK = load(Path(__file__).with_name("dial_last_ten.py"))


def clicked(extension, settings):
    """What is dialled after a click on this number."""
    return ask("process_originate_params", HOOK, params={"extension": extension}, settings=settings)


@pytest.mark.parametrize("number", ["+7 916 555-00-09", "79165550009", "9165550009"])
def test_any_spelling_is_dialled_alike(number):
    """8 and ten digits."""
    assert_changed(clicked(number, {}), extension="89165550009")
    assert_changed(clicked(number, {"prefix": "98"}), extension="989165550009")


def test_an_extension_is_dialled_as_it_is():
    """And what the plugin has made already."""
    assert_untouched(clicked("102", {}))
    assert_untouched(clicked("89165550009", {}))
