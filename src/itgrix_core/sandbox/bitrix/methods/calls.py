"""telephony.externalCall.register, show and hide: a call while it is under way.

register puts a call among the active ones; the same register within half an hour meets the same call, which
is what makes its repetition safe and a forgotten finish poisonous.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from itgrix_core.sandbox.bitrix import creation
from itgrix_core.sandbox.bitrix.numbers import stripped
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text, is_yes
from itgrix_core.sandbox.bitrix.records import ActiveCall, Found, User
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World

DUPLICATE_SECONDS = 30 * 60
_LONGEST_LINE = 50
_TYPES = range(1, 6)


def register(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """telephony.externalCall.register: a new active call, or the one that is registered already."""
    asked = _asked(world, caller, params)
    known = _duplicate(world, asked, params)
    call = known or asked
    if known is None:
        _admit(world, caller, call, params)
    if is_yes(params.get("SHOW", 1)):
        world.cards.setdefault(call.call_id, set()).add(call.user_id)
    return _registered(call)


def _asked(world: World, caller: Caller, params: Params) -> ActiveCall:
    """The call that the parameters describe; raises what is wrong with them, in the portal's order."""
    user = user_of(world, params)
    kind = as_int(params.get("TYPE")) or 0
    if kind not in _TYPES:
        raise world.telephony_error("Unknown TYPE")
    started_at = _start_of(world, params.get("CALL_START_DATE"))
    number = stripped(as_text(params.get("PHONE_NUMBER")))
    if not number:
        raise world.telephony_error("Unsupported phone number format")
    now = world.clock()
    return ActiveCall(
        call_id=f"externalCall.{uuid.uuid4().hex}.{int(now)}",
        app_id=caller.app_id,
        app_name=caller.app_name,
        user_id=active_id(world, user),
        number=number,
        type=kind,
        line=as_text(params.get("LINE_NUMBER"))[:_LONGEST_LINE],
        external_call_id=as_text(params.get("EXTERNAL_CALL_ID")),
        started_at=started_at,
        registered_at=now,
        source=as_text(params.get("CRM_SOURCE")),
        call_list=as_int(params.get("CALL_LIST_ID")) or None,
    )


def user_of(world: World, params: Params) -> User | int:
    """The user by id or extension; an id that nobody has is answered as it is."""
    number = as_int(params.get("USER_ID"))
    if number:
        return world.users.get(number, number)
    user = world.user_of_extension(as_text(params.get("USER_PHONE_INNER")))
    if user is None:
        raise world.telephony_error("USER_ID or USER_PHONE_INNER should be set")
    return user


def active_id(world: World, user: User | int) -> int:
    """The id of an employee who still works here; raises for unknown and dismissed ones."""
    if isinstance(user, User) and user.is_active:
        return user.id
    raise world.telephony_error("User is not found or is not active")


def _start_of(world: World, value: Any) -> float:
    if value in (None, ""):
        return world.clock()
    try:
        start = datetime.fromisoformat(as_text(value))
    except ValueError as error:
        raise world.telephony_error("CALL_START_DATE should be in the ISO-8601 format") from error
    return (start if start.tzinfo else start.replace(tzinfo=ZoneInfo(world.settings.timezone))).timestamp()


def _duplicate(world: World, asked: ActiveCall, params: Params) -> ActiveCall | None:
    """The active call of the same key, not older than half an hour; line and own id count when sent."""
    for call in reversed(world.active.values()):
        is_young = asked.registered_at - call.registered_at <= DUPLICATE_SECONDS
        if is_young and _key(call, params) == _key(asked, params):
            return call
    return None


def _key(call: ActiveCall, params: Params) -> tuple[Any, ...]:
    line = call.line if params.get("LINE_NUMBER") else None
    own_id = call.external_call_id if params.get("EXTERNAL_CALL_ID") else None
    return (call.app_id, call.number, call.type, call.user_id, line, own_id)


def _admit(world: World, caller: Caller, call: ActiveCall, params: Params) -> None:
    """Make the call active: its line, what the CRM knows of it, what is created for it."""
    line = world.line_of(call.line, caller)
    if call.line and line is None:
        line = world.add_line(call.line, "", "Y", caller)
    call.is_internal = any(u.is_active and u.extension == call.number for u in world.users.values())
    if not call.is_internal:
        call.found = _found(world, call, params)
        is_line_creating = line is not None and line.crm_auto_create == "Y" and call.is_outgoing
        if is_yes(params.get("CRM_CREATE")) or is_line_creating:
            creation.create_for(world, call)
    world.active[call.call_id] = call


def _found(world: World, call: ActiveCall, params: Params) -> Found:
    kind = as_text(params.get("CRM_ENTITY_TYPE")).upper()
    chosen = creation.find_entity(world, kind, as_int(params.get("CRM_ENTITY_ID")))
    return chosen or creation.find(world, call.number)


def _registered(call: ActiveCall) -> dict[str, Any]:
    kind, number = call.found.primary()
    answer: dict[str, Any] = {
        "CALL_ID": call.call_id,
        "CRM_CREATED_LEAD": next((number for name, number in call.created if name == "LEAD"), None),
        "CRM_CREATED_ENTITIES": [{"ENTITY_TYPE": name, "ENTITY_ID": number} for name, number in call.created],
        "CRM_ENTITY_TYPE": kind,
        "CRM_ENTITY_ID": number,
    }
    if call.lead_creation_error:
        answer["LEAD_CREATION_ERROR"] = call.lead_creation_error
    return answer


def show(world: World, _caller: Caller, params: Params) -> bool:
    """telephony.externalCall.show: `False`, not an error, for a call that is not active."""
    call = world.active.get(as_text(params.get("CALL_ID")))
    if call is None:
        return False
    world.cards.setdefault(call.call_id, set()).update(_users(call, params))
    return True


def hide(world: World, _caller: Caller, params: Params) -> bool:
    """telephony.externalCall.hide: `False`, not an error, for a call that is not active."""
    call = world.active.get(as_text(params.get("CALL_ID")))
    if call is None:
        return False
    world.cards.setdefault(call.call_id, set()).difference_update(_users(call, params))
    return True


def _users(call: ActiveCall, params: Params) -> set[int]:
    given = {number for one in as_list(params.get("USER_ID")) if (number := as_int(one))}
    return given or {call.user_id}


METHODS = {
    "telephony.externalCall.register": register,
    "telephony.externalCall.show": show,
    "telephony.externalCall.hide": hide,
}
