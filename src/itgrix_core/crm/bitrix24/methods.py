"""Which methods may be sent again when nobody knows whether they were executed, and which only read.

The two tables decide whether a lost answer costs a second lead. Their source is the portal's behaviour as
documented (apidocs.bitrix24.com, telephony and crm) and as peers met it: `register` with EXTERNAL_CALL_ID
answers with the same CALL_ID for 30 minutes while the call is unfinished, a second `finish` is refused, a
second `attachRecord` replaces the first, every `add` adds.
"""

from __future__ import annotations

import re
from enum import Enum

REGISTER = "telephony.externalCall.register"
FINISH = "telephony.externalCall.finish"
SHOW = "telephony.externalCall.show"
HIDE = "telephony.externalCall.hide"
ATTACH = "telephony.externalCall.attachRecord"
UPLOAD = "upload"
"""No method: the post of a file to the address that `ATTACH` gave for it."""
SEARCH = "telephony.externalCall.searchCrmEntities"
STATISTICS = "voximplant.statistic.get"
COMMENT = "crm.timeline.comment.add"
BIND = "crm.activity.binding.add"
UNBIND = "crm.activity.binding.delete"
TASK = "tasks.task.add"
TASK_DONE = "tasks.task.complete"
TODO = "crm.activity.todo.add"
NOTIFY = "im.notify.personal.add"


class Repeat(Enum):
    """What may be done about a request whose answer was lost."""

    BLIND = "send it again"
    LOOK_FIRST = "look whether it was executed, then send it again"
    NEVER = "send it again only when a mark of ours proves that it was not executed"


_BLIND = {name.casefold() for name in (REGISTER, SHOW, HIDE, UNBIND, TASK_DONE, NOTIFY)}
"""A second completion is refused; a notice with our tag takes the place of the first."""
# a phone number sent without its ID is added by an update, each time
_PHONE_UPDATES = {"crm.lead.update", "crm.contact.update", "crm.company.update"}
_LOOK_FIRST = {name.casefold() for name in (FINISH, ATTACH, BIND)} | _PHONE_UPDATES
_READING_NAMES = frozenset(
    {"profile", "scope", "methods", "server.time", "app.info", "timeman.status", "events"}
)
_READING_ENDS = frozenset(
    {
        "current",
        "fields",
        "findbycomm",
        "get",
        "getchildren",
        "getfields",
        "gettranscript",
        "gettypes",
        "list",
        "search",
        "searchcrmentities",
        "statuslist",
        "types",
    }
)
# taking an offline event removes it from the queue
_NOT_READING = frozenset({"event.offline.get"})
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


def is_reading(method: str) -> bool:
    """Whether the method changes nothing in the portal; what is not known to read counts as writing."""
    name = method.casefold()
    if not _NAME.fullmatch(name) or name in _NOT_READING:
        return False
    return name in _READING_NAMES or name.rpartition(".")[2] in _READING_ENDS


def repeat_of(method: str) -> Repeat:
    """The method's entry in the table; unknown writing methods are `NEVER`."""
    name = method.casefold()
    if name in _LOOK_FIRST:
        return Repeat.LOOK_FIRST
    if name in _BLIND or is_reading(name) or name.endswith(".update"):
        return Repeat.BLIND
    return Repeat.NEVER


def is_telephony(method: str) -> bool:
    """Whether calls cannot be filed at all without this method."""
    return method.casefold().startswith("telephony.externalcall.")
