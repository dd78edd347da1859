"""Asks the example about recorded calls, with a portal in memory."""

from pathlib import Path

import pytest

from itgrix_hooks import Create, Entity, Filed
from itgrix_hooks.testing import ask, assert_untouched, load, recorded_call

HOOK = load(Path(__file__).with_name("lead_on_missed.py"))
MISSED = recorded_call("inbound_no_answer")
NUMBER = str(MISSED.client_number)


def asked(portal_crm, call=MISSED, **given):
    """The hook about the call as a whole."""
    return ask("get_updated_entity_fields", HOOK, call=call, crm=portal_crm, **given)


def test_a_stranger_becomes_a_lead(portal_crm):
    """With his number, in the words of the settings."""
    (lead,) = asked(portal_crm, settings={"title": "Call {number} back"}).actions
    phone = [{"VALUE": NUMBER, "VALUE_TYPE": "WORK"}]
    assert lead == Create("lead", {"TITLE": f"Call {NUMBER} back", "SOURCE_ID": "CALL", "PHONE": phone})


@pytest.mark.parametrize(("stage", "leads"), [("NEW", 0), ("JUNK", 1)])
def test_an_open_lead_is_enough(portal_crm, stage, leads):
    """One that was thrown away is none."""
    portal_crm.add("lead", NUMBER, TITLE="Roof", STATUS_ID=stage)
    assert len(asked(portal_crm).actions) == leads


def test_other_calls_make_none(portal_crm):
    """Answered ones, those without a number, those for which the CRM has made one."""
    assert_untouched(asked(portal_crm, recorded_call("inbound_answered")))
    assert_untouched(asked(portal_crm, recorded_call("anonymous_missed")))
    assert_untouched(asked(portal_crm, filed=Filed(created=(Entity("lead", 9),))))
    assert_untouched(asked(portal_crm, entity=Entity("contact", 3), role="bound"))
