"""Asks the example as the service would."""

from collections import Counter
from pathlib import Path

from itgrix_hooks.testing import MemoryStore, ask, load, make_call

HOOK = load(Path(__file__).with_name("02_fair_missed.py"))
USERS = {"users": [7, 8, 9]}


def owner(call, store, settings=USERS):
    """On whom the call is booked; 1 is what the service said before."""
    params = {"USER_ID": 1, "STATUS_CODE": "304"}
    asked = ask(
        "process_final_params", HOOK, params=params, call=call, settings=settings, store=store.of(call)
    )
    assert asked.answer["STATUS_CODE"] == "304"
    return asked.answer["USER_ID"]


def test_missed_calls_are_spread_evenly():
    """Thirty calls, ten each."""
    store = MemoryStore()
    owners = [owner(make_call("missed", key=f"main/{n}"), store) for n in range(30)]
    assert Counter(owners) == {7: 10, 8: 10, 9: 10}


def test_asked_again_for_the_same_call_nobody_is_skipped():
    """A repeated request gets the same user."""
    store = MemoryStore()
    call = make_call("missed")
    assert owner(call, store) == owner(call, store)
    assert owner(make_call("missed", key="main/next"), store) == 8


def test_other_calls_keep_their_owner():
    """Answered and outgoing ones."""
    assert [owner(make_call(shape), MemoryStore()) for shape in ("answered", "outbound")] == [1, 1]


def test_without_users_nothing_happens():
    """The plugin lies in the folder and is not configured yet."""
    assert owner(make_call("missed"), MemoryStore(), settings={}) == 1
