"""Parameters as PHP reads them, values as PHP writes them.

Bitrix24 is PHP: `USER_ID[]=1&fields[TITLE]=x` is nested data, every scalar of a form is a string, and an
empty map is written `[]` because PHP has one kind of array for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

_KEY = re.compile(r"\[([^\]]*)\]")


def parse_query(text: str) -> dict[str, Any]:
    """`a=1&b[c][]=2` as nested dicts and lists; values stay strings."""
    return parse_pairs(parse_qsl(text, keep_blank_values=True))


def parse_pairs(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Pairs of bracketed names and strings as nested dicts; maps with keys 0, 1, 2 … become lists."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        head, _, _ = name.partition("[")
        _put(root, [head, *_KEY.findall(name)], value)
    return {key: _lists(value) for key, value in root.items()}


def _put(node: dict[str, Any], path: list[str], value: str) -> None:
    for key, following in zip(path, [*path[1:], None], strict=True):
        own = key or str(len(node))
        if following is None:
            node[own] = value
            return
        child = node.get(own)
        if not isinstance(child, dict):
            child = node[own] = {}
        node = child


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(each) for key, each in value.items()}
    return list(inner.values()) if list(inner) == [str(n) for n in range(len(inner))] else inner


def array(mapping: Mapping[str, Any]) -> Any:
    """A map as PHP's JSON has it: `[]` when empty, a list when its keys are 0, 1, 2 …, else itself."""
    is_list = list(mapping) == [str(n) for n in range(len(mapping))]
    return list(mapping.values()) if is_list else dict(mapping)


def as_list(value: Any) -> list[Any]:
    """Several values where PHP takes one or many: `5`, `[5]` and `{"0": 5}` are the same."""
    if value is None:
        return []
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else [value]


def as_int(value: Any) -> int | None:
    """A whole number from an int or a string of digits; `None` for anything else."""
    if isinstance(value, bool):
        return int(value)
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def as_float(value: Any) -> float:
    """A number from a number or its text; 0 for anything else, as PHP casts."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def as_text(value: Any) -> str:
    """A scalar as text; "" for nothing and for arrays."""
    if value is None or isinstance(value, list | dict):
        return ""
    return ("1" if value else "") if isinstance(value, bool) else str(value)


def is_yes(value: Any) -> bool:
    """Whether a flag is set: 1, "1", "Y", "true"."""
    return as_text(value).lower() in {"1", "y", "true"}


def any_case(params: Mapping[str, Any], name: str) -> Any:
    """A parameter whose name the method reads in any case (the classic crm.* and user.get do)."""
    return next((value for key, value in params.items() if key.lower() == name.lower()), None)


def mapping_of(params: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A map parameter, its name in any case; {} when absent or `[]`."""
    value = any_case(params, name)
    return value if isinstance(value, dict) else {}
