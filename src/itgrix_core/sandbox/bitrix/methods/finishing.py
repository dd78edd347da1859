"""telephony.externalCall.finish: a call leaves the active ones and becomes statistics and an activity.

What bites connectors is all here: a second finish finds nothing, the result mixes types, a call bound to
nothing gets no activity, and only the finishing user's card goes away.
"""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix import activities, entities, events
from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.methods.calls import active_id, user_of
from itgrix_core.sandbox.bitrix.numbers import is_same
from itgrix_core.sandbox.bitrix.php import as_float, as_int, as_text, is_yes
from itgrix_core.sandbox.bitrix.records import OUTGOING, ActiveCall, Statistic
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World

SUCCESS = "200"
NOT_FOUND = "Call is not found (call should be registered prior to finishing"
UNBOUND = "Could not find associated crm entity for the call"


def finish(world: World, _caller: Caller, params: Params) -> dict[str, Any]:
    """telephony.externalCall.finish: the call leaves the active ones for good."""
    call_id = params.get("CALL_ID")
    if not isinstance(call_id, str):
        raise RestError(400, "INVALID_ARGUMENT", "CALL_ID must be a string")
    user = user_of(world, params)
    call = world.active.get(call_id)
    if call is None:
        raise world.telephony_error(NOT_FOUND)
    user_id = active_id(world, user)
    del world.active[call_id]
    statistic = _close(world, call, user_id, params)
    world.finished[call_id] = statistic
    world.cards.get(call_id, set()).discard(user_id)
    _note_missed(world, statistic)
    if is_yes(params.get("ADD_TO_CHAT", world.settings.finish_tells_chat)):
        world.tell(user_id, f"Call {call.number}: {statistic.status_code}, {statistic.duration} s")
    events.fire(world, "ONVOXIMPLANTCALLEND", _ended(world, statistic))
    return finish_result(statistic)


def _ended(world: World, statistic: Statistic) -> dict[str, Any]:
    """What ONVOXIMPLANTCALLEND tells."""
    call = statistic.call
    return {
        "CALL_ID": call.call_id,
        "CALL_TYPE": call.type,
        "PHONE_NUMBER": call.number,
        "PORTAL_NUMBER": call.portal_number,
        "PORTAL_USER_ID": statistic.user_id,
        "CALL_DURATION": statistic.duration,
        "CALL_START_DATE": world.iso(call.started_at),
        "COST": statistic.cost,
        "COST_CURRENCY": statistic.currency,
        "CALL_FAILED_CODE": statistic.status_code,
        "CALL_FAILED_REASON": statistic.failed_reason,
        "CRM_ACTIVITY_ID": statistic.activity_id or 0,
    }


def _close(world: World, call: ActiveCall, user_id: int, params: Params) -> Statistic:
    for kind, number in call.created:
        row = world.entity(Kind[kind], number)
        if row is not None:
            entities.write(world, Kind[kind], row, {"ASSIGNED_BY_ID": user_id}, user_id)
    duration = as_int(params.get("DURATION")) or 0
    code = as_text(params.get("STATUS_CODE")) or (SUCCESS if duration > 0 else activities.MISSED)
    return Statistic(
        id=len(world.finished) + 1,
        call=call,
        user_id=user_id,
        duration=duration,
        status_code=code,
        failed_reason=as_text(params.get("FAILED_REASON")),
        cost=as_float(params.get("COST")),
        currency=as_text(params.get("COST_CURRENCY")),
        vote=as_int(params.get("VOTE")) or None,
        activity_id=activities.of_call(world, call, user_id, duration, code),
    )


def _note_missed(world: World, statistic: Statistic) -> None:
    """The missed list: a missed incoming call enters it, a successful call back takes it off."""
    call = statistic.call
    if statistic.status_code == activities.MISSED and not call.is_outgoing:
        world.missed[call.number] = call.call_id
    elif statistic.status_code == SUCCESS and call.type == OUTGOING:
        for number in [number for number in world.missed if is_same(number, call.number)]:
            del world.missed[number]


def finish_result(statistic: Statistic) -> dict[str, Any]:
    """The answer of finish, in its own mix of types (an empty object for the date among them)."""
    call = statistic.call
    kind, number = call.found.primary()
    answer: dict[str, Any] = {
        "CALL_ID": call.call_id,
        "EXTERNAL_CALL_ID": call.external_call_id or None,
        "PORTAL_USER_ID": statistic.user_id,
        "PHONE_NUMBER": call.number,
        "PORTAL_NUMBER": call.portal_number,
        "INCOMING": str(call.type),
        "CALL_DURATION": statistic.duration,
        "CALL_START_DATE": {},
        "CALL_STATUS": 1 if statistic.duration > 0 else 0,
        "CALL_VOTE": statistic.vote,
        "COST": int(statistic.cost) if statistic.cost.is_integer() else statistic.cost,
        "COST_CURRENCY": statistic.currency,
        "CALL_FAILED_CODE": statistic.status_code,
        "CALL_FAILED_REASON": statistic.failed_reason,
        "REST_APP_ID": call.app_id,
        "REST_APP_NAME": call.app_name,
        "CRM_ACTIVITY_ID": statistic.activity_id or False,
        "COMMENT": None,
        "CRM_ENTITY_TYPE": kind,
        "CRM_ENTITY_ID": number,
        "ID": statistic.id,
    }
    if statistic.activity_id is None and not call.is_internal:
        answer["ERRORS"] = {"ACTIVITY_CREATION": UNBOUND}
    return answer


METHODS = {"telephony.externalCall.finish": finish}
