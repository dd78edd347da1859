"""Values of a call as Python text, for a test that stands on its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

from itgrix_hooks.lazy import Lazy, LazySequence

Named = Callable[[Any], str]
"""A value's name in the text where it has one, else ""."""


def literal(value: Any, named: Named = lambda _value: "") -> str:
    """The expression that makes this value; classes are named as they are imported.

    Fields that have their default are left out. A lazy value is fetched.
    """
    value = fetched(value)
    name = named(value)
    if name:
        return name
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({_arguments(value, named)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {literal(item, named)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        items = [literal(item, named) for item in value]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(literal(item, named) for item in value)}]"
    return repr(value)


def classes_in(value: Any) -> set[str]:
    """The names of the classes that a literal needs."""
    value = fetched(value)
    if isinstance(value, Enum):
        return {type(value).__name__}
    if is_dataclass(value) and not isinstance(value, type):
        inside = (classes_in(each) for _, each in _told(value))
        return {type(value).__name__}.union(*inside)
    if isinstance(value, Mapping):
        value = list(value.values())
    return set().union(*map(classes_in, value)) if isinstance(value, list | tuple) else set()


def fetched(value: Any) -> Any:
    """A lazy value as it is."""
    if isinstance(value, Lazy):
        return value.value()
    return tuple(value) if isinstance(value, LazySequence) else value


def _arguments(value: Any, named: Named) -> str:
    return ", ".join(f"{name}={literal(each, named)}" for name, each in _told(value))


def _told(value: Any) -> list[tuple[str, Any]]:
    """The fields that are not as they would be without being named."""
    pairs = [(each, getattr(value, each.name)) for each in fields(value) if each.init]
    return [(each.name, own) for each, own in pairs if not _is_default(each, own)]


def _is_default(field: Any, own: Any) -> bool:
    if field.default is not MISSING:
        return bool(own == field.default)
    return field.default_factory is not MISSING and bool(own == field.default_factory())
