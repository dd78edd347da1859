"""crm.contact.company.* and crm.company.contact.*: who works where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from itgrix_core.sandbox.bitrix import descriptions, links
from itgrix_core.sandbox.bitrix.errors import classic
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_list, is_yes, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.table import Row
from itgrix_core.sandbox.bitrix.world import World

Handler = Callable[[World, Caller, Params], Any]


@dataclass(frozen=True, slots=True)
class _Side:
    """The methods of one side: `kind` is whose they are, `other` what they list."""

    kind: Kind
    other: Kind

    @property
    def name(self) -> str:
        """The field that names the other side."""
        return f"{self.other.name}_ID"

    def methods(self) -> dict[str, Handler]:
        """By their names."""
        named: dict[str, Handler] = {
            "add": self.add,
            "delete": self.delete,
            "fields": self.fields,
            "items.get": self.items,
            "items.set": self.put,
            "items.delete": self.clear,
        }
        begin = f"crm.{self.kind.name}.{self.other.name}.".lower()
        return {begin + word: handler for word, handler in named.items()}

    def add(self, world: World, _caller: Caller, params: Params) -> bool:
        """One more; a primary one comes first."""
        row, sent = self._row(world, params), mapping_of(params, "fields")
        contact, company = self._pair(world, row, self._asked(world, sent))
        links.tie(world, contact, company, is_primary=is_yes(sent.get("IS_PRIMARY")))
        return True

    def delete(self, world: World, _caller: Caller, params: Params) -> bool:
        """One less; false when it was not tied."""
        row, number = self._row(world, params), self._asked(world, mapping_of(params, "fields"))
        if number not in self._numbers(world, row):
            return False
        links.untie(world, *self._pair(world, row, number))
        return True

    def items(self, world: World, _caller: Caller, params: Params) -> list[Row]:
        """All of them, the primary one first."""
        found = self._numbers(world, self._row(world, params))
        return [
            {self.name: number, "SORT": 10 * n, "ROLE_ID": 0, "IS_PRIMARY": "Y" if n == 1 else "N"}
            for n, number in enumerate(found, start=1)
        ]

    def put(self, world: World, caller: Caller, params: Params) -> bool:
        """These and no others."""
        row = self._row(world, params)
        wanted = [self._asked(world, one) for one in as_list(any_case(params, "items"))]
        self.clear(world, caller, params)
        for number in wanted:
            links.tie(world, *self._pair(world, row, number))
        return True

    def clear(self, world: World, _caller: Caller, params: Params) -> bool:
        """None any more."""
        row = self._row(world, params)
        for number in self._numbers(world, row):
            links.untie(world, *self._pair(world, row, number))
        return True

    def fields(self, _world: World, _caller: Caller, _params: Params) -> dict[str, Any]:
        """What a tie is made of."""
        return descriptions.described(descriptions.TIE.format(self.name))

    def _row(self, world: World, params: Params) -> Row:
        row = world.entity(self.kind, as_int(any_case(params, "id")))
        if row is None:
            raise classic("Not found")
        return row

    def _asked(self, world: World, sent: Any) -> int:
        number = as_int(sent.get(self.name)) if isinstance(sent, dict) else None
        if number is None or world.entity(self.other, number) is None:
            raise classic(f"The field {self.name} is not defined or invalid")
        return number

    def _pair(self, world: World, row: Row, number: int) -> tuple[Row, int]:
        """The contact's row and the company's id, whichever side this is."""
        if self.kind is Kind.CONTACT:
            return row, number
        return world.entities[Kind.CONTACT].by_id[number], int(row["ID"])

    def _numbers(self, world: World, row: Row) -> list[int]:
        of = links.companies_of if self.kind is Kind.CONTACT else links.contacts_of
        return of(world, int(row["ID"]))


METHODS: dict[str, Handler] = {
    **_Side(Kind.CONTACT, Kind.COMPANY).methods(),
    **_Side(Kind.COMPANY, Kind.CONTACT).methods(),
}
