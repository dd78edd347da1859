"""The database file: made, locked, checked, upgraded; failures are sentences that name the way out."""
# ruff: noqa: D103 - the names of the tests are their sentences

import os
import sqlite3
import stat
import time
from threading import Thread

import pytest
from sqlalchemy import text

from itgrix_core.errors import DataFolderError
from itgrix_core.outbox import database as database_module
from itgrix_core.outbox import tables
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.outbox.store import PluginStore


def job(number):
    return Job(f"a/{number}", "a", "CallEnded", b"x" * 500, 0.0)


def test_a_missing_folder_is_made_for_this_user_only(tmp_path):
    folder = tmp_path / "deep" / "var"
    with Database(folder) as database:
        assert database.file == folder / "itgrix.db"
        assert database.file.exists()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_file_is_in_wal_mode_and_flushed_at_each_commit(database):
    with database.write() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
    with database.write(is_durable=False) as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 1
    with database.write() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_what_was_written_is_there_after_reopening(tmp_path):
    with Database(tmp_path) as database:
        SqliteEngine(database).put([job(1)])
    with Database(tmp_path) as database:
        assert SqliteEngine(database).counts()["waiting"] == 1


def test_an_exception_undoes_the_whole_write(database):
    with pytest.raises(RuntimeError, match="half way"), database.write() as connection:
        fail_half_way(connection)
    with database.read() as connection:
        assert connection.execute(text("SELECT value FROM meta WHERE name = 'bell'")).scalar_one() == 0
    assert SqliteEngine(database).put([job(1)]) == 1


def test_writers_of_many_threads_wait_for_each_other(database):
    def add():
        for _ in range(25):
            with database.write(is_durable=False) as connection:
                value = connection.execute(text("SELECT value FROM meta WHERE name = 'bell'")).scalar_one()
                connection.execute(text("UPDATE meta SET value = :v WHERE name = 'bell'"), {"v": value + 1})

    threads = [Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(text("SELECT value FROM meta WHERE name = 'bell'")).scalar_one() == 100


def test_a_second_serve_on_one_folder_is_told_who_has_it(database):
    database.lock()
    with Database(database.folder) as second, pytest.raises(DataFolderError) as error:
        second.lock()
    assert str(error.value) == (
        f"The data folder {database.folder} is in use by another `itgrix serve` (process {os.getpid()}). "
        "Stop that one first, or give this one a `data_folder` of its own."
    )


def test_other_verbs_use_a_locked_folder_freely(database):
    database.lock()
    with Database(database.folder) as second:
        assert SqliteEngine(second).put([job(1)]) == 1


def test_closing_gives_the_folder_free(database):
    database.lock()
    database.close()
    with Database(database.folder) as second:
        second.lock()


def test_a_file_in_the_folders_place_is_named(tmp_path):
    (tmp_path / "var").write_text("not a folder")
    with pytest.raises(
        DataFolderError, match=r"var cannot be used \(.+\)\. Make it and give it to this user"
    ):
        Database(tmp_path / "var")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError, match="file/var cannot be used"):
        Database(tmp_path / "file" / "var")


def test_a_database_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "itgrix.db").mkdir()
    with pytest.raises(
        DataFolderError, match=r"itgrix\.db cannot be opened \(.+\)\. Give this user the right"
    ):
        Database(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_named(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DataFolderError, match="Give this user the right to write it"):
            Database(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_database_that_may_only_be_read_is_named(database):
    with database.read() as connection:
        connection.execute(text("PRAGMA query_only=ON"))
    with pytest.raises(DataFolderError, match=r"cannot be written \(attempt to write a readonly database\)"):
        SqliteEngine(database).put([job(1)])


def test_a_full_disk_is_named_and_what_was_stored_is_kept(database):
    engine = SqliteEngine(database)
    engine.put([job(1)])
    with database.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(
        DataFolderError, match=r"the disk is full\. Make room; what was stored before is kept"
    ):
        engine.put([job(n) for n in range(1000)])
    assert engine.counts()["waiting"] == 1


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "itgrix.db").write_bytes(b"certainly not SQLite" * 500)
    with pytest.raises(DataFolderError, match=r"is damaged or not a database of Itgrix \(.+\)\. Put a copy"):
        Database(tmp_path)


def test_a_damaged_database_is_found_at_the_start(tmp_path):
    with Database(tmp_path) as database:
        SqliteEngine(database).put([job(n) for n in range(200)])
    file = tmp_path / "itgrix.db"
    content = bytearray(file.read_bytes())
    content[8192:-4096] = b"\xff" * (len(content) - 12288)
    file.write_bytes(content)
    with pytest.raises(
        DataFolderError, match=r"itgrix\.db is damaged \(.+\)\. Stop the service and put a copy"
    ):
        Database(tmp_path)


def test_a_database_held_by_another_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.05)
    with Database(tmp_path) as database:
        other = sqlite3.connect(database.file)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DataFolderError, match="is held by another program for too long"):
            SqliteEngine(database).put([job(1)])
        other.close()
        assert SqliteEngine(database).put([job(1)]) == 1


def test_a_database_of_a_newer_version_is_left_alone(tmp_path):
    with Database(tmp_path) as database, database.write() as connection:
        connection.execute(text("UPDATE meta SET value = 99 WHERE name = 'schema'"))
    with pytest.raises(DataFolderError) as error:
        Database(tmp_path)
    assert str(error.value) == (
        f"The database {tmp_path / 'itgrix.db'} was written by a newer Itgrix (schema 99; this one knows "
        f"{tables.SCHEMA}). Install the newer version again, or choose another `data_folder`."
    )


def add_a_column(connection):
    connection.execute(text("ALTER TABLE job ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'"))


def fail_half_way(connection):
    connection.execute(text("UPDATE meta SET value = 77 WHERE name = 'bell'"))
    connection.execute(text("DELETE FROM job"))
    raise RuntimeError("half way")


def test_an_older_database_is_upgraded_in_place(tmp_path, monkeypatch):
    with Database(tmp_path) as database:
        SqliteEngine(database).put([job(1)])
    monkeypatch.setattr(tables, "SCHEMA", tables.SCHEMA + 1)
    monkeypatch.setitem(tables.UPGRADES, tables.SCHEMA, add_a_column)
    with Database(tmp_path) as database, database.read() as connection:
        assert connection.execute(text("SELECT key, colour FROM job")).all() == [("a/1", "red")]
        schema = connection.execute(text("SELECT value FROM meta WHERE name = 'schema'")).scalar_one()
        assert schema == tables.SCHEMA


SCHEMA_2 = """
ALTER TABLE job RENAME COLUMN ended_at TO died_at;
UPDATE job SET died_at = NULL WHERE state = 'done';
DROP INDEX job_state; CREATE INDEX job_state ON job (state);
ALTER TABLE turn DROP COLUMN at;
DROP TABLE trouble;
UPDATE meta SET value = 2 WHERE name = 'schema';
"""


def test_a_database_of_schema_2_is_read_on_and_what_was_done_counts_from_now(tmp_path):
    with Database(tmp_path) as database:
        engine = SqliteEngine(database)
        engine.put([job(1), job(2)])
        with database.write() as connection:
            connection.execute(text("UPDATE job SET state = 'done' WHERE key = 'a/1'"))
        PluginStore(database, "p", "call").turn("sales", ["101"])
    older = sqlite3.connect(tmp_path / "itgrix.db")
    older.executescript(SCHEMA_2)
    older.close()
    with Database(tmp_path) as database, database.read() as connection:
        ended = dict(connection.execute(text("SELECT key, ended_at FROM job")).all())
        assert ended["a/2"] is None
        assert abs(ended["a/1"] - time.time()) < 60
        assert abs(connection.execute(text("SELECT at FROM turn")).scalar_one() - time.time()) < 60
        found = {each[0]: each[1] for each in connection.execute(text("PRAGMA table_info(job)"))}
        assert "ended_at" in found.values()
        plan = connection.execute(text("EXPLAIN QUERY PLAN SELECT min(ended_at) FROM job WHERE state='done'"))
        assert "job_state" in str(plan.all())


def test_an_upgrade_that_fails_changes_nothing(tmp_path, monkeypatch):
    with Database(tmp_path) as database:
        SqliteEngine(database).put([job(1)])
    with monkeypatch.context() as newer:
        newer.setattr(tables, "SCHEMA", tables.SCHEMA + 2)
        newer.setitem(tables.UPGRADES, tables.SCHEMA - 1, add_a_column)
        newer.setitem(tables.UPGRADES, tables.SCHEMA, fail_half_way)
        with pytest.raises(RuntimeError, match="half way"):
            Database(tmp_path)
    with Database(tmp_path) as database, database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM job")).scalar_one() == 1
        assert "colour" not in connection.execute(text("SELECT * FROM job")).keys()  # noqa: SIM118 - a result


def test_a_connection_in_the_hand_of_a_thread_is_closed_when_it_comes_back(tmp_path):
    """The service may be closed meanwhile; nothing is left open."""
    database = Database(tmp_path)
    with database.read() as connection:
        raw = connection.connection.driver_connection
        database.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        raw.execute("SELECT 1")
