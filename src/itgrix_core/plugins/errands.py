"""What goes to and fro while a plugin's process is asked: question, a hook's wishes meanwhile, answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from itgrix_hooks.answers import RetryLater
from itgrix_hooks.isolated.words import METHODS, Answer, Ask, Failed, Reply, Want, pack, unpack
from itgrix_hooks.lazy import LazySequence
from itgrix_hooks.worker import RevokedError

_PBX = ("name", "timezone", "region", "dial_style", "dial_prefix")
"""What a hook may know of a PBX (`itgrix_hooks.tools.Pbx`)."""


def question(number: int, hook: str, named: Mapping[str, Any]) -> Ask:
    """The question to a hook: its arguments, but for those that stay here and are used over the line."""
    lazy = [name for name, value in named.items() if isinstance(value, LazySequence)]
    tools = [name for name in named if name in METHODS]
    plain = {name: value for name, value in named.items() if name not in {*lazy, *tools}}
    if "pbx" in plain:
        plain["pbx"] = {each: getattr(plain["pbx"], each) for each in _PBX}
    return Ask(number, hook, {name: pack(value) for name, value in plain.items()}, lazy, tools)


def done(want: Want, named: Mapping[str, Any]) -> Reply | Failed:
    """Do what a hook wants of `store`, `crm` or a lazy argument."""
    try:
        return Reply(want.number, pack(_doing(want, named)))
    except RetryLater as error:
        return Failed(want.number, "retry", str(error), error.seconds)
    except ValueError as error:
        return Failed(want.number, "value", str(error))
    except RevokedError as error:
        return Failed(want.number, "revoked", str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the hook is told and judges
        return Failed(want.number, "failed", f"{type(error).__name__}: {error}")


def _doing(want: Want, named: Mapping[str, Any]) -> Any:
    value = named.get(want.what)
    if isinstance(value, LazySequence):
        return list(value)
    if want.method not in METHODS.get(want.what, ()):
        raise LookupError(f"'{want.what}' has no '{want.method}'")
    found = getattr(value, want.method)
    if not callable(found):
        return found
    return found(*map(unpack, want.arguments), **{name: unpack(each) for name, each in want.named.items()})


def taken(answer: Answer, named: Mapping[str, Any]) -> Any:
    """The answer; what it has changed in its copy and not returned is laid into ours, which is told of."""
    left = unpack(answer.left)
    ours = next((value for value in named.values() if isinstance(value, dict)), None)
    if isinstance(left, dict) and ours is not None:
        ours.clear()
        ours.update(left)
    return unpack(answer.value)
