"""Which contact belongs to which companies; the first of them is the contact's COMPANY_ID."""

from __future__ import annotations

from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.php import as_int
from itgrix_core.sandbox.bitrix.table import Row
from itgrix_core.sandbox.bitrix.world import World


def companies_of(world: World, contact: int) -> list[int]:
    """A contact's companies, its main one first."""
    row = world.entity(Kind.CONTACT, contact)
    main = as_int(row["COMPANY_ID"]) if row else None
    others = [company for company in world.links.get(contact, []) if company != main]
    return ([main] if main else []) + others


def contacts_of(world: World, company: int) -> list[int]:
    """A company's contacts, oldest first."""
    numbers = [int(row["ID"]) for row in world.entities[Kind.CONTACT].rows()]
    return [contact for contact in numbers if company in companies_of(world, contact)]


def put(world: World, contact: Row, companies: list[int]) -> None:
    """These are a contact's companies now."""
    world.links[int(contact["ID"])] = list(dict.fromkeys(companies))
    contact["COMPANY_ID"] = str(companies[0]) if companies else None


def tie(world: World, contact: Row, company: int, *, is_primary: bool = False) -> None:
    """The contact belongs to one more company; a primary one comes first."""
    companies = [one for one in companies_of(world, int(contact["ID"])) if one != company]
    put(world, contact, [company, *companies] if is_primary else [*companies, company])


def untie(world: World, contact: Row, company: int) -> None:
    """The contact belongs to that company no more."""
    put(world, contact, [one for one in companies_of(world, int(contact["ID"])) if one != company])
