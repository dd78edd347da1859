"""The questions: answered, or raised."""

import pytest

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.crm.bitrix24.methods import SEARCH
from itgrix_core.errors import ConfigError, CrmError
from itgrix_hooks.values import Entity, PhoneNumber


def test_clients_are_asked_for_once_in_a_while(portal, adapter, clock):
    """All hooks of one ring share an answer; an unusable number is not asked for."""
    portal.says(SEARCH, [{"CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 1, "ASSIGNED_BY_ID": 5}], [])
    number = PhoneNumber("+79165550012")
    assert [adapter.clients_of(number)[0].responsible_id for _ in range(2)] == [5, 5]
    clock.at += 16
    assert adapter.clients_of(number) == ()
    assert adapter.clients_of(PhoneNumber("anonymous")) == ()
    assert portal.asked(SEARCH) == [{"PHONE_NUMBER": "+79165550012"}] * 2


def test_activities_and_entities_are_read_with_their_fields(portal, adapter, words):
    """What does not exist is `None`."""
    portal.says("crm.activity.get", {"ID": "9", "SUBJECT": "x"}, words.fails("", "Activity is not found"))
    portal.says(
        "crm.lead.get", {"ID": "3", "TITLE": "Lead", "ASSIGNED_BY_ID": "5"}, words.fails("", "Not found")
    )
    assert adapter.activity(9).fields["SUBJECT"] == "x"
    assert adapter.activity(9) is None
    assert adapter.entity("lead", 3) == Entity("lead", 3, "Lead", 5)
    assert adapter.entity("lead", 3) is None
    with pytest.raises(ValueError, match="no kind"):
        adapter.entity("order", 1)


def test_questions_that_cannot_be_answered_raise(portal, adapter, words):
    """Later: CrmUnavailable with seconds. Never: CrmError. A write: ValueError, and nothing is sent."""
    portal.says("crm.lead.list", words.fails("QUERY_LIMIT_EXCEEDED", status=503))
    portal.says("crm.deal.get", words.fails("", "Access denied."))
    with pytest.raises(CrmError, match="Access denied") as caught:
        adapter.entity("deal", 1)
    assert not isinstance(caught.value, CrmUnavailable)
    with pytest.raises(CrmUnavailable) as caught:
        adapter.read("crm.lead.list", {})
    assert caught.value.seconds == 2
    with pytest.raises(ValueError, match="use `crm"):
        adapter.read("crm.lead.add", {})
    assert "crm.lead.add" not in portal.methods


def test_an_adapter_without_a_usable_webhook_is_not_made():
    """The sentence names the setting and not the code."""
    settings = BitrixSettings(webhook="http://acme.example.com/rest/1/s3cr3t/")
    with pytest.raises(ConfigError, match=r"crm\.office\.webhook: .*https") as caught:
        BitrixAdapter(settings, "office")
    assert "s3cr3t" not in str(caught.value)
