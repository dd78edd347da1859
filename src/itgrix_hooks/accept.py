"""What a hook may answer, as functions: (answer, value before) to what is kept, or `NonsenseError`.

The sentence of the error is shown to the operator and to the hook's author: what came, what was expected.
Numbers as text are taken for numbers where the CRM's field is one, since that is how the CRM's own answers
look; everything else must fit. The result is saved as JSON, so nothing that JSON would change is let through.
"""

from __future__ import annotations

import math
import os
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args, get_type_hints

import msgspec

from itgrix_hooks.answers import Action, Comment, Create, Link, Update
from itgrix_hooks.values import Entity, EntityKind, PhoneNumber
from itgrix_hooks.wishes import RouteAnswer


class NonsenseError(ValueError):
    """What a hook answered is no answer; the text says what came and what was expected."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The new value, and the actions asked for besides (`get_updated_entity_fields` only)."""

    value: Any
    actions: tuple[Action, ...] = ()


Accept = Callable[[Any, Any], Accepted]


def number(answer: Any, _before: Any) -> Accepted:
    """A `PhoneNumber` or its text."""
    if isinstance(answer, str):
        return Accepted(PhoneNumber(answer))
    if isinstance(answer, PhoneNumber):
        return Accepted(answer)
    raise NonsenseError(f"answered {_said(answer)}; a PhoneNumber or its text was expected")


def yes_or_no(answer: Any, _before: Any) -> Accepted:
    """`True` or `False`, not something that merely counts as such."""
    if isinstance(answer, bool):
        return Accepted(answer)
    raise NonsenseError(f"answered {_said(answer)}; True or False was expected")


def path(answer: Any, _before: Any) -> Accepted:
    """A path or an address as text, a `pathlib.Path`, or a `Link`."""
    if isinstance(answer, Link):
        if isinstance(answer.url, str) and answer.url.startswith(("http://", "https://")):
            return Accepted(answer)
        raise NonsenseError(f"answered a Link to {answer.url!r}; an http or https address was expected")
    if isinstance(answer, str | os.PathLike):
        text = os.fspath(answer)
        if isinstance(text, str) and text:
            return Accepted(text)
    raise NonsenseError(f"answered {_said(answer)}; a path, an address or a Link was expected")


def route(answer: Any, _before: Any) -> Accepted:
    """A `RouteAnswer` whose extension is text or `None`."""
    if isinstance(answer, RouteAnswer) and isinstance(answer.extension, str | None):
        return Accepted(answer)
    raise NonsenseError(f"answered {_said(answer)}; a RouteAnswer with an extension as text was expected")


def nothing(answer: Any, _before: Any) -> Accepted:
    """No answer at all."""
    raise NonsenseError(f"answered {_said(answer)}; this hook expects no answer")


def _hints(fields: Sequence[type]) -> Mapping[str, Any]:
    """The types of the known fields, shown to msgspec now: it may not learn one in two threads at once.

    Those of several CRMs are one table: no name means two things, as Bitrix24 writes its own in capitals.
    """
    hints = {name: hint for each in fields for name, hint in get_type_hints(each).items()}
    for hint in hints.values():
        msgspec.json.Decoder(hint)
    return hints


def params(*fields: type) -> Accept:
    """All params: the answer takes the place of what was before. `fields` types those that are known."""
    hints = _hints(fields)

    def accept(answer: Any, before: Any) -> Accepted:
        return Accepted(_fields(answer, before, hints))

    return accept


def merged(*fields: type) -> Accept:
    """The fields to write: the answer is laid over what was before."""
    hints = _hints(fields)

    def accept(answer: Any, before: Any) -> Accepted:
        return Accepted({**before, **_fields(answer, before, hints)})

    return accept


def changes(*fields: type) -> Accept:
    """Fields, an action, or a list of such: fields as `merged`, actions in their order."""
    hints = _hints(fields)

    def accept(answer: Any, before: Any) -> Accepted:
        value, actions = dict(before), []
        for piece in answer if isinstance(answer, list | tuple) else [answer]:
            if isinstance(piece, Action):
                actions.append(_action(piece))
            else:
                value.update(_fields(piece, value, hints, "fields, an action or a list of such"))
        return Accepted(value, tuple(actions))

    return accept


def _fields(answer: Any, before: Any, hints: Mapping[str, Any], expected: str = "a dict") -> dict[str, Any]:
    """A copy of the fields, in the types of the CRM's fields where they differ from `before`."""
    if not isinstance(answer, dict):
        raise NonsenseError(f"answered {_said(answer)}; {expected} was expected")
    known = before if isinstance(before, dict) else {}
    fields: dict[str, Any] = _plain(answer, "")
    for key in fields.keys() & hints.keys():
        if key not in known or known[key] != fields[key]:
            fields[key] = _fit(key, fields[key], hints[key])
    return fields


def _fit(key: str, value: Any, hint: Any) -> Any:
    """The value as the CRM's field wants it."""
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        raise NonsenseError(f"answered {key}={value!r}: {error}") from None


def _plain(value: Any, where: str) -> Any:
    """A copy of JSON data; `NonsenseError` where JSON would not give back the same."""
    if isinstance(value, dict):
        return {
            _key(key, where): _plain(inner, f"{where}.{key}" if where else key)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(inner, f"{where}[{at}]") for at, inner in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise NonsenseError(f"answered {where}={value}; a finite number was expected")
    if not isinstance(value, str | int | float | None):
        raise NonsenseError(
            f"answered {where} as {_said(value)}; give text, a number, True, False, None or a list"
        )
    return value


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise NonsenseError(f"answered {where or 'fields'} with the key {_said(key)}; keys are text")
    return key


def _action(action: Action) -> Action:
    """The action, if its parts are what they should be."""
    if isinstance(action, Create):
        if action.kind not in get_args(EntityKind):
            raise NonsenseError(
                f"answered Create of {action.kind!r}; one of {', '.join(get_args(EntityKind))}"
            )
    elif not isinstance(action.entity, Entity):
        raise NonsenseError(
            f"answered {type(action).__name__} of {_said(action.entity)}; an Entity was expected"
        )
    if isinstance(action, Create | Update):
        fields = _fields(action.fields, {}, {}, f"{type(action).__name__} with a dict of fields")
        return replace(action, fields=fields)
    if isinstance(action, Comment) and not (isinstance(action.text, str) and action.text):
        raise NonsenseError(f"answered Comment with {_said(action.text)}; its text was expected")
    return action


def _said(answer: Any) -> str:
    """What came, short enough for a line: `int 7`, `list ['a']`."""
    text = reprlib.repr(answer)
    return text if text.startswith("<") else f"{type(answer).__name__} {text}"
