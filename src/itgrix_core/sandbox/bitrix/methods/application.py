"""app.info and scope: what the credentials are good for."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix.errors import application_required
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World


def info(world: World, caller: Caller, _params: Params) -> dict[str, Any]:
    """app.info: the calling application and the portal's plan; a webhook is no application."""
    if caller.app_id is None:
        raise application_required()
    region, _, plan = world.settings.license.partition("_")
    return {
        "ID": int(caller.app_id),
        "CODE": f"local.{caller.app_id}",
        "VERSION": 1,
        "STATUS": "L",
        "INSTALLED": True,
        "PAYMENT_EXPIRED": "N",
        "DAYS": None,
        "LANGUAGE_ID": region,
        "LICENSE": world.settings.license,
        "LICENSE_TYPE": plan,
        "LICENSE_FAMILY": plan.rstrip("0123456789"),
    }


def scope(_world: World, caller: Caller, _params: Params) -> list[str]:
    """Scope: what the caller was given."""
    return sorted(caller.scopes)


METHODS = {"app.info": info, "scope": scope}
