"""Whose number it is: what the portal's CRM tells of a client, and in which of its two modes it lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from itgrix_core.crm.bitrix24.answers import clients_of, entity_of, mapping, number, rows
from itgrix_core.crm.bitrix24.memory import Memory
from itgrix_core.crm.bitrix24.methods import SEARCH
from itgrix_core.crm.bitrix24.params import ENTITY_TYPE_IDS
from itgrix_hooks.values import Entity, PhoneNumber

CLIENTS_SECONDS = 15.0
"""Long enough for all hooks of one ring, short enough to see the lead that the last call made."""

MODE_SECONDS = 300.0
_WITHOUT_LEADS = 2

Ask = Callable[[str, Mapping[str, Any]], Any]
"""A question's result; raises `CrmUnavailable` or `CrmError`."""


class Clients:
    """The clients of one portal; safe to share between threads."""

    def __init__(self, ask: Ask, clock: Callable[[], float]) -> None:
        self._ask = ask
        self._kept: Memory[str, tuple[Entity, ...]] = Memory(CLIENTS_SECONDS, clock)
        self._mode: Memory[str, bool] = Memory(MODE_SECONDS, clock)

    def of(self, wanted: PhoneNumber) -> Sequence[Entity]:
        """As `Adapter.clients_of`: contacts, leads and companies; the portal never names deals here."""
        if not wanted.is_usable:
            return ()
        kept = self._kept.recall(wanted.raw)
        return kept[0] if kept else self._search(wanted)

    def open(self, wanted: PhoneNumber) -> Sequence[Entity]:
        """As `Adapter.open_clients`: a lead that was converted or is junk is nobody's any more."""
        found = self._search(wanted) if wanted.is_usable else ()
        leads = [each.id for each in found if each.kind == "lead"]
        if not leads:
            return found
        question = {"filter": {"ID": leads, "STATUS_SEMANTIC_ID": "P"}, "select": ["ID"]}
        is_open = {number(row.get("ID")) for row in rows(self._ask("crm.lead.list", question))}
        return tuple(each for each in found if each.kind != "lead" or each.id in is_open)

    def open_deal(self, client: Entity) -> Entity | None:
        """As `Adapter.open_deal`: the youngest, by its id."""
        question = {
            "entityTypeId": ENTITY_TYPE_IDS["deal"],
            "filter": {f"{client.kind}Id": client.id, "closed": "N"},
            "order": {"id": "DESC"},
            "select": ["id", "title", "assignedById"],
        }
        items = rows(mapping(self._ask("crm.item.list", question)).get("items"))
        return next((entity_of("deal", item.get("id"), _classic(item)) for item in items), None)

    def tied_to(self, activity_id: int) -> Sequence[Entity]:
        """As `Adapter.tied_to`; of the portal's other kinds none is a client or his deal."""
        found = rows(self._ask("crm.activity.binding.list", {"activityId": activity_id}))
        kinds: dict[int | None, str] = {type_id: kind for kind, type_id in ENTITY_TYPE_IDS.items()}
        tied = (
            entity_of(kinds.get(number(row.get("entityTypeId"))), row.get("entityId"), {}) for row in found
        )
        return tuple(each for each in tied if each)

    def has_leads(self) -> bool:
        """As `Adapter.has_leads`; asked once in five minutes."""
        kept = self._mode.recall("mode")
        if kept:
            return kept[0]
        mode = number(self._ask("crm.settings.mode.get", {}))
        return self._mode.keep("mode", mode != _WITHOUT_LEADS)

    def _search(self, wanted: PhoneNumber) -> tuple[Entity, ...]:
        return self._kept.keep(wanted.raw, clients_of(self._ask(SEARCH, {"PHONE_NUMBER": wanted.raw})))


def _classic(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of crm.item.* with the names of the older methods."""
    return {"TITLE": item.get("title"), "ASSIGNED_BY_ID": item.get("assignedById")}
