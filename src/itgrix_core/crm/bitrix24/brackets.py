"""Forms as PHP writes them: `data[FIELDS][ID]=1` is nested data. Nothing in them is ever an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_DEEPEST = 6
_PART = re.compile(r"\[([^\[\]]*)\]")


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Pairs of a form as mappings of text; lists become mappings by number, the last of two same names wins.

    A name nested more than six deep is passed over.
    """
    result: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, rest = name.partition("[")
        path = [head, *_PART.findall(bracket + rest)]
        if len(path) <= _DEEPEST:
            _put(result, path, value)
    return result


def _put(into: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = into.get(part)
        if not isinstance(inner, dict):
            inner = into[part] = {}
        into = inner
    into[path[-1] or str(len(into))] = value


def part(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A nested part; empty where there is none, or a text in its place."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def text(data: Mapping[str, Any], *names: str) -> str:
    """The first of these that is a text and not empty, else ""."""
    return next((found for name in names if isinstance(found := data.get(name), str) and found), "")
