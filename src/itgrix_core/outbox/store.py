"""What a plugin remembers, and whose turn it is; the `store` that hooks get (`itgrix_hooks.tools.Store`).

A turn goes to whoever has waited longest: members who never had one first, in the order given, then the one
whose last turn lies furthest back. For a list that stays the same this is the strict round: after any
number of calls nobody is more than one turn ahead, and no two calls in a row meet the same member while
another waits. We do not count turns instead, because a newcomer, or somebody back from a holiday, would
then get every call for days until the figures are level; like this each gets the next call and joins the
round.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.tables import memory
from itgrix_core.outbox.tables import turn as turns


class PluginStore:
    """`Store` of one plugin during one call; cheap to make, safe under threads and processes.

    Each method is one short transaction. Values are JSON data and come back as JSON tells them. `call` is
    what a turn is taken once for: the call's key, or the id of a question outside any call.
    """

    def __init__(self, database: Database, plugin: str, call: str) -> None:
        self._database = database
        self._plugin = plugin
        self._call = call

    def get(self, name: str, default: Any = None) -> Any:
        """The value kept under `name`, or `default`."""
        wanted = select(memory.c.value).where(memory.c.plugin == self._plugin, memory.c.name == name)
        with self._database.read() as connection:
            value = connection.execute(wanted).scalar_one_or_none()
        return default if value is None else msgspec.json.decode(value)

    def set(self, name: str, value: Any) -> None:
        """Keep a value (JSON data, else `TypeError`) under `name`."""
        data = msgspec.json.encode(value)
        kept = insert_or(memory).values(plugin=self._plugin, name=name, value=data)
        with self._database.write() as connection:
            connection.execute(
                kept.on_conflict_do_update(index_elements=["plugin", "name"], set_={"value": data})
            )

    def delete(self, name: str) -> None:
        """Forget `name`; nothing happens if it is unknown."""
        with self._database.write() as connection:
            connection.execute(delete(memory).where(memory.c.plugin == self._plugin, memory.c.name == name))

    def turn(self, name: str, members: Sequence[str]) -> str:
        """Whose turn it is: the member who waited longest; the same one again for the same call.

        The answer stands for the call even if `members` changed since.

        Raises:
            ValueError: `members` is empty.
        """
        if not members:
            raise ValueError(f"nobody can take the turn {name!r}: the list of members is empty")
        with self._database.write() as connection:
            member = self._taken(connection, name)
            if member is None:
                member = self._longest_waiting(connection, name, members)
                taken = insert(turns).values(
                    plugin=self._plugin, name=name, call=self._call, member=member, at=time.time()
                )
                connection.execute(taken)
        return member

    def _taken(self, connection: Connection, name: str) -> str | None:
        of_call = (turns.c.plugin == self._plugin) & (turns.c.name == name) & (turns.c.call == self._call)
        return connection.execute(select(turns.c.member).where(of_call)).scalar_one_or_none()

    def _longest_waiting(self, connection: Connection, name: str, members: Sequence[str]) -> str:
        last = select(turns.c.member, func.max(turns.c.ordinal).label("last")).where(
            turns.c.plugin == self._plugin, turns.c.name == name, turns.c.member.in_(members)
        )
        found = connection.execute(last.group_by(turns.c.member)).all()
        lasts = {each.member: each.last for each in found}
        return min(members, key=lambda member: lasts.get(member, 0))
