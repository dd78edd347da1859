"""The account's table of rules as a hook: what the configuration says without code, code may say otherwise.

It is the first of every chain and the last of every decision, so packages and the site's files have the last
word. Its `settings` are no section of `hooks.settings`: they hold the table of the call's own account. The
fields are Bitrix24's; an account of another CRM will bring other names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from itgrix_core.filing.conditions import RuleTable
from itgrix_core.filing.plan import other_number
from itgrix_core.filing.texts import rendered
from itgrix_hooks import ActivityFields, EntityFields, FinalParams, PhoneNumber, TaskParams, hookimpl
from itgrix_hooks.numbers import in_e164
from itgrix_hooks.tools import Pbx, Settings, Store
from itgrix_hooks.values import Call, EntityKind, Filed, Owner

NAME: Final = "crm_rules"
"""The plugin's own name: as `crm.*.rules`; a site's file may well be called rules.py."""

TABLE: Final = "table"
"""Under which its settings hold the table."""


@hookimpl
def need_registration(call: Call, settings: Settings) -> bool | None:
    """Whether the CRM is to know of the call."""
    row = _table(settings).first("file", call)
    return row.file if row else None


@hookimpl
def process_final_params(
    params: FinalParams, call: Call, owner: Owner, filed: Filed, settings: Settings, store: Store
) -> FinalParams | None:
    """On whom the call is booked; who has the client's last missed call keeps him."""
    row = _table(settings).first("owners", call, filed)
    if row is None or owner.why == "missed before":
        return None
    members = [str(user) for user in row.owners]
    user = members[0] if len(members) == 1 else store.turn(row.name, members)
    return {**params, "USER_ID": int(user)}


@hookimpl
def get_updated_activity_fields(
    fields: ActivityFields, call: Call, filed: Filed, settings: Settings, pbx: Pbx
) -> ActivityFields | None:
    """What the call's entry says."""
    texts = _texts(settings, {"subject": "SUBJECT", "description": "DESCRIPTION"}, call, filed, pbx)
    return cast(ActivityFields, {**fields, **texts}) if texts else None


@hookimpl
def get_updated_entity_fields(
    fields: EntityFields, kind: EntityKind | None, call: Call, filed: Filed, settings: Settings, pbx: Pbx
) -> EntityFields | None:
    """What is written into the client's entities."""
    row = _table(settings).first("fields", call, filed)
    wanted = row.fields.get(kind) if row and kind else None
    if not wanted:
        return None
    texts = {name: rendered(text, call, _number(call, pbx)) for name, text in wanted.items()}
    return cast(EntityFields, {**fields, **texts})


@hookimpl
def process_task_creation_params(
    params: TaskParams, call: Call, filed: Filed, settings: Settings, pbx: Pbx
) -> TaskParams | None:
    """What the task to call back says."""
    texts = _texts(settings, {"task_title": "TITLE", "task_text": "DESCRIPTION"}, call, filed, pbx)
    return cast(TaskParams, {**params, **texts}) if texts else None


def _table(settings: Mapping[str, Any]) -> RuleTable:
    table: RuleTable = settings[TABLE]
    return table


def _texts(
    settings: Settings, names: Mapping[str, str], call: Call, filed: Filed, pbx: Pbx
) -> dict[str, str]:
    """The CRM's field to its text, for each effect that a row has."""
    found = {
        field: getattr(row, effect)
        for effect, field in names.items()
        if (row := _table(settings).first(effect, call, filed))
    }
    return {field: rendered(text, call, _number(call, pbx)) for field, text in found.items()}


def _number(call: Call, pbx: Pbx) -> PhoneNumber:
    """The number as the CRM has it."""
    return in_e164(other_number(call) or PhoneNumber(""), pbx.region)
