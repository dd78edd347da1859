"""The authors' kit is right in itself."""

import pytest

from itgrix_hooks import Entity, User
from itgrix_hooks.testing import FakeCrm, MemoryStore, ask, make_call


@pytest.mark.parametrize(
    ("shape", "wait", "talk", "is_missed", "agent"),
    [("answered", 12, 60, False, "101"), ("missed", 25, 0, True, None), ("outbound", 8, 60, False, "101"),
     ("internal", 5, 30, False, "102")],
)  # fmt: skip
def test_made_calls_are_whole(shape, wait, talk, is_missed, agent):
    """Their times, result and conversations agree."""
    call = make_call(shape)
    facts = (call.wait_seconds, call.talk_seconds, call.is_missed, call.last_agent)
    assert facts == (wait, talk, is_missed, agent)
    assert all(leg.ended_at == call.ended_at for leg in call.conversations)


def test_a_made_call_can_be_changed():
    """Any field."""
    assert make_call("missed", did="5").did == "5"


def test_turns_go_round_and_a_newcomer_comes_first():
    """Afterwards whoever waited longest."""
    store = MemoryStore()

    def turn(call, members):
        return store.of(call).turn("t", members)

    assert [turn(f"{n}", ["a", "b"]) for n in range(3)] == ["a", "b", "a"]
    assert turn("3", ["a", "b", "c"]) == "c"
    assert [turn(f"{n}", ["a", "b", "c"]) for n in range(4, 7)] == ["b", "a", "c"]
    assert turn("7", ["a", "c"]) == "a"


def test_a_turn_is_taken_once_per_call_and_name():
    """Asked again it is the same; another name is another turn."""
    store = MemoryStore("main/1")
    assert [store.turn("t", ["a", "b"]), store.turn("t", ["a", "b"])] == ["a", "a"]
    assert store.turn("u", ["b", "a"]) == "b"


def test_a_turn_among_nobody_is_an_error():
    """As the service's store says."""
    with pytest.raises(ValueError, match="no members"):
        MemoryStore().turn("t", [])


def test_a_store_keeps_copies_of_json_data():
    """What was kept does not change behind its back."""
    store, value = MemoryStore(), {"a": [1]}
    store.set("x", value)
    value["a"].append(2)
    assert store.of("another call").get("x") == {"a": [1]}
    store.delete("x")
    store.delete("x")
    assert store.get("x", "gone") == "gone"
    with pytest.raises(TypeError):
        store.set("x", object())


def test_a_fake_crm_answers_from_its_table():
    """And remembers what was asked and written."""
    crm = FakeCrm(
        answers={"crm.lead.get": lambda params: {"ID": params["id"]}, "crm.lead.add": 5},
        users={"101": User(1)},
        clients={"+7 (555) 010-02-00": [Entity("lead", 1)]},
    )
    assert crm.read("crm.lead.get", {"id": 3}) == {"ID": 3}
    assert crm.write("crm.lead.add", {"fields": {}}) == 5
    assert (crm.reads, crm.writes) == ([("crm.lead.get", {"id": 3})], [("crm.lead.add", {"fields": {}})])
    assert crm.user_of_extension("102") is None
    assert crm.clients_of("85550100200") == (Entity("lead", 1),)


def test_a_fake_crm_keeps_reads_and_writes_apart():
    """As the service does."""
    with pytest.raises(ValueError, match=r"use crm\.write"):
        FakeCrm().read("crm.lead.add")
    with pytest.raises(LookupError, match=r"no answer to crm\.lead\.get"):
        FakeCrm().read("crm.lead.get")


def test_asking_names_the_authors_mistakes():
    """A wrong argument of the test, and a plugin without that hook."""
    with pytest.raises(ValueError, match="no argument 'cal'"):
        ask("need_registration", lambda: None, cal=1)
    with pytest.raises(ValueError, match="it has no hook"):
        ask("need_registration", object())
