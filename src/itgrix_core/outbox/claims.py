"""Who makes something that must be there once: the first call of a new client makes his lead, others wait.

Two calls of one number meet within seconds, perhaps in two processes; the CRM's search would find nothing for
either. So whoever creates claims the number before, and writes what came of it into the claim.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.tables import claim as claims

LEASE_SECONDS: Final = 60.0
"""After so long without a result the holder is taken for dead, and somebody else may try."""

KEEP_SECONDS: Final = 60.0
"""So long a result is believed; by then the CRM's own search finds what was made."""


@dataclass(frozen=True, slots=True)
class Claim:
    """How a claim stands.

    Attributes:
        is_ours: we hold it and are to create.
        is_settled: somebody has created already; `value` is what (JSON data).
        holder: who holds it.
    """

    is_ours: bool
    is_settled: bool = False
    value: Any = None
    holder: str = field(default="", compare=False)


class Claims:
    """The claims in the database; safe under threads and processes, each method is one commit."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.time,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lease_seconds = lease_seconds

    def take(self, name: str, holder: str) -> Claim:
        """Claim `name` for `holder`; asked again by the same holder the answer is the same."""
        now = self._clock()
        with self._database.write() as connection:
            old = (claims.c.value.is_(None)) & (claims.c.at < now - self._lease_seconds)
            older = claims.c.at < now - KEEP_SECONDS
            wrong = claims.c.at > now + KEEP_SECONDS  # by a clock that has been put back since
            connection.execute(delete(claims).where(claims.c.name == name, old | older | wrong))
            new = insert_or(claims).values(name=name, holder=holder, at=now)
            connection.execute(new.on_conflict_do_nothing())
            found = connection.execute(select(claims).where(claims.c.name == name)).one()
        value = None if found.value is None else msgspec.json.decode(found.value)
        return Claim(found.holder == holder, found.value is not None, value, found.holder)

    def settle(self, name: str, holder: str, value: Any) -> None:
        """Write what the holder has created (JSON data, `None` for nothing)."""
        settled = update(claims).where(claims.c.name == name, claims.c.holder == holder)
        with self._database.write() as connection:
            connection.execute(settled.values(value=msgspec.json.encode(value), at=self._clock()))

    def release(self, name: str, holder: str) -> None:
        """Give up an unsettled claim: the next one is to create."""
        with self._database.write() as connection:
            is_open = claims.c.value.is_(None)
            connection.execute(
                delete(claims).where(claims.c.name == name, claims.c.holder == holder, is_open)
            )
