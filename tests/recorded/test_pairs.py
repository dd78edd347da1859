"""Calls between two Asterisks are one call: recordings of both, understood together, are what the phones know."""

from __future__ import annotations

from itgrix_core.app.outward import call_as_json
from itgrix_core.calls.events import CallEnded, Oddity


def test_calls_are_what_the_phones_know(each_pair, differences_of):
    """Number of calls, parties, phones and at which PBX, times, transfers, how it ended and who ended it."""
    seen = [call_as_json(event.call) for event in each_pair.told if isinstance(event, CallEnded)]
    assert differences_of(each_pair.truth["calls"], seen) == []
