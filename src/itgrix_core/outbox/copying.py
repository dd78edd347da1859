"""Copies of the outbox: made while it is in use, checked before they are trusted, put back.

A copy is one file with everything that the database holds: what waits, decisions, the journal, hooks' memory.
Tokens are not in it: they lie elsewhere, and an old refresh token is spent anyway.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from itgrix_core.errors import DataFolderError
from itgrix_core.outbox import tables
from itgrix_core.outbox.database import Database, make_folder
from itgrix_core.outbox.folder import claim_folder

COPIED_AT: Final = "copied_at"
RESTORED_AT: Final = "restored_at"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was looked at: whole, and of a schema that we know.

    Attributes:
        copied_at: when it was made (Unix seconds), 0 if it does not say.
        schema: the version of its tables.
        waiting: how many jobs wait in it.
    """

    file: Path
    copied_at: float
    schema: int
    waiting: int


def back_up(database: Database, file: Path, *, is_forced: bool = False) -> Copy:
    """Copy the database into `file` (mode 0600), as it is at one moment; writers need not wait.

    Raises:
        DataFolderError: the file is there already (without `is_forced`), cannot be written, or the copy is
            not whole; nothing is left of it then.
    """
    if file.exists() and not is_forced:
        raise DataFolderError(f"{file} is there already. Choose another name, or say --force.")
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    with _told(file):
        try:
            _copy(database.file, part, {COPIED_AT: int(time.time())})
            copy = look_at(part)
            if is_forced:
                part.replace(file)
            else:
                os.link(part, file)  # fails where somebody else was quicker
            _flush_folder(file.parent)
        finally:
            part.unlink(missing_ok=True)
    return Copy(file, copy.copied_at, copy.schema, copy.waiting)


def look_at(file: Path) -> Copy:
    """Whether a file is a copy of an outbox that can be put back.

    Raises:
        DataFolderError: it is not there, damaged, something else, or of a newer version.
    """
    if not file.is_file():
        raise DataFolderError(f"There is no file {file}.")
    with _told(file), closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        fact = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if fact != "ok":
            raise DataFolderError(f"{file} is damaged ({fact}). Use another copy; nothing was changed.")
        try:
            meta = dict(connection.execute("SELECT name, value FROM meta"))
            waiting = connection.execute(f"SELECT count(*) FROM job WHERE {tables.IS_OPEN}").fetchone()[0]  # noqa: S608 - a constant
        except sqlite3.OperationalError:
            raise DataFolderError(f"{file} is no copy of an outbox; nothing was changed.") from None
    if meta["schema"] > tables.SCHEMA:
        raise DataFolderError(
            f"{file} was written by a newer Itgrix (schema {meta['schema']}; this one knows "
            f"{tables.SCHEMA}). Install the newer version first; nothing was changed."
        )
    return Copy(file, float(meta.get(COPIED_AT, 0)), meta["schema"], waiting)


def restore(folder: Path, file: Path) -> tuple[Copy, Path | None]:
    """Put a copy in the database's place; what it was, and where the replaced database lies now.

    From then on every step that the copy knows nothing of is looked up in the CRM before it is sent
    (`Effects.is_doubtful`), for calls that began before this moment.

    Raises:
        DataFolderError: a `serve` has the folder, or the copy cannot be used. Nothing was changed then.
    """
    copy = look_at(file)
    make_folder(folder)
    lock = claim_folder(folder)
    try:
        with _told(folder):
            return copy, _replace(folder / "itgrix.db", file)
    finally:
        os.close(lock)


def _replace(database: Path, file: Path) -> Path | None:
    part = database.with_name("itgrix.db.part")
    part.unlink(missing_ok=True)
    try:
        _copy(file, part, {RESTORED_AT: int(time.time())})
        aside = _put_aside(database) if database.exists() else None
        part.replace(database)
    finally:
        part.unlink(missing_ok=True)
    _flush_folder(database.parent)
    return aside


def _put_aside(database: Path) -> Path:
    """A second name for the old database, whose log is folded in, or goes along if it is damaged.

    The log must be gone before the new file comes: SQLite would take it for the new file's own.
    """
    aside = database.with_name(f"itgrix.db.replaced-{time.strftime('%Y%m%d-%H%M%S')}")
    with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    os.link(database, aside)
    for end in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            database.with_name(database.name + end).rename(aside.with_name(aside.name + end))
    return aside


def _copy(source: Path, target: Path, notes: dict[str, int]) -> None:
    """A consistent copy in one file, flushed; `notes` go into its `meta`."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE").fetchall()
        new.execute("PRAGMA synchronous=FULL")
        new.executemany("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", notes.items())
        new.commit()


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise DataFolderError(f"{file} is there already. Choose another name, or say --force.") from None
    except OSError as error:
        raise DataFolderError(f"{file} cannot be read or written ({error.strerror}).") from None
    except sqlite3.Error as error:
        raise DataFolderError(
            f"{file} cannot be read or written as a database ({error}). Use another copy or another disk."
        ) from None
