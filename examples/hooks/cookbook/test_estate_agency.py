"""Asks the example about recorded calls, with a portal in memory."""

from pathlib import Path

from itgrix_hooks import Create, Filed
from itgrix_hooks.testing import ask, assert_changed, assert_untouched, load, recorded_call

HOOK = load(Path(__file__).with_name("estate_agency.py"))
SETTINGS = {"working_stages": ["EXECUTING"]}
TAKEN = recorded_call("blind_transfer_refer")
"""101 took it and handed it to 102, who is user 12 of the portal."""


def asked(portal_crm, entity, call=TAKEN, filed=None):
    """The hook about this entity."""
    given = {"entity": entity, "call": call, "filed": filed or Filed(entity=entity), "settings": SETTINGS}
    role = "bound" if entity else "none"
    return ask("get_updated_entity_fields", HOOK, role=role, crm=portal_crm, **given)


def test_who_took_the_call_in_the_end_owns_the_lead(portal_crm):
    """Whose it was before does not matter."""
    lead = portal_crm.add("lead", "79164440013", TITLE="Flat", ASSIGNED_BY_ID=15)
    assert_changed(asked(portal_crm, lead), ASSIGNED_BY_ID=12)


def test_a_contact_stays_with_whoever_works_on_its_deal(portal_crm):
    """In any other stage it follows the call."""
    contact = portal_crm.add("contact", "79164440013", NAME="Ann", ASSIGNED_BY_ID=15)
    deal = portal_crm.add("deal", TITLE="Flat", CONTACT_ID=contact.id, STAGE_ID="NEW")
    assert_changed(asked(portal_crm, contact), ASSIGNED_BY_ID=12)
    portal_crm.write("crm.deal.update", {"id": deal.id, "fields": {"STAGE_ID": "EXECUTING"}})
    assert_untouched(asked(portal_crm, contact))


def test_an_unknown_client_becomes_a_lead_of_who_took_the_call(portal_crm):
    """Once: where the call has an entity there is nothing to create."""
    (lead,) = asked(portal_crm, None).actions
    assert isinstance(lead, Create)
    assert lead.fields["ASSIGNED_BY_ID"] == 12
    known = portal_crm.add("company", TITLE="Acme")
    assert_untouched(asked(portal_crm, None, filed=Filed(entity=known)))


def test_a_call_that_nobody_took_changes_nothing(portal_crm):
    """There is nobody to own anything."""
    lead = portal_crm.add("lead", "79161110002", ASSIGNED_BY_ID=15)
    assert_untouched(asked(portal_crm, lead, call=recorded_call("inbound_no_answer")))
