"""When the service is well, and what it says when it is not."""

import pytest

from itgrix_core.telemetry.health import FREE_BYTES, LIVE_SECONDS, MOMENT_SECONDS, Vitals, troubles


@pytest.mark.parametrize(
    "vitals",
    [
        Vitals(),
        Vitals(lost_seconds={"main": MOMENT_SECONDS}),
        Vitals(free_bytes=FREE_BYTES),
        Vitals(live_seconds=LIVE_SECONDS),
    ],
)
def test_what_passes_by_itself_is_no_trouble(vitals):
    """A restart of Asterisk, a portal that is slow for a while; each limit itself is still well."""
    assert troubles(vitals) == []


@pytest.mark.parametrize(
    ("vitals", "fact"),
    [
        (Vitals(lost_seconds={"main": 31.4, "branch": 2.0}), "Asterisk main: there is no line for 31 s"),
        (Vitals(is_delivering=False), "Nothing is filed"),
        (Vitals(database="The database x cannot grow: the disk is full."), "The database x cannot grow"),
        (Vitals(free_bytes=3 * 1024 * 1024), "nearly full (3 MB left)"),
        (Vitals(live_seconds=75.0), "waits for 75 s"),
    ],
)
def test_each_trouble_has_a_sentence_of_its_own(vitals, fact):
    """One, with the fact and a way out behind it."""
    (sentence,) = troubles(vitals)
    assert fact in sentence
    assert sentence.endswith(".")


def test_all_troubles_are_told_at_once():
    """Nobody mends one to hear of the next."""
    ill = Vitals({"a": 99.0, "b": 99.0}, is_delivering=False, database="D.", free_bytes=0, live_seconds=99.0)
    assert len(troubles(ill)) == 6
