"""What is created for a call, when and by whom: each rule a line."""

from dataclasses import replace

import pytest

from itgrix_core.config.templates import NAMES, mistake
from itgrix_core.filing import creation
from itgrix_core.filing.creation import CreationRule
from itgrix_core.filing.texts import READERS, rendered
from itgrix_hooks.testing import CLIENT, make_call
from itgrix_hooks.values import Direction, Entity

CALL = make_call("answered", did="+74950000101", trunk="provider", client_name="Ann", queue="700")
MISSED = make_call("missed")
LEAD, CONTACT, COMPANY = Entity("lead", 1, "", 11), Entity("contact", 2, "", 12), Entity("company", 3, "", 11)


# ---- which rule --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "is_candidate"),
    [
        (CreationRule("lead"), True),
        (CreationRule("lead", frozenset({"outbound"})), False),
        (CreationRule("lead", lines=("8 (495) 000-01-01",)), True),
        (CreationRule("lead", lines=("provider",)), True),
        (CreationRule("lead", lines=("74950000102", "other")), False),
    ],
)
def test_a_rule_is_for_directions_and_lines(rule, is_candidate):
    """A DID in any spelling, or a trunk; no line named means all."""
    assert bool(creation.candidates([rule], CALL)) == is_candidate


def test_a_later_talk_of_a_call_creates_nothing():
    """The call as a whole did."""
    assert creation.candidates([CreationRule("lead")], replace(CALL, part_of="main/1")) == ()


def test_the_first_rule_that_fits_counts():
    """By whether the client is known; without one nothing is created."""
    rules = [CreationRule("lead"), CreationRule("deal", client="any"), CreationRule("contact", client="any")]
    assert creation.chosen(rules, is_known=False).create == "lead"
    assert creation.chosen(rules, is_known=True).create == "deal"
    assert creation.chosen(rules[:1], is_known=True).create == "nothing"


@pytest.mark.parametrize(
    ("rules", "is_needed"),
    [
        ([], False),
        ([CreationRule("portal", client="any")], False),
        ([CreationRule("nothing", client="any")], False),
        ([CreationRule("portal", client="unknown")], True),
        ([CreationRule("lead", client="any")], True),
    ],
)
def test_the_crm_is_searched_only_if_it_matters(rules, is_needed):
    """A request at each ring is dear."""
    assert creation.needs_search(rules) == is_needed


@pytest.mark.parametrize(
    ("when", "call", "is_over", "is_due", "applies"),
    [
        ("ring", replace(CALL, answered_at=None), False, True, True),
        ("answer", replace(CALL, answered_at=None), False, False, True),
        ("answer", CALL, False, True, True),
        ("answer", MISSED, True, True, False),
        ("end", CALL, False, False, True),
        ("end", MISSED, True, True, True),
    ],
)
def test_a_rule_waits_for_its_moment(when, call, is_over, is_due, applies):
    """And a missed call has no answer to wait for."""
    rule = CreationRule("lead", when=when)
    assert creation.is_due(rule, call, is_over=is_over) == is_due
    assert (not creation.idle(rule, call, (), is_over=is_over)) == applies


# ---- who creates -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "campaign", "is_known", "has_leads", "is_portals"),
    [
        (CreationRule("portal", client="any"), {}, True, True, True),
        (CreationRule("lead"), {}, False, True, True),
        (CreationRule("lead", source="WEB"), {}, False, True, True),
        (CreationRule("lead"), {}, False, False, False),
        (CreationRule("deal"), {}, False, False, True),
        (CreationRule("deal"), {}, False, True, False),
        (CreationRule("contact"), {}, False, False, False),
        (CreationRule("lead", client="known"), {}, True, True, False),
        (CreationRule("lead"), {"UTM_SOURCE": "x"}, False, True, False),
        (CreationRule("lead", title="{number}"), {}, False, True, False),
        (CreationRule("lead", responsible=5), {}, False, True, False),
        (CreationRule("lead", fields={"A": "b"}), {}, False, True, False),
        (CreationRule("deal", pipeline=9), {}, False, False, False),
        (CreationRule("lead", when="end"), {}, False, True, False),
    ],
)
def test_the_portal_creates_only_what_it_does_just_so(rule, campaign, is_known, has_leads, is_portals):
    """An unknown number makes a lead, or a contact with a deal where there are no leads."""
    found = creation.is_portals(rule, campaign, is_known=is_known, has_leads=has_leads)
    assert found == is_portals


@pytest.mark.parametrize(
    ("create", "clients", "kinds"),
    [
        ("lead", (CONTACT,), ("lead",)),
        ("contact", (), ("contact",)),
        ("deal", (), ("contact", "deal")),
        ("deal", (COMPANY,), ("deal",)),
    ],
)
def test_a_deal_needs_somebody_whose_deal_it_is(create, clients, kinds):
    """A known client has that already."""
    assert creation.kinds(CreationRule(create), clients) == kinds


def test_a_contact_comes_before_its_company():
    """A lead is no client."""
    assert creation.client_among((LEAD, COMPANY, CONTACT)) == CONTACT
    assert creation.client_among((LEAD, COMPANY)) == COMPANY
    assert creation.client_among((LEAD,)) is None


# ---- what it is like ---------------------------------------------------------------------------------------
def test_a_rule_fills_its_entity():
    """Texts with values; the rule's fields come before the campaign's, its source before the line's."""
    rule = CreationRule(
        "deal", source="WEB", source_description="queue {queue}", title="{name} calls {did}", pipeline=9,
        stage="C9:NEW", responsible=5, fields={"UTM_SOURCE": "{trunk}"},
    )  # fmt: skip
    campaign = {"UTM_SOURCE": "old", "UTM_MEDIUM": "cpc"}
    made = creation.command(rule, "deal", CALL, CLIENT, 11, source="CALL", campaign=campaign, client=CONTACT)
    assert (made.entity_kind, made.title, made.user_id) == ("deal", "Ann calls +74950000101", 5)
    assert (made.source, made.source_description) == ("WEB", "queue 700")
    assert (made.pipeline, made.stage, made.client) == (9, "C9:NEW", CONTACT)
    assert made.fields == {"UTM_SOURCE": "provider", "UTM_MEDIUM": "cpc"}
    assert not made.is_handed_on


def test_a_contact_of_a_deal_takes_neither_its_stage_nor_its_pipeline():
    """And is named after the caller, without a title after his number."""
    rule = CreationRule("deal", pipeline=9, stage="C9:NEW")
    made = creation.command(rule, "contact", CALL, CLIENT, 11, source="CALL")
    assert (made.title, made.pipeline, made.stage, made.source) == ("Ann", 0, "", "CALL")
    assert made.user_id == 11
    assert made.is_handed_on
    nameless = creation.command(rule, "contact", replace(CALL, client_name=""), CLIENT, 11)
    assert nameless.title == str(CLIENT)


def test_a_name_with_braces_is_taken_as_it_is():
    """Callers choose their names themselves."""
    call = replace(CALL, client_name="{did} {x!r:}")
    assert creation.command(CreationRule("contact"), "contact", call, CLIENT, 11).title == "{did} {x!r:}"
    assert rendered("{name}", call, CLIENT) == "{did} {x!r:}"


def test_of_several_clients_the_employees_own_comes_first():
    """In the CRM's order; deals cannot be chosen."""
    deal = Entity("deal", 9, "", 13)
    assert creation.of_employee((CONTACT, LEAD, COMPANY, deal), 11) == LEAD
    assert creation.of_employee((CONTACT, deal), 13) is None


# ---- texts -------------------------------------------------------------------------------------------------
def test_every_name_of_the_configuration_has_a_value():
    """And the other way round."""
    assert set(NAMES) == {"number", *READERS}
    text = "|".join(f"{{{name}}}" for name in NAMES)
    call = replace(CALL, direction=Direction.INBOUND, timezone="Europe/Moscow")
    told = f"{CLIENT}|Ann|+74950000101|provider|700|inbound|2025-10-09|11:53|12|60|101"
    assert rendered(text, call, CLIENT) == told


def test_what_is_unknown_leaves_no_hole():
    """Neither None nor doubled spaces."""
    assert rendered("{number} {queue} calls", make_call("missed"), CLIENT) == f"{CLIENT} calls"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{number} {{x}}", ""),
        ("{nmber}", "there is no {nmber}; write one of: {number}"),
        ("{number!r}", "there is no {number}"),
        ("{}", "there is no {}"),
        ("{number", "a brace stands alone"),
    ],
)
def test_a_wrong_text_is_told(text, told):
    """Before the first client calls."""
    assert mistake(text).startswith(told)
    assert bool(mistake(text)) == bool(told)
