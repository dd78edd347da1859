"""Our commands in Bitrix24's own fields. Pure: what hooks get to change and what is saved as the decision.

Three keys are ours and never sent: `SHOW_TO` (whose card), `PATH` (the file that is read at sending) and
`CREATED` (kind of the entity that is created, for the journal).
CALL_ID, SHOW, marks of ours and file contents are added at sending, because they are not decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

from itgrix_core.crm.bitrix24 import methods
from itgrix_core.filing.commands import (
    AddComment,
    AnyCommand,
    AskToCallBack,
    AssignEntity,
    AttachRecording,
    BindEntity,
    ChangeCallBack,
    CloseCallBack,
    CreateEntity,
    CreateForCall,
    FinishCall,
    HideCard,
    Notify,
    RegisterCall,
    ShowCard,
    UnbindEntity,
    UpdateActivity,
    UpdateEntity,
    Write,
)
from itgrix_hooks.values import Direction, Disposition

SHOW_TO = "SHOW_TO"
PATH = "PATH"
CREATED = "CREATED"

ENTITY_TYPE_IDS = {"lead": 1, "deal": 2, "contact": 3, "company": 4}
"""The portal's numbers of its entity types."""

_TYPES = {Direction.OUTBOUND: 1, Direction.INTERNAL: 1, Direction.INBOUND: 2}
_REDIRECTED = 3
_CALLBACK = 4
_MISSED = "304"
_OUTBOUND_CODES = {
    Disposition.ABANDONED: "603-S",
    Disposition.MISSED: "603-S",
    Disposition.BUSY: "486",
    Disposition.DECLINED: "603",
    Disposition.NO_ANSWER: "480",
    Disposition.FAILED: "404",
    Disposition.UNAVAILABLE: "503",
    Disposition.AGENT_NO_ANSWER: "603-S",
    Disposition.AGENT_DECLINED: "603-S",
    Disposition.AGENT_UNAVAILABLE: "603-S",
}
"""Why a call out was not taken, in the portal's words.

The causes that stand behind ours: 16 and 127 (the caller gave up) cancelled, 17 busy, 19 and 20 (rang out,
not there) temporarily unavailable, 21 declined, 1 and 28 wrong number, 34 and 38 direction unavailable. A
click-to-call whose employee did not answer never reached the client: cancelled.
"""


def params_of(command: AnyCommand) -> dict[str, Any]:
    """The command in the portal's fields, JSON data."""
    match command:
        case RegisterCall():
            return _register(command)
        case FinishCall():
            return _finish(command)
        case ShowCard(users=users) | HideCard(users=users):
            return {"USER_ID": list(users)}
        case AttachRecording(url=url) if url:
            return {"RECORD_URL": url}
        case AttachRecording(path=path):
            return {"FILENAME": PurePath(path).name, PATH: path}
        case UpdateActivity():
            return {"id": command.activity_id, "fields": dict(command.fields)}
        case UpdateEntity():
            return {"id": command.entity.id, "fields": dict(command.fields), "params": _quiet()}
        case CreateEntity():
            return {"fields": dict(command.fields), "params": _quiet()}
        case CreateForCall():
            return {CREATED: command.entity_kind, "fields": _created(command), "params": _quiet()}
        case AssignEntity(entity=entity, user_id=user_id):
            return {"id": entity.id, "fields": {"ASSIGNED_BY_ID": user_id}, "params": _quiet()}
        case (
            BindEntity(activity_id=activity_id, entity=entity)
            | UnbindEntity(activity_id=activity_id, entity=entity)
        ):
            return {
                "activityId": activity_id,
                "entityTypeId": ENTITY_TYPE_IDS[entity.kind],
                "entityId": entity.id,
            }
        case AddComment(entity=entity, text=text):
            return {"fields": {"ENTITY_ID": entity.id, "ENTITY_TYPE": entity.kind, "COMMENT": text}}
        case AskToCallBack():
            return _call_back(command)
        case ChangeCallBack(form=form, item_id=item_id):
            return {_ID_OF[form]: item_id, "fields": _changed_call_back(command)}
        case CloseCallBack(form="task", item_id=item_id):
            return {"taskId": item_id}
        case CloseCallBack(item_id=item_id):
            return {"id": item_id, "fields": {"COMPLETED": "Y"}}
        case Notify(user_id=user_id, text=text):
            return {"USER_ID": user_id, "MESSAGE": text}
        case Write():
            return dict(command.params)


def method_of(command: AnyCommand) -> str:
    """The method that carries the command out."""
    match command:
        case UpdateEntity(entity=entity) | AssignEntity(entity=entity):
            return f"crm.{entity.kind}.update"
        case CreateEntity(entity_kind=kind) | CreateForCall(entity_kind=kind):
            return f"crm.{kind}.add"
        case Write(method=method):
            return method
        case AskToCallBack(form=form):
            return methods.TODO if form == "todo" else methods.TASK
        case ChangeCallBack(form=form):
            return "crm.activity.update" if form == "todo" else "tasks.task.update"
        case CloseCallBack(form=form):
            return "crm.activity.update" if form == "todo" else methods.TASK_DONE
        case _:
            return _METHODS[command.kind]


_METHODS: Mapping[str, str] = {
    RegisterCall.kind: methods.REGISTER,
    ShowCard.kind: methods.SHOW,
    HideCard.kind: methods.HIDE,
    FinishCall.kind: methods.FINISH,
    AttachRecording.kind: methods.ATTACH,
    UpdateActivity.kind: "crm.activity.update",
    BindEntity.kind: methods.BIND,
    UnbindEntity.kind: methods.UNBIND,
    AddComment.kind: methods.COMMENT,
    Notify.kind: methods.NOTIFY,
}
_ID_OF = {"task": "taskId", "todo": "id"}
_LETTERS = {"lead": "L", "deal": "D", "contact": "C", "company": "CO"}
"""How a task names what it is tied to (UF_CRM_TASK)."""


def _register(command: RegisterCall) -> dict[str, Any]:
    """telephony.externalCall.register. A chat message is not asked for: it would come with every ring."""
    started = datetime.fromtimestamp(command.started_at, ZoneInfo(command.timezone))
    params: dict[str, Any] = {
        "USER_ID": command.user_id,
        "PHONE_NUMBER": str(command.number),
        "TYPE": _type(command),
        "CALL_START_DATE": started.isoformat(timespec="seconds"),
        "CRM_CREATE": int(command.is_creating),
        "ADD_TO_CHAT": 0,
        "EXTERNAL_CALL_ID": command.call,
        SHOW_TO: list(command.show_to),
    }
    if command.line:
        params["LINE_NUMBER"] = command.line
    if command.source:
        params["CRM_SOURCE"] = command.source
    if command.entity:
        params |= {"CRM_ENTITY_TYPE": command.entity.kind.upper(), "CRM_ENTITY_ID": command.entity.id}
    return params


def _type(command: RegisterCall) -> int:
    if command.is_callback:
        return _CALLBACK
    return _REDIRECTED if command.is_redirected else _TYPES[command.direction]


def _created(command: CreateForCall) -> dict[str, Any]:
    """Fields of crm.lead|contact|deal.add; empty ones are left out, the portal has defaults of its own."""
    is_person = command.entity_kind == "contact"
    fields: dict[str, Any] = {
        "NAME" if is_person else "TITLE": command.title,
        "ASSIGNED_BY_ID": command.user_id,
        "SOURCE_ID": command.source,
        "SOURCE_DESCRIPTION": command.source_description,
    }
    if command.entity_kind == "deal":
        fields |= {"CATEGORY_ID": command.pipeline, "STAGE_ID": command.stage}
    else:
        fields |= {"STATUS_ID": command.stage} if command.stage else {}
        fields["PHONE"] = [{"VALUE": str(command.number), "VALUE_TYPE": "WORK"}]
    if command.client:
        fields[f"{command.client.kind.upper()}_ID"] = command.client.id
        fields.pop("PHONE", None)  # the client has it
    return {name: value for name, value in (fields | command.fields).items() if value not in ("", None)}


def _finish(command: FinishCall) -> dict[str, Any]:
    """telephony.externalCall.finish: DURATION and STATUS_CODE always as a pair.

    The portal derives the call's state from DURATION alone, so an answered call never has 0 and an unanswered
    one never anything else.
    """
    params: dict[str, Any] = {"USER_ID": command.user_id, "ADD_TO_CHAT": 0}
    if command.disposition is Disposition.ANSWERED:
        params |= {"DURATION": max(1, round(command.talk_seconds)), "STATUS_CODE": "200"}
    else:
        code = _MISSED if command.direction is Direction.INBOUND else _OUTBOUND_CODES[command.disposition]
        params |= {"DURATION": 0, "STATUS_CODE": code, "FAILED_REASON": str(command.disposition)}
    if command.reason:
        params["FAILED_REASON"] = command.reason
    return params


def _quiet() -> dict[str, str]:
    """No post in the portal's feed for what a machine wrote."""
    return {"REGISTER_SONET_EVENT": "N"}


def _call_back(command: AskToCallBack) -> dict[str, Any]:
    """Fields of tasks.task.add, for a to-do as well: hooks see one shape, `todo_of` makes the other of it."""
    until = datetime.fromtimestamp(command.deadline, ZoneInfo(command.timezone))
    fields: dict[str, Any] = {
        "TITLE": command.title,
        "DESCRIPTION": command.text,
        "RESPONSIBLE_ID": command.user_id,
        "DEADLINE": until.isoformat(timespec="seconds"),
    }
    entity = command.entity
    if entity and command.form == "task":
        fields["UF_CRM_TASK"] = [f"{_LETTERS[entity.kind]}_{entity.id}"]
    if entity is None or command.form == "task":
        return {"fields": fields}
    place = {"ownerTypeId": ENTITY_TYPE_IDS[entity.kind], "ownerId": entity.id}
    pings = [round(command.remind_minutes)] if command.remind_minutes else []
    return {"fields": fields, **place, "pingOffsets": pings}


def todo_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """Params of crm.activity.todo.add from those that the decision keeps."""
    fields = params.get("fields") or {}
    return {
        **{name: value for name, value in params.items() if name != "fields"},
        "title": fields.get("TITLE"),
        "description": fields.get("DESCRIPTION"),
        "responsibleId": fields.get("RESPONSIBLE_ID"),
        "deadline": fields.get("DEADLINE"),
    }


def _changed_call_back(command: ChangeCallBack) -> dict[str, Any]:
    title = "SUBJECT" if command.form == "todo" else "TITLE"
    fields = {title: command.title, "RESPONSIBLE_ID": command.user_id}
    return {name: value for name, value in fields.items() if value}
