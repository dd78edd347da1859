"""Leads, contacts, companies, deals, activities, people and tasks over REST."""

import pytest

from itgrix_core.sandbox.bitrix import Category, Seed, default_users, phones


def test_an_added_entity_is_read_back_in_strings(client):
    """Add answers a number, get a row of strings and nulls."""
    number = client.result("crm.lead.add", fields={"TITLE": "New", "OPPORTUNITY": 15.5, "ASSIGNED_BY_ID": 12})
    lead = client.entity("lead", number)
    assert (lead["ID"], lead["ASSIGNED_BY_ID"], lead["OPPORTUNITY"]) == (str(number), "12", "15.5")
    assert (lead["STATUS_ID"], lead["STATUS_SEMANTIC_ID"], lead["CONTACT_ID"]) == ("NEW", "P", None)


def test_unknown_and_read_only_fields_are_ignored_and_custom_ones_kept(client):
    """The portal says nothing about them."""
    fields = {"NO_SUCH": 1, "ID": 5, "STATUS_SEMANTIC_ID": "F", "UF_CRM_1": "own"}
    number = client.result("crm.lead.add", fields=fields)
    lead = client.entity("lead", number)
    assert "NO_SUCH" not in lead
    assert (lead["ID"], lead["STATUS_SEMANTIC_ID"], lead["UF_CRM_1"]) == (str(number), "P", "own")


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("crm.lead.get", {"id": 5}, "Not found"),
        ("crm.lead.get", {}, "ID is not defined or invalid."),
        ("crm.lead.update", {"id": "x", "fields": {}}, "ID is not defined or invalid."),
        ("crm.deal.delete", {"ID": 5}, "Not found"),
        ("crm.contact.add", {}, "Parameter 'fields' must be array."),
        ("crm.activity.get", {"id": 5}, "Not found"),
        ("crm.activity.update", {"id": 5, "fields": {}}, "Activity is not found"),
    ],
)
def test_classic_errors_have_no_code(client, method, params, text):
    """The sentence is all there is."""
    assert client.error(method, **params) == (400, "", text)


def test_an_updated_and_a_deleted_entity(client):
    """Both answer true; parameter names are read in any case."""
    assert client.result("crm.lead.update", ID="1001", FIELDS={"STATUS_ID": "JUNK"}) is True
    assert client.entity("lead", 1001)["STATUS_SEMANTIC_ID"] == "F"
    assert client.result("crm.lead.delete", id=1001) is True
    assert client.error("crm.lead.get", id=1001)[2] == "Not found"


def test_phones_are_records_and_sending_one_again_multiplies_it(client):
    """With its ID a record is changed, without one it is added, with an empty VALUE it is deleted."""
    own = client.entity("contact", 3001)["PHONE"][0]
    assert (own["VALUE_TYPE"], own["TYPE_ID"]) == ("WORK", "PHONE")

    def after(*items):
        client.result("crm.contact.update", id=3001, fields={"PHONE": list(items)})
        return [one["VALUE"] for one in client.entity("contact", 3001).get("PHONE", [])]

    assert after({"VALUE": own["VALUE"]}) == [own["VALUE"]] * 2
    assert after({"ID": own["ID"], "VALUE": "+7000"}) == ["+7000", own["VALUE"]]
    assert after({"ID": own["ID"], "VALUE": ""}) == [own["VALUE"]]


def _many(count):
    leads = tuple({"TITLE": f"L{n}", "SOURCE_ID": "WEB" if n % 2 else "CALL"} for n in range(count))
    return Seed(users=default_users(), leads=leads)


def test_lists_have_pages_of_fifty(start):
    """Total always, next while more remain."""
    client = start(seed=_many(101))
    first, second, last = (client.body("crm.lead.list", start=at, order={"ID": "ASC"}) for at in (0, 50, 100))
    assert [(len(page["result"]), page["total"]) for page in (first, second, last)] == [
        (50, 101),
        (50, 101),
        (1, 101),
    ]
    assert (first["next"], second["next"], "next" in last) == (50, 100, False)
    assert first["result"][0]["TITLE"] == "L0"


def test_a_list_that_does_not_count_is_swept_by_id(start):
    """start=-1: neither total nor next; the filter leads on."""
    client = start(seed=_many(60))
    page = client.body("crm.lead.list", start=-1, order={"ID": "ASC"}, filter={">ID": 1050})
    assert [row["ID"] for row in page["result"]] == [str(n) for n in range(1051, 1061)]
    assert not {"total", "next"} & set(page)


@pytest.mark.parametrize(
    ("condition", "titles"),
    [
        ({"TITLE": "L1"}, ["L1"]),
        ({"=TITLE": ["L1", "L2"]}, ["L1", "L2"]),
        ({"@TITLE": ["L1", "L3"]}, ["L1", "L3"]),
        ({"!@TITLE": ["L1", "L3"]}, ["L0", "L2"]),
        ({"!TITLE": "L1"}, ["L0", "L2", "L3"]),
        ({"!=TITLE": "L1"}, ["L0", "L2", "L3"]),
        ({"%TITLE": "l"}, ["L0", "L1", "L2", "L3"]),
        ({"=%TITLE": "%3"}, ["L3"]),
        ({"%=TITLE": "3"}, []),
        ({"!%TITLE": "3"}, ["L0", "L1", "L2"]),
        ({">=ID": 1003}, ["L2", "L3"]),
        ({"<ID": "1002"}, ["L0"]),
        ({">ID": 1001, "SOURCE_ID": "WEB"}, ["L1", "L3"]),
        ({"CONTACT_ID": ""}, ["L0", "L1", "L2", "L3"]),
        ({">DATE_CREATE": "2020-01-01T00:00:00Z", "TITLE": "L0"}, ["L0"]),
    ],
)
def test_lists_are_asked_with_operators(start, condition, titles):
    """The prefixes of the documentation."""
    rows = start(seed=_many(4)).result(
        "crm.lead.list", filter=condition, select=["TITLE"], order={"ID": "ASC"}
    )
    assert [row["TITLE"] for row in rows] == titles


def test_select_says_which_fields_come(client):
    """Without it phones and custom fields stay away; ID always comes."""
    client.result("crm.contact.update", id=3001, fields={"UF_CRM_1": "own"})
    plain, chosen, all_of_them = (
        client.result("crm.contact.list", **params)[0]
        for params in ({}, {"select": ["NAME", "PHONE"]}, {"select": ["*", "UF_*", "PHONE"]})
    )
    assert not {"PHONE", "UF_CRM_1"} & set(plain)
    assert set(chosen) == {"ID", "NAME", "PHONE"}
    assert {"PHONE", "UF_CRM_1", "LAST_NAME"} <= set(all_of_them)


def test_a_list_is_filtered_by_phone(client):
    """The multi-field is compared as it is written, unlike the search for duplicates."""
    assert len(client.result("crm.contact.list", filter={"PHONE": "+7 916 000-00-01"})) == 1
    assert client.result("crm.contact.list", filter={"PHONE": "79160000001"}) == []


@pytest.mark.parametrize(
    "spelling", ["+79160000001", "89160000001", "8 (916) 000-00-01", "9160000001", "79160000001,12"]
)
def test_duplicates_are_found_in_any_spelling(client, spelling):
    """Digits count; an extension behind the number is dropped."""
    assert client.result("crm.duplicate.findbycomm", type="PHONE", values=[spelling]) == {"CONTACT": [3001]}


def test_no_duplicates_is_an_empty_list(client):
    """PHP's empty map."""
    assert client.result("crm.duplicate.findbycomm", type="PHONE", values=["5"]) == []


def test_twenty_hits_of_one_type_hide_the_later_types(start):
    """So one asks by type when it matters."""
    number = phones("+79160000009")
    leads = tuple({"TITLE": "x", "PHONE": number} for _ in range(20))
    client = start(seed=Seed(leads=leads, contacts=({"NAME": "y", "PHONE": number},)))
    ask = {"type": "PHONE", "values": ["+79160000009"]}
    assert list(client.result("crm.duplicate.findbycomm", **ask)) == ["LEAD"]
    assert client.result("crm.duplicate.findbycomm", **ask, entity_type="CONTACT") == {"CONTACT": [3001]}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "Communication type is not defined"),
        ({"type": "PHONE"}, "Communication values is not defined"),
        ({"type": "FAX", "values": ["1"]}, "Communication type 'FAX' is not supported in current context"),
    ],
)
def test_the_search_for_duplicates_puts_its_sentence_into_the_code(client, params, code):
    """A peculiarity of this method."""
    assert client.error("crm.duplicate.findbycomm", **params)[:2] == (400, code)


def _activity(client):
    fields = {"SUBJECT": "Visit", "TYPE_ID": 1, "RESPONSIBLE_ID": 12, "OWNER_TYPE_ID": 1, "OWNER_ID": 1001}
    return client.result("crm.activity.add", fields=fields)


def test_an_activity_is_added_changed_and_read(client):
    """Completed means done."""
    number = _activity(client)
    assert (
        client.result("crm.activity.update", id=number, fields={"COMPLETED": "Y", "SUBJECT": "Met"}) is True
    )
    activity = client.result("crm.activity.get", id=number)
    assert (activity["SUBJECT"], activity["STATUS"], activity["RESPONSIBLE_ID"]) == ("Met", "2", "12")
    assert "COMMUNICATIONS" not in activity


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "The field SUBJECT is not defined or empty"),
        ({"SUBJECT": "x"}, "The field RESPONSIBLE_ID is not defined or invalid"),
        ({"SUBJECT": "x", "RESPONSIBLE_ID": 1}, "The field TYPE_ID is not defined or invalid"),
        (
            {"SUBJECT": "x", "RESPONSIBLE_ID": 1, "TYPE_ID": 2, "OWNER_TYPE_ID": 1, "OWNER_ID": 5},
            "Could not build binding. Please ensure that owner info and communications are defined correctly",
        ),
    ],
)
def test_an_activity_wants_its_fields(client, fields, text):
    """Each sentence of the documentation."""
    assert client.error("crm.activity.add", fields=fields) == (400, "", text)


def test_activities_are_listed_by_what_they_are_bound_to(client):
    """BINDINGS finds by any tie, not by the owner alone."""
    number = _activity(client)
    client.result("crm.activity.binding.add", activityId=number, entityTypeId=3, entityId=3001)

    def bound_to(kind, owner):
        wanted = {"BINDINGS": [{"OWNER_TYPE_ID": kind, "OWNER_ID": owner}]}
        return [row["ID"] for row in client.result("crm.activity.list", filter=wanted)]

    assert bound_to(3, 3001) == [str(number)]
    assert bound_to(4, 4001) == []


def test_the_last_binding_cannot_be_deleted(client):
    """Add first, then delete; the owner becomes the one that is left."""
    number = _activity(client)
    binding = "crm.activity.binding."
    lead = {"activityId": number, "entityTypeId": 1, "entityId": 1001}
    contact = {"activityId": number, "entityTypeId": 3, "entityId": 3001}
    assert client.error(binding + "delete", **lead)[:2] == (400, "LAST_BINDING_CANNOT_BE_DELETED")
    assert client.error(binding + "delete", **contact)[:2] == (400, "BINDING_NOT_FOUND")
    assert client.result(binding + "add", **contact) is True
    assert client.error(binding + "add", **contact)[:2] == (400, "ACTIVITY_IS_ALREADY_BOUND")
    assert client.result(binding + "delete", **lead) is True
    assert client.result("crm.activity.get", id=number)["OWNER_ID"] == "3001"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "100"),
        ({"activityId": 5}, "NOT_FOUND"),
        ({"activityId": 7001}, "100"),
        ({"activityId": 7001, "entityTypeId": 2, "entityId": 5}, "OWNER_NOT_FOUND"),
    ],
)
def test_bindings_say_what_is_wrong(client, params, code):
    """The newer methods have codes."""
    _activity(client)
    assert client.error("crm.activity.binding.add", **params)[:2] == (400, code)


def test_a_todo_hangs_at_an_entity(client):
    """It is an activity with a deadline."""
    todo = {"ownerTypeId": 3, "ownerId": 3001, "deadline": "2026-12-01T10:00:00+03:00", "responsibleId": 13}
    number = client.result("crm.activity.todo.add", **todo, title="Call back")["id"]
    activity = client.result("crm.activity.get", id=number)
    assert (activity["PROVIDER_ID"], activity["RESPONSIBLE_ID"]) == ("CRM_TODO", "13")
    assert client.error("crm.activity.todo.add", **{**todo, "ownerId": 5})[:2] == (400, "OWNER_NOT_FOUND")
    assert client.error("crm.activity.todo.add", ownerTypeId=3, ownerId=3001)[:2] == (400, "100")


def test_a_comment_is_written_into_the_timeline(client):
    """The parameter must be called exactly `fields`."""
    fields = {"ENTITY_ID": 1001, "ENTITY_TYPE": "lead", "COMMENT": "Hello"}
    assert client.result("crm.timeline.comment.add", fields=fields) == 1
    assert client.portal.world.comments.get(1)["COMMENT"] == "Hello"
    assert client.error("crm.timeline.comment.add", FIELDS=fields)[:2] == (400, "100")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ENTITY_ID": 5}, "OWNER_NOT_FOUND"),
        ({"COMMENT": ""}, "INVALID_ARG_VALUE"),
        ({"ENTITY_TYPE": ""}, "100"),
    ],
)
def test_a_comment_wants_an_owner_and_a_text(client, change, code):
    """Codes of the documentation."""
    fields = {"ENTITY_ID": 1001, "ENTITY_TYPE": "lead", "COMMENT": "Hello", **change}
    assert client.error("crm.timeline.comment.add", fields=fields)[:2] == (400, code)


def test_users_are_found_by_extension_and_state(client):
    """The id is a string, ACTIVE a bool, an extension of nobody an empty list."""
    user = client.result("user.get", FILTER={"UF_PHONE_INNER": "107"}, ADMIN_MODE=True)[0]
    assert (user["ID"], user["ACTIVE"], user["UF_DEPARTMENT"]) == ("17", False, [1])
    assert client.result("user.get", FILTER={"UF_PHONE_INNER": "107", "ACTIVE": "Y"}) == []
    assert client.body("user.get", FILTER={"ACTIVE": True})["total"] == 7


def test_a_user_without_extension_has_no_such_field(client):
    """Empty fields are left out."""
    assert "UF_PHONE_INNER" not in client.result("user.get", ID=1)[0]


def test_users_are_sorted_paged_and_searched(client):
    """Sort and order, `select`, part of a name."""
    assert client.result("user.get", sort="ID", order="DESC")[0]["ID"] == "17"
    assert [set(user) for user in client.result("user.get", ID=11, select=["NAME"])] == [{"ID", "NAME"}]
    assert [user["ID"] for user in client.result("user.get", FILTER={"NAME_SEARCH": "petr"})] == ["12"]


def test_departments_are_found_by_their_fields(client):
    """Fields without a value are left out."""
    assert client.result("department.get", PARENT=1) == [
        {"ID": "2", "NAME": "Sales", "SORT": 500, "PARENT": "1"}
    ]


def test_word_lists_and_funnels(start):
    """Stages of funnel 9 carry its number; the default funnel has id 0."""
    client = start(seed=Seed(categories=(Category(0, "General"), Category(9, "Service"))))
    stages = client.result("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE_9"})
    assert [stages[0]["STATUS_ID"], stages[0]["CATEGORY_ID"]] == ["C9:NEW", "9"]
    categories = client.result("crm.category.list", entityTypeId=2)["categories"]
    assert [(one["id"], one["isDefault"]) for one in categories] == [(0, "Y"), (9, "N")]
    number = client.result("crm.deal.add", fields={"CATEGORY_ID": 9, "STAGE_ID": "C9:LOSE"})
    assert client.entity("deal", number)["STAGE_SEMANTIC_ID"] == "F"


def test_a_task_is_added_and_found(client):
    """Asked in upper case, answered in camel case."""
    fields = {"TITLE": "Call back", "RESPONSIBLE_ID": 12, "UF_CRM_TASK": ["C_3001"]}
    task = client.result("tasks.task.add", fields=fields)["task"]
    assert (task["id"], task["responsibleId"], task["responsible"]["name"]) == ("1", "12", "Boris Petrov")
    found = client.result("tasks.task.list", filter={"UF_CRM_TASK": "C_3001"})["tasks"]
    assert [one["title"] for one in found] == ["Call back"]
    assert client.error("tasks.task.add")[:2] == (400, "100")
    assert client.error("tasks.task.add", fields={"TITLE": "x"})[:2] == (400, "ERROR_CORE")


def test_a_notice_reaches_its_user(client):
    """By webhook a TAG needs a CLIENT_ID."""
    assert client.result("im.notify.system.add", USER_ID=12, MESSAGE="Hello") > 0
    assert client.portal.world.messages == [(12, "Hello")]
    assert client.error("im.notify.system.add", MESSAGE="x")[1] == "USER_ID_EMPTY"
    assert client.error("im.notify.system.add", USER_ID=12)[1] == "MESSAGE_EMPTY"
    assert client.error("im.notify.system.add", USER_ID=12, MESSAGE="x", TAG="t")[1] == "CLIENT_ID_EMPTY"
