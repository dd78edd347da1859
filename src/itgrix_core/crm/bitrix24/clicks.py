"""ONEXTERNALCALLSTART and ONEXTERNALCALLBACKSTART as wishes. Pure; nothing in them is ever an error.

The portal has registered a click's call before it tells of it, and says what it knows in the event, in the
words of the registration's own answer (docs/facts/bitrix24.md B2). A callback it has not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from itgrix_core.crm.bitrix24.answers import entity_of, number, rows
from itgrix_core.crm.bitrix24.brackets import text
from itgrix_core.crm.bitrix24.params import SHOW_TO
from itgrix_core.crm.notice import Notice
from itgrix_core.crm.wish import Wish

CLICK, CALLBACK = "ONEXTERNALCALLSTART", "ONEXTERNALCALLBACKSTART"

_TOLD = ("CALL_ID", "CRM_ENTITY_TYPE", "CRM_ENTITY_ID", "CRM_CREATED_LEAD")


def wish_of(notice: Notice) -> Wish:
    """What the event asks for."""
    data = notice.data
    user_id = number(data.get("USER_ID"))
    return Wish(
        account=notice.account,
        at=notice.at,
        number=text(data, "PHONE_NUMBER", "PHONE_NUMBER_INTERNATIONAL"),
        user_id=user_id,
        extension=text(data, "EXTENSION"),
        call_id=text(data, "CALL_ID") or None,
        line=text(data, "LINE_NUMBER"),
        entity=entity_of(data.get("CRM_ENTITY_TYPE"), data.get("CRM_ENTITY_ID")),
        registration={"USER_ID": user_id, SHOW_TO: [user_id] if user_id else []},
        registered=_registered(data),
        text=text(data, "TEXT"),
        is_callback=notice.event == CALLBACK,
    )


def _registered(data: Mapping[str, Any]) -> dict[str, Any]:
    created = data.get("CRM_CREATED_ENTITIES")
    listed = list(created.values()) if isinstance(created, Mapping) else created
    told = {name: data[name] for name in _TOLD if data.get(name)}
    return {**told, "CRM_CREATED_ENTITIES": [dict(row) for row in rows(listed)]}
