"""The rules of creation against a sandbox portal, in both modes of its CRM."""

from dataclasses import replace
from threading import Thread

import pytest

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.filing.creation import CreationRule
from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.engine import Done
from itgrix_core.sandbox.bitrix.seed import phones
from itgrix_core.sandbox.bitrix.settings import CrmMode
from itgrix_core.sandbox.bitrix.view import state
from itgrix_hooks.testing import BEGAN
from itgrix_hooks.values import PhoneNumber


def crm(office, kind):
    """The portal's entities of a kind, the seed's left out."""
    with office.portal.lock:
        rows = state(office.portal.world)[kind]
    return [row for row in rows if "Old" not in (row.get("TITLE"), row.get("NAME"))]


def activity_of(office):
    """The only call's activity."""
    with office.portal.lock:
        (activity,) = [row for row in state(office.portal.world)["activities"] if row["TYPE_ID"] == "2"]
        return activity, office.portal.world.bindings[int(activity["ID"])]


def test_a_junk_lead_is_no_client_and_the_portal_makes_a_lead(portal_office, answered):
    """The portal itself looks at open leads only."""
    office = portal_office(CrmMode.LEADS, CreationRule("lead"))
    office.file(answered)
    (lead,) = crm(office, "leads")
    assert lead["ASSIGNED_BY_ID"] == "11"


def test_our_lead_has_what_the_rule_says_and_the_calls_activity(portal_office, answered):
    """Source, kind of request, campaign, responsible."""
    rule = CreationRule("lead", title="{number} calls", source="WEB", source_description="to {did}")
    office = portal_office(CrmMode.LEADS, rule, campaigns={"15550100900": {"UTM_SOURCE": "yandex"}})
    office.file(answered)
    (lead,) = crm(office, "leads")
    assert (lead["TITLE"], lead["SOURCE_ID"]) == ("+15550100200 calls", "WEB")
    assert (lead["SOURCE_DESCRIPTION"], lead["UTM_SOURCE"]) == ("to +15550100900", "yandex")
    assert lead["PHONE"][0]["VALUE"] == "+15550100200"
    assert (1, int(lead["ID"])) in activity_of(office)[1]


def test_without_leads_the_portal_makes_a_contact_with_a_deal(portal_office, answered):
    """One rule, nothing to do for us."""
    office = portal_office(CrmMode.SIMPLE, CreationRule("deal"))
    office.file(answered)
    assert (len(crm(office, "contacts")), len(crm(office, "deals")), crm(office, "leads")) == (1, 1, [])


@pytest.mark.parametrize("mode", CrmMode)
def test_our_deal_stands_in_its_pipeline_with_its_contact(portal_office, answered, mode):
    """In either mode the same; the call's activity is tied to both."""
    office = portal_office(mode, CreationRule("deal", pipeline=9, stage="C9:NEW"))
    office.file(answered)
    (contact,), (deal,) = crm(office, "contacts"), crm(office, "deals")
    assert (deal["CATEGORY_ID"], deal["STAGE_ID"], deal["CONTACT_ID"]) == ("9", "C9:NEW", contact["ID"])
    assert {(3, int(contact["ID"])), (2, int(deal["ID"]))} <= set(activity_of(office)[1])


def test_a_lead_in_a_portal_without_leads_is_not_made(portal_office, answered):
    """The call is filed without."""
    office = portal_office(CrmMode.SIMPLE, CreationRule("lead", title="x"))
    office.file(answered)
    assert crm(office, "leads") == crm(office, "contacts") == []


@pytest.mark.parametrize("mode", CrmMode)
@pytest.mark.parametrize("create", ["portal", "deal", "contact"])
def test_two_calls_of_one_number_at_once_make_one_client(portal_office, story, mode, create):
    """However the number is written, in two threads as the service has them."""
    office = portal_office(mode, CreationRule(create, client="any", title="" if create == "portal" else "x"))
    first, second = story().start().ring("101"), story().start().ring("102")
    number = PhoneNumber("8 (555) 010-02-00")
    second.events = [
        replace(each, call=replace(each.call, key="main/2", client_number=number)) for each in second.events
    ]
    office.wired()

    def work(told):
        jobs = [job_of(each, BEGAN) for each in told.events]
        for _ in range(200):
            if isinstance(office.deliver(jobs), Done):
                return

    threads = [Thread(target=work, args=(told,)) for told in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.portal.lock:
        assert len(office.portal.world.active) == 2
    counts = {kind: len(crm(office, kind)) for kind in ("leads", "contacts", "deals")}
    leads = {"leads": 1, "contacts": 0, "deals": 0}
    simple = {"leads": 0, "contacts": 1, "deals": int(create != "contact")}
    assert counts == (leads if create == "portal" and mode is CrmMode.LEADS else simple)


def test_an_employees_number_is_said_plainly(portal_office, answered, capsys, seed):
    """The log says why nothing was created."""
    users = tuple(
        replace(user, personal_mobile="+15550100200") if user.id == 12 else user for user in seed.users
    )
    office = portal_office(
        CrmMode.LEADS, CreationRule("portal", client="any"), seed=replace(seed, users=users)
    )
    office.file(answered)
    assert crm(office, "leads") == []
    assert "phone in the profile" in capsys.readouterr().out


def test_the_last_open_deal_is_bound(portal_office, answered, seed):
    """Of the contact that called."""
    contact = {"NAME": "Old", "LAST_NAME": "Client", "PHONE": phones("+15550100200"), "ASSIGNED_BY_ID": 12}
    deals = ({"TITLE": "Won", "CONTACT_ID": 3001, "STAGE_ID": "WON"}, {"TITLE": "On", "CONTACT_ID": 3001})
    seed = replace(seed, contacts=(contact,), deals=deals, leads=())
    office = portal_office(CrmMode.LEADS, seed=seed, is_binding_deal=True)
    office.file(answered)
    assert office.crm.open_deal(office.crm.clients_of(PhoneNumber("+15550100200"))[0]).name == "On"
    assert [pair for pair in activity_of(office)[1] if pair[0] == 2] == [(2, 2002)]


def test_of_several_clients_the_answering_employees_own_keeps_the_call(portal_office, story, seed):
    """Tied to his company first, then untied from the other's contact."""
    contact = {"NAME": "A", "PHONE": phones("+15550100200"), "ASSIGNED_BY_ID": 11}
    company = {"TITLE": "B", "PHONE": phones("+15550100200"), "ASSIGNED_BY_ID": 12}
    seed = replace(seed, contacts=(contact,), companies=(company,), leads=())
    office = portal_office(CrmMode.LEADS, seed=seed, is_choosing_by_employee=True)
    office.file(story().start().ring("101", "102").answer("102").stop("102").end("answered"))
    assert activity_of(office)[1] == [(4, 4001)]


def test_what_the_rules_name_and_the_portal_does_not_know_is_told(portal_office):
    """Each with the nearest, before the first call."""
    office = portal_office(CrmMode.SIMPLE)
    adapter = BitrixAdapter(
        BitrixSettings(
            webhook=office.webhook, sources={"a": "CAL"}, cards={"users": {99: "never"}},
            creation=[
                {"create": "lead", "source": "WEBB"}, {"create": "deal", "pipeline": 7},
                {"create": "deal", "pipeline": 9, "stage": "C9:NEWW", "responsible": 98},
            ],
        ),
        "bitrix",
    )  # fmt: skip
    told = [text for is_fine, text in adapter.check() if not is_fine]
    adapter.close()
    assert [text.partition(":")[0] for text in told] == [
        "creation[0]", "sources.a", "creation[0].source", "creation[1].pipeline", "creation[2].stage",
        "creation[2].responsible", "cards.users.99",
    ]  # fmt: skip
    assert "write create: deal" in told[0]
    assert told[1].endswith("did you mean CALL?")
    assert told[3].endswith("known there: 0 (General), 9 (Service).")
    assert told[4].endswith("did you mean C9:NEW?")


def test_what_a_table_of_rules_names_and_the_portal_does_not_know_is_told(portal_office):
    """Users, fields and what is written into them; a field that it does not know it would leave out."""
    office = portal_office(CrmMode.LEADS)
    fields = {
        "lead": {"SOURCE_ID": "WEBB", "STATUS_ID": "NEWW", "COMENTS": "x", "ASSIGNED_BY_ID": "98"},
        "contact": {"COMMENTS": "{number}"},
    }
    rules = [{"name": "a", "owners": [11, 99]}, {"name": "b", "fields": fields}]
    adapter = BitrixAdapter(BitrixSettings(webhook=office.webhook, rules=rules), "bitrix")
    told = [text for is_fine, text in adapter.check() if not is_fine]
    adapter.close()
    assert told == [
        "rules[1].fields.lead.SOURCE_ID: the portal has no source WEBB; did you mean WEB?",
        "rules[1].fields.lead.STATUS_ID: the portal has no stage of leads NEWW; did you mean NEW?",
        "rules[0].owners[1]: the portal has no active employee with the id 99; set another.",
        "rules[1].fields.lead.ASSIGNED_BY_ID: the portal has no active employee with the id 98; set another.",
        "rules[1].fields.lead.COMENTS: a lead of the portal has no field COMENTS; did you mean COMMENTS?",
    ]
