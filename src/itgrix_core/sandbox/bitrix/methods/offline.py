"""event.offline.*: the queue for applications without a public address; for administrators only."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix.envelope import iso
from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.keys import fresh
from itgrix_core.sandbox.bitrix.methods.event import check_admin
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_list, as_text, is_yes, mapping_of
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.subscriptions import Queued
from itgrix_core.sandbox.bitrix.table import Row, ordered, page, start_of
from itgrix_core.sandbox.bitrix.world import World

_USUAL, _MOST = 50, 100


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
    check_admin(world, caller)
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
    check_admin(world, caller)
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
    check_admin(world, caller)
    rows = [
        {**_row(world, one), "PROCESS_ID": one.process_id, "ERROR": str(int(one.has_failed))}
        for one in _chosen(world, caller, params)
    ]
    return page(rows, start_of(params))


METHODS = {
    "event.offline.get": take,
    "event.offline.clear": clear,
    "event.offline.error": fail,
    "event.offline.list": listing,
}
