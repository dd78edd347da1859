"""The journal of effects."""
# ruff: noqa: D103 - the names of the tests are their sentences

import pytest

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects, Finished, Starting
from itgrix_core.outbox.tables import EffectState


@pytest.fixture
def journal(database):
    return Effects(database, clock=iter(range(1000, 2000)).__next__)


def starting(key, call="main/1.0", **params):
    return Starting(key, call, "register", params)


def test_a_decision_is_kept_as_it_was_made(journal):
    assert journal.decision("job") is None
    assert journal.decide("job", b'[{"a":1}]') == b'[{"a":1}]'
    assert journal.decision("job") == b'[{"a":1}]'


def test_the_first_decision_counts(journal):
    journal.decide("job", b"first")
    assert journal.decide("job", b"second") == b"first"
    assert journal.decision("job") == b"first"


def test_an_unknown_effect_was_never_started(journal):
    assert journal.state("e") is None


def test_an_effect_is_started_and_done_with_its_answer(journal):
    journal.start([starting("e", USER_ID=7, PHONE="+49301234", tags=["a", None, 1.5])])
    effect = journal.state("e")
    assert (effect.state, effect.answer, effect.finished_at) == (EffectState.STARTED, None, None)
    assert effect.params == {"USER_ID": 7, "PHONE": "+49301234", "tags": ["a", None, 1.5]}
    journal.finish([Finished("e", EffectState.DONE, {"CALL_ID": "externalCall.1"})])
    effect = journal.state("e")
    assert (effect.key, effect.call, effect.kind) == ("e", "main/1.0", "register")
    assert (effect.state, effect.answer) == (EffectState.DONE, {"CALL_ID": "externalCall.1"})
    assert (effect.started_at, effect.finished_at) == (1000, 1001)


def test_started_effects_are_still_started_after_a_restart(tmp_path):
    with Database(tmp_path) as database:
        Effects(database).start([starting("e", x=1)])
    with Database(tmp_path) as database:
        assert Effects(database).state("e").state is EffectState.STARTED


def test_a_refused_effect_keeps_the_refusal_and_may_start_anew(journal):
    journal.start([starting("e", user=7), starting("f")])
    journal.finish([Finished("e", EffectState.REFUSED, {"why": "user"}), Finished("f", EffectState.DONE)])
    assert journal.state("e").state is EffectState.REFUSED
    journal.start([starting("e", user=1)])
    effect = journal.state("e")
    assert (effect.state, effect.params, effect.answer) == (EffectState.STARTED, {"user": 1}, None)
    assert [each.key for each in journal.of_call("main/1.0")] == ["e", "f"]


def test_a_done_effect_never_starts_again_nor_do_its_companions(journal):
    journal.start([starting("e")])
    journal.finish([Finished("e", EffectState.DONE, 1)])
    with pytest.raises(ValueError, match="the effect e is already done"):
        journal.start([starting("f"), starting("e")])
    assert journal.state("f") is None
    assert journal.state("e").answer == 1


def test_an_effect_that_was_not_sent_is_taken_back(journal):
    journal.start([starting("e"), starting("f")])
    journal.finish([Finished("e", EffectState.DONE, 1)], taken_back=["e", "f", "unknown"])
    assert journal.state("e").state is EffectState.DONE
    assert journal.state("f") is None


def test_only_a_started_effect_can_finish_and_one_mistake_undoes_all(journal):
    journal.start([starting("e")])
    with pytest.raises(ValueError, match="the effect f was not started"):
        journal.finish([Finished("e", EffectState.DONE), Finished("f", EffectState.DONE)])
    with pytest.raises(ValueError, match="cannot finish as started"):
        journal.finish([Finished("e", EffectState.STARTED)])
    assert journal.state("e").state is EffectState.STARTED


def test_the_effects_of_a_call_come_in_the_order_of_their_start(journal):
    journal.start([starting("z"), starting("a")])
    journal.start([starting("other", call="main/2.0"), starting("m")])
    assert [each.key for each in journal.of_call("main/1.0")] == ["z", "a", "m"]
    assert journal.of_call("unknown") == []
