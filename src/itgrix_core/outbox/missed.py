"""Missed calls from the first ring in vain to the talk that makes up for it; what is lost, saved, how fast.

One client has one open entry, however often he calls: the first call opens it, the others are counted on it.
Any later talk with him closes it, whoever has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.tables import missed, talked


@dataclass(frozen=True, slots=True)
class Missed:
    """One client who could not get through.

    Attributes:
        seq: its number.
        account: the CRM account's name.
        client: the last ten digits of the number.
        call: key of the call that opened it.
        owner: user id of who is to call back.
        missed_at: when the first call ended (Unix seconds).
        count: calls in vain so far.
        form: "task", "todo"; "" as long as nothing is in the CRM.
        item_id: its id there.
        closed_at: when he was talked with, `None` while it is open.
        closed_by: the talk's key, or "portal" when somebody ticked it off there.
    """

    seq: int
    account: str
    client: str
    call: str
    owner: int
    missed_at: float
    count: int
    form: str
    item_id: int | None
    closed_at: float | None
    closed_by: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one account: clients who could not get through, how many of them were talked with, how fast.

    `saved` counts talks only, not what was ticked off; `median_seconds` is from the missed call's end to the
    talk, `None` without one.
    """

    account: str
    lost: int
    saved: int
    open: int
    median_seconds: float | None


class MissedCalls:
    """The missed calls in the database; safe under threads and processes, each method is one commit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, account: str, client: str, call: str, owner: int, missed_at: float) -> Missed | None:
        """The client's open entry, opened or counted on; `None` if he was talked with since.

        For the same call again it changes nothing.
        """
        with self._database.write() as connection:
            own = _one(connection, missed.c.call == call)
            found = own or _open(connection, account, client)
            if found is None and _talked_at(connection, account, client) <= missed_at:
                row = {"account": account, "client": client, "call": call, "owner": owner, "last_call": call}
                connection.execute(insert(missed).values(missed_at=missed_at, count=1, **row))
            elif found is not None and not own:
                again = update(missed).where(missed.c.seq == found.seq, missed.c.last_call != call)
                connection.execute(again.values(count=missed.c.count + 1, last_call=call))
            return _one(connection, missed.c.call == call) or _open(connection, account, client)

    def of(self, call: str) -> Missed | None:
        """The entry that this call has opened."""
        with self._database.read() as connection:
            return _one(connection, missed.c.call == call)

    def open_of(self, account: str, client: str) -> Missed | None:
        """The client's open entry."""
        with self._database.read() as connection:
            return _open(connection, account, client)

    def made(self, call: str, form: str, item_id: int) -> None:
        """What stands for it in the CRM."""
        self._change(missed.c.call == call, form=form, item_id=item_id)

    def hand_over(self, seq: int, owner: int) -> None:
        """Somebody else is to call back."""
        self._change(missed.c.seq == seq, owner=owner)

    def close(self, seq: int, at: float, by: str) -> None:
        """He was talked with, or somebody ticked it off; the first word stands."""
        self._change((missed.c.seq == seq) & missed.c.closed_at.is_(None), closed_at=at, closed_by=by)

    def talked(self, account: str, client: str, at: float) -> None:
        """Somebody talked with this client, until `at`: older missed calls need nobody any more."""
        new = insert_or(talked).values(account=account, client=client, at=at)
        newest = new.on_conflict_do_update(
            index_elements=["account", "client"], set_={"at": func.max(talked.c.at, new.excluded.at)}
        )
        with self._database.write() as connection:
            connection.execute(newest)

    def freest(self, account: str, members: Sequence[int]) -> int | None:
        """Who has the fewest open entries, of equals the first named; `None` without members."""
        wanted = select(missed.c.owner, func.count()).where(
            missed.c.account == account, missed.c.closed_at.is_(None), missed.c.owner.in_(members)
        )
        with self._database.read() as connection:
            loads = {row[0]: row[1] for row in connection.execute(wanted.group_by(missed.c.owner))}
        return min(members, key=lambda member: loads.get(member, 0), default=None)

    def figures(self, since: float = 0.0) -> list[Figures]:
        """Of each account, of calls missed from `since` on (Unix seconds)."""
        wanted = select(missed).where(missed.c.missed_at >= since).order_by(missed.c.account)
        with self._database.read() as connection:
            found = [_missed(row) for row in connection.execute(wanted)]
        accounts = dict.fromkeys(each.account for each in found)
        return [_figures(name, [each for each in found if each.account == name]) for name in accounts]

    def _change(self, which: Any, **values: Any) -> None:
        with self._database.write() as connection:
            connection.execute(update(missed).where(which).values(**values))


def _figures(account: str, found: Sequence[Missed]) -> Figures:
    waits = [e.closed_at - e.missed_at for e in found if e.closed_at is not None and e.closed_by != "portal"]
    still_open = sum(each.closed_at is None for each in found)
    return Figures(account, len(found), len(waits), still_open, median(waits) if waits else None)


def _one(connection: Connection, which: Any) -> Missed | None:
    found = connection.execute(select(missed).where(which).order_by(missed.c.seq.desc())).first()
    return None if found is None else _missed(found)


def _open(connection: Connection, account: str, client: str) -> Missed | None:
    is_his = (missed.c.account == account) & (missed.c.client == client)
    return _one(connection, is_his & missed.c.closed_at.is_(None))


def _talked_at(connection: Connection, account: str, client: str) -> float:
    wanted = select(talked.c.at).where(talked.c.account == account, talked.c.client == client)
    return connection.execute(wanted).scalar_one_or_none() or 0.0


def _missed(row: Row[tuple[Any, ...]]) -> Missed:
    told = row._asdict()
    del told["last_call"]
    return Missed(**told)
