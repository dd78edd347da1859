"""The index of clients' numbers: a small SQLite file of its own beside the outbox.

It is a copy of what the CRM knows, so nothing in it is worth a sync or a repair: a file that is damaged, or
of another version, is thrown away and built again (docs/decisions/0020). It holds numbers, whose they are,
their names and responsibles, and the employees; a question costs two look-ups by key.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import structlog

from itgrix_core.errors import DataFolderError
from itgrix_core.filing.routing import Employee
from itgrix_hooks.values import Entity, EntityKind, PhoneNumber, User

VERSION = 1
FILE = "directory.db"
NAME_LETTERS = 100
_DIGITS = 10
"""As `PhoneNumber.same_as`: two numbers are one when their last ten digits are."""
_INSIDE = re.compile(r"[,;#]|ext|доб|вн|x", re.IGNORECASE)
"""What begins an extension behind a client's number."""

_TABLES = """
CREATE TABLE client (account TEXT, kind TEXT, id INTEGER, name TEXT, responsible INTEGER, round INTEGER,
    PRIMARY KEY (account, kind, id)) WITHOUT ROWID;
CREATE TABLE phone (account TEXT, number TEXT, kind TEXT, id INTEGER,
    PRIMARY KEY (account, number, kind, id)) WITHOUT ROWID;
CREATE INDEX phone_of ON phone (account, kind, id);
CREATE TABLE employee (account TEXT, id INTEGER, name TEXT, extension TEXT, day TEXT,
    PRIMARY KEY (account, id)) WITHOUT ROWID;
CREATE TABLE progress (account TEXT, kind TEXT, round INTEGER, after_id INTEGER, is_whole INTEGER,
    is_building INTEGER, since TEXT, built_at REAL, checked_at REAL,
    PRIMARY KEY (account, kind)) WITHOUT ROWID;
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one kind of entities is copied.

    Attributes:
        round: of the copying, counted up; what a round did not see is gone.
        after_id: the last id that the round has copied.
        is_whole: whether any round came to its end.
        is_building: whether this one is still under way.
        since: the CRM's time up to which changes are known, in the CRM's own words.
        built_at, checked_at: when the last round ended, when changes were last asked for (Unix seconds).
    """

    round: int = 1
    after_id: int = 0
    is_whole: bool = False
    is_building: bool = True
    since: str = ""
    built_at: float = 0.0
    checked_at: float = 0.0

    def again(self) -> Progress:
        """A new round begins; what the last one has copied stays in use."""
        return replace(self, round=self.round + 1, after_id=0, is_building=True)


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """What an account's index holds.

    Attributes:
        numbers: different numbers.
        is_whole: whether everything was copied once.
        checked_at: until when changes are known, of the kind that is furthest behind (Unix seconds).
    """

    numbers: int
    is_whole: bool
    checked_at: float | None


class NumberIndex:
    """All accounts' numbers; safe to share between threads.

    Args:
        folder: the data folder.

    Every method but `close` raises `DataFolderError` where the file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._reading, self._writing = Lock(), Lock()
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = self._opened()
            self._reader = _connection(self._file)

    # ---- questions ------------------------------------------------------------------------------------
    def clients_of(self, account: str, number: PhoneNumber) -> tuple[Entity, ...]:
        """All that have this number, without fields; () where nobody is known to."""
        rows = self._rows(
            "SELECT client.kind, client.id, client.name, client.responsible FROM phone JOIN client "
            "USING (account, kind, id) WHERE phone.account = ? AND phone.number = ?",
            (account, _key(number)),
        )
        return tuple(
            Entity(kind, entity_id, name, responsible) for kind, entity_id, name, responsible in rows
        )

    def employee(self, account: str, user_id: int) -> Employee | None:
        """An active employee; `None` for one who is dismissed, or not known yet."""
        wanted = "SELECT name, extension, day FROM employee WHERE account = ? AND id = ?"
        for name, extension, day in self._rows(wanted, (account, user_id)):
            return Employee(User(user_id, name, extension), day)
        return None

    def progress(self, account: str, kind: EntityKind) -> Progress:
        """How far this kind is copied."""
        wanted = (
            "SELECT round, after_id, is_whole, is_building, since, built_at, checked_at FROM progress "
            "WHERE account = ? AND kind = ?"
        )
        for round_, after_id, is_whole, is_building, since, built_at, checked_at in self._rows(
            wanted, (account, kind)
        ):
            return Progress(round_, after_id, bool(is_whole), bool(is_building), since, built_at, checked_at)
        return Progress()

    def figures(self, account: str, kinds: Iterable[EntityKind]) -> IndexFigures:
        """What is known of an account."""
        with self._told(), self._writing:  # counting is slow, and questions are not to wait for it
            question = "SELECT COUNT(DISTINCT number) FROM phone WHERE account = ?"
            (count,) = self._writer.execute(question, (account,)).fetchone()
        found = [self.progress(account, kind) for kind in kinds]
        checked_at = min((each.checked_at for each in found), default=0.0)
        return IndexFigures(count, all(each.is_whole for each in found), checked_at or None)

    # ---- changes --------------------------------------------------------------------------------------
    def put(
        self,
        account: str,
        kind: EntityKind,
        listed: Iterable[tuple[Entity, Sequence[PhoneNumber]]],
        gone: Iterable[int],
        progress: Progress,
    ) -> None:
        """Take over a page of the CRM's list, and how far the copying has come, at once.

        `listed` are of this kind, with their numbers; `gone` are ids of what counts no longer.
        """
        with self._changing() as connection:
            for entity, numbers in listed:
                keys = {key for number in numbers if (key := _key(number))}
                _forget(connection, account, kind, entity.id)
                if keys:
                    row = (account, kind, entity.id, entity.name[:NAME_LETTERS], entity.responsible_id)
                    connection.execute("INSERT INTO client VALUES (?, ?, ?, ?, ?, ?)", (*row, progress.round))
                    connection.executemany(
                        "INSERT OR IGNORE INTO phone VALUES (?, ?, ?, ?)",
                        [(account, key, kind, entity.id) for key in keys],
                    )
            for entity_id in gone:
                _forget(connection, account, kind, entity_id)
            _note(connection, account, kind, progress)

    def finish(self, account: str, kind: EntityKind, progress: Progress) -> None:
        """A round came to its end: what it did not see is gone."""
        with self._changing() as connection:
            unseen = connection.execute(
                "SELECT id FROM client WHERE account = ? AND kind = ? AND round < ?",
                (account, kind, progress.round),
            ).fetchall()
            for (entity_id,) in unseen:
                _forget(connection, account, kind, entity_id)
            _note(connection, account, kind, progress)

    def learn(self, account: str, number: PhoneNumber, clients: Sequence[Entity]) -> None:
        """Somebody asked the CRM about one number before its turn in the copying had come."""
        with self._changing() as connection:
            for each in clients:
                row = (account, each.kind, each.id, each.name[:NAME_LETTERS], each.responsible_id)
                connection.execute("INSERT OR IGNORE INTO client VALUES (?, ?, ?, ?, ?, 0)", row)
                connection.execute(
                    "INSERT OR IGNORE INTO phone VALUES (?, ?, ?, ?)",
                    (account, _key(number), each.kind, each.id),
                )

    def forget(self, account: str, kind: EntityKind, entity_id: int) -> None:
        """It was deleted in the CRM."""
        with self._changing() as connection:
            _forget(connection, account, kind, entity_id)

    def keep_staff(self, account: str, staff: Iterable[Employee]) -> None:
        """Who works there now; all others no longer do."""
        with self._changing() as connection:
            connection.execute("DELETE FROM employee WHERE account = ?", (account,))
            connection.executemany(
                "INSERT OR REPLACE INTO employee VALUES (?, ?, ?, ?, ?)",
                [(account, each.user.id, each.user.name, each.user.extension, each.day) for each in staff],
            )

    def close(self) -> None:
        """Close the file."""
        with self._reading, self._writing:
            self._reader.close()
            self._writer.close()

    # ---- how ------------------------------------------------------------------------------------------
    def _rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._told(), self._reading:
            return self._reader.execute(statement, values).fetchall()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One short transaction."""
        with self._told(), self._writing, self._writer:
            yield self._writer

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise DataFolderError(f"The index of numbers in {self._file} cannot be used: {error}.") from error

    def _opened(self) -> sqlite3.Connection:
        """The file, made anew where it is none of ours."""
        try:
            connection = _connection(self._file)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == VERSION:
                return connection
            connection.close()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            _log.warning(f"The index of numbers in {self._file} is damaged and is built again: {error}")
        return _made(self._file)


def _made(file: Path) -> sqlite3.Connection:
    for name in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        name.unlink(missing_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    connection = _connection(file)
    connection.executescript(_TABLES)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.commit()
    return connection


def _connection(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, check_same_thread=False, timeout=5.0)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -2000")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _forget(connection: sqlite3.Connection, account: str, kind: str, entity_id: int) -> None:
    for table in ("phone", "client"):
        connection.execute(
            f"DELETE FROM {table} WHERE account = ? AND kind = ? AND id = ?",  # noqa: S608 - names of ours
            (account, kind, entity_id),
        )


def _note(connection: sqlite3.Connection, account: str, kind: str, progress: Progress) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            account, kind, progress.round, progress.after_id, progress.is_whole, progress.is_building,
            progress.since, progress.built_at, progress.checked_at,
        ),
    )  # fmt: skip


def _key(number: PhoneNumber) -> str:
    """Under what a number is found: its last ten digits, without the extension behind it."""
    return PhoneNumber(_INSIDE.split(number.raw, maxsplit=1)[0]).digits[-_DIGITS:]
