"""Clients who could not get through: opened once, counted, closed by a talk; figures."""
# ruff: noqa: D103 - the names of the tests are their sentences

import pytest

from itgrix_core.outbox.missed import Figures, MissedCalls

HIS = ("bitrix", "9160000001")


@pytest.fixture
def missed(database):
    return MissedCalls(database)


def test_the_first_missed_call_opens_an_entry(missed):
    opened = missed.open(*HIS, "call 1", 11, 100.0)
    assert (opened.call, opened.owner, opened.missed_at, opened.count) == ("call 1", 11, 100.0, 1)
    assert (opened.item_id, opened.closed_at) == (None, None)
    assert missed.open_of(*HIS) == missed.of("call 1") == opened


def test_further_calls_of_that_client_are_counted_on_it(missed):
    missed.open(*HIS, "call 1", 11, 100.0)
    assert missed.open(*HIS, "call 2", 12, 200.0).call == "call 1"
    again = missed.open(*HIS, "call 3", 12, 300.0)
    assert (again.owner, again.missed_at, again.count) == (11, 100.0, 3)
    assert missed.of("call 2") is None


def test_the_same_call_again_counts_nothing(missed):
    missed.open(*HIS, "call 1", 11, 100.0)
    missed.open(*HIS, "call 2", 11, 200.0)
    missed.open(*HIS, "call 2", 11, 200.0)
    assert missed.open(*HIS, "call 1", 11, 100.0).count == 2


def test_clients_and_accounts_are_apart(missed):
    missed.open(*HIS, "call 1", 11, 100.0)
    assert missed.open("bitrix", "9160000002", "call 2", 11, 100.0).call == "call 2"
    assert missed.open("other", HIS[1], "call 3", 11, 100.0).call == "call 3"


def test_a_talk_after_the_call_makes_it_nobodys_business(missed):
    missed.talked(*HIS, 500.0)
    missed.talked(*HIS, 300.0)
    assert missed.open(*HIS, "call 1", 11, 400.0) is None
    assert missed.open(*HIS, "call 2", 11, 600.0).call == "call 2"


def test_what_stands_for_it_and_who_has_it_can_change(missed):
    seq = missed.open(*HIS, "call 1", 11, 100.0).seq
    missed.made("call 1", "task", 7)
    missed.hand_over(seq, 17)
    found = missed.of("call 1")
    assert (found.form, found.item_id, found.owner) == ("task", 7, 17)


def test_a_closed_entry_stays_as_it_was_closed_and_the_next_call_opens_another(missed):
    seq = missed.open(*HIS, "call 1", 11, 100.0).seq
    missed.close(seq, 160.0, "call 2")
    missed.close(seq, 900.0, "portal")
    assert (missed.of("call 1").closed_at, missed.of("call 1").closed_by) == (160.0, "call 2")
    assert missed.open_of(*HIS) is None
    assert missed.open(*HIS, "call 3", 12, 1000.0).owner == 12


def test_the_freest_has_the_fewest_open_and_of_equals_comes_first(missed):
    assert missed.freest("bitrix", []) is None
    assert missed.freest("bitrix", [12, 11]) == 12
    seq = missed.open(*HIS, "call 1", 12, 100.0).seq
    assert missed.freest("bitrix", [12, 11]) == 11
    missed.close(seq, 160.0, "call 2")
    assert missed.freest("bitrix", [12, 11]) == 12


def test_figures_say_who_was_lost_who_saved_and_how_fast(missed):
    for place, wait in enumerate([60.0, 120.0, 600.0]):
        opened = missed.open("bitrix", f"916000000{place}", f"call {place}", 11, 100.0)
        missed.close(opened.seq, 100.0 + wait, "talk")
    ticked = missed.open("bitrix", "9160000008", "call 8", 11, 100.0)
    missed.close(ticked.seq, 101.0, "portal")
    missed.open("bitrix", "9160000009", "call 9", 11, 100.0)
    missed.open("other", "9160000009", "call 10", 11, 50.0)
    assert missed.figures() == [
        Figures("bitrix", 5, 3, 1, 120.0),
        Figures("other", 1, 0, 1, None),
    ]
    assert [each.account for each in missed.figures(since=60.0)] == ["bitrix"]
