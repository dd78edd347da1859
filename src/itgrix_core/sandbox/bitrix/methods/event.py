"""event.bind, unbind and get, and the offline queue: how an application hears of what happens here.

All of it belongs to applications; a webhook is refused. Offline events are for administrators.
"""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix import errors, events
from itgrix_core.sandbox.bitrix.envelope import iso
from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.keys import fresh
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_list, as_text, is_yes, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.subscriptions import Handler, Queued
from itgrix_core.sandbox.bitrix.table import Row, ordered, page, start_of
from itgrix_core.sandbox.bitrix.world import World

_USUAL, _MOST = 50, 100


def _asked(params: Params) -> tuple[str, str, bool]:
    """Event, address and whether it is offline; raises for an event that does not exist."""
    event = as_text(any_case(params, "event")).upper()
    if event not in events.NAMES:
        raise RestError(400, "ERROR_EVENT_NOT_FOUND", "Event not found")
    return event, as_text(any_case(params, "handler")), as_text(any_case(params, "event_type")) == "offline"


def _check_admin(world: World, caller: Caller) -> None:
    user = world.users.get(caller.user_id)
    if user is None or not user.is_admin:
        raise errors.admin_required()


def bind(world: World, caller: Caller, params: Params) -> bool:
    """event.bind: a handler's address, or the offline queue; twice the same is refused."""
    event, address, is_offline = _asked(params)
    user_id = as_int(any_case(params, "auth_type")) or 0
    if is_offline or user_id not in (0, caller.user_id):
        _check_admin(world, caller)
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


def _row(world: World, one: Queued) -> Row:
    return {
        "ID": str(one.id),
        "TIMESTAMP_X": iso(one.at, world.settings.timezone),
        "EVENT_NAME": one.event,
        "EVENT_DATA": one.data or False,
        "EVENT_ADDITIONAL": {"user_id": one.user_id} if one.user_id else False,
        "MESSAGE_ID": one.message_id,
    }


def _chosen(world: World, caller: Caller, params: Params) -> list[Queued]:
    """The caller's events that meet filter and connector, in the asked order."""
    conditions = mapping_of(params, "filter")
    connector = as_text(any_case(params, "auth_connector"))
    mine = [one for one in world.queue if (one.app_id, one.connector) == (caller.app_id, connector)]
    rows = [row for one in mine if matches(row := _row(world, one), conditions)]
    by_id = {str(one.id): one for one in mine}
    return [by_id[row["ID"]] for row in ordered(rows, mapping_of(params, "order"))]


def take(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """event.offline.get: takes events out of the queue, or with `clear=0` reserves them.

    Reserved events are met again under their `process_id` only; those that failed only with `error=1`.
    """
    _check_admin(world, caller)
    is_reserving = any_case(params, "clear") is not None and not is_yes(any_case(params, "clear"))
    if is_reserving and "rest_offline_extended" not in world.settings.features:
        raise RestError(403, "ACCESS_DENIED", "Offline events reservation is not available on this plan")
    process = as_text(any_case(params, "process_id"))
    has_failed = is_yes(any_case(params, "error"))
    chosen = [
        one
        for one in _chosen(world, caller, params)
        if one.process_id == process and one.has_failed == has_failed
    ][: min(as_int(any_case(params, "limit")) or _USUAL, _MOST)]
    if is_reserving:
        process = process or fresh()
        for one in chosen:
            one.process_id = process
    else:
        world.queue = [one for one in world.queue if one not in chosen]
    return {"process_id": process if is_reserving else None, "events": [_row(world, one) for one in chosen]}


def _reserved(world: World, caller: Caller, params: Params) -> list[Queued]:
    """The events of the caller's `process_id`, cut down to the given ids."""
    _check_admin(world, caller)
    process = as_text(any_case(params, "process_id"))
    if not process:
        raise RestError(400, "ERROR_ARGUMENT", "Argument 'PROCESS_ID' is null or empty")
    ids = {as_text(one) for one in as_list(any_case(params, "id"))}
    messages = set() if ids else {as_text(one) for one in as_list(any_case(params, "message_id"))}
    return [
        one
        for one in world.queue
        if (one.app_id, one.process_id) == (caller.app_id, process)
        and (not ids or str(one.id) in ids)
        and (not messages or one.message_id in messages)
    ]


def clear(world: World, caller: Caller, params: Params) -> bool:
    """event.offline.clear: reserved events are dealt with."""
    gone = _reserved(world, caller, params)
    world.queue = [one for one in world.queue if one not in gone]
    return True


def fail(world: World, caller: Caller, params: Params) -> bool:
    """event.offline.error: reserved events could not be dealt with."""
    if as_list(any_case(params, "message_id")):
        for one in _reserved(world, caller, params):
            one.has_failed = True
    return True


def listing(world: World, caller: Caller, params: Params) -> Reply:
    """event.offline.list: the whole queue, reserved and failed events too, without taking any."""
    _check_admin(world, caller)
    rows = [
        {**_row(world, one), "PROCESS_ID": one.process_id, "ERROR": str(int(one.has_failed))}
        for one in _chosen(world, caller, params)
    ]
    return page(rows, start_of(params))


METHODS = {
    "event.bind": bind,
    "event.unbind": unbind,
    "event.get": get,
    "events": names,
    "event.offline.get": take,
    "event.offline.clear": clear,
    "event.offline.error": fail,
    "event.offline.list": listing,
}
