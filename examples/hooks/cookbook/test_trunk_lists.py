"""Asks the example about recorded calls."""

from pathlib import Path

import pytest

from itgrix_hooks.testing import ask, load, recorded_call

HOOK = load(Path(__file__).with_name("trunk_lists.py"))


def is_filed(name, **settings):
    """`False`, or `True` for want of another opinion."""
    return ask("need_registration", HOOK, call=recorded_call(name), settings=settings).answer


@pytest.mark.parametrize(
    ("name", "settings", "filed"),
    [
        ("inbound_answered", {"never": ["provider1"]}, False),
        ("inbound_missed_provider2", {"never": ["provider1"]}, True),
        ("inbound_missed_provider2", {"only": ["provider1"]}, False),
        ("outbound_failover", {"only": ["provider2"]}, True),
        ("internal_call", {"only": ["provider1"]}, True),
        ("inbound_answered", {}, True),
    ],
)
def test_the_trunk_decides(name, settings, filed):
    """Of an outgoing call that one by which it went in the end."""
    assert is_filed(name, **settings) is filed
