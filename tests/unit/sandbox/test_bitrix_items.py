"""crm.item.*, *.fields and who works where: the same entities under other names."""

import pytest

from itgrix_core.sandbox.bitrix import Seed, default_users, phones


@pytest.fixture
def shop(start):
    """A portal with three deals of two clients."""
    seed = Seed(
        users=default_users(),
        contacts=({"NAME": "Ann", "PHONE": phones("+79160000001")}, {"NAME": "Ben"}),
        companies=({"TITLE": "North"}, {"TITLE": "South"}),
        deals=(
            {"TITLE": "One", "CONTACT_ID": 3001, "OPPORTUNITY": 10},
            {"TITLE": "Two", "CONTACT_ID": 3001, "STAGE_ID": "WON", "OPPORTUNITY": 2.5},
            {"TITLE": "Three", "CONTACT_ID": 3002, "OPPORTUNITY": 30},
        ),
        leads=({"TITLE": "Lead", "PHONE": phones("+79160000009")},),
    )
    return start(seed=seed)


def titles(shop, **params):
    """Titles of the deals that a list finds."""
    items = shop.result("crm.item.list", entityTypeId=2, **params)["items"]
    return [item["title"] for item in items]


def test_an_item_is_the_same_entity_in_camel_case_with_numbers(shop):
    """What one family writes the other reads."""
    item = shop.result(
        "crm.item.add",
        entityTypeId=1,
        fields={"title": "New", "assignedById": 12, "opportunity": 5.5, "stageId": "JUNK"},
    )["item"]
    assert (item["assignedById"], item["opportunity"], item["stageSemanticId"]) == (12, 5.5, "F")
    lead = shop.entity("lead", item["id"])
    assert (lead["ASSIGNED_BY_ID"], lead["OPPORTUNITY"], lead["STATUS_ID"]) == ("12", "5.5", "JUNK")
    shop.result("crm.lead.update", id=item["id"], fields={"TITLE": "Old"})
    assert shop.result("crm.item.get", entityTypeId=1, id=item["id"])["item"]["title"] == "Old"


def test_the_last_open_deal_of_a_client(shop):
    """The way to choose a deal: by client, closed N, newest first."""
    asked = {"filter": {"contactId": 3001, "closed": "N"}, "order": {"id": "DESC"}}
    assert titles(shop, **asked) == ["One"]


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({">opportunity": 5}, ["One", "Three"]),
        ({"@id": [2001, 2003]}, ["One", "Three"]),
        ({"%title": "w"}, ["Two"]),
        ({"!stageId": "WON", "contactId": 3001}, ["One"]),
        ({"logic": "OR", "0": {"title": "Two"}, "1": {"contactId": 3002}}, ["Two", "Three"]),
        ({"contactId": 3001, "0": {"logic": "OR", "0": {"title": "Two"}, "1": {"title": "Three"}}}, ["Two"]),
    ],
)
def test_filters_nest(shop, conditions, found):
    """Operators before the name; `logic` OR among numbered parts."""
    assert titles(shop, filter=conditions) == found


def test_phones_are_fm_and_an_update_is_keyed_by_record(shop):
    """`n0` adds, a number changes that record, an empty value deletes it."""

    def after(fm):
        item = shop.result("crm.item.update", entityTypeId=3, id=3001, fields={"fm": fm})["item"]
        return {one["value"]: one["id"] for one in item["fm"]}

    (own,) = after({}).values()
    added = after({"n0": {"typeId": "PHONE", "valueType": "MOBILE", "value": "+7000"}})
    assert list(added) == ["+79160000001", "+7000"]
    assert list(after({str(own): {"typeId": "PHONE", "value": "+7111"}})) == ["+7111", "+7000"]
    assert list(after({str(own): {"typeId": "PHONE", "value": ""}})) == ["+7000"]


def test_a_list_tells_phones_only_when_everything_is_selected(shop):
    """And then as fm."""
    asked = {"entityTypeId": 3, "filter": {"id": 3001}}
    assert "fm" not in shop.result("crm.item.list", **asked, select=["id", "name"])["items"][0]
    assert shop.result("crm.item.list", **asked, select=["*"])["items"][0]["fm"][0]["value"] == "+79160000001"


def test_a_lead_names_its_first_phones(shop):
    """Aliases that can only be read."""
    item = shop.result("crm.item.get", entityTypeId=1, id=1001)["item"]
    assert (item["phone"], item["phoneWork"], item["phoneMobile"]) == ("+79160000009", "+79160000009", "")


def test_custom_fields_keep_their_names_when_asked(shop):
    """By useOriginalUfNames."""
    shop.result("crm.item.update", entityTypeId=2, id=2001, fields={"ufCrm_7": "x"})
    asked = {"entityTypeId": 2, "id": 2001}
    assert shop.result("crm.item.get", **asked)["item"]["ufCrm_7"] == "x"
    assert shop.result("crm.item.get", **asked, useOriginalUfNames="Y")["item"]["UF_CRM_7"] == "x"


@pytest.mark.parametrize(
    ("method", "params", "answer"),
    [
        ("crm.item.get", {"entityTypeId": 2, "id": 5}, (400, "NOT_FOUND", "Element not found")),
        ("crm.item.get", {"entityTypeId": 2}, (400, "100", "Could not find value for parameter {id}")),
        ("crm.item.list", {}, (400, "100", "Could not find value for parameter {entityTypeId}")),
        ("crm.item.add", {"entityTypeId": 1}, (400, "100", "Could not find value for parameter {fields}")),
        ("crm.item.fields", {"entityTypeId": 5000}, (400, "NOT_FOUND", "SPA was not found")),
        ("crm.category.get", {"entityTypeId": 2, "id": 5}, (400, "NOT_FOUND", "Element not found")),
    ],
)
def test_universal_errors_have_codes(shop, method, params, answer):
    """Unlike the classic ones."""
    assert shop.error(method, **params) == answer


def test_an_item_is_deleted(shop):
    """The answer is an empty list."""
    assert shop.result("crm.item.delete", entityTypeId=2, id=2001) == []
    assert titles(shop) == ["Two", "Three"]


def test_fields_tell_types_and_the_names_of_lists(shop):
    """What may be written, what must be given."""
    lead = shop.result("crm.lead.fields")
    assert (lead["ID"]["isReadOnly"], lead["TITLE"]["isReadOnly"], lead["PHONE"]["isMultiple"]) == (
        True,
        False,
        True,
    )
    assert lead["SOURCE_ID"]["statusType"] == "SOURCE"
    assert shop.result("crm.company.fields")["TITLE"]["isRequired"] is True
    item = shop.result("crm.item.fields", entityTypeId=1)["fields"]
    assert (item["stageId"]["upperName"], item["assignedById"]["type"]) == ("STATUS_ID", "user")


def test_a_contact_works_for_several_companies_the_first_of_which_is_its_own(shop):
    """COMPANY_ID is the primary one; both sides tell the same."""
    shop.result("crm.contact.company.add", id=3001, fields={"COMPANY_ID": 4001})
    shop.result("crm.contact.company.add", id=3001, fields={"COMPANY_ID": 4002, "IS_PRIMARY": "Y"})
    ties = shop.result("crm.contact.company.items.get", id=3001)
    assert [(one["COMPANY_ID"], one["IS_PRIMARY"]) for one in ties] == [(4002, "Y"), (4001, "N")]
    assert shop.entity("contact", 3001)["COMPANY_ID"] == "4002"
    assert [one["CONTACT_ID"] for one in shop.result("crm.company.contact.items.get", id=4001)] == [3001]
    assert shop.result("crm.item.get", entityTypeId=3, id=3001)["item"]["companyIds"] == [4002, 4001]


def test_ties_are_cut_one_by_one_and_all_at_once(shop):
    """What was not tied is answered by false."""
    items = [{"CONTACT_ID": 3001}, {"CONTACT_ID": 3002}]
    assert shop.result("crm.company.contact.items.set", id=4001, items=items) is True
    assert shop.result("crm.company.contact.delete", id=4001, fields={"CONTACT_ID": 3001}) is True
    assert shop.result("crm.company.contact.delete", id=4001, fields={"CONTACT_ID": 3001}) is False
    assert shop.entity("contact", 3001)["COMPANY_ID"] is None
    assert shop.result("crm.company.contact.items.delete", id=4001) is True
    assert shop.result("crm.company.contact.items.get", id=4001) == []
    assert shop.error("crm.contact.company.add", id=3001, fields={"COMPANY_ID": 9})[0] == 400


def test_companies_of_a_contact_can_be_written_as_a_field(shop):
    """COMPANY_IDS, the first becomes COMPANY_ID."""
    shop.result("crm.contact.update", id=3002, fields={"COMPANY_IDS": [4002, 4001]})
    assert shop.entity("contact", 3002)["COMPANY_ID"] == "4002"
    assert [one["COMPANY_ID"] for one in shop.result("crm.contact.company.items.get", id=3002)] == [
        4002,
        4001,
    ]
