"""event.bind, unbind and get: how an application asks to hear of what happens; a webhook is refused."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix import errors, events
from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_text, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.subscriptions import Handler
from itgrix_core.sandbox.bitrix.table import Row
from itgrix_core.sandbox.bitrix.world import World


def _asked(params: Params) -> tuple[str, str, bool]:
    """Event, address and whether it is offline; raises for an event that does not exist."""
    event = as_text(any_case(params, "event")).upper()
    if event not in events.NAMES:
        raise RestError(400, "ERROR_EVENT_NOT_FOUND", "Event not found")
    return event, as_text(any_case(params, "handler")), as_text(any_case(params, "event_type")) == "offline"


def check_admin(world: World, caller: Caller) -> None:
    """Raise ACCESS_DENIED for whoever is no administrator."""
    user = world.users.get(caller.user_id)
    if user is None or not user.is_admin:
        raise errors.admin_required()


def bind(world: World, caller: Caller, params: Params) -> bool:
    """event.bind: a handler's address, or the offline queue; twice the same is refused."""
    event, address, is_offline = _asked(params)
    user_id = as_int(any_case(params, "auth_type")) or 0
    if is_offline or user_id not in (0, caller.user_id):
        check_admin(world, caller)
    if not address and not is_offline:
        raise RestError(400, "ERROR_ARGUMENT", "Argument 'HANDLER' is null or empty")
    connector = as_text(any_case(params, "auth_connector"))
    options = mapping_of(params, "options")
    number = world.next_id()
    new = Handler(number, caller.app_id or "", event, address, user_id, is_offline, connector, options)
    if any(_key(one) == _key(new) for one in world.handlers):
        raise RestError(400, "ERROR_HANDLER_ALREADY_EXIST", "Handler already exists!")
    world.handlers.append(new)
    return True


def _key(handler: Handler) -> tuple[Any, ...]:
    return (
        handler.app_id,
        handler.event,
        handler.address,
        handler.user_id,
        handler.is_offline,
        handler.connector,
    )


def unbind(world: World, caller: Caller, params: Params) -> dict[str, int]:
    """event.unbind: how many handlers went; without `auth_type` those of every user go."""
    event, address, is_offline = _asked(params)
    given = any_case(params, "auth_type")
    gone = [
        one
        for one in world.handlers
        if (one.app_id, one.event, one.is_offline) == (caller.app_id, event, is_offline)
        and (is_offline or one.address == address)
        and (given is None or one.user_id == (as_int(given) or 0))
    ]
    for handler in gone:
        world.handlers.remove(handler)
    return {"count": len(gone)}


def get(world: World, caller: Caller, _params: Params) -> list[Row]:
    """event.get: the application's own handlers."""
    mine = [one for one in world.handlers if one.app_id == caller.app_id]
    return [
        {"event": one.event, "auth_type": str(one.user_id), "offline": 1, "connector_id": one.connector}
        if one.is_offline
        else {"event": one.event, "handler": one.address, "auth_type": str(one.user_id), "offline": 0}
        for one in mine
    ]


def names(_world: World, _caller: Caller, _params: Params) -> list[str]:
    """Events: the names of all that can be bound."""
    return sorted(events.NAMES)


METHODS = {
    "event.bind": bind,
    "event.unbind": unbind,
    "event.get": get,
    "events": names,
}
