"""The one database file: opened, checked, brought up to date, and its failures told as sentences.

SQLite in WAL with `synchronous=FULL`: what was committed survives a power cut. Each use takes a connection
of its own from the pool, so threads never share one; transactions are short and none is open while a hook
or a CRM is asked. Writers of this process queue at a gate of ours, those in a hurry first: SQLite's own
waiting sleeps in steps of up to 100 ms, which a ringing phone would feel.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, QueuePool, create_engine, event, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError

from itgrix_core.errors import DataFolderError
from itgrix_core.outbox import tables
from itgrix_core.outbox.folder import claim_folder, unusable
from itgrix_core.outbox.gate import Gate

BUSY_SECONDS: Final = 10.0
"""How long another process may hold the file before we give up."""

_SENTENCES: Final = {
    "SQLITE_CORRUPT": "is damaged ({fact}). Stop the service and put a copy of the file back, or move it "
    "away and start anew: calls that wait in it are then not filed.",
    "SQLITE_NOTADB": "is damaged or not a database of Itgrix ({fact}). Put a copy of the file back, move it "
    "away, or choose another `data_folder`.",
    "SQLITE_FULL": "cannot grow: the disk is full. Make room; what was stored before is kept.",
    "SQLITE_READONLY": "cannot be written ({fact}). Give this user the right to write it and its folder.",
    "SQLITE_PERM": "cannot be opened ({fact}). Give this user the right to write it and its folder.",
    "SQLITE_CANTOPEN": "cannot be opened ({fact}). Give this user the right to write it and its folder.",
    "SQLITE_IOERR": "cannot be read or written ({fact}). Look at the disk; a network disk will not do.",
    "SQLITE_BUSY": "is held by another program for too long ({fact}). Close what else has the file open.",
}


class Database:
    """`<folder>/itgrix.db`, ready for use; made with its folder if missing.

    Raises `DataFolderError` from every method when the file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "itgrix.db"
        self._lock_file: int | None = None
        self._writing = Gate()
        make_folder(folder)
        self._engine = create_engine(
            f"sqlite:///{self.file}",
            poolclass=QueuePool,
            pool_size=0,
            connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_SECONDS},
        )
        self._is_closed = False
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "checkin", self._let_go)
        event.listen(self._engine, "begin", _begin)
        self._durable = self._engine.execution_options(synchronous="FULL")
        self._hasty = self._engine.execution_options(synchronous="NORMAL")
        try:
            self._check()
            self.upgrade()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def lock(self) -> None:
        """Claim the folder for this `serve` until `close`; `DataFolderError` when another one has it."""
        self._lock_file = claim_folder(self.folder)

    def close(self) -> None:
        """Close all connections and give the folder free; may be called twice.

        One that a thread still has in hand is closed when the thread gives it back.
        """
        self._is_closed = True
        self._engine.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view for some statements; waits for no writer."""
        with self._told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, is_durable: bool = True) -> Iterator[Connection]:
        """One transaction, the only one of its moment; committed at the end, undone by an exception.

        `is_durable=False` does without the disk's flush: a kill loses nothing, a power cut may lose it. For
        what may be forgotten, such as that a job was begun.
        """
        engine = self._durable if is_durable else self._hasty
        with self._told(), self._writing, engine.begin() as connection:
            yield connection

    def upgrade(self) -> None:
        """Bring the tables to this version; `DataFolderError` when they are of a newer one."""
        if self._version() == tables.SCHEMA:
            return
        with self.write() as connection:
            found = _version_of(connection)
            if found is None:
                tables.METADATA.create_all(connection)
                connection.execute(insert(tables.meta).values(name="schema", value=tables.SCHEMA))
                connection.execute(insert(tables.meta).values(name="bell", value=0))
            elif found > tables.SCHEMA:
                raise DataFolderError(
                    f"The database {self.file} was written by a newer Itgrix (schema {found}; this one knows "
                    f"{tables.SCHEMA}). Install the newer version again, or choose another `data_folder`."
                )
            else:
                _climb(connection, found)

    def _check(self) -> None:
        with self.read() as connection:
            fact = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if fact != "ok":
            raise DataFolderError(self._sentence("SQLITE_CORRUPT", str(fact).splitlines()[-1]))

    def _version(self) -> int | None:
        with self.read() as connection:
            return _version_of(connection)

    def _let_go(self, connection: sqlite3.Connection | None, _record: Any) -> None:
        if self._is_closed and connection is not None:
            connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            # A wrong statement or value is our mistake and keeps its traceback.
            if not isinstance(cause, sqlite3.DatabaseError) or isinstance(
                cause, (sqlite3.IntegrityError, sqlite3.ProgrammingError)
            ):
                raise
            name = getattr(cause, "sqlite_errorname", "")
            raise DataFolderError(self._sentence(name, str(cause))) from error

    def _sentence(self, name: str, fact: str) -> str:
        kind = next((kind for kind in _SENTENCES if name.startswith(kind)), None)
        if kind is None:
            return f"The database {self.file} cannot be used ({fact}). Look at the file and its disk."
        return f"The database {self.file} {_SENTENCES[kind].format(fact=fact)}"


def make_folder(folder: Path) -> None:
    """Make the data folder if it is missing, for this user alone; `DataFolderError` if it cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderError(unusable(folder, error)) from None


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    try:
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error:
        connection.close()  # the pool forgets a connection that failed here without closing it
        raise


def _begin(connection: Connection) -> None:
    """Writers say so at once: a reader that turns into a writer fails without waiting."""
    synchronous = connection.get_execution_options().get("synchronous")
    if synchronous is None:
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _version_of(connection: Connection) -> int | None:
    if not inspect(connection).has_table(tables.meta.name):
        return None
    found = select(tables.meta.c.value).where(tables.meta.c.name == "schema")
    return connection.execute(found).scalar_one_or_none()


def _climb(connection: Connection, found: int) -> None:
    for version in range(found + 1, tables.SCHEMA + 1):
        tables.UPGRADES[version](connection)
    schema = update(tables.meta).where(tables.meta.c.name == "schema")
    connection.execute(schema.values(value=tables.SCHEMA))
