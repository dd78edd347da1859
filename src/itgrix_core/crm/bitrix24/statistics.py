"""The portal's statistics of calls as the comparison needs them (voximplant.statistic.get).

Fifty rows a page, one after the other by id, so that a call that is finished meanwhile shifts none. Nearly
everything comes as text. The list holds finished calls only and cannot be changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from itgrix_core.crm.adapter import Blocked, CrmUnavailable, Unknown
from itgrix_core.crm.bitrix24.answers import entity_of, mapping, number, rows
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.errors import UNREACHABLE_SECONDS, is_of_access
from itgrix_core.crm.bitrix24.methods import STATISTICS
from itgrix_core.crm.bitrix24.params import SHOW_TO
from itgrix_core.crm.books import Told
from itgrix_core.errors import CrmError
from itgrix_core.filing.commands import AttachRecording, FinishCall, RegisterCall
from itgrix_core.filing.mending import ActivityState
from itgrix_core.filing.sheet import Entry, Expected
from itgrix_hooks.values import Activity, Call, Direction, Entity

PAGE_ROWS = 50
MOST_WAITS = 120
LONGEST_WAIT_SECONDS = 60.0
"""So often, and so long each time, a question that the quota holds back is put again."""

_DIRECTIONS = {"1": Direction.OUTBOUND, "2": Direction.INBOUND, "3": Direction.INBOUND}
"""By CALL_TYPE; a callback (4) is either."""

_RESPONSIBLE = "RESPONSIBLE_ID"

_RIGHT = (
    "the portal's statistics of calls are closed to us: give the webhook's or application's user "
    "the right to view them (telephony, access rights, call statistics)"
)


class Statistics:
    """As `crm.books.Books`.

    Args:
        client: the way to the portal.
        activity, tied_to: as `Adapter` has them.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        client: Client,
        activity: Callable[[int], Activity | None],
        tied_to: Callable[[int], Sequence[Entity]],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._client = client
        self._activity = activity
        self._tied_to = tied_to
        self._sleep = sleep

    def entries(self, since: float, until: float) -> list[Entry]:
        """As `Books.entries`."""
        found: list[Entry] = []
        last = 0
        while True:
            question = {
                "FILTER": {
                    ">=CALL_START_DATE": _iso(since),
                    "<=CALL_START_DATE": _iso(until),
                    ">ID": last,
                },
                "SORT": "ID",
                "ORDER": "ASC",
            }
            page = self._page(question)
            found += [entry for row in page if (entry := entry_of(row))]
            ids = [each for row in page if (each := number(row.get("ID")))]
            if len(page) < PAGE_ROWS or max(ids, default=last) <= last:
                return found
            last = max(ids)

    def expected(self, key: str, told: Sequence[Told], call: Call | None) -> Expected | None:
        """As `Books.expected`."""
        register, finish = _last(told, RegisterCall.kind), _last(told, FinishCall.kind)
        if register is None or finish is None:
            return None
        params, sent = register.params, finish.params
        answered = {**mapping(register.answer), **(mapping(finish.answer) if finish.is_done else {})}
        began = _moment(params.get("CALL_START_DATE")) or (call.started_at if call else None)
        phone = str(params.get("PHONE_NUMBER") or (call.client_number if call else "") or "")
        if began is None or not phone:
            return None
        return Expected(
            key=key,
            direction=_DIRECTIONS.get(str(params.get("TYPE")), call.direction if call else Direction.INBOUND),
            number=phone,
            began_at=began,
            talk_seconds=int(sent.get("DURATION") or 0),
            user_id=number(sent.get("USER_ID")),
            code=str(sent.get("STATUS_CODE") or ""),
            entity=entity_of(params.get("CRM_ENTITY_TYPE"), params.get("CRM_ENTITY_ID"))
            or entity_of(answered.get("CRM_ENTITY_TYPE"), answered.get("CRM_ENTITY_ID")),
            call_id=str(mapping(register.answer).get("CALL_ID") or ""),
            has_recording=any(each.kind == AttachRecording.kind for each in told),
            lost=""
            if finish.is_done
            else f"its finish was refused: {mapping(finish.answer).get('text', '')}",
        )

    def again(self, told: Sequence[Told], expected: Expected) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """As `Books.again`: nothing is created anew, and no card is shown."""
        register, finish = _last(told, RegisterCall.kind), _last(told, FinishCall.kind)
        if register is None or finish is None or not register.params.get("PHONE_NUMBER"):
            return None
        params = {**register.params, "CRM_CREATE": 0, SHOW_TO: []}
        if expected.entity:
            entity = expected.entity
            params |= {"CRM_ENTITY_TYPE": entity.kind.upper(), "CRM_ENTITY_ID": entity.id}
        return params, dict(finish.params)

    def activity(self, activity_id: int) -> ActivityState | None:
        """As `Books.activity`."""
        found = self._activity(activity_id)
        if found is None:
            return None
        return ActivityState(number(found.fields.get(_RESPONSIBLE)), tuple(self._tied_to(activity_id)))

    def responsible(self, user_id: int) -> dict[str, Any]:
        """As `Books.responsible`."""
        return {_RESPONSIBLE: user_id}

    def _page(self, question: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        for _ in range(MOST_WAITS):
            reply = self._client.call(STATISTICS, question)
            if not (isinstance(reply, Blocked) and reply.why == "quota"):
                break
            self._sleep(min(LONGEST_WAIT_SECONDS, max(0.1, reply.seconds)))
        if isinstance(reply, Reply):
            return rows(reply.result)
        if is_of_access(reply):
            raise CrmError(f"{reply.text}: {_RIGHT}.")
        if isinstance(reply, Blocked):
            raise CrmUnavailable(reply.seconds, reply.text, reply.why)
        if isinstance(reply, Unknown):
            raise CrmUnavailable(UNREACHABLE_SECONDS, reply.text, "unknown")
        raise CrmError(reply.text)


def entry_of(row: Mapping[str, Any]) -> Entry | None:
    """A row of the statistics; `None` for one without id or time."""
    row_id, began = number(row.get("ID")), _moment(row.get("CALL_START_DATE"))
    if row_id is None or began is None:
        return None
    return Entry(
        row_id=row_id,
        call_id=str(row.get("CALL_ID") or ""),
        external_id=str(row.get("EXTERNAL_CALL_ID") or ""),
        direction=_DIRECTIONS.get(str(row.get("CALL_TYPE"))),
        number=str(row.get("PHONE_NUMBER") or ""),
        began_at=began,
        talk_seconds=number(row.get("CALL_DURATION")) or 0,
        user_id=number(row.get("PORTAL_USER_ID")),
        code=str(row.get("CALL_FAILED_CODE") or ""),
        entity=entity_of(row.get("CRM_ENTITY_TYPE"), row.get("CRM_ENTITY_ID")),
        activity_id=number(row.get("CRM_ACTIVITY_ID")),
        has_recording=bool(number(row.get("RECORD_FILE_ID")) or row.get("CALL_RECORD_URL")),
        by=str(row.get("REST_APP_NAME") or ""),
    )


def _last(told: Sequence[Told], kind: str) -> Told | None:
    """The last of a kind that was done, else the last that was tried."""
    same = [each for each in told if each.kind == kind]
    return next((each for each in reversed(same) if each.is_done), same[-1] if same else None)


def _moment(value: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return None


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
