"""Activities: the entries of the CRM's timeline, and the one that the portal makes of a finished call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from itgrix_core.sandbox.bitrix import events
from itgrix_core.sandbox.bitrix.entities import literal
from itgrix_core.sandbox.bitrix.fields import ACTIVITY, READ_ONLY, Kind
from itgrix_core.sandbox.bitrix.numbers import shown
from itgrix_core.sandbox.bitrix.records import CALLBACK, ActiveCall, Found
from itgrix_core.sandbox.bitrix.table import Row
from itgrix_core.sandbox.bitrix.world import World

HIDDEN = frozenset({"COMMUNICATIONS", "FILES"})
CALL = "2"
_WAITING, _DONE = "1", "2"
MISSED = "304"


def create(world: World, fields: Mapping[str, Any], bindings: list[tuple[int, int]], user_id: int) -> int:
    """Add an activity tied to these owners, the first of them its OWNER; answers its id."""
    now = world.now_iso()
    row: Row = {
        **ACTIVITY,
        "CREATED": now,
        "SETTINGS": [],
        "PROVIDER_PARAMS": [],
        "COMMUNICATIONS": [],
        "FILES": [],
    }
    row["AUTHOR_ID"] = str(user_id)
    row["OWNER_TYPE_ID"], row["OWNER_ID"] = (str(part) for part in bindings[0])
    number = world.activities.add(row)
    world.bindings[number] = list(bindings)
    _fill(world, row, fields, user_id)
    _tell(world, "ADD", number)
    return number


def write(world: World, row: Row, fields: Mapping[str, Any], user_id: int) -> None:
    """Write fields into an activity; unknown and read-only ones are ignored."""
    _fill(world, row, fields, user_id)
    _tell(world, "UPDATE", int(row["ID"]))


def remove(world: World, number: int) -> None:
    """Forget an activity and its ties."""
    world.activities.remove(number)
    world.bindings.pop(number, None)
    _tell(world, "DELETE", number)


def _tell(world: World, what: str, number: int) -> None:
    events.fire(world, f"ONCRMACTIVITY{what}", {"FIELDS": {"ID": number}})


def _fill(world: World, row: Row, fields: Mapping[str, Any], user_id: int) -> None:
    known = {name: literal(value) for name, value in fields.items() if name in row and name not in READ_ONLY}
    row |= known
    row["STATUS"] = _DONE if row["COMPLETED"] == "Y" else _WAITING
    row |= {"EDITOR_ID": str(user_id), "LAST_UPDATED": world.now_iso()}


def bindings_of(found: Found) -> list[tuple[int, int]]:
    """What a call's activity is tied to: open deals or repeat leads, then company, contact, lead."""
    pairs = [(Kind.DEAL, number) for number in found.deals]
    pairs += [(Kind.LEAD, number) for number in found.repeat_leads if not found.deals]
    singles = [(Kind.COMPANY, found.company), (Kind.CONTACT, found.contact), (Kind.LEAD, found.lead)]
    pairs += [(kind, number) for kind, number in singles if number is not None]
    return list(dict.fromkeys((kind.value, number) for kind, number in pairs))


def of_call(world: World, call: ActiveCall, user_id: int, duration: int, status_code: str) -> int | None:
    """Make the call's activity; `None` when the call is bound to nothing."""
    bindings = bindings_of(call.found)
    if not bindings:
        return None
    return create(world, _call_fields(world, call, user_id, duration, status_code), bindings, user_id)


def _call_fields(
    world: World, call: ActiveCall, user_id: int, duration: int, status_code: str
) -> dict[str, Any]:
    is_missed = status_code == MISSED and not call.is_outgoing
    is_open = is_missed or (world.settings.is_call_scenario_new and not call.is_outgoing)
    end = world.iso(call.started_at + duration)
    return {
        "TYPE_ID": CALL,
        "PROVIDER_ID": "VOXIMPLANT_CALL",
        "PROVIDER_TYPE_ID": "CALLBACK" if call.type == CALLBACK else "CALL",
        "SUBJECT": f"{_subject(call)} {shown(call.number)}",
        "START_TIME": world.iso(call.started_at),
        "END_TIME": end,
        "DEADLINE": end,
        "COMPLETED": "N" if is_open else "Y",
        "RESPONSIBLE_ID": user_id,
        "DIRECTION": "2" if call.is_outgoing else "1",
        "ORIGIN_ID": f"VI_{call.call_id}",
        "SETTINGS": {"MISSED_CALL": True} if is_missed else [],
        "COMMUNICATIONS": [_communication(call)],
    }


def _subject(call: ActiveCall) -> str:
    return "Outgoing call to" if call.is_outgoing else "Incoming call from"


def _communication(call: ActiveCall) -> dict[str, str]:
    kind, number = call.found.primary()
    type_id = str(Kind[kind].value) if kind else ""
    return {"TYPE": "PHONE", "VALUE": shown(call.number), "ENTITY_ID": str(number), "ENTITY_TYPE_ID": type_id}
