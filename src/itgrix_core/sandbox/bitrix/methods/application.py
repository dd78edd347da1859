"""app.info, scope, feature.get and server.time: what the credentials and the portal are good for."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix.errors import application_required, missing
from itgrix_core.sandbox.bitrix.php import any_case, as_text
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World


def info(world: World, caller: Caller, _params: Params) -> dict[str, Any]:
    """app.info: the calling application and the portal's plan; a webhook is no application."""
    if caller.app_id is None:
        raise application_required()
    application = world.settings.application(caller.app_id)
    region, _, plan = world.settings.license.partition("_")
    return {
        "ID": int(caller.app_id),
        "CODE": application.client_id if application else f"local.{caller.app_id}",
        "VERSION": 1,
        "STATUS": "L",
        "INSTALLED": caller.app_id not in world.keys.uninstalled,
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


def feature(world: World, _caller: Caller, params: Params) -> dict[str, str]:
    """feature.get: whether the plan has a feature."""
    code = as_text(any_case(params, "CODE"))
    if not code:
        raise missing("CODE")
    return {"value": "Y" if code in world.settings.features else "N"}


def server_time(world: World, _caller: Caller, _params: Params) -> str:
    """server.time: this moment."""
    return world.now_iso()


METHODS = {"app.info": info, "scope": scope, "feature.get": feature, "server.time": server_time}
