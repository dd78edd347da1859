"""Every method that the portal knows, by the documentation's spelling; names are matched in any case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from itgrix_core.sandbox.bitrix.methods import (
    application,
    bindings,
    call_lists,
    calls,
    clients,
    crm,
    event,
    finishing,
    item,
    lines,
    notices,
    offline,
    people,
    recordings,
    solutions,
    statistics,
    tasks,
    ties,
    timeline,
    todo,
    transcripts,
)
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World

Handler = Callable[[World, Caller, Params], Any]

_MODULES = (
    application,
    bindings,
    call_lists,
    calls,
    clients,
    crm,
    event,
    finishing,
    item,
    lines,
    notices,
    offline,
    people,
    recordings,
    solutions,
    statistics,
    tasks,
    ties,
    timeline,
    todo,
    transcripts,
)
HANDLERS: dict[str, Handler] = {
    name: handler for module in _MODULES for name, handler in module.METHODS.items()
}
NAMES: dict[str, str] = {name.lower(): name for name in (*HANDLERS, "batch", "method.get")}

_APPLICATION_ALWAYS = ("event.bind", "event.unbind", "event.get", "event.offline.")
_APPLICATION_ONLY = ("telephony.externalCall.register", "telephony.externalCall.finish")
_SCOPES = {
    "telephony": {"telephony"},
    "voximplant": {"telephony"},
    "crm": {"crm"},
    "user": {"user", "user_basic", "user_brief"},
    "department": {"department"},
    "tasks": {"task", "tasks"},
    "im": {"im"},
    "timeman": {"timeman"},
}


def scopes_of(name: str) -> set[str]:
    """The scopes of which one is needed; empty when none is."""
    return _SCOPES.get(name.partition(".")[0], set())


def wants_application(name: str) -> bool:
    """Whether documentation keeps the method from webhooks."""
    return name in _APPLICATION_ONLY or name.startswith("telephony.externalLine.")


def wants_application_always(name: str) -> bool:
    """Whether no portal lets webhooks use the method."""
    return name.startswith(_APPLICATION_ALWAYS)
