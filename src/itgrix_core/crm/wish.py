"""That the CRM wants us to dial: somebody clicked a number, or a visitor ordered a callback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from itgrix_hooks.values import Entity


@dataclass(frozen=True, slots=True)
class Wish:
    """One of them.

    Attributes:
        account: the entry of `crm`.
        at: when it was said (Unix seconds): a click spoils.
        number: the client's, in whatever spelling: a stranger's text.
        user_id: who clicked; `None` for a callback.
        extension: his, where the CRM tells it; "" where it does not.
        call_id: under which the CRM has registered the click's call by itself; `None` for a callback.
        line: the chosen one, "" for the usual.
        entity: whose number it is.
        registration: what we would have registered the call with, in the CRM's own words.
        registered: what the CRM would have answered to that.
        text: of a callback, what the visitor's form says.
        is_callback: a visitor wants to be called; the CRM knows of no call then.
    """

    account: str
    at: float
    number: str
    user_id: int | None = None
    extension: str = ""
    call_id: str | None = None
    line: str = ""
    entity: Entity | None = None
    registration: Mapping[str, Any] = field(default_factory=dict, hash=False)
    registered: Mapping[str, Any] = field(default_factory=dict, hash=False)
    text: str = ""
    is_callback: bool = False
