"""What plugins remember, and the fair turn."""
# ruff: noqa: D103 - the names of the tests are their sentences

from collections import Counter
from itertools import pairwise
from threading import Thread

import pytest

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.store import PluginStore

TEAM = ["101", "102", "103"]


def turns(database, calls, members, plugin="fair"):
    return [PluginStore(database, plugin, f"main/{call}").turn("missed", members) for call in calls]


def test_a_value_comes_back_until_it_is_deleted(database):
    store = PluginStore(database, "waiting", "main/1")
    assert store.get("seen") is None
    assert store.get("seen", 0) == 0
    store.set("seen", {"n": [1, None, "ü"]})
    store.set("none", None)
    assert PluginStore(database, "waiting", "main/2").get("seen") == {"n": [1, None, "ü"]}
    assert store.get("none", "default") is None
    store.set("seen", 2)
    assert store.get("seen") == 2
    store.delete("seen")
    store.delete("seen")
    assert store.get("seen", "gone") == "gone"


def test_each_plugin_has_a_memory_and_turns_of_its_own(database):
    PluginStore(database, "one", "main/1").set("name", 1)
    assert PluginStore(database, "two", "main/1").get("name") is None
    assert turns(database, [1], TEAM, "one") == turns(database, [1], TEAM, "two") == ["101"]


def test_a_value_that_is_not_json_is_refused(database):
    with pytest.raises(TypeError):
        PluginStore(database, "one", "main/1").set("name", object())


def test_values_and_turns_survive_a_restart(tmp_path):
    with Database(tmp_path) as database:
        PluginStore(database, "fair", "main/1").set("name", "kept")
        assert turns(database, [1, 2], TEAM) == ["101", "102"]
    with Database(tmp_path) as database:
        assert PluginStore(database, "fair", "main/2").get("name") == "kept"
        assert turns(database, [3, 2, 4], TEAM) == ["103", "102", "101"]


def test_asking_again_for_a_call_gives_the_same_member(database):
    assert turns(database, [1, 1, 2, 1, 2, 3], TEAM) == ["101", "101", "102", "101", "102", "103"]
    assert turns(database, [1], ["103"]) == ["101"]


def test_turns_of_different_names_are_apart(database):
    store = PluginStore(database, "fair", "main/1")
    assert store.turn("missed", TEAM) == store.turn("callback", TEAM) == "101"


def test_nobody_is_more_than_one_turn_ahead_over_1000_calls(database):
    taken = turns(database, range(1000), TEAM)
    for number in range(1, 1000, 50):
        count = Counter(taken[:number])
        assert max(count.values()) - min(count[member] for member in TEAM) <= 1
    assert all(before != after for before, after in pairwise(taken))


def test_a_newcomer_gets_the_next_turn_and_then_joins_the_round(database):
    turns(database, range(30), TEAM)
    taken = turns(database, range(30, 42), [*TEAM, "104"])
    assert taken[0] == "104"
    assert Counter(taken) == dict.fromkeys([*TEAM, "104"], 3)


def test_somebody_back_from_a_holiday_gets_one_turn_first_and_no_more(database):
    turns(database, range(3), TEAM)
    turns(database, range(3, 40), ["101", "102"])
    taken = turns(database, range(40, 46), TEAM)
    assert taken[0] == "103"
    assert Counter(taken) == dict.fromkeys(TEAM, 2)


def test_the_turn_passes_over_members_who_are_not_there(database):
    assert turns(database, [1], TEAM) == ["101"]
    assert turns(database, [2, 3], ["103", "101"]) == ["103", "101"]
    assert turns(database, [4], TEAM) == ["102"]


def test_an_empty_list_of_members_is_an_error(database):
    with pytest.raises(ValueError, match="nobody can take the turn 'missed'"):
        turns(database, [1], [])


def test_four_threads_with_connections_of_their_own_share_one_round(tmp_path):
    """As four processes would; each call is asked for by two of them."""
    taken = []

    def ask(offset):
        with Database(tmp_path) as own:
            for call in range(100):
                number = (call + offset) // 2
                taken.append((number, turns(own, [number], TEAM)[0]))

    Database(tmp_path).close()
    threads = [Thread(target=ask, args=(offset,)) for offset in (0, 1, 200, 201)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    member_of = dict(taken)
    assert len(taken) == 400
    assert all(member_of[number] == member for number, member in taken)
    count = Counter(member_of.values())
    assert max(count.values()) - min(count.values()) <= 1
