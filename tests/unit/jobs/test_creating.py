"""What the rules create for calls on their way: before the registration, and once."""

from dataclasses import replace

import pytest

from itgrix_core.filing.creation import CreationRule
from itgrix_core.filing.rules import Rules
from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.claims import Claims
from itgrix_core.outbox.engine import Done, Later
from itgrix_hooks.testing import BEGAN
from itgrix_hooks.values import Disposition, Entity

OURS = CreationRule("lead", title="{number} calls")
KNOWN = (Entity("contact", 3, "", 12),)


@pytest.fixture
def ruled(office):
    """An office with rules of creation."""

    def rule(*rules, **more):
        office.rules = Rules(creation=rules, **more)
        return office

    return rule


def settled_of(office, call):
    """Who created."""
    return office.effects.state(f"{call.key}/creation settled").params["by"]


# ---- by the portal -----------------------------------------------------------------------------------------
def test_a_plain_lead_for_an_unknown_number_is_left_to_the_portal(ruled, answered):
    """No request of ours."""
    office = ruled(CreationRule("lead"))
    office.file(answered)
    assert office.crm.of("register")[0]["CRM_CREATE"] == 1
    assert "create for call" not in office.crm.kinds


def test_a_known_number_makes_nothing_new(ruled, answered):
    """No repeated lead by a setting that nobody can see."""
    office = ruled(CreationRule("lead"))
    office.crm.clients = KNOWN
    office.file(answered)
    assert office.crm.of("register")[0]["CRM_CREATE"] == 0


def test_the_portals_own_rules_are_asked_without_a_search(ruled, answered):
    """As it was before there were rules."""
    office = ruled(CreationRule("portal", client="any"))
    office.file(answered)
    assert office.crm.of("register")[0]["CRM_CREATE"] == 1
    assert [what for what, _ in office.crm.asked if what == "open_clients"] == []


# ---- by us -------------------------------------------------------------------------------------------------
def test_our_lead_is_there_before_the_call_and_the_call_belongs_to_it(ruled, answered):
    """Created first, then named at the registration, without the portal creating another."""
    office = ruled(OURS)
    office.file(answered)
    assert office.crm.kinds[:2] == ["create for call", "register"]
    (register,) = office.crm.of("register")
    assert (register["CRM_ENTITY_TYPE"], register["CRM_ENTITY_ID"], register["CRM_CREATE"]) == (
        "LEAD",
        601,
        0,
    )
    (created,) = office.crm.of("create for call")
    assert created["fields"]["TITLE"] == "+15550100200 calls"


def test_a_deal_comes_with_a_contact(ruled, answered):
    """In one decision; the call belongs to the contact."""
    office = ruled(CreationRule("deal", pipeline=9, stage="C9:NEW"))
    office.file(answered)
    contact, deal = office.crm.of("create for call")
    assert (contact["CREATED"], deal["CREATED"]) == ("contact", "deal")
    assert (deal["fields"]["CATEGORY_ID"], deal["fields"]["STAGE_ID"]) == (9, "C9:NEW")
    assert office.crm.of("register")[0]["CRM_ENTITY_TYPE"] == "CONTACT"


def test_a_known_client_gets_his_deal_unless_one_is_open(ruled, answered):
    """One open deal is enough."""
    office = ruled(CreationRule("deal", client="known"))
    office.crm.clients = KNOWN
    office.file(answered)
    (deal,) = office.crm.of("create for call")
    assert deal["fields"]["CONTACT_ID"] == 3
    assert office.crm.of("register")[0]["CRM_ENTITY_ID"] == 3


def test_an_open_deal_keeps_another_from_being_made(ruled, answered):
    """So does an open lead."""
    office = ruled(CreationRule("deal", client="known"), CreationRule("lead", client="known"))
    office.crm.clients, office.crm.deals = KNOWN, {3: Entity("deal", 8)}
    office.file(answered)
    assert "create for call" not in office.crm.kinds


def test_a_lead_is_not_made_where_there_are_none(ruled, answered):
    """`itgrix check` names the rule; the call is filed all the same."""
    office = ruled(OURS)
    office.crm.with_leads = False
    assert all(isinstance(result, Done) for result in office.file(answered))
    assert "create for call" not in office.crm.kinds
    assert office.crm.of("register")[0]["CRM_CREATE"] == 0


def test_for_an_employees_mobile_nothing_is_made(ruled, answered):
    """The portal would refuse; ours would be a lead for a colleague."""
    office = ruled(OURS)
    office.crm.staff = {"+15550100200"}
    office.file(answered)
    assert "create for call" not in office.crm.kinds


def test_what_the_crm_refuses_does_not_keep_the_call_from_being_filed(ruled, answered, outcomes):
    """A stage that does not exist, say."""
    office = ruled(OURS)
    office.crm.says("create for call", outcomes.refused("params"))
    office.file(answered)
    assert "CRM_ENTITY_ID" not in office.crm.of("register")[0]
    assert office.crm.kinds[-1] == "finish"


def test_the_responsible_follows_the_call_unless_the_rule_names_one(ruled, story, outcomes):
    """Created for who was rung, handed to who talked."""
    told = story().start().ring("101", "102").answer("102").stop("102").end(Disposition.ANSWERED)
    office = ruled(OURS)
    office.crm.says("register", outcomes.done({"CALL_ID": "c1"}))
    office.file(told)
    assert office.crm.of("create for call")[0]["fields"]["ASSIGNED_BY_ID"] == 11
    assert office.crm.of("assign") == [
        {"id": 601, "fields": {"ASSIGNED_BY_ID": 12}, "params": {"REGISTER_SONET_EVENT": "N"}}
    ]


def test_a_named_responsible_stays(ruled, answered):
    """Whoever talked."""
    office = ruled(replace(OURS, responsible=13))
    office.file(answered)
    assert office.crm.of("create for call")[0]["fields"]["ASSIGNED_BY_ID"] == 13
    assert office.crm.of("assign") == []


# ---- when --------------------------------------------------------------------------------------------------
def test_at_the_answer_the_registration_waits_for_it(ruled, answered):
    """The card of an unknown caller then comes with his lead; the answering employee has both."""
    office = ruled(replace(OURS, when="answer"))
    jobs = [job_of(event, BEGAN) for event in answered.events]
    assert office.deliver(jobs[:2]) == Done(2)
    assert office.crm.kinds == []
    office.file(answered)
    assert office.crm.kinds[:2] == ["create for call", "register"]
    assert office.crm.of("register")[0]["SHOW_TO"] == [11]


def test_a_known_client_is_registered_at_the_ring_whatever_the_rule_says(ruled, answered):
    """Nothing is to be created for him."""
    office = ruled(replace(OURS, when="answer"))
    office.crm.clients = KNOWN
    office.deliver([job_of(event, BEGAN) for event in answered.events][:2])
    assert office.crm.kinds == ["register"]


def test_a_missed_call_makes_nothing_that_waits_for_an_answer(ruled, missed):
    """It is registered and finished without."""
    office = ruled(replace(OURS, when="answer"))
    office.file(missed)
    assert office.crm.kinds == ["register", "finish"]


def test_at_the_end_a_missed_call_makes_its_lead(ruled, missed):
    """For the owner of the missed call."""
    office = ruled(replace(OURS, when="end"))
    office.file(missed)
    assert office.crm.kinds == ["create for call", "register", "finish"]


def test_a_call_that_rings_nobody_makes_its_lead_late(ruled, unheard):
    """Operators without a CRM user: the default user has it."""
    office = ruled(OURS)
    office.file(unheard)
    assert office.crm.kinds == ["create for call", "register", "finish"]
    assert office.crm.of("create for call")[0]["fields"]["ASSIGNED_BY_ID"] == 1


# ---- once --------------------------------------------------------------------------------------------------
def test_of_two_calls_of_one_number_the_second_waits_and_takes_the_firsts_lead(ruled, story):
    """However the number is written."""
    office = ruled(OURS)
    first, second = story().start().ring("101"), story().start().ring("102")
    second.events = [
        replace(
            event,
            call=replace(
                event.call, key="main/2", client_number=type(event.call.client_number)("8 (555) 010-02-00")
            ),
        )
        for event in second.events
    ]
    claims = Claims(office.database)
    claims.take("fake/5550100200", first.events[0].call.key)
    assert isinstance(office.deliver([job_of(each, BEGAN) for each in second.events]), Later)
    assert office.crm.kinds == []
    office.file(first)
    office.file(second)
    assert office.crm.kinds == ["create for call", "register", "register"]
    assert {each["CRM_ENTITY_ID"] for each in office.crm.of("register")} == {601}


def test_what_the_portal_creates_is_told_to_the_next_call_as_well(ruled, story):
    """Two at once with CRM_CREATE would be two leads."""
    office = ruled(CreationRule("portal", client="any"))
    first, second = story().start().ring("101"), story().start().ring("102")
    second.events = [replace(each, call=replace(each.call, key="main/2")) for each in second.events]
    office.file(first)
    office.file(second)
    assert [each["CRM_CREATE"] for each in office.crm.of("register")] == [1, 0]
    assert office.crm.of("register")[1]["CRM_ENTITY_ID"] == 5


def test_a_cancelled_registration_leaves_the_number_to_the_next_call(ruled, answered):
    """Nobody waits for a lead that never comes."""
    office = ruled(CreationRule("portal", client="any"))
    office.hooks(need_registration=lambda stage: stage.value != "conversation_requested")
    office.file(answered)
    assert Claims(office.database).take("fake/5550100200", "main/9").is_ours


def test_a_lead_whose_answer_was_lost_is_looked_up_and_not_made_twice(ruled, answered, outcomes):
    """After a crash, too: what was decided stands, though the number is known by now."""
    office = ruled(OURS)
    office.crm.says("create for call", outcomes.unknown)
    jobs = [job_of(event, BEGAN) for event in answered.events]
    assert isinstance(office.deliver(jobs), Later)
    office.crm.found["create for call"] = outcomes.done(601)
    office.crm.clients = (Entity("lead", 601),)
    office.reopen()
    office.file(answered)
    assert office.crm.kinds.count("create for call") == 1
    assert office.crm.of("register")[0]["CRM_ENTITY_ID"] == 601
    assert settled_of(office, answered.events[0].call) == "us"


def test_hooks_are_asked_once_whether_the_call_is_wanted(ruled, answered):
    """Though who creates and who registers both want to know; and before anything is created."""
    office, asked = ruled(OURS), []

    def need_registration(stage):
        asked.append((stage.value, list(office.crm.kinds)))

    office.hooks(need_registration=need_registration)
    office.deliver([job_of(event, BEGAN) for event in answered.events][:2])
    assert asked == [("conversation_requested", [])]


def test_a_call_that_is_not_wanted_makes_nothing(ruled, answered):
    """A hook says so at the first ring."""
    office = ruled(OURS)
    office.hooks(need_registration=lambda: False)
    office.file(answered)
    assert office.crm.kinds == []


# ---- whose client ------------------------------------------------------------------------------------------
BOTH = (Entity("contact", 3, "", 12), Entity("company", 4, "", 11))


def test_of_several_clients_the_employees_own_is_named(ruled, answered):
    """101 is user 11, whose client the company is."""
    office = ruled(is_choosing_by_employee=True)
    office.crm.clients = BOTH
    office.file(answered)
    (register,) = office.crm.of("register")
    assert (register["CRM_ENTITY_TYPE"], register["CRM_ENTITY_ID"]) == ("COMPANY", 4)


def test_when_another_employee_takes_the_call_his_client_takes_its_place(ruled, story):
    """First tied, then untied: the last tie cannot be cut."""
    told = story().start().ring("101", "102").answer("102").stop("102").end(Disposition.ANSWERED)
    office = ruled(is_choosing_by_employee=True)
    office.crm.clients = (Entity("lead", 5, "", 11), *BOTH)
    office.file(told)
    assert office.crm.kinds[-2:] == ["bind", "unbind"]
    assert office.crm.of("bind")[0]["entityId"] == 3
    assert office.crm.of("unbind")[0]["entityId"] == 5


def test_a_hook_that_chooses_is_not_overruled(ruled, answered):
    """Nor changed behind its back."""
    office = ruled(is_choosing_by_employee=True)
    office.crm.clients = BOTH
    office.hooks(process_registration_params=lambda params: {**params, "CRM_ENTITY_ID": 99})
    office.file(answered)
    assert office.crm.of("register")[0]["CRM_ENTITY_ID"] == 99
    assert "bind" not in office.crm.kinds


def test_the_last_open_deal_is_bound_if_the_settings_say_so(ruled, answered, outcomes):
    """Of the contact or company that the call belongs to; a lead has none."""
    office = ruled(is_binding_deal=True)
    office.file(answered)
    assert "bind" not in office.crm.kinds
    office.reopen()
    finish = {"CALL_ID": "c1", "CRM_ACTIVITY_ID": 77, "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 3}
    office.crm.says("finish", outcomes.done(finish))
    office.crm.deals = {3: Entity("deal", 8)}
    answered.events = [replace(each, call=replace(each.call, key="main/2")) for each in answered.events]
    office.file(answered)
    assert office.crm.of("bind") == [{"activityId": 77, "entityTypeId": 2, "entityId": 8}]
