"""crm.contact.company.* and crm.company.contact.*: who works where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from itgrix_core.sandbox.bitrix import descriptions, links
from itgrix_core.sandbox.bitrix.errors import classic
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_list, is_yes, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.table import Row
from itgrix_core.sandbox.bitrix.world import World

Handler = Callable[[World, Caller, Params], Any]


def _methods_of(kind: Kind) -> dict[str, Handler]:
    """The methods of one side; `other` is what its items are."""
    other = Kind.COMPANY if kind is Kind.CONTACT else Kind.CONTACT
    name = f"{other.name}_ID"

    def row_of(world: World, params: Params) -> Row:
        row = world.entity(kind, as_int(any_case(params, "id")))
        if row is None:
            raise classic("Not found")
        return row

    def asked(world: World, sent: Any) -> int:
        number = as_int(sent.get(name)) if isinstance(sent, dict) else None
        if number is None or world.entity(other, number) is None:
            raise classic(f"The field {name} is not defined or invalid")
        return number

    def contact_and_company(world: World, row: Row, number: int) -> tuple[Row, int]:
        if kind is Kind.CONTACT:
            return row, number
        return world.entities[Kind.CONTACT].by_id[number], int(row["ID"])

    def numbers(world: World, row: Row) -> list[int]:
        of = links.companies_of if kind is Kind.CONTACT else links.contacts_of
        return of(world, int(row["ID"]))

    def add(world: World, _caller: Caller, params: Params) -> bool:
        row, sent = row_of(world, params), mapping_of(params, "fields")
        contact, company = contact_and_company(world, row, asked(world, sent))
        links.tie(world, contact, company, is_primary=is_yes(sent.get("IS_PRIMARY")))
        return True

    def delete(world: World, _caller: Caller, params: Params) -> bool:
        row, number = row_of(world, params), asked(world, mapping_of(params, "fields"))
        if number not in numbers(world, row):
            return False
        links.untie(world, *contact_and_company(world, row, number))
        return True

    def items(world: World, _caller: Caller, params: Params) -> list[Row]:
        found = numbers(world, row_of(world, params))
        return [
            {name: number, "SORT": 10 * n, "ROLE_ID": 0, "IS_PRIMARY": "Y" if n == 1 else "N"}
            for n, number in enumerate(found, start=1)
        ]

    def put(world: World, caller: Caller, params: Params) -> bool:
        row = row_of(world, params)
        wanted = [asked(world, one) for one in as_list(any_case(params, "items"))]
        clear(world, caller, params)
        for number in wanted:
            links.tie(world, *contact_and_company(world, row, number))
        return True

    def clear(world: World, _caller: Caller, params: Params) -> bool:
        row = row_of(world, params)
        for number in numbers(world, row):
            links.untie(world, *contact_and_company(world, row, number))
        return True

    def fields(_world: World, _caller: Caller, _params: Params) -> dict[str, Any]:
        return descriptions.described(descriptions.TIE.format(name))

    named: dict[str, Handler] = {"add": add, "delete": delete, "fields": fields}
    named |= {"items.get": items, "items.set": put, "items.delete": clear}
    return {f"crm.{kind.name}.{other.name}.".lower() + word: handler for word, handler in named.items()}


METHODS: dict[str, Handler] = {**_methods_of(Kind.CONTACT), **_methods_of(Kind.COMPANY)}
