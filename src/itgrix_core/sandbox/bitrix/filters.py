"""The filters of list methods: an operator in front of the field's name, a value behind.

One language for crm.*.list, voximplant.statistic.get and user.get; they differ in fields, not in operators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from itgrix_core.sandbox.bitrix.php import as_list, as_text, is_yes

_OPERATORS = ("!><", "!=%", "!%=", "><", ">=", "<=", "!@", "!%", "!=", "!?", "=%", "%=")
_SHORT = (">", "<", "@", "%", "?", "=", "!")


def split(key: str) -> tuple[str, str]:
    """`">=ID"` as `(">=", "ID")`; no operator is "=": equal, or one of a list."""
    for operator in (*_OPERATORS, *_SHORT):
        if key.startswith(operator):
            return operator, key[len(operator) :]
    return "=", key


def matches(row: Mapping[str, Any], conditions: Mapping[str, Any]) -> bool:
    """Whether a row meets all conditions; a field that the row lacks counts as empty."""
    return all(_holds(row, key, wanted) for key, wanted in conditions.items())


def _holds(row: Mapping[str, Any], key: str, wanted: Any) -> bool:
    operator, name = split(key)
    is_negated = operator.startswith("!")
    test = _TESTS[operator.removeprefix("!") or "="]
    return test(row.get(name), wanted) != is_negated


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool):
        return value == is_yes(wanted)
    texts = _texts(value)
    if isinstance(wanted, list | dict):
        return any(as_text(one) in texts for one in as_list(wanted))
    if wanted in (None, "", False):
        return texts in ([], [""])
    return as_text(wanted) in texts


def _texts(value: Any) -> list[str]:
    """A field's values: multi-fields have several, each under VALUE."""
    return [as_text(one.get("VALUE") if isinstance(one, dict) else one) for one in as_list(value)]


def _contains(value: Any, wanted: Any) -> bool:
    return any(as_text(wanted).lower() in text.lower() for text in _texts(value))


def _like(value: Any, wanted: Any) -> bool:
    pattern = ".*".join(re.escape(part) for part in as_text(wanted).split("%"))
    return any(re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL) for text in _texts(value))


def _between(value: Any, wanted: Any) -> bool:
    bounds = as_list(wanted)
    ends = 2
    return len(bounds) == ends and sort_key(bounds[0]) <= sort_key(value) <= sort_key(bounds[1])


def _is_before(value: Any, wanted: Any) -> bool:
    return value is not None and sort_key(value) < sort_key(wanted)


def _is_after(value: Any, wanted: Any) -> bool:
    return value is not None and sort_key(value) > sort_key(wanted)


def sort_key(value: Any) -> tuple[int, float, str]:
    """An order over mixed values: empty first, numbers by size, ISO dates by moment, then texts."""
    text = as_text(value)
    if not text:
        return (0, 0.0, "")
    try:
        return (1, float(text), "")
    except ValueError:
        pass
    try:
        return (2, datetime.fromisoformat(text).timestamp(), "")
    except ValueError:
        return (3, 0.0, text)


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "@": _equal,
    "%": _contains,
    "?": _contains,
    "=%": _like,
    "%=": _like,
    "><": _between,
    "<": _is_before,
    ">": _is_after,
    "<=": lambda value, wanted: value is not None and not _is_after(value, wanted),
    ">=": lambda value, wanted: value is not None and not _is_before(value, wanted),
}
