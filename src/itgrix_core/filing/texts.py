"""Texts with a call's values in them: `{number} calls {did}`. Pure.

Which names there are is known where the configuration is read (`config.templates`), so that a misspelt one is
found then and not when the first client calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from itgrix_hooks.values import Call, PhoneNumber

READERS: Final[Mapping[str, Callable[[Call], object]]] = {
    "name": lambda call: call.client_name,
    "did": lambda call: call.did,
    "trunk": lambda call: call.trunk,
    "queue": lambda call: call.queue,
    "direction": lambda call: call.direction.value,
    "date": lambda call: call.started_local.strftime("%Y-%m-%d"),
    "time": lambda call: call.started_local.strftime("%H:%M"),
    "wait": lambda call: round(call.wait_seconds),
    "talk": lambda call: round(call.talk_seconds),
    "extension": lambda call: call.last_agent or call.extension,
}
"""Every name but `number` (as it is filed), and what it is of a call; `wait` and `talk` in whole
seconds, `extension` who talked last, else who made the call."""


def rendered(template: str, call: Call, number: PhoneNumber) -> str:
    """The text with the call's values; what is unknown leaves nothing, not even doubled spaces."""
    values = {name: read(call) for name, read in READERS.items()}
    told = {name: "" if value is None else str(value) for name, value in values.items()}
    return " ".join(template.format(number=number, **told).split())
