"""What a portal knows on its first day: people, lines, clients. The caller may bring his own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import yaml

from itgrix_core.errors import ConfigError
from itgrix_core.sandbox.bitrix import entities
from itgrix_core.sandbox.bitrix.directory import Category, Status, default_statuses
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.records import Department, Line, User
from itgrix_core.sandbox.bitrix.world import World

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Seed:
    """Start data.

    Attributes:
        lines: numbers of external lines with their names.
        contacts, companies, leads, deals: fields as crm.<type>.add takes them, ASSIGNED_BY_ID included. Ids
            are given in order: leads from 1001, deals from 2001, contacts from 3001, companies from 4001.
        excluded: numbers on the CRM's exclusion list.
        categories: funnels of deals; `statuses`: words beside the usual ones.
    """

    users: tuple[User, ...] = ()
    departments: tuple[Department, ...] = (
        Department(1, "Head office", head=1),
        Department(2, "Sales", parent=1),
    )
    lines: Mapping[str, str] = field(default_factory=dict)
    contacts: tuple[Fields, ...] = ()
    companies: tuple[Fields, ...] = ()
    leads: tuple[Fields, ...] = ()
    deals: tuple[Fields, ...] = ()
    excluded: tuple[str, ...] = ()
    categories: tuple[Category, ...] = (Category(0, "General"),)
    statuses: tuple[Status, ...] = ()


def phones(*numbers: str) -> list[dict[str, str]]:
    """The PHONE field with these numbers."""
    return [{"VALUE": number, "VALUE_TYPE": "WORK"} for number in numbers]


_STAFF = (
    ("Anna", "Ivanova"),
    ("Boris", "Petrov"),
    ("Clara", "Smirnova"),
    ("Dmitry", "Orlov"),
    ("Elena", "Volkova"),
    ("Fedor", "Sokolov"),
    ("Galina", "Morozova"),
)


def default_users() -> tuple[User, ...]:
    """The admin (id 1, no extension) and ids 11 to 17 with extensions 101 to 107, the last one dismissed."""
    staff = tuple(
        User(
            10 + n,
            name,
            last_name,
            str(100 + n),
            is_active=n < len(_STAFF),
            email=f"{name.lower()}@example.com",
        )
        for n, (name, last_name) in enumerate(_STAFF, start=1)
    )
    return (User(1, "Admin", is_admin=True, email="admin@example.com"), *staff)


def default_seed() -> Seed:
    """A small company: seven employees, two lines, a client each as contact, company and lead."""
    return Seed(
        users=default_users(),
        lines={"74950000001": "Main line", "74950000002": "Support"},
        contacts=(
            {
                "NAME": "Pavel",
                "LAST_NAME": "Client",
                "PHONE": phones("+7 916 000-00-01"),
                "ASSIGNED_BY_ID": 11,
            },
        ),
        companies=({"TITLE": "Chamomile Ltd", "PHONE": phones("+7 916 000-00-02"), "ASSIGNED_BY_ID": 12},),
        leads=({"TITLE": "A question", "PHONE": phones("+7 916 000-00-03"), "ASSIGNED_BY_ID": 13},),
    )


def plant(world: World, seed: Seed) -> None:
    """Put start data into an empty world."""
    world.users = {user.id: user for user in seed.users}
    world.departments = list(seed.departments)
    world.lines = [Line(world.next_id(), number, name) for number, name in seed.lines.items()]
    world.categories = seed.categories
    world.statuses = [*default_statuses(seed.categories), *seed.statuses]
    world.excluded = list(seed.excluded)
    groups = {
        Kind.COMPANY: seed.companies,
        Kind.CONTACT: seed.contacts,
        Kind.LEAD: seed.leads,
        Kind.DEAL: seed.deals,
    }
    for kind, rows in groups.items():
        for fields in rows:
            entities.create(world, kind, fields, user_id=1)
    world.posts, world.mail = [], SimpleQueue()  # nobody is told of what was there from the start


_RECORDS = {"users": User, "departments": Department, "categories": Category, "statuses": Status}


def from_data(data: Mapping[str, Any]) -> Seed:
    """Start data from plain data; raises `TypeError` or `ValueError` for names that are none."""
    values: dict[str, Any] = {}
    for name, rows in data.items():
        record = _RECORDS.get(name)
        if name == "lines":
            values[name] = {str(number): str(title) for number, title in dict(rows).items()}
        elif name == "excluded":
            values[name] = tuple(str(number) for number in rows)
        else:
            values[name] = tuple(record(**_tuples(row)) if record else _entity(row) for row in rows)
    return Seed(**values)


def _entity(row: Mapping[str, Any]) -> Fields:
    """Fields of an entity; in a file phones may be a list of numbers."""
    given = row.get("PHONE")
    if isinstance(given, list) and not any(isinstance(one, Mapping) for one in given):
        return {**row, "PHONE": phones(*map(str, given))}
    return row


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def read(path: Path) -> Seed:
    """Start data from a YAML file (JSON is YAML, too).

    Raises:
        ConfigError: the file cannot be read or says what no seed knows; the sentence tells what.
    """
    names = ", ".join(one.name for one in dataclasses.fields(Seed))
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return from_data(data)
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError([f"{path} cannot be read: {error}"]) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError([f"{path}: {error}; it may hold {names} (docs/sandbox.md shows one)"]) from error
