"""What the portal creates for a call by itself, in both CRM modes."""

import pytest

from itgrix_core.sandbox.bitrix import CrmMode, Seed, User, default_users, phones

UNKNOWN, CONTACT, WITH_DEAL, WITH_LEAD, EXCLUDED, OWN = (f"+7916000000{n}" for n in range(6))
SEED = Seed(
    users=(*default_users(), User(50, "Mobile", personal_mobile=OWN)),
    lines={"100": "Main"},
    contacts=(
        {"NAME": "Pavel", "PHONE": phones(CONTACT), "ASSIGNED_BY_ID": 13},
        {"NAME": "Busy", "PHONE": phones(WITH_DEAL)},
    ),
    leads=({"TITLE": "Old", "PHONE": phones(WITH_LEAD)},),
    deals=({"TITLE": "Running", "CONTACT_ID": 3002},),
    excluded=(EXCLUDED,),
)


def _created(client, number, **params):
    answer = client.register(PHONE_NUMBER=number, **{"CRM_CREATE": 1, "LINE_NUMBER": "100", **params})
    return [one["ENTITY_TYPE"] for one in answer["CRM_CREATED_ENTITIES"]], answer


@pytest.mark.parametrize(
    ("mode", "repeats", "number", "kinds"),
    [
        (CrmMode.LEADS, True, UNKNOWN, ["LEAD"]),
        (CrmMode.LEADS, True, CONTACT, ["LEAD"]),
        (CrmMode.LEADS, False, CONTACT, []),
        (CrmMode.LEADS, True, WITH_DEAL, []),
        (CrmMode.LEADS, True, WITH_LEAD, []),
        (CrmMode.LEADS, True, EXCLUDED, []),
        (CrmMode.LEADS, True, OWN, []),
        (CrmMode.SIMPLE, True, UNKNOWN, ["CONTACT", "DEAL"]),
        (CrmMode.SIMPLE, True, CONTACT, ["DEAL"]),
        (CrmMode.SIMPLE, True, WITH_DEAL, []),
        (CrmMode.SIMPLE, True, WITH_LEAD, []),
        (CrmMode.SIMPLE, True, EXCLUDED, []),
        (CrmMode.SIMPLE, True, OWN, []),
    ],
)
def test_what_an_incoming_call_creates(start, mode, repeats, number, kinds):
    """Every row of the table, with leads and without."""
    client = start(seed=SEED, crm_mode=mode, is_creating_repeat_leads=repeats)
    assert _created(client, number)[0] == kinds


@pytest.mark.parametrize(("number", "kinds"), [(UNKNOWN, ["LEAD"]), (CONTACT, []), (WITH_LEAD, [])])
def test_an_outgoing_call_creates_only_for_a_number_without_any_binding(start, number, kinds):
    """A known client is merely noted."""
    assert _created(start(seed=SEED), number, TYPE=1)[0] == kinds


def test_nothing_is_created_unless_asked(start):
    """CRM_CREATE is 0 by default; an incoming call does not look at the line."""
    kinds, answer = _created(start(seed=SEED), UNKNOWN, CRM_CREATE=0)
    assert (kinds, answer["CRM_CREATED_LEAD"], answer["CRM_ENTITY_TYPE"]) == ([], None, "")


def test_an_outgoing_call_also_asks_its_line(start):
    """CRM_AUTO_CREATE of the line creates even with CRM_CREATE=0."""
    client = start(seed=SEED)
    assert _created(client, UNKNOWN, TYPE=1, CRM_CREATE=0)[0] == ["LEAD"]
    client.result("telephony.externalLine.update", NUMBER="100", CRM_AUTO_CREATE="N")
    assert _created(client, "+79160000099", TYPE=1, CRM_CREATE=0)[0] == []


def test_a_created_lead_tells_where_it_comes_from(start):
    """Title, phone, source; CRM_CREATED_LEAD is the old name of the same."""
    client = start(seed=SEED)
    _, answer = _created(client, UNKNOWN, CRM_SOURCE="WEB")
    lead = client.entity("lead", answer["CRM_CREATED_LEAD"])
    assert lead["TITLE"] == "+79160000000 - Incoming call"
    assert (lead["SOURCE_ID"], lead["STATUS_ID"], lead["IS_RETURN_CUSTOMER"]) == ("WEB", "NEW", "N")
    assert lead["PHONE"][0]["VALUE"] == "+79160000000"
    assert (answer["CRM_ENTITY_TYPE"], answer["CRM_ENTITY_ID"]) == ("LEAD", answer["CRM_CREATED_LEAD"])


def test_an_unknown_source_becomes_call(start):
    """The directory decides, not the caller."""
    client = start(seed=SEED)
    _, answer = _created(client, UNKNOWN, CRM_SOURCE="NO_SUCH")
    assert client.entity("lead", answer["CRM_CREATED_LEAD"])["SOURCE_ID"] == "CALL"


def test_a_repeat_lead_belongs_to_the_contact_and_his_responsible(start):
    """Until the finish: then everything created is the finishing user's."""
    client = start(seed=SEED)
    _, answer = _created(client, CONTACT)
    assert (answer["CRM_ENTITY_TYPE"], answer["CRM_ENTITY_ID"]) == ("CONTACT", 3001)
    lead = client.entity("lead", answer["CRM_CREATED_LEAD"])
    assert (lead["IS_RETURN_CUSTOMER"], lead["CONTACT_ID"], lead["ASSIGNED_BY_ID"]) == ("Y", "3001", "13")
    client.finish(answer["CALL_ID"], USER_ID=12)
    assert client.entity("lead", answer["CRM_CREATED_LEAD"])["ASSIGNED_BY_ID"] == "12"
    assert client.entity("contact", 3001)["ASSIGNED_BY_ID"] == "13"


def test_the_activity_is_bound_to_the_repeat_lead_and_the_contact(start):
    """The lead first: it is what the call is about."""
    client = start(seed=SEED)
    _, answer = _created(client, CONTACT)
    number = client.finish(answer["CALL_ID"], DURATION=5)["CRM_ACTIVITY_ID"]
    assert client.result("crm.activity.binding.list", activityId=number) == [
        {"entityTypeId": 1, "entityId": answer["CRM_CREATED_LEAD"]},
        {"entityTypeId": 3, "entityId": 3001},
    ]


def test_an_ordinary_open_lead_of_the_client_does_not_hinder_a_repeat_lead(start):
    """Only deals and repeat leads do."""
    client = start(seed=SEED)
    client.result("crm.lead.add", fields={"TITLE": "Ordinary", "CONTACT_ID": 3001})
    assert _created(client, CONTACT)[0] == ["LEAD"]


def test_a_second_call_meets_the_open_repeat_lead(start):
    """An open repeat lead is as good as an open deal."""
    client = start(seed=SEED)
    first = _created(client, CONTACT)[1]
    client.finish(first["CALL_ID"])
    assert _created(client, CONTACT)[0] == []


def test_a_number_of_an_employee_creates_no_lead_and_says_why(start):
    """Any phone in a profile counts: the test caller's own mobile is the classic."""
    answer = _created(start(seed=SEED), OWN)[1]
    assert answer["LEAD_CREATION_ERROR"] == "Lead creation is disabled for local users"


def test_a_call_to_an_extension_leaves_the_crm_alone(start):
    """Internal calls are in the statistics and nowhere else, and that is no error."""
    client = start(seed=SEED)
    answer = _created(client, "102")[1]
    result = client.finish(answer["CALL_ID"], DURATION=5)
    assert (answer["CRM_CREATED_ENTITIES"], result["CRM_ACTIVITY_ID"]) == ([], False)
    assert "ERRORS" not in result


def test_an_entity_named_at_registration_is_taken_instead_of_a_search(start):
    """CRM_ENTITY_TYPE and CRM_ENTITY_ID; one that does not exist is passed over."""
    client = start(seed=SEED)
    chosen = client.register(PHONE_NUMBER=CONTACT, CRM_ENTITY_TYPE="LEAD", CRM_ENTITY_ID=1001)
    assert (chosen["CRM_ENTITY_TYPE"], chosen["CRM_ENTITY_ID"]) == ("LEAD", 1001)
    searched = client.register(PHONE_NUMBER=CONTACT, USER_ID=12, CRM_ENTITY_TYPE="LEAD", CRM_ENTITY_ID=9)
    assert searched["CRM_ENTITY_TYPE"] == "CONTACT"


def test_the_activity_of_a_call_is_bound_to_deals_first(start):
    """Then to the contact; its owner is the first of them."""
    client = start(seed=SEED)
    result = client.finish(client.register(PHONE_NUMBER=WITH_DEAL)["CALL_ID"], DURATION=7)
    number = result["CRM_ACTIVITY_ID"]
    assert client.result("crm.activity.binding.list", activityId=number) == [
        {"entityTypeId": 2, "entityId": 2001},
        {"entityTypeId": 3, "entityId": 3002},
    ]
    activity = client.result("crm.activity.get", id=number)
    assert (activity["OWNER_TYPE_ID"], activity["OWNER_ID"]) == ("2", "2001")


def test_a_closed_deal_is_not_bound_and_does_not_hinder(start):
    """The stage decides whether a deal is open."""
    client = start(seed=SEED)
    client.result("crm.deal.update", id=2001, fields={"STAGE_ID": "WON"})
    assert client.entity("deal", 2001)["CLOSED"] == "Y"
    assert _created(client, WITH_DEAL)[0] == ["LEAD"]


@pytest.mark.parametrize(
    ("kind", "params", "new", "completed"),
    [
        (2, {"DURATION": 5}, False, "Y"),
        (2, {"DURATION": 5}, True, "N"),
        (2, {"STATUS_CODE": "304"}, False, "N"),
        (1, {"STATUS_CODE": "304"}, True, "Y"),
    ],
)
def test_whether_the_activity_is_completed(start, kind, params, new, completed):
    """A missed incoming call stays open; in the newer scenario every incoming one does."""
    client = start(seed=SEED, is_call_scenario_new=new)
    result = client.finish(client.register(PHONE_NUMBER=CONTACT, TYPE=kind)["CALL_ID"], **params)
    assert client.result("crm.activity.get", id=result["CRM_ACTIVITY_ID"])["COMPLETED"] == completed


def test_the_activity_says_when_who_and_which_way(start, clock):
    """Times come from CALL_START_DATE and DURATION, not from the moment of filing."""
    client = start(seed=SEED, clock=clock)
    call_id = client.register(PHONE_NUMBER=CONTACT, CALL_START_DATE="2026-03-10T11:19:38+03:00")["CALL_ID"]
    number = client.finish(call_id, USER_ID=12, DURATION=60, STATUS_CODE="304")["CRM_ACTIVITY_ID"]
    activity = client.result("crm.activity.get", id=number)
    assert (activity["START_TIME"], activity["END_TIME"]) == (
        "2026-03-10T11:19:38+03:00",
        "2026-03-10T11:20:38+03:00",
    )
    assert (activity["TYPE_ID"], activity["PROVIDER_ID"], activity["DIRECTION"]) == (
        "2",
        "VOXIMPLANT_CALL",
        "1",
    )
    assert (activity["RESPONSIBLE_ID"], activity["ORIGIN_ID"]) == ("12", f"VI_{call_id}")
    assert activity["SETTINGS"] == {"MISSED_CALL": True}
