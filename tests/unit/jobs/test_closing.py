"""A call's end: registered late, merged, described; who is told, and what is sent for."""

from dataclasses import replace

import pytest

from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.engine import Done, Later
from itgrix_hooks import CANCEL
from itgrix_hooks.answers import RetryLater
from itgrix_hooks.table import Limit
from itgrix_hooks.testing import BEGAN
from itgrix_hooks.values import Disposition, Entity, Result


def jobs_of(events):
    """These events as stored jobs."""
    return [job_of(event, BEGAN) for event in events]


def ringing(told):
    """The jobs until the first ring."""
    return jobs_of(told.events[:2])


# ---- late registration ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("responsible", "owner"), [(13, 13), (99, 1), (None, 1)], ids=["known", "unknown", "nobody"]
)
def test_a_call_that_rang_no_user_is_registered_late_on_its_owner(office, unheard, responsible, owner):
    """The client's responsible, else the default user; without a card."""
    office.crm.clients = (Entity("contact", 1), Entity("contact", 3, responsible_id=responsible))
    office.file(unheard)
    (register,), (finish,) = office.crm.of("register"), office.crm.of("finish")
    assert (register["USER_ID"], register["SHOW_TO"]) == (owner, [])
    assert (finish["USER_ID"], finish["STATUS_CODE"]) == (owner, "304")


def test_a_dismissed_responsible_gets_nothing(office, unheard):
    """The next rule does."""
    office.crm.users["103"] = replace(office.crm.users["103"], is_active=False)
    office.crm.clients = (Entity("contact", 3, responsible_id=13),)
    office.file(unheard)
    assert office.crm.of("finish")[0]["USER_ID"] == 1


def test_a_late_call_is_asked_about_once_per_stage(office, story):
    """Though it is registered and finished in one turn."""
    asked = []

    def need_registration(stage):
        asked.append(stage.value)

    office.hooks(need_registration=need_registration)
    office.file(story().start().end(Disposition.ABANDONED))
    assert asked == ["call_ended"]
    assert office.crm.kinds == ["register", "finish"]


def test_a_late_turn_goes_on_where_it_stopped(office, story, outcomes):
    """Registered, then the portal was away: only the finish is sent."""
    told = []
    office.hooks(post_registration=lambda filed: told.append(filed.call_id))
    office.crm.says("finish", outcomes.blocked)
    end = jobs_of(story().end(Disposition.ABANDONED).events)
    assert isinstance(office.deliver(end), Later)
    assert office.reopen().deliver(end) == Done(1)
    assert office.crm.kinds == ["register", "finish", "finish"]
    assert told == ["c1"]


def test_who_is_told_of_a_late_registration_may_ask_for_patience(office, story):
    """He is told again, though the call is registered by then."""
    told = []

    def post_registration(filed):
        told.append(filed.call_id)
        if len(told) == 1:
            raise RetryLater(3.0, "busy")

    office.hooks(post_registration=post_registration)
    end = jobs_of(story().end(Disposition.ABANDONED).events)
    assert office.deliver(end) == Later(3.0, "busy, asked for by plugin 'guest' in hook 'post_registration'")
    assert office.deliver(end, attempt=2) == Done(1)
    assert told == ["c1", "c1"]
    assert office.crm.kinds == ["register", "finish"]


# ---- time limits ------------------------------------------------------------------------------------------
def deadlines_of(office, jobs):
    """How many deadlines for the hooks of a ringing phone were begun, and how many such hooks asked."""
    begun, begin = [], office.wired().plugins.deadline
    office.tools.plugins.deadline = lambda limit: begun.append(limit) or begin(limit)
    office.deliver(jobs)
    ringing = {"need_registration", "process_phone_number", "process_registration_params"}
    asked = [asked for asked in office.looker.of("asked") if asked.hook in ringing]
    return begun.count(Limit.RINGING), len(asked)


def test_while_a_phone_rings_all_hooks_share_one_deadline(office, answered):
    """The card has to come."""
    begun, asked = deadlines_of(office, ringing(answered))
    assert begun == 1
    assert asked >= 3


def test_at_the_end_nobody_waits_and_each_hook_has_its_own(office, unheard):
    """A slow portal between two questions must not silence the second."""
    begun, asked = deadlines_of(office, jobs_of(unheard.events[3:]))
    assert begun == asked >= 3


# ---- merged calls -----------------------------------------------------------------------------------------
def test_a_merged_call_that_was_registered_is_finished_quietly(office, story):
    """Nobody is asked about it and nothing is described."""
    office.hooks(
        process_final_params=lambda params: CANCEL, get_updated_entity_fields=lambda fields: {"TITLE": "x"}
    )
    told = story().ring("101", "102").answer("101")
    told.at += 30
    told.merge()
    office.deliver(jobs_of(told.events[:2]))
    assert office.deliver(jobs_of(told.events[2:])) == Done(1)
    assert office.deliver(jobs_of(told.events[3:])) == Done(1)
    assert office.crm.kinds == ["register", "hide", "finish"]
    (finish,) = office.crm.of("finish")
    assert (finish["STATUS_CODE"], finish["DURATION"]) == ("200", 31)


def test_a_merged_call_that_was_never_registered_is_nothing(office, story):
    """The other one is filed."""
    assert office.deliver(jobs_of(story().merge().events)) == Done(1)
    assert office.crm.sent == []


# ---- hooks after the registration -------------------------------------------------------------------------
def test_the_registration_is_told_once(office, answered, outcomes):
    """With what was filed, also when the turn is tried again."""
    told = []
    office.hooks(post_registration=lambda call, filed: told.append((call.key, filed.call_id)))
    office.crm.says("register", outcomes.blocked)
    office.deliver(ringing(answered))
    office.deliver(ringing(answered), attempt=2)
    office.reopen().deliver(ringing(answered), attempt=3)
    assert told == [(answered.call.key, "c1")]


def test_what_nobody_implements_costs_no_request(office, answered):
    """Neither clients nor activity nor entity are fetched."""
    office.file(answered)
    assert {what for what, _ in office.crm.asked} == {"user_of_extension", "user"}


def test_lazy_arguments_cost_nothing_until_they_are_touched(office, answered):
    """`clients` of the registration."""
    office.hooks(process_registration_params=lambda params, clients: {**params, "X": 1})
    office.file(answered)
    assert "clients_of" not in dict(office.crm.asked)


def test_the_activity_gets_the_fields_of_the_hooks(office, answered):
    """After the finish; the activity is fetched for who wants it."""
    office.hooks(
        get_updated_activity_fields=lambda fields, activity: {"SUBJECT": f"{activity.fields['SUBJECT']}!"}
    )
    office.file(answered)
    assert office.crm.kinds == ["register", "finish", "activity"]
    assert office.crm.of("activity") == [{"id": 77, "fields": {"SUBJECT": "a call!"}}]


def test_a_call_bound_to_nothing_has_no_activity_to_write_to(office, answered, outcomes):
    """The hook is told so; its fields are dropped."""
    seen = []

    def get_updated_activity_fields(fields, activity):
        seen.append(activity)
        return {"SUBJECT": "x"}

    office.crm.says("finish", outcomes.done({"CALL_ID": "c1"}))
    office.hooks(get_updated_activity_fields=get_updated_activity_fields)
    office.file(answered)
    assert seen == [None]
    assert office.crm.kinds == ["register", "finish"]


def test_each_entity_is_asked_about_and_nothing_once(office, answered):
    """With its role."""
    roles = []

    def get_updated_entity_fields(fields, entity, role):
        roles.append((role, entity and entity.id))
        return {"TITLE": "from a hook"} if role == "created" else None

    office.hooks(get_updated_entity_fields=get_updated_entity_fields)
    office.file(answered)
    assert roles == [("created", 5), ("none", None)]
    (update,) = office.crm.of("entity")
    assert (update["id"], update["fields"]) == (5, {"TITLE": "from a hook"})


def test_actions_of_hooks_become_steps_and_the_created_is_bound(office, answered):
    """Create, update, bind, comment: each once, the binding of the new one last."""
    from itgrix_hooks.answers import Bind, Comment, Create, Update

    deal, contact = Entity("deal", 8), Entity("contact", 9)

    def get_updated_entity_fields(fields, role):
        if role == "none":
            return [
                Create("deal", {"TITLE": "new"}), Update(deal, {"STAGE_ID": "WON"}), Bind(contact),
                Comment(contact, "called"),
            ]  # fmt: skip
        return None

    office.hooks(get_updated_entity_fields=get_updated_entity_fields)
    office.file(answered)
    assert office.crm.kinds == ["register", "finish", "create", "entity", "bind", "comment", "bind"]
    assert [bind["entityId"] for bind in office.crm.of("bind")] == [9, 501]
    assert office.crm.of("comment")[0]["fields"]["COMMENT"] == "called"
    office.reopen().file(answered)
    assert len(office.crm.sent) == 7


def test_an_update_that_is_refused_does_not_hold_up_the_rest(office, answered, outcomes):
    """The call is filed."""
    office.crm.says("activity", outcomes.refused("params"))
    office.hooks(
        get_updated_activity_fields=lambda fields: {"SUBJECT": "x"},
        get_updated_entity_fields=lambda fields: {"TITLE": "y"},
    )
    assert office.file(answered)[-1] == Done(1)
    assert office.crm.kinds == ["register", "finish", "activity", "entity"]


def test_the_hooks_may_write_a_number_differently(office, answered):
    """For filing and for the search of an employee."""

    def process_phone_number(number, party, use):
        return {("client", "file"): "8555", ("user", "search"): "103"}.get((party, use))

    office.hooks(process_phone_number=process_phone_number)
    office.deliver(ringing(answered))
    (register,) = office.crm.of("register")
    assert (register["PHONE_NUMBER"], register["USER_ID"]) == ("8555", 13)


def test_a_broken_hook_is_left_out_and_the_call_is_filed(office, answered):
    """It is told with its reason."""

    def process_registration_params(params):
        raise LookupError("nothing there")

    office.hooks("broken", process_registration_params=process_registration_params)
    assert office.deliver(ringing(answered)) == Done(2)
    failures = [entry for asked in office.looker.of("asked") for entry in asked.failures]
    assert [entry.plugin for entry in failures] == ["broken"]
    assert office.crm.kinds == ["register"]


# ---- sending for the recording ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("files", "has_hook", "jobs"), [(1, False, 1), (0, False, 0), (0, True, 1)], ids=["file", "none", "hook"]
)
def test_the_recording_is_sent_for_in_a_lane_of_its_own(office, story, files, has_hook, jobs):
    """If there is a file, or somebody who may know of one; once."""
    from itgrix_hooks.values import Recording

    if has_hook:
        office.hooks(process_record_file_path=lambda path: None)
    told = story().ring("101").answer("101").stop("101", Result.ANSWERED)
    told.end(Disposition.ANSWERED, recordings=(Recording("/x/monitor/a.wav", "1", BEGAN),) * files)
    office.file(told)
    office.file(told)
    assert office.engine.counts()["waiting"] == jobs


def test_a_missed_call_has_no_recording(office, story):
    """Whatever the queue wrote down."""
    from itgrix_hooks.values import Recording

    told = story().ring("101").stop("101")
    told.end(Disposition.MISSED, recordings=(Recording("/x/monitor/a.wav", "1", BEGAN),))
    office.file(told)
    assert office.engine.counts()["waiting"] == 0


# ---- several employees' talks -----------------------------------------------------------------------------
def handed_on(story):
    """101 talks, then 102."""
    return (
        story().ring("101").answer("101").stop("101", Result.ANSWERED)
        .ring("102").answer("102").stop("102", Result.ANSWERED).end(Disposition.ANSWERED)
    )  # fmt: skip


def test_each_talk_is_filed_on_its_employee(office, story):
    """The second as a call of its own, without a card; a repeat of the end files neither again."""
    told = handed_on(story)
    office.file(told)
    office.work_off()
    registers, finishes = office.crm.of("register"), office.crm.of("finish")
    assert [(p["USER_ID"], p["SHOW_TO"]) for p in registers] == [(11, [12]), (12, [])]
    assert registers[1]["EXTERNAL_CALL_ID"].startswith(f"{told.call.key}/")
    assert registers[1]["CRM_CREATE"] == 0
    assert [p["USER_ID"] for p in finishes] == [11, 12]
    office.file(told)
    office.work_off()
    assert len(office.crm.of("finish")) == 2


def test_as_one_call_it_is_filed_once(office, story):
    """On who talked last, by default."""
    office.rules = replace(office.rules, is_per_talk=False)
    office.file(handed_on(story))
    assert [p["USER_ID"] for p in office.crm.of("finish")] == [12]
