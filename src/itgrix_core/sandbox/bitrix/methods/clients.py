"""telephony.externalCall.searchCrmEntities: who is calling, and whose client that is."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix import entities
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.php import as_int, as_text
from itgrix_core.sandbox.bitrix.records import User
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World


def search(world: World, _caller: Caller, params: Params) -> list[dict[str, Any]]:
    """telephony.externalCall.searchCrmEntities: contacts, leads, companies of a number; never deals."""
    number = as_text(params.get("PHONE_NUMBER"))
    if not number:
        raise world.telephony_error("PHONE_NUMBER is empty")
    return [
        _client(world, kind, row)
        for kind in (Kind.CONTACT, Kind.LEAD, Kind.COMPANY)
        for row in entities.with_phone(world, kind, number)
    ]


def _client(world: World, kind: Kind, row: dict[str, Any]) -> dict[str, Any]:
    responsible = as_int(row["ASSIGNED_BY_ID"]) or 0
    user = world.users.get(responsible, User(responsible, "", timeman="UNAVAILABLE"))
    return {
        "CRM_ENTITY_TYPE": kind.name,
        "CRM_ENTITY_ID": int(row["ID"]),
        "ASSIGNED_BY_ID": responsible,
        "NAME": entities.name_of(kind, row),
        "ASSIGNED_BY": {
            "ID": str(responsible),
            "TIMEMAN_STATUS": user.timeman,
            "USER_PHONE_INNER": user.extension or None,
            "WORK_PHONE": user.work_phone or None,
            "PERSONAL_PHONE": user.personal_phone or None,
            "PERSONAL_MOBILE": user.personal_mobile or None,
        },
    }


METHODS = {"telephony.externalCall.searchCrmEntities": search}
