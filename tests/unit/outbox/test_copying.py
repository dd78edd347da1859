"""Copies of the outbox: whole, private, never in the way; and put back without losing what was there."""

import os
import sqlite3
import stat
from threading import Event, Thread

import pytest

from itgrix_core.errors import DataFolderError
from itgrix_core.outbox import tables
from itgrix_core.outbox.copying import back_up, look_at, restore
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.sqlite import SqliteEngine

NOW = 1_790_000_000.0


def jobs(*numbers):
    """One of a lane each."""
    return [Job(f"p/{n}/a", f"p/{n}", "CallEnded", b"x" * 300, NOW) for n in numbers]


def count(folder):
    """How many jobs wait in a data folder."""
    with Database(folder) as database:
        return SqliteEngine(database).counts()["waiting"]


def test_a_copy_is_whole_and_for_this_user_only(database, tmp_path):
    """And says what is in it."""
    SqliteEngine(database).put(jobs(1, 2, 3))
    copy = back_up(database, tmp_path / "copy.db")
    assert (copy.waiting, copy.schema) == (3, tables.SCHEMA)
    assert copy.copied_at > NOW - 10 * 365 * 86_400
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "var"]


def test_a_copy_made_while_others_write_is_of_one_moment(database, tmp_path):
    """Two jobs go in together; no copy has an odd number."""
    engine, stop = SqliteEngine(database), Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 2
            engine.put(jobs(number, number + 1))

    writer = Thread(target=write)
    writer.start()
    try:
        counted = [back_up(database, tmp_path / f"{n}.db").waiting for n in range(10)]
    finally:
        stop.set()
        writer.join()
    assert all(each % 2 == 0 for each in counted)
    assert counted[-1] > 0


def test_no_file_is_written_over_without_a_word(database, tmp_path):
    """With it, it is."""
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(DataFolderError, match=r"copy\.db is there already\. Choose another name, or say"):
        back_up(database, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"
    back_up(database, tmp_path / "copy.db", is_forced=True)
    assert look_at(tmp_path / "copy.db").waiting == 0


def test_a_copy_that_cannot_be_written_leaves_nothing(database, tmp_path):
    """A folder that is not there."""
    with pytest.raises(DataFolderError, match="cannot be read or written"):
        back_up(database, tmp_path / "nowhere" / "copy.db")


def test_a_copy_put_back_is_the_outbox_and_the_former_lies_beside(database, tmp_path):
    """It has what came in since, if somebody needs that."""
    SqliteEngine(database).put(jobs(1))
    back_up(database, tmp_path / "copy.db")
    SqliteEngine(database).put(jobs(2, 3))
    database.close()
    copy, aside = restore(database.folder, tmp_path / "copy.db")
    assert copy.waiting == 1
    assert count(database.folder) == 1
    with sqlite3.connect(aside) as former:
        assert former.execute("SELECT count(*) FROM job").fetchone() == (3,)
    former.close()
    assert (tmp_path / "copy.db").exists()


def test_a_copy_is_put_in_the_place_of_a_damaged_database(tmp_path):
    """Whose log is not taken for the new one's."""
    folder = tmp_path / "var"
    with Database(folder) as database:
        SqliteEngine(database).put(jobs(1))
        back_up(database, tmp_path / "copy.db")
    for end in ("", "-wal", "-shm"):
        (folder / f"itgrix.db{end}").write_bytes(b"certainly not SQLite" * 500)
    _, aside = restore(folder, tmp_path / "copy.db")
    assert count(folder) == 1
    assert aside.read_bytes().startswith(b"certainly")


def test_a_copy_makes_an_outbox_where_none_was(database, tmp_path):
    """On a new machine."""
    SqliteEngine(database).put(jobs(1))
    back_up(database, tmp_path / "copy.db")
    _, aside = restore(tmp_path / "new", tmp_path / "copy.db")
    assert aside is None
    assert count(tmp_path / "new") == 1


def test_nothing_is_put_back_under_a_running_service(database, tmp_path):
    """It says who has the folder."""
    back_up(database, tmp_path / "copy.db")
    database.lock()
    before = database.file.stat()
    with pytest.raises(DataFolderError, match=f"in use by another `itgrix serve` .process {os.getpid()}"):
        restore(database.folder, tmp_path / "copy.db")
    assert database.file.stat().st_ino == before.st_ino


def damaged(file):
    """The middle is gone."""
    content = bytearray(file.read_bytes())
    content[8192:-4096] = b"\xff" * (len(content) - 12288)
    file.write_bytes(content)


def newer(file):
    """From a version to come."""
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE meta SET value = 99 WHERE name = 'schema'")
    connection.close()


def another(file):
    """Some other program's."""
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE songs (name)")
    connection.close()


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (damaged, "is damaged"),
        (newer, "was written by a newer Itgrix"),
        (another, "is no copy of an outbox"),
        (lambda file: file.write_bytes(b"a letter" * 1000), "cannot be read or written as a database"),
        (lambda file: file.unlink(), "There is no file"),
    ],
)
def test_what_is_no_good_copy_is_refused_and_nothing_changes(database, tmp_path, harm, sentence):
    """Each with its reason."""
    SqliteEngine(database).put(jobs(*range(200)))
    back_up(database, tmp_path / "copy.db")
    harm(tmp_path / "copy.db")
    before = database.file.stat()
    with pytest.raises(DataFolderError, match=sentence):
        restore(database.folder, tmp_path / "copy.db")
    assert database.file.stat().st_ino == before.st_ino
    assert SqliteEngine(database).counts()["waiting"] == 200


def test_after_a_copy_was_put_back_older_calls_are_doubtful(database, tmp_path):
    """What it does not know may have been sent since; what begins from now on may not."""
    back_up(database, tmp_path / "copy.db")
    assert not Effects(database).is_doubtful("k", NOW)
    database.close()
    restore(database.folder, tmp_path / "copy.db")
    with Database(database.folder) as again:
        assert Effects(again).is_doubtful("k", NOW)
        assert not Effects(again).is_doubtful("k", NOW + 100 * 365 * 86_400)
