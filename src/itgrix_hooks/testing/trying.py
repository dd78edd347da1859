"""Ask a hook as the service would: `ask`, with an argument of each name where a test gives none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from itgrix_hooks import asking
from itgrix_hooks.reading import Implementation, implementation, module_of, read
from itgrix_hooks.table import EXTRAS, HOOKS
from itgrix_hooks.testing.fakes import FakeCrm, FakePbx, MemoryStore
from itgrix_hooks.testing.shapes import CLIENT, make_call
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import Filed, Owner, Recording, Stage
from itgrix_hooks.wishes import OriginateRequest, RouteAnswer, RouteQuestion


def load(path: str | Path) -> Any:
    """A single-file plugin as a module; its name may begin with a digit."""
    path = Path(path)
    return module_of(path, f"itgrix_tested.{path.stem}")


def ask(hook: str, plugin: Any, **arguments: Any) -> Asked:
    """Ask one hook of a function, or of a plugin (module or object), as the service would.

    Args:
        hook: its name.
        plugin: a function (decorated or not), a module, or an object with methods.
        arguments: those of the spec; what is left out gets a sensible default (`make_call()`, an empty dict,
            no clients). Also `settings`, `pbx`, `store`, `crm`, and `limit_seconds` (5).

    Raises:
        ValueError: the plugin has faults, or no such hook; all are named.
    """
    limit = arguments.pop("limit_seconds", 5.0)
    unknown = [name for name in arguments if name not in HOOKS[hook].arguments]
    if unknown:
        raise ValueError(f"'{hook}' has no argument {', '.join(map(repr, unknown))}")
    given = {**_defaults(arguments), **arguments}
    extras = {name: _always(given.pop(name)) for name in EXTRAS}
    return asking.ask(hook, [_implementation(hook, plugin)], given, extras=extras, limit_seconds=limit)


def _always(value: Any) -> Callable[[str], Any]:
    return lambda _plugin: value


def _implementation(hook: str, plugin: Any) -> Implementation:
    if callable(plugin) and not isinstance(plugin, type):
        return implementation(hook, plugin)
    name = getattr(plugin, "__name__", type(plugin).__name__)
    reading = read(name, plugin)
    if reading.faults:
        raise ValueError(f"{name}: {'; '.join(reading.faults)}")
    if hook not in reading.implementations:
        raise ValueError(f"{name} has no '{hook}'; it has {', '.join(reading.implementations)}")
    return reading.implementations[hook]


def _defaults(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """An argument of each name, fitting to those that are given."""
    call = arguments.get("call") or make_call()
    return {
        "number": CLIENT,
        "party": "client",
        "use": "search",
        "call": call,
        "conversation": next(iter(call.conversations), None),
        "stage": Stage.CONVERSATION_REQUESTED,
        "params": {},
        "fields": {},
        "user": None,
        "clients": (),
        "request": OriginateRequest(CLIENT, user_id=1),
        "owner": Owner(1, "default"),
        "filed": Filed(),
        "path": None,
        "recording": Recording("call.wav", call.linkedid, call.started_at),
        "activity": None,
        "entity": None,
        "kind": getattr(arguments.get("entity"), "kind", None),
        "role": "none",
        "answer": RouteAnswer(),
        "question": RouteQuestion(CLIENT),
        "settings": {},
        "pbx": FakePbx(call.pbx, call.timezone),
        "store": MemoryStore(call),
        "crm": FakeCrm(),
    }
