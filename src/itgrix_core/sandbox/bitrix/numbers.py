"""When two phone numbers are one: the portal compares digits, not spellings."""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"[,;x#].*$|(доб|ext).*$", re.IGNORECASE)
_SIGNIFICANT = 10


def stripped(number: str) -> str:
    """What register keeps of a number: digits, `*` and `#`; "" if nothing usable is left."""
    return re.sub(r"[^\d*#]", "", number)


def digits(number: str) -> str:
    """The digits that count in a search; an extension after the number is dropped."""
    return re.sub(r"\D", "", _EXTENSION.sub("", number))


def is_same(one: str, other: str) -> bool:
    """Whether two spellings are one number: equal digits, or equal last ten of two long ones."""
    left, right = digits(one), digits(other)
    if min(len(left), len(right)) < _SIGNIFICANT:
        return bool(left) and left == right
    return left[-_SIGNIFICANT:] == right[-_SIGNIFICANT:]


def shown(number: str) -> str:
    """The number as titles show it: with a plus when it is long enough to be international."""
    return f"+{number}" if number.isdigit() and len(number) > _SIGNIFICANT else number
