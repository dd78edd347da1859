"""The authors' portal: a sandbox in this process, asked through the service's adapter."""

import pytest

from itgrix_core.errors import CrmError
from itgrix_hooks import Entity, User


def test_what_was_put_in_is_found_by_its_number(portal_crm):
    """With its responsible; another number finds nothing."""
    lead = portal_crm.add("lead", "+15550100200", TITLE="Roof", ASSIGNED_BY_ID=12)
    assert (lead.kind, lead.name, lead.responsible_id) == ("lead", "Roof", 12)
    (found,) = portal_crm.clients_of("+1 555 010-02-00")
    assert found == Entity("lead", lead.id, "Roof", 12)
    assert portal_crm.clients_of("+15550100299") == ()


def test_answers_are_literally_a_portals(portal_crm):
    """Ids are text, and a client whom nobody knows is an empty list where a map is promised."""
    deal = portal_crm.add("deal", TITLE="Roof")
    assert portal_crm.read("crm.deal.get", {"id": deal.id})["ID"] == str(deal.id)
    nobody = portal_crm.read("crm.duplicate.findbycomm", {"type": "PHONE", "values": ["+15550100298"]})
    assert nobody == []


def test_what_a_hook_writes_is_there_and_in_the_book(portal_crm):
    """Read back as it is in the portal."""
    lead = portal_crm.write("crm.lead.add", {"fields": {"TITLE": "Missed", "ASSIGNED_BY_ID": 13}})
    assert portal_crm.entity("lead", lead).fields["TITLE"] == "Missed"
    assert [method for method, _ in portal_crm.asked] == ["crm.lead.add", "crm.lead.get"]


def test_reading_and_writing_are_kept_apart_as_in_the_service(portal_crm):
    """And a refusal is the service's error."""
    with pytest.raises(ValueError, match=r"crm\.write"):
        portal_crm.read("crm.lead.add", {"fields": {}})
    with pytest.raises(CrmError, match=r"(?i)not found"):
        portal_crm.write("crm.lead.update", {"id": 1, "fields": {"TITLE": "x"}})


def test_an_employee_takes_an_extension_over(portal_crm):
    """Extensions 101 to 106 are there from the start."""
    assert portal_crm.user_of_extension("101").id == 11
    assert portal_crm.add_user(7, "101", "Olga") == User(7, "Olga", "101")
    assert portal_crm.user_of_extension("101").id == 7
    assert portal_crm.user_of_extension("199") is None
