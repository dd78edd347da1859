"""Numbers and trunks as keys of the settings: several spellings of one, the exact one first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from itgrix_hooks.values import Call, PhoneNumber

V = TypeVar("V")


def entry(table: Mapping[str, V], call: Call) -> V | None:
    """The entry for the call's DID or trunk; `None` if there is none.

    A key may hold several spellings with commas between them: a provider that sends the number without its
    city code means the same line. A key that is written just so comes before one that only means the same.
    """
    keys = [(spelling.strip(), value) for key, value in table.items() for spelling in key.split(",")]
    exact = (value for spelling, value in keys if spelling in (call.did, call.trunk))
    alike = (value for spelling, value in keys if is_line_of(spelling, call))
    return next(exact, None) or next(alike, None)


def is_line_of(spelling: str, call: Call) -> bool:
    """Whether a call came to this DID, however it is written, or through this trunk."""
    did = PhoneNumber(call.did or "")
    return spelling in (call.did, call.trunk) or did.same_as(PhoneNumber(spelling))
