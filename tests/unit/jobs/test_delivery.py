"""A call's events on their way into the CRM: decided once, saved, sent; what is not filed and why."""

from dataclasses import replace

import pytest

from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.errors import CrmError
from itgrix_core.filing.rules import Rules
from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.engine import Dead, Done, Job, Later, Trouble
from itgrix_hooks import CANCEL
from itgrix_hooks.answers import RetryLater
from itgrix_hooks.testing import BEGAN
from itgrix_hooks.values import Disposition


def jobs_of(events):
    """These events as stored jobs."""
    return [job_of(event, BEGAN) for event in events]


def ringing(told):
    """The jobs until the first ring."""
    return jobs_of(told.events[:2])


# ---- the plain way ----------------------------------------------------------------------------------------
def test_a_call_is_registered_once_and_finished_once(office, answered):
    """With the card taken from whom it does not concern any more."""
    assert office.file(answered) == [Done(6), Done(1)]
    assert office.crm.kinds == ["register", "finish"]
    assert office.looker.of("closed") == [answered.call.key]


def test_a_missed_call_has_no_duration_and_the_code_of_missed_calls(office, missed):
    """The portal derives the call's state from these."""
    office.file(missed)
    (finish,) = office.crm.of("finish")
    assert (finish["DURATION"], finish["STATUS_CODE"], finish["FAILED_REASON"]) == (0, "304", "missed")


def test_while_it_lives_only_the_card_moves(office, answered):
    """Each event in a turn of its own."""
    for event in answered.events:
        office.deliver(jobs_of([event]))
    assert office.crm.kinds == ["register", "show", "hide", "finish"]


def test_filing_the_same_events_again_sends_nothing(office, answered):
    """The engine promises at least once."""
    office.file(answered)
    office.file(answered)
    office.reopen().file(answered)
    assert office.crm.kinds == ["register", "finish"]


def test_the_start_alone_asks_nobody(office, answered):
    """Nobody rings yet."""
    assert office.deliver(jobs_of(answered.events[:1])) == Done(1)
    assert office.crm.asked == []
    assert office.crm.sent == []


# ---- decided once -----------------------------------------------------------------------------------------
def test_a_decision_is_saved_and_sent_as_it_was(office, answered, outcomes):
    """The hook says something else each time; it is asked once."""
    asked = []

    def process_registration_params(params):
        asked.append(1)
        return {**params, "LINE_NUMBER": f"line {len(asked)}"}

    office.hooks(process_registration_params=process_registration_params)
    office.crm.says("register", outcomes.blocked)
    assert office.deliver(ringing(answered)) == Later(30.0, "the portal is down", Trouble.AWAY)
    office.reopen()
    assert office.deliver(ringing(answered), attempt=2) == Done(2)
    assert [params["LINE_NUMBER"] for params in office.crm.of("register")] == ["line 1", "line 1"]
    assert len(asked) == 1


def test_a_turn_keeps_its_size_though_more_has_come(office, answered, outcomes):
    """What was decided is a decision about these events."""
    office.crm.says("register", outcomes.blocked)
    office.deliver(ringing(answered))
    assert office.deliver(jobs_of(answered.events), attempt=2) == Done(2)
    assert office.crm.of("register")[1]["SHOW_TO"] == [11]


def test_an_ending_turn_keeps_its_size_too(office, missed, outcomes):
    """Its decisions have other names."""
    office.deliver(ringing(missed))
    office.crm.says("finish", outcomes.unknown)
    end = jobs_of(missed.events[2:])
    assert isinstance(office.deliver(end), Later)
    assert office.deliver(end, attempt=2) == Done(2)
    assert office.crm.kinds == ["register", "finish", "finish"]


def test_retry_later_saves_nothing(office, answered):
    """The hook is asked again, and its second word counts."""
    tries = []

    def process_registration_params(params):
        tries.append(1)
        if len(tries) == 1:
            raise RetryLater(7.0, "not yet")
        return {**params, "CRM_SOURCE": "SECOND"}

    office.hooks(process_registration_params=process_registration_params)
    by_whom = "asked for by plugin 'guest' in hook 'process_registration_params'"
    assert office.deliver(ringing(answered)) == Later(7.0, f"not yet, {by_whom}")
    assert office.effects.decision(f"{answered.events[0].id}/cards") is None
    assert office.crm.sent == []
    office.deliver(ringing(answered), attempt=2)
    assert office.crm.of("register")[0]["CRM_SOURCE"] == "SECOND"


def test_a_crm_that_cannot_be_asked_now_is_asked_later(office, answered):
    """Before anything is decided."""
    office.crm.broken = CrmUnavailable(12.0, "the portal rests")
    assert office.deliver(ringing(answered)) == Later(12.0, "the portal rests", Trouble.AWAY)
    assert office.crm.sent == []


def test_a_crm_that_refuses_a_question_is_asked_again_much_later(office, answered):
    """Somebody has to mend a right first."""
    office.crm.broken = CrmError("no right to read users")
    assert office.deliver(ringing(answered)) == Later(60.0, "no right to read users", Trouble.REFUSED)


def test_an_event_that_cannot_be_read_dies_alone(office, answered):
    """At the head of its lane; those before it are filed."""
    good = ringing(answered)
    bad = Job("k", good[0].lane, "CallEnded", b"{}", BEGAN)
    unheard_of = replace(bad, kind="CallForgotten")
    assert office.deliver([*good, bad]) == Done(2)
    assert isinstance(office.deliver([bad]), Dead)
    assert "CallForgotten" in office.deliver([unheard_of]).reason


def test_a_call_of_a_pbx_that_is_no_longer_configured_waits(office, answered):
    """Its lane is not lost, and the sentence names the way out."""
    event = answered.events[1]
    stranger = replace(event, call=replace(event.call, pbx="branch", trunk="", did=""))
    result = office.deliver(jobs_of([stranger]))
    assert isinstance(result, Later)
    assert "'branch'" in result.reason


# ---- wanted or not ----------------------------------------------------------------------------------------
def no_at(*stages):
    """A `need_registration` that says no at these stages."""

    def need_registration(stage):
        return False if stage.value in stages else None

    return need_registration


def test_a_call_that_is_not_wanted_leaves_no_trace(office, answered):
    """It is told once, with the name of who said no."""
    office.hooks("blacklist", need_registration=no_at("conversation_requested"))
    for event in answered.events:
        assert office.deliver(jobs_of([event])) == Done(1)
    assert office.crm.sent == []
    assert office.looker.of("skipped") == ["need_registration: blacklist said no at conversation_requested"]


def test_a_no_sticks(office, answered):
    """The hook is not asked again, also after a restart."""
    asked = []

    def need_registration(stage):
        asked.append(stage)
        return False

    office.hooks(need_registration=need_registration)
    office.deliver(ringing(answered))
    office.reopen()
    for event in answered.events[2:]:
        office.deliver(jobs_of([event]))
    assert len(asked) == 1
    assert office.crm.sent == []


def test_a_no_at_the_end_is_told_once_too(office, unheard):
    """In the turn in which it was said."""
    office.hooks(need_registration=no_at("call_ended"))
    office.file(unheard)
    assert office.crm.sent == []
    assert len(office.looker.of("skipped")) == 1


def test_a_no_after_the_registration_hides_and_finishes_and_nothing_else(office, answered):
    """An unfinished registration would poison the next call of the pair; the talk is no missed call."""
    office.hooks(
        need_registration=no_at("conversation_accepted"),
        process_final_params=lambda params: CANCEL,
        get_updated_entity_fields=lambda fields: {"TITLE": "x"},
    )
    for event in answered.events:
        office.deliver(jobs_of([event]))
    assert office.crm.kinds == ["register", "show", "hide", "finish"]
    assert office.crm.of("finish")[0]["STATUS_CODE"] == "200"
    assert len(office.looker.of("skipped")) == 1
    assert office.looker.of("closed") == []


@pytest.mark.parametrize("outcome", ["blocked", "unknown"])
@pytest.mark.parametrize("stage", ["conversation_accepted", "call_ended"])
def test_that_finish_is_not_lost_when_the_portal_is_away(office, answered, outcomes, outcome, stage):
    """The no is known by then, and still the call is brought to its end."""
    office.hooks(need_registration=no_at(stage))
    office.deliver(ringing(answered))
    office.crm.says("finish", getattr(outcomes, outcome))
    rest, results = jobs_of(answered.events[2:]), []
    while rest:
        results.append(office.reopen().deliver(rest[:1]))
        rest = rest[isinstance(results[-1], Done) :]
    assert [type(result) for result in results].count(Later) == 1
    assert office.journal(answered.call).count(("finish", "done")) == 1


def test_a_no_is_finished_also_after_a_crash_before_its_decision_was_saved(office, answered, monkeypatch):
    """The journal has the no, the table has no decision; what the hook says now does not count any more."""
    said = []

    def need_registration(stage):
        said.append(stage.value)
        return said.count("conversation_accepted") != 1 or stage.value != "conversation_accepted"

    office.hooks(need_registration=need_registration)
    office.deliver(ringing(answered))
    accepted = jobs_of(answered.events[3:4])
    with monkeypatch.context() as broken:
        broken.setattr(office.effects, "decide", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            office.deliver(accepted)
    assert office.reopen().deliver(accepted) == Done(1)
    assert office.crm.kinds == ["register", "finish"]


def test_cancelling_the_registration_leaves_nothing(office, answered):
    """Neither now nor at the end."""
    office.hooks(process_registration_params=lambda params: CANCEL)
    office.file(answered)
    assert office.crm.sent == []
    assert office.looker.of("skipped") == ["its registration was cancelled by a hook"]


def test_cancelling_the_finish_hides_the_card_from_everybody(office, story):
    """From all who still see it, in one step."""
    told = story().ring("101", "102").stop("101").stop("102").end(Disposition.MISSED)
    office.hooks(process_final_params=lambda params: CANCEL)
    assert office.deliver(jobs_of(told.events[:2])) == Done(2)
    assert office.deliver(jobs_of(told.events[2:])) == Done(3)
    assert office.crm.kinds == ["register", "hide"]
    assert office.crm.of("hide") == [{"USER_ID": [11, 12]}]


def test_a_click_to_call_is_finished_all_the_same(office, story):
    """The portal has the call already."""
    told = story("outbound")
    told.call = replace(told.call, is_click_to_call=True)
    told.start().dial().end(Disposition.NO_ANSWER)
    office.hooks(process_final_params=lambda params: CANCEL)
    office.file(told)
    assert office.crm.kinds == ["register", "finish"]


@pytest.mark.parametrize("shape", ["internal", "anonymous"])
def test_calls_out_of_scope_ask_nobody(office, story, shape):
    """They are told once, with the reason."""
    told = story("internal" if shape == "internal" else "answered")
    if shape == "anonymous":
        told.call = replace(told.call, client_number=None)
    told.start().ring("102").end(Disposition.ANSWERED)
    assert all(isinstance(result, Done) for result in office.file(told))
    assert (office.crm.sent, office.crm.asked) == ([], [])
    assert len(office.looker.of("skipped")) == 1


def test_internal_calls_are_filed_if_the_settings_say_so(office, story):
    """On the caller, with the number that he dialled."""
    office.rules = Rules(is_filing_internal=True)
    office.file(story("internal").start().ring("102").answer("102").end(Disposition.ANSWERED))
    assert office.crm.kinds == ["register", "hide", "finish"]
    assert office.crm.of("finish")[0]["USER_ID"] == 11
    assert office.crm.of("register")[0]["PHONE_NUMBER"] == "102"


# ---- refused registrations --------------------------------------------------------------------------------
def test_a_number_that_the_crm_refuses_is_skipped(office, missed, outcomes):
    """No dead letter: nobody can mend a number."""
    office.crm.says("register", outcomes.refused("number"))
    assert office.file(missed) == [Done(3), Done(1)]
    assert office.crm.kinds == ["register"]
    assert office.looker.of("skipped") == ["the CRM refused its registration: no: number"]


def test_any_other_refusal_is_a_dead_letter_and_the_rest_is_skipped(office, answered, outcomes):
    """Its lane goes on; the end is kept aside as well, because a retry needs the whole call."""
    office.crm.says("register", outcomes.refused("params"))
    assert office.deliver(ringing(answered)) == Dead("no: params")
    for event in answered.events[2:-1]:
        assert office.deliver(jobs_of([event])) == Done(1)
    never = Dead("never registered: the CRM refused its registration: no: params")
    assert office.deliver(jobs_of(answered.events[-1:])) == never
    assert office.crm.kinds == ["register"]
    assert office.looker.of("skipped") == ["the CRM refused its registration: no: params"]


def test_a_late_registration_that_is_refused_is_told_as_well(office, unheard, outcomes):
    """Its dead letter is the call's last."""
    office.crm.says("register", outcomes.refused("params"))
    assert office.file(unheard)[-1] == Dead("no: params")
    assert len(office.looker.of("skipped")) == 1


def test_a_refused_user_gives_the_call_to_the_default_user(office, answered, outcomes):
    """Through the whole delivery."""
    office.crm.says("register", outcomes.refused("user"))
    assert office.deliver(ringing(answered)) == Done(2)
    assert [params["USER_ID"] for params in office.crm.of("register")] == [11, 1]


# ---- live calls first -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("late_seconds", "live"), [(0.0, [True, True]), (30.0, [True, True]), (31.0, [True, False])]
)
def test_a_call_that_ended_a_while_ago_is_backlog(office, answered, late_seconds, live):
    """As long as it goes on it is live, however late we are: somebody may hold the phone."""
    office.now = answered.events[-1].at + late_seconds
    jobs = [job_of(event, event.at) for event in answered.events]
    office.deliver(jobs[:-1])
    office.deliver(jobs[-1:])
    assert office.crm.live == live


def test_the_hooks_of_a_backlog_ask_for_the_backlog(office, answered):
    """They run in threads of their own, and their requests wait all the same."""
    heard = []
    office.hooks(need_registration=lambda: heard.append(urgency.current().is_live))
    office.now = answered.events[-1].at + 3600
    office.deliver([job_of(event, event.at) for event in answered.events][-1:])
    assert set(heard) == {False}
