"""Case 3: an estate agency. Whoever took the call owns the client, unless somebody works on a deal of his.

What a call does to the leads, contacts and deals of its number stands in a table, `estate_agency.yaml` beside
this file; a table of one's own in the configuration:

    hooks:
      settings:
        estate_agency:
          scheme: /etc/itgrix/agreed.yaml

It costs a search for the number, one list if it has leads, one if it has contacts, and what is written.
Companies are left out of account.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from itgrix_hooks import (
    Call,
    Changes,
    Comment,
    Create,
    Crm,
    Direction,
    Entity,
    EntityKind,
    Filed,
    Role,
    Settings,
    Update,
    User,
    hookimpl,
)

AGREED = Path(__file__).with_name("estate_agency.yaml")
SITUATIONS = (
    *("deal_working", "deal_fresh"),
    *("lead_made", "lead_working", "lead_fresh"),
    *("contact", "lead_over", "stranger"),
)
OUTCOMES = ("own", "other", "operator", "missed", "not_reached")


@dataclass(frozen=True)
class Client:
    """What the CRM has under a number: the situation, what decides it, and the number's contacts."""

    situation: str
    entity: Entity | None = None
    contacts: tuple[Entity, ...] = ()


@hookimpl
def get_updated_entity_fields(
    role: Role, call: Call, filed: Filed, crm: Crm, settings: Settings
) -> list[Changes] | None:
    """Does what the table says; asked once for the call as a whole (`role` is `none`)."""
    if role != "none" or call.client_number is None:
        return None
    table = agreed(Path(settings.get("scheme", AGREED)))
    agent = crm.user_of_extension(call.last_agent or "")
    client = client_of(crm, call, filed, agent, table)
    words = table["scheme"][client.situation][outcome_of(call, agent, client)]
    return [change for word in words for change in WORDS[word](client, call, agent, table)]


@lru_cache
def agreed(path: Path) -> Mapping[str, Any]:
    """The table of a file; `ValueError` where a cell is missing or says what nobody understands."""
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for situation in SITUATIONS:
        row = table["scheme"].get(situation, {})
        for outcome in OUTCOMES:
            words = row.get(outcome)
            if not isinstance(words, list) or not set(words) <= set(WORDS):
                known = ", ".join(WORDS)
                raise ValueError(
                    f"{path}: scheme.{situation}.{outcome} is {words}; write a list of {known}, or []"
                )
    return table


# ---- which cell -----------------------------------------------------------------------------------------
def outcome_of(call: Call, agent: User | None, client: Client) -> str:
    """The column."""
    if agent is not None:
        owner = client.entity.responsible_id if client.entity else None
        return "own" if owner == agent.id else "other"
    if call.is_answered:
        return "operator"
    return "missed" if call.direction is Direction.INBOUND else "not_reached"


def client_of(crm: Crm, call: Call, filed: Filed, agent: User | None, table: Mapping[str, Any]) -> Client:
    """The row: of several deals or leads the one furthest up in the table, of those the agent's own."""
    found = crm.clients_of(call.client_number or "")
    contacts = tuple(each for each in found if each.kind == "contact")
    made = [each for each in filed.created if each.kind == "lead"]
    leads = {each.id for each in (*found, *made) if each.kind == "lead"}
    cases = [
        *_deals(crm, contacts, table),
        *_leads(crm, leads, {each.id for each in made}, table),
        *(Client("contact", each) for each in contacts),
    ]

    def rank(case: Client) -> tuple[int, bool]:
        is_own = agent is not None and case.entity is not None and case.entity.responsible_id == agent.id
        return SITUATIONS.index(case.situation), not is_own

    best = min(cases, key=rank, default=Client("stranger"))
    return Client(best.situation, best.entity, contacts)


def _deals(crm: Crm, contacts: tuple[Entity, ...], table: Mapping[str, Any]) -> list[Client]:
    """The open deals of the number's contacts."""
    if not contacts:
        return []
    wanted = {"CONTACT_ID": [each.id for each in contacts], "CLOSED": "N"}
    rows = crm.read("crm.deal.list", {"filter": wanted, "select": ["ID", "STAGE_ID", "ASSIGNED_BY_ID"]})
    return [
        Client(
            "deal_working" if row["STAGE_ID"] in table["working_stages"] else "deal_fresh",
            _entity("deal", row),
        )
        for row in rows
    ]


def _leads(crm: Crm, leads: set[int], made: set[int], table: Mapping[str, Any]) -> list[Client]:
    """The number's leads."""
    if not leads:
        return []
    names = ["ID", "STATUS_ID", "STATUS_SEMANTIC_ID", "ASSIGNED_BY_ID"]
    rows = crm.read("crm.lead.list", {"filter": {"ID": sorted(leads)}, "select": names})
    return [Client(_lead_situation(row, made, table), _entity("lead", row)) for row in rows]


def _lead_situation(row: Mapping[str, Any], made: set[int], table: Mapping[str, Any]) -> str:
    if row["STATUS_SEMANTIC_ID"] != "P":
        return "lead_over"
    if int(row["ID"]) in made:
        return "lead_made"
    return "lead_fresh" if row["STATUS_ID"] in table["fresh_statuses"] else "lead_working"


def _entity(kind: EntityKind, row: Mapping[str, Any]) -> Entity:
    return Entity(kind, int(row["ID"]), responsible_id=int(row["ASSIGNED_BY_ID"]))


# ---- the words of a cell --------------------------------------------------------------------------------
def take(client: Client, _call: Call, agent: User | None, _table: Mapping[str, Any]) -> list[Changes]:
    """The agent becomes the responsible, where he is not."""
    if agent is None:
        return []
    wanted = dict.fromkeys([*([client.entity] if client.entity else []), *client.contacts])
    return [Update(each, {"ASSIGNED_BY_ID": agent.id}) for each in wanted if each.responsible_id != agent.id]


def begin(client: Client, _call: Call, _agent: User | None, table: Mapping[str, Any]) -> list[Changes]:
    """The lead or deal is moved on."""
    if client.entity is None or client.entity.kind not in table["begun"]:
        return []
    name = "STAGE_ID" if client.entity.kind == "deal" else "STATUS_ID"
    return [Update(client.entity, {name: table["begun"][client.entity.kind]})]


def lead(client: Client, call: Call, agent: User | None, _table: Mapping[str, Any]) -> list[Changes]:
    """A new lead, of the number's contact if it has one."""
    fields: dict[str, Any] = {"TITLE": told(call, agent), "STATUS_ID": "NEW"}
    if client.contacts:
        fields["CONTACT_ID"] = client.contacts[0].id
    else:
        fields["PHONE"] = [{"VALUE": str(call.client_number), "VALUE_TYPE": "WORK"}]
    if agent is not None:
        fields["ASSIGNED_BY_ID"] = agent.id
    return [Create("lead", fields)]


def note(client: Client, call: Call, agent: User | None, _table: Mapping[str, Any]) -> list[Changes]:
    """A comment."""
    return [Comment(client.entity, told(call, agent))] if client.entity else []


def told(call: Call, agent: User | None) -> str:
    """What happened, in a line."""
    if call.is_answered:
        return f"{call.client_number} talked to {agent.name if agent else call.last_agent}"
    what = "Missed call of" if call.direction is Direction.INBOUND else "Not reached:"
    return f"{what} {call.client_number}"


WORDS: dict[str, Callable[[Client, Call, User | None, Mapping[str, Any]], list[Changes]]] = {
    "take": take,
    "begin": begin,
    "lead": lead,
    "note": note,
}

agreed(AGREED)  # a table that is no good is told when the plugin is loaded, not at the first call
