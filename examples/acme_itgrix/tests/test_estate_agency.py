"""Goes through every cell of the agreed table, with a portal in memory, and looks at it afterwards."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from itgrix_hooks import Comment, Create, Entity, Filed, PhoneNumber, Update
from itgrix_hooks.testing import ask, load, make_call, recorded_call

HOOK = load(Path(__file__).parents[1] / "src" / "acme_itgrix" / "estate_agency.py")
TABLE = yaml.safe_load(HOOK.AGREED.read_text(encoding="utf-8"))
CELLS = [(row, column, words) for row, cells in TABLE["scheme"].items() for column, words in cells.items()]
NUMBER = "79160000077"
AGENT, COLLEAGUE = 11, 13
"""The agent has extension 101, on which the answered call was taken."""


def call_of(outcome):
    """A call of the number that ends like this."""
    shape = {"missed": "missed", "not_reached": "outbound_no_answer"}.get(outcome, "answered")
    call = make_call(shape, client_number=PhoneNumber(NUMBER))
    if outcome != "operator":
        return call
    strangers = tuple(replace(each, extension="901") for each in call.conversations)
    return replace(call, conversations=strangers)


def client_of(portal_crm, situation, owner):
    """Puts what there is under the number into the portal; the entities, what decides first, and `filed`."""
    if situation == "stranger":
        return [], Filed()
    kind, _, state = situation.partition("_")
    fields = {"TITLE": "A flat", "ASSIGNED_BY_ID": owner}
    if kind == "lead":
        status = {"working": "PROCESSED", "over": "JUNK"}.get(state, TABLE["fresh_statuses"][0])
        lead = portal_crm.add("lead", NUMBER, STATUS_ID=status, **fields)
        return [lead], Filed(entity=lead, created=(lead,) if state == "made" else ())
    contact = portal_crm.add("contact", NUMBER, NAME="Ann", ASSIGNED_BY_ID=owner)
    if kind == "contact":
        return [contact], Filed(entity=contact)
    stage = TABLE["working_stages"][-1] if state == "working" else "NEW"
    deal = portal_crm.add("deal", CONTACT_ID=contact.id, STAGE_ID=stage, **fields)
    return [deal, contact], Filed(entity=contact)


def asked(portal_crm, call, filed, settings=None):
    """What the hook wants."""
    told = ask(
        "get_updated_entity_fields",
        HOOK,
        role="none",
        call=call,
        filed=filed,
        crm=portal_crm,
        settings=settings or {},
    )
    assert not told.failures, told.failures
    return told.actions


def do(portal_crm, action):
    """Do what the hook wants, as the service would."""
    match action:
        case Create(kind=kind, fields=fields):
            portal_crm.write(f"crm.{kind}.add", {"fields": fields})
        case Update(entity=entity, fields=fields):
            portal_crm.write(f"crm.{entity.kind}.update", {"id": entity.id, "fields": fields})
        case Comment(entity=entity, text=text):
            about = {"ENTITY_TYPE": entity.kind, "ENTITY_ID": entity.id, "COMMENT": text}
            portal_crm.write("crm.timeline.comment.add", {"fields": about})


def stage_of(entity):
    """Where a lead or deal is; `None` for a contact."""
    return entity.fields.get("STAGE_ID" if entity.kind == "deal" else "STATUS_ID")


def comments(portal_crm):
    """(kind, id) of whom comments were written about."""
    about = [params["fields"] for method, params in portal_crm.asked if method == "crm.timeline.comment.add"]
    return [(each["ENTITY_TYPE"], int(each["ENTITY_ID"])) for each in about]


@pytest.mark.parametrize(("situation", "outcome", "words"), CELLS, ids=str)
def test_a_cell_does_what_it_says_and_nothing_else(portal_crm, situation, outcome, words):
    """Whose they are, where they stand, which leads and comments there are: by its words, or as before."""
    owner = AGENT if outcome == "own" else COLLEAGUE
    before, filed = client_of(portal_crm, situation, owner)
    leads = len(portal_crm.read("crm.lead.list"))
    for action in asked(portal_crm, call_of(outcome), filed):
        do(portal_crm, action)
    after = [portal_crm.entity(each.kind, each.id) for each in before]
    assert {each.responsible_id for each in after} <= {AGENT if "take" in words else owner}
    is_moved = [stage_of(new) != stage_of(old) for old, new in zip(before, after, strict=True)]
    assert any(is_moved) == ("begin" in words)
    if "begin" in words:
        assert stage_of(after[0]) == TABLE["begun"][after[0].kind]
    created = portal_crm.read("crm.lead.list", {"order": {"ID": "ASC"}})[leads:]
    assert len(created) == ("lead" in words)
    is_agents = outcome in {"own", "other"}
    assert all((each["ASSIGNED_BY_ID"] == str(AGENT)) == is_agents for each in created)
    decides = [(before[0].kind, before[0].id)] if before else []
    assert comments(portal_crm) == (decides if "note" in words else [])


def test_the_table_has_a_cell_for_everything_that_can_be():
    """Else the plugin would not load."""
    assert set(TABLE["scheme"]) == set(HOOK.SITUATIONS)
    assert all(set(row) == set(HOOK.OUTCOMES) for row in TABLE["scheme"].values())
    assert len(CELLS) == len(HOOK.SITUATIONS) * len(HOOK.OUTCOMES)


def test_who_took_the_call_owns_the_client_unless_somebody_works_on_a_deal():
    """The one sentence that the table was made of."""
    for situation, row in TABLE["scheme"].items():
        is_his = bool({"take", "lead"} & set(row["other"]))
        assert is_his == (situation != "deal_working")


def test_the_row_furthest_up_decides_and_in_it_the_agents_own(portal_crm):
    """A contact with two fresh deals and a lead: the deal, and of the two the agent's."""
    client_of(portal_crm, "lead_fresh", COLLEAGUE)
    (_, contact), filed = client_of(portal_crm, "deal_fresh", COLLEAGUE)
    own = portal_crm.add("deal", TITLE="Another", CONTACT_ID=contact.id, ASSIGNED_BY_ID=AGENT)
    (moved,) = asked(portal_crm, call_of("own"), filed)
    assert moved == Update(Entity("deal", own.id, responsible_id=AGENT), {"STAGE_ID": "PREPARATION"})


def test_a_new_lead_is_the_contacts_or_has_the_number(portal_crm):
    """So that the next call finds it."""
    (lead,) = asked(portal_crm, call_of("missed"), Filed())
    assert lead.fields["PHONE"][0]["VALUE"] == NUMBER
    (contact,), filed = client_of(portal_crm, "contact", COLLEAGUE)
    (lead,) = asked(portal_crm, call_of("missed"), filed)
    assert lead.fields["CONTACT_ID"] == contact.id


def test_a_recorded_call_of_a_stranger_is_a_lead_of_who_took_it_in_the_end(portal_crm):
    """101 took it and handed it to 102, who is user 12 of the portal."""
    (lead,) = asked(portal_crm, recorded_call("blind_transfer_refer"), Filed())
    assert lead.fields["ASSIGNED_BY_ID"] == 12


def test_it_costs_three_requests_at_most_to_decide(portal_crm):
    """The search, the deals of the contacts, the leads; users are remembered by the service."""
    client_of(portal_crm, "lead_fresh", COLLEAGUE)
    _, filed = client_of(portal_crm, "deal_fresh", COLLEAGUE)
    before = len(portal_crm.asked)
    asked(portal_crm, call_of("other"), filed)
    told = [method for method, _ in portal_crm.asked[before:] if not method.startswith("user.")]
    assert told == ["telephony.externalCall.searchCrmEntities", "crm.deal.list", "crm.lead.list"]


def test_only_the_call_as_a_whole_is_asked_about(portal_crm):
    """Not each of its entities once more."""
    lead = portal_crm.add("lead", NUMBER, ASSIGNED_BY_ID=COLLEAGUE)
    about = {"entity": lead, "role": "bound", "call": call_of("other"), "filed": Filed(entity=lead)}
    told = ask("get_updated_entity_fields", HOOK, crm=portal_crm, **about)
    assert (told.answer, told.actions) == ({}, ())


@pytest.mark.parametrize("cell", [None, ["tkae"], "take"])
def test_a_table_of_ones_own_counts_and_a_wrong_cell_is_named(portal_crm, tmp_path, cell):
    """By its place and with the words that there are."""
    path = tmp_path / "agreed.yaml"
    table = {
        **TABLE,
        "scheme": {**TABLE["scheme"], "stranger": {**TABLE["scheme"]["stranger"], "missed": []}},
    }
    path.write_text(yaml.safe_dump(table), encoding="utf-8")
    assert asked(portal_crm, call_of("missed"), Filed(), {"scheme": str(path)}) == ()
    table["scheme"]["stranger"]["missed"] = cell
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(yaml.safe_dump(table), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"wrong.yaml: scheme.stranger.missed is .*; write a list of take, begin"
    ):
        HOOK.agreed(wrong)
