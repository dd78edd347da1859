"""Asks the example about recorded calls."""

from pathlib import Path

import pytest

from itgrix_hooks.testing import ask, assert_changed, assert_untouched, load, recorded_call

HOOK = load(Path(__file__).with_name("responsible_of_trunk.py"))
USERS = {"users": {"provider1": 7, "provider2": 8}}


def finished(name, status, settings=USERS):
    """The finish of a recorded call."""
    params = {"USER_ID": 1, "STATUS_CODE": status}
    return ask("process_final_params", HOOK, params=params, call=recorded_call(name), settings=settings)


@pytest.mark.parametrize(("name", "user"), [("inbound_no_answer", 7), ("inbound_missed_provider2", 8)])
def test_each_trunk_has_its_own(name, user):
    """By the same hook."""
    assert_changed(finished(name, "304"), USER_ID=user)


def test_others_stay():
    """An answered call, and a trunk that is not in the table."""
    assert_untouched(finished("inbound_answered", "200"))
    assert_untouched(finished("inbound_no_answer", "304", {"users": {"provider2": 8}}))
