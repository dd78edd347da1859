"""What a call finds in the CRM and what the portal creates for it (CRM_CREATE).

The decision is a table of its own: it is what surprises people most ("a lead although the contact exists"
is a repeat lead), and both CRM modes answer it differently.
"""

from __future__ import annotations

from enum import Enum, auto

from itgrix_core.sandbox.bitrix import entities
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.numbers import is_same, shown
from itgrix_core.sandbox.bitrix.php import as_int
from itgrix_core.sandbox.bitrix.records import CALLBACK, OUTGOING, ActiveCall, Found
from itgrix_core.sandbox.bitrix.settings import CrmMode, Settings
from itgrix_core.sandbox.bitrix.world import World

LOCAL_USER = "Lead creation is disabled for local users"
TITLES = {OUTGOING: "Outgoing call", CALLBACK: "Callback"}


class Creation(Enum):
    """What is made for a call."""

    NOTHING = auto()
    LEAD = auto()
    REPEAT_LEAD = auto()
    CONTACT_AND_DEAL = auto()
    DEAL = auto()


def decide(settings: Settings, found: Found, *, is_outgoing: bool, is_excluded: bool) -> Creation:
    """The table: what is created for a call whose number is found like this."""
    has_leads = settings.crm_mode is CrmMode.LEADS
    if is_excluded:
        return Creation.NOTHING
    if not found.is_known:
        return Creation.LEAD if has_leads else Creation.CONTACT_AND_DEAL
    if is_outgoing or not found.is_client or found.deals or found.repeat_leads:
        return Creation.NOTHING
    if not has_leads:
        return Creation.DEAL
    return Creation.REPEAT_LEAD if settings.is_creating_repeat_leads else Creation.NOTHING


def find(world: World, number: str) -> Found:
    """What the number belongs to: the oldest contact, company and open lead, and their open deals."""
    contact = _first(world, Kind.CONTACT, number)
    company = _first(world, Kind.COMPANY, number)
    open_leads = [
        row for row in entities.with_phone(world, Kind.LEAD, number) if row["STATUS_SEMANTIC_ID"] == "P"
    ]
    lead = next((as_int(row["ID"]) for row in open_leads), None)
    return _with_deals(world, contact, company, lead)


def find_entity(world: World, kind_name: str, number: int | None) -> Found | None:
    """The same for an entity that the client chose; `None` when it names nothing that can be chosen."""
    if kind_name not in {"CONTACT", "COMPANY", "LEAD"} or world.entity(Kind[kind_name], number) is None:
        return None
    chosen = {kind_name: number}
    return _with_deals(world, chosen.get("CONTACT"), chosen.get("COMPANY"), chosen.get("LEAD"))


def _first(world: World, kind: Kind, number: str) -> int | None:
    return next((as_int(row["ID"]) for row in entities.with_phone(world, kind, number)), None)


def _with_deals(world: World, contact: int | None, company: int | None, lead: int | None) -> Found:
    deals = entities.of_client(world, Kind.DEAL, contact, company)
    leads = entities.of_client(world, Kind.LEAD, contact, company)
    repeats = [row for row in leads if row["IS_RETURN_CUSTOMER"] == "Y"]
    return Found(
        contact,
        company,
        lead,
        tuple(int(row["ID"]) for row in deals),
        tuple(int(row["ID"]) for row in repeats),
    )


def create_for(world: World, call: ActiveCall) -> None:
    """Make what the table says for this call and note it there; `lead_creation_error` says why not."""
    excluded = any(is_same(number, call.number) for number in world.excluded)
    creation = decide(world.settings, call.found, is_outgoing=call.is_outgoing, is_excluded=excluded)
    if creation is Creation.NOTHING:
        return
    if _is_employee(world, call.number):
        call.lead_creation_error = LOCAL_USER
        return
    _MAKERS[creation](world, call)


def _is_employee(world: World, number: str) -> bool:
    return any(is_same(phone, number) for user in world.users.values() for phone in user.phones)


def _common(world: World, call: ActiveCall) -> dict[str, object]:
    sources = {status.id for status in world.statuses if status.list_id == "SOURCE"}
    wanted = (call.source, "CALL", "OTHER")
    return {
        "TITLE": f"{shown(call.number)} - {TITLES.get(call.type, 'Incoming call')}",
        "SOURCE_ID": next((source for source in wanted if source in sources), ""),
        "SOURCE_DESCRIPTION": f"Call to {call.portal_number}",
    }


def _phone(call: ActiveCall) -> list[dict[str, str]]:
    return [{"VALUE": shown(call.number), "VALUE_TYPE": "WORK"}]


def _responsible(world: World, call: ActiveCall) -> int:
    kind, number = call.found.primary()
    row = world.entity(Kind[kind], number) if kind else None
    return (as_int(row["ASSIGNED_BY_ID"]) if row else None) or call.user_id


def _make(world: World, call: ActiveCall, kind: Kind, fields: dict[str, object]) -> int:
    number = entities.create(world, kind, fields, _responsible(world, call))
    call.created.append((kind.name, number))
    return number


def _lead(world: World, call: ActiveCall) -> None:
    number = _make(world, call, Kind.LEAD, {**_common(world, call), "PHONE": _phone(call)})
    call.found = Found(lead=number)


def _repeat_lead(world: World, call: ActiveCall) -> None:
    found = call.found
    links = {"CONTACT_ID": found.contact, "COMPANY_ID": found.company, "IS_RETURN_CUSTOMER": "Y"}
    number = _make(world, call, Kind.LEAD, {**_common(world, call), **links})
    call.found = Found(found.contact, found.company, found.lead, found.deals, (number,))


def _contact_and_deal(world: World, call: ActiveCall) -> None:
    name = {"NAME": shown(call.number), "PHONE": _phone(call), "SOURCE_ID": _common(world, call)["SOURCE_ID"]}
    call.found = Found(contact=_make(world, call, Kind.CONTACT, name))
    _deal(world, call)


def _deal(world: World, call: ActiveCall) -> None:
    found = call.found
    links = {"CONTACT_ID": found.contact, "COMPANY_ID": found.company}
    number = _make(world, call, Kind.DEAL, {**_common(world, call), **links})
    call.found = Found(found.contact, found.company, found.lead, (number,))


_MAKERS = {
    Creation.LEAD: _lead,
    Creation.REPEAT_LEAD: _repeat_lead,
    Creation.CONTACT_AND_DEAL: _contact_and_deal,
    Creation.DEAL: _deal,
}
