"""voximplant.statistic.get: finished calls, almost everything a string.

The one place where a connector learns, after a lost answer, whether a call was finished and has its record.
"""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix.filters import matches
from itgrix_core.sandbox.bitrix.php import as_text, mapping_of
from itgrix_core.sandbox.bitrix.records import Statistic
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Reply
from itgrix_core.sandbox.bitrix.table import ordered, page, start_of
from itgrix_core.sandbox.bitrix.world import World


def get(world: World, _caller: Caller, params: Params) -> Reply:
    """Finished calls by FILTER, sorted by SORT and ORDER, 50 a page."""
    conditions = mapping_of(params, "FILTER")
    rows = [row(world, statistic) for statistic in world.finished.values()]
    found = [one for one in rows if matches(one, conditions)]
    field = as_text(params.get("SORT"))
    if field:
        found = ordered(found, {field: as_text(params.get("ORDER")) or "ASC"})
    return page(found, max(start_of(params), 0))


def row(world: World, statistic: Statistic) -> dict[str, Any]:
    """A finished call as the portal lists it."""
    call = statistic.call
    kind, number = call.found.primary()
    return {
        "ID": str(statistic.id),
        "PORTAL_USER_ID": str(statistic.user_id),
        "PORTAL_NUMBER": call.portal_number,
        "PHONE_NUMBER": call.number,
        "CALL_ID": call.call_id,
        "EXTERNAL_CALL_ID": call.external_call_id or None,
        "CALL_CATEGORY": "external",
        "CALL_LOG": None,
        "CALL_DURATION": str(statistic.duration),
        "CALL_START_DATE": world.iso(call.started_at),
        "CALL_RECORD_URL": statistic.record_url,
        "CALL_VOTE": str(statistic.vote) if statistic.vote else None,
        "COST": f"{statistic.cost:.4f}",
        "COST_CURRENCY": statistic.currency,
        "CALL_FAILED_CODE": statistic.status_code,
        "CALL_FAILED_REASON": statistic.failed_reason,
        "CRM_ENTITY_TYPE": kind or None,
        "CRM_ENTITY_ID": str(number) if number is not None else None,
        "CRM_ACTIVITY_ID": str(statistic.activity_id) if statistic.activity_id else None,
        "REST_APP_ID": call.app_id,
        "REST_APP_NAME": call.app_name,
        "TRANSCRIPT_ID": str(statistic.transcript_id) if statistic.transcript_id else None,
        "TRANSCRIPT_PENDING": "N",
        "SESSION_ID": None,
        "REDIAL_ATTEMPT": None,
        "COMMENT": None,
        "RECORD_DURATION": None,
        "RECORD_FILE_ID": statistic.record_file_id,
        "CALL_TYPE": str(call.type),
    }


METHODS = {"voximplant.statistic.get": get}
