"""Each step exactly once: what is journalled, looked up, sent and not sent."""

from dataclasses import replace

import pytest

from itgrix_core.errors import CrmError
from itgrix_core.filing.commands import FinishCall, HideCard, RegisterCall, ShowCard, Write
from itgrix_core.outbox.effects import Finished, Starting
from itgrix_core.outbox.engine import Later, Trouble
from itgrix_core.outbox.retention import note
from itgrix_core.outbox.tables import EffectState
from itgrix_hooks.testing import BEGAN, CLIENT, make_call
from itgrix_hooks.values import Direction, Disposition

CALL = make_call()
REGISTER = RegisterCall(CALL.key, 11, CLIENT, Direction.INBOUND, BEGAN)
FINISH = FinishCall(CALL.key, 11, Direction.INBOUND, Disposition.ANSWERED, 60.0)
HIDE, SHOW = HideCard(CALL.key, (12,)), ShowCard(CALL.key, (12,))


@pytest.fixture
def perform(office):
    """Perform steps of the usual call."""
    return lambda *steps: office.performer.perform(CALL, office.account, steps, BEGAN)


@pytest.fixture
def started(office):
    """Leave steps as a crash does that came after the sending: started, no outcome."""

    def start(*steps):
        office.effects.start([Starting(s.key, CALL.key, s.command.kind, s.params) for s in steps])

    return start


def test_a_step_is_journalled_before_and_after(office, perform, monkeypatch):
    """Started when it leaves, done with the answer when it is back."""
    seen = []
    sending = office.crm.perform
    monkeypatch.setattr(
        office.crm, "perform", lambda *given: seen.extend(office.journal(CALL)) or sending(*given)
    )
    assert perform(office.step(REGISTER)) is None
    assert seen == [("register", "started")]
    (effect,) = office.effects.of_call(CALL.key)
    assert (effect.state, effect.answer["CALL_ID"]) == (EffectState.DONE, "c1")
    assert office.looker.of("performed") == [("register", "Done")]


def test_all_steps_are_marked_in_one_go_and_sent_together(office, perform):
    """One batch; the order is kept."""
    perform(office.step(HIDE, "h"), office.step(FINISH, "f"))
    assert office.crm.kinds == ["hide", "finish"]


def test_what_is_done_is_never_sent_again(office, perform):
    """Not by this process, not by the next."""
    perform(office.step(REGISTER))
    perform(office.step(REGISTER))
    office.reopen()
    office.performer.perform(CALL, office.account, [office.step(REGISTER)], BEGAN)
    assert office.crm.kinds == ["register"]


def test_what_was_started_and_is_found_is_not_sent(office, perform, started, outcomes):
    """Its answer is kept as if it had come in time."""
    step = office.step(REGISTER)
    started(step)
    office.crm.found["register"] = outcomes.done({"CALL_ID": "c9"})
    assert perform(step) is None
    assert office.crm.sent == []
    assert office.performer.filed(CALL.key, office.account).call_id == "c9"


def test_what_was_started_and_is_not_there_is_sent(office, perform, started):
    """Once."""
    step = office.step(REGISTER)
    started(step)
    assert perform(step) is None
    assert office.crm.kinds == ["register"]
    assert office.journal(CALL) == [("register", "done")]


@pytest.mark.parametrize("answer", ["blocked", "unknown"])
def test_while_nobody_can_look_nothing_is_sent(office, perform, started, outcomes, answer):
    """However often it is tried: what was never looked up must not be repeated."""
    step = office.step(REGISTER)
    started(step)
    office.crm.found["register"] = getattr(outcomes, answer)
    assert isinstance(perform(step), Later)
    assert isinstance(perform(step), Later)
    assert office.crm.sent == []
    assert office.journal(CALL) == [("register", "started")]


def test_after_a_copy_was_put_back_what_it_does_not_know_is_looked_up_first(office, perform, outcomes):
    """Found it is done, not found it is sent; of a call that begins later nothing is doubted."""
    with office.database.write() as connection:
        note(connection, "restored_at", int(BEGAN) + 1)
    office.reopen()
    office.crm.found["register"] = outcomes.done({"CALL_ID": "c9"})
    steps = office.step(REGISTER, "r"), office.step(FINISH, "f")
    assert perform(*steps) is None
    assert office.crm.asked == [("look_up", "r"), ("look_up", "f")]
    assert office.crm.kinds == ["finish"]
    later = replace(CALL, key="main/later", started_at=BEGAN + 2)
    office.performer.perform(later, office.account, [office.step(REGISTER, "l")], BEGAN)
    assert len(office.crm.asked) == 2


def test_what_can_never_be_known_is_refused(office, perform, started, outcomes):
    """A second lead would be worse."""
    step = office.step(Write(CALL.key, "crm.thing.add"))
    started(step)
    office.crm.found["write"] = outcomes.refused()
    assert perform(step) is None
    assert office.crm.sent == []
    assert office.journal(CALL) == [("write", "refused")]


def test_what_is_blocked_counts_as_never_started(office, perform, outcomes):
    """Nobody has to look it up; it is sent when the time has come."""
    office.crm.says("register", outcomes.blocked)
    assert perform(office.step(REGISTER)) == Later(30.0, "the portal is down", Trouble.AWAY)
    assert office.journal(CALL) == []
    assert perform(office.step(REGISTER)) is None
    assert office.crm.asked == []
    assert office.crm.kinds == ["register", "register"]


def test_an_unknown_outcome_is_looked_up_the_next_time(office, perform, outcomes):
    """And the steps behind it wait, unsent."""
    office.crm.says("hide", outcomes.unknown)
    steps = office.step(HIDE, "h"), office.step(FINISH, "f")
    assert perform(*steps) == Later(2.0, "no answer in time", Trouble.UNKNOWN)
    assert office.journal(CALL) == [("hide", "started")]
    assert perform(*steps) is None
    assert office.crm.asked == [("look_up", "h")]
    assert office.crm.kinds == ["hide", "hide", "finish"]


def test_behind_a_refused_step_the_others_are_sent_at_once(office, perform, outcomes):
    """A card that cannot be hidden must not hold up the finish."""
    office.crm.says("hide", outcomes.refused("params"))
    assert perform(office.step(HIDE, "h"), office.step(FINISH, "f")) is None
    assert office.journal(CALL) == [("hide", "refused"), ("finish", "done")]


def test_a_refused_user_is_replaced_by_the_default_user_once(office, perform, outcomes):
    """House rule: unknown user, once more with the default user."""
    office.crm.says("register", outcomes.refused("user"))
    assert perform(office.step(REGISTER)) is None
    assert [params["USER_ID"] for params in office.crm.of("register")] == [11, 1]
    assert office.performer.filed(CALL.key, office.account).user_id == 1


def test_a_crash_between_the_two_tries_costs_nothing(office, outcomes):
    """The journal says that the first was refused; only the second is sent by the next process."""
    step = office.step(REGISTER)
    office.effects.start([Starting(step.key, CALL.key, "register", step.params)])
    refused = {"why": "user", "text": "no"}
    office.effects.finish([Finished(step.key, EffectState.REFUSED, refused)])
    office.reopen()
    assert office.performer.perform(CALL, office.account, [step], BEGAN) is None
    assert [params["USER_ID"] for params in office.crm.of("register")] == [1]


def test_a_crash_after_the_second_try_is_looked_up_under_its_own_key(office, perform, started, outcomes):
    """Not the refused one."""
    step = office.step(REGISTER)
    office.crm.says("register", outcomes.refused("user"), outcomes.unknown)
    assert isinstance(perform(step), Later)
    office.crm.found["register"] = outcomes.done({"CALL_ID": "c9"})
    assert perform(step) is None
    assert office.crm.asked == [("look_up", f"{step.key}/default")]
    assert len(office.crm.sent) == 2


def test_a_default_user_who_is_refused_too_ends_it(office, perform, outcomes):
    """With the text of the second refusal."""
    office.crm.says("register", outcomes.refused("user"), outcomes.refused("user"))
    assert perform(office.step(REGISTER)) is None
    assert perform(office.step(REGISTER)) is None
    assert len(office.crm.sent) == 2
    assert office.performer.refusal(CALL.key, "register") == ("user", "no: user")


def test_the_default_user_himself_is_tried_once(office, perform, outcomes):
    """There is nobody behind him."""
    office.crm.says("register", outcomes.refused("user"))
    assert perform(office.step(replace(REGISTER, user_id=1))) is None
    assert len(office.crm.sent) == 1


@pytest.mark.parametrize("command", [SHOW, HIDE, Write(CALL.key, "tasks.task.add", {"USER_ID": 12})])
def test_only_what_books_a_call_goes_to_the_default_user(office, perform, outcomes, command):
    """A card that one user cannot see is not another's."""
    office.crm.says(command.kind, outcomes.refused("user"))
    assert perform(office.step(command)) is None
    assert len(office.crm.sent) == 1


def test_the_answer_of_a_step_is_the_crms_or_its_refusal(office, perform, outcomes):
    """For hooks that write."""
    office.crm.says("write", outcomes.done(7), outcomes.refused("params"))
    first, second = (office.step(Write(CALL.key, "x.add"), key) for key in "ab")
    perform(first, second)
    assert office.performer.answer(first) == 7
    with pytest.raises(CrmError, match="no: params"):
        office.performer.answer(second)
    with pytest.raises(CrmError, match="was not sent"):
        office.performer.answer(office.step(HIDE, "c"))


def test_without_a_refusal_there_is_nothing_to_tell(office):
    """Of a kind that was never sent."""
    assert office.performer.refusal(CALL.key, "register") == ("other", "no answer")
