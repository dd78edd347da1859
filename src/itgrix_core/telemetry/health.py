"""Whether the service does its work: from what is known of it to sentences, each with its way out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MOMENT_SECONDS: Final = 30.0
"""So long a line to Asterisk may be away: a restart of Asterisk takes less."""

LIVE_SECONDS: Final = 60.0
"""So old the oldest event of a call that is on may be: nobody looks at a card that comes later."""

FREE_BYTES: Final = 100 * 1024 * 1024
"""So much room the data folder's disk must have left; a segment of the recorded log has 64 MB."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What is looked at.

    Attributes:
        lost_seconds: for how long there is no line, by the name of each Asterisk that has none.
        is_delivering: whether the thread that files is alive.
        database: why the database cannot be written, a sentence; "" if it can.
        free_bytes: room on the data folder's disk; `None` if nobody can tell.
        live_seconds: age of the oldest job of a call that is going on.
    """

    lost_seconds: Mapping[str, float] = field(default_factory=dict)
    is_delivering: bool = True
    database: str = ""
    free_bytes: int | None = None
    live_seconds: float = 0.0


def troubles(vitals: Vitals) -> list[str]:
    """A sentence for each thing that keeps calls from being filed in time; none if all is well."""
    found = [
        f"Asterisk {name}: there is no line for {seconds:.0f} s. The log says why; `itgrix check` looks anew."
        for name, seconds in vitals.lost_seconds.items()
        if seconds > MOMENT_SECONDS
    ]
    if not vitals.is_delivering:
        found.append("Nothing is filed: the delivery has ended. The log says why; restart the service.")
    if vitals.database:
        found.append(vitals.database)
    if vitals.free_bytes is not None and vitals.free_bytes < FREE_BYTES:
        left = vitals.free_bytes / 1024 / 1024
        found.append(f"The disk of the data folder is nearly full ({left:.0f} MB left). Make room.")
    if vitals.live_seconds > LIVE_SECONDS:
        found.append(
            f"An event of a call that is on waits for {vitals.live_seconds:.0f} s: cards come too late. "
            "`itgrix status` says whether the CRM answers."
        )
    return found
