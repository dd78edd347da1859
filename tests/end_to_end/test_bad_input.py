"""Whatever is wrong: a clear sentence, an exit code that is not 0 where it cannot go on, never a traceback.

`stand.ends` and the end of each test look for tracebacks.
"""

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from sqlalchemy import text

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.sandbox.recordings import FOLDER

ANSWERED = FOLDER / "inbound_answered.ami.gz"
TWO = (ANSWERED, FOLDER / "inbound_no_answer.ami.gz")


# ---- the file -----------------------------------------------------------------------------------------
SLOWLY = [pytest.param(verb, marks=pytest.mark.slow) for verb in ("config", "hooks", "check")]


@pytest.mark.parametrize("verb", ["serve", *SLOWLY])
def test_every_mistake_of_the_file_is_told_at_once_with_its_line(stand, verb):
    """An unknown key, a wrong type, too large a number, a key written twice."""
    stand.config_file.write_text(
        "workers: many\nlog_levle: info\nasterisk:\n  lab:\n    port: 99999999\n    host: a\n    host: b\n"
    )
    code, said = stand.ends(verb)
    assert code == (1 if verb == "check" else 2)
    told = [line.partition("itgrix.yaml:")[2] for line in said.splitlines() if "itgrix.yaml:" in line]
    assert [line.split(": ")[:2] for line in told] == [
        ["1", "workers"],
        ["2", "log_levle"],
        ["5", "asterisk.lab.port"],
        ["7", "asterisk.lab.host"],
    ]
    assert "did you mean log_level?" in told[1]


@pytest.mark.slow
def test_a_file_that_is_no_yaml_is_told_with_its_line(stand):
    """And nothing else is guessed at."""
    stand.config_file.write_text("asterisk:\n  lab: [}\n")
    code, said = stand.ends("serve")
    assert code == 2
    assert "itgrix.yaml:2: this is not YAML" in said


@pytest.mark.slow
def test_a_missing_file_says_how_to_get_one(stand):
    """`itgrix config --example`."""
    code, said = stand.ends("serve")
    assert code == 2
    assert "itgrix config --example" in said


def test_without_credentials_serve_does_not_start(stand):
    """Both are named; nothing is tried and nothing is made."""
    stand.configure(asterisk__lab__secret="", crm__portal__webhook="")
    code, said = stand.ends("serve")
    assert code == 2
    assert "asterisk.lab.secret: is empty; write the secret of [itgrix] in Asterisk's manager.conf" in said
    assert "crm.portal.application: is empty; `itgrix connect bitrix24` leads through making one" in said
    assert not stand.data_folder.exists()


@pytest.mark.parametrize("verb", ["serve", SLOWLY[-1]])
def test_a_webhook_that_would_travel_readably_is_refused(stand, verb):
    """Plain http is for this machine only; the code is not shown."""
    stand.configure(webhook="http://portal.example/rest/1/s3cr3tc0de/")
    code, said = stand.ends(verb)
    assert code == (2 if verb == "serve" else 1)
    assert "crm.portal.webhook: the webhook's address begins with http://" in said
    assert "use https://" in said
    assert "s3cr3tc0de" not in said


# ---- Asterisk -----------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_wrong_ami_password_fails_the_check_and_serve_keeps_trying(stand):
    """Both name the section of manager.conf; the password itself is not shown."""
    pbx = stand.pbx([ANSWERED])
    stand.configure(pbx.port, asterisk__lab__secret="wr0ngs3cr3t")
    code, said = stand.ends("check")
    assert code == 1
    (line,) = [line for line in said.splitlines() if line.startswith("FAIL asterisk lab")]
    assert "refuses user 'itgrix'" in line
    assert "manager.conf" in line
    serve = stand.serve()
    assert "manager.conf" in serve.says("next try in")
    assert serve.process.poll() is None
    assert "wr0ngs3cr3t" not in said + serve.log
    serve.signal(signal.SIGTERM)
    assert serve.ends(10) == 0


@pytest.mark.slow
def test_an_asterisk_that_is_not_there_fails_the_check_and_serve_keeps_trying(stand, free_port):
    """With its address."""
    stand.configure(free_port)
    code, said = stand.ends("check")
    assert code == 1
    assert f"127.0.0.1:{free_port}" in said
    serve = stand.serve()
    assert f"127.0.0.1:{free_port}" in serve.says("next try in")


# ---- the portal ---------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_wrong_webhook_code_is_told(stand):
    """By the doctor at once; serve says it and waits for a better one."""
    portal, pbx = stand.portal(), stand.pbx([ANSWERED])
    stand.configure(pbx.port, portal.webhook.replace("sandboxcode", "wr0ngc0de"))
    code, said = stand.ends("check")
    assert code == 1
    (line,) = [line for line in said.splitlines() if line.startswith("FAIL crm portal")]
    assert "make a new inbound webhook" in line
    serve = stand.serve()
    assert "make a new inbound webhook" in serve.says("INVALID_CREDENTIALS")
    assert "wr0ngc0de" not in said + serve.log
    assert serve.process.poll() is None


# ---- hooks --------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_missing_hook_folder_is_told_and_serve_goes_on_without_hooks(stand):
    """The doctor fails, `hooks` fails; calls are filed all the same."""
    stand.configure(1, hooks__folder=str(stand.folder / "nowhere"))
    for verb in ("check", "hooks"):
        code, said = stand.ends(verb)
        assert code == 1
        assert "At 'hooks.folder': " in said
        assert "nowhere cannot be read (No such file or directory); its hooks are not asked." in said
    serve = stand.serve()
    serve.says("nowhere cannot be read")
    serve.says("itgrix serves")


@pytest.mark.slow
def test_a_hook_folder_that_is_a_file_is_told(stand):
    """The other way of being unreadable."""
    (stand.folder / "file").touch()
    stand.configure(1, hooks__folder=str(stand.folder / "file"))
    code, said = stand.ends("hooks")
    assert code == 1
    assert "file cannot be read (Not a directory)" in said


@pytest.mark.slow
def test_a_replay_through_hooks_that_are_not_there_says_so(stand):
    """Instead of showing what would happen without them."""
    code, said = stand.ends("replay", "--hooks", "/nowhere/hooks", str(ANSWERED), is_configured=False)
    assert code == 2
    assert "/nowhere/hooks cannot be read" in said


# ---- the data folder ----------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_second_serve_on_one_data_folder_is_refused(stand):
    """It names the first one, which goes on."""
    stand.configure()
    first = stand.serve()
    first.says("itgrix serves")
    code, said = stand.ends("serve")
    assert code == 5
    assert f"is in use by another `itgrix serve` (process {first.process.pid})" in said
    assert first.process.poll() is None
    assert f"(process {first.process.pid})" in stand.ends("check")[1]


@pytest.mark.slow
def test_a_data_folder_that_is_a_file_is_told(stand):
    """It cannot be made."""
    stand.data_folder.touch()
    stand.configure()
    code, said = stand.ends("serve")
    assert code == 5
    assert "choose another `data_folder`" in said


@pytest.mark.slow
def test_a_damaged_database_is_told_and_left_alone(stand):
    """With what to do about it; an operator may still want to mend it."""
    stand.configure()
    stand.data_folder.mkdir()
    database = stand.data_folder / "itgrix.db"
    database.write_bytes(b"this is no database" * 1000)
    before = database.read_bytes()
    for verb, expected in (("serve", 5), ("check", 1)):
        code, said = stand.ends(verb)
        assert code == expected
        assert f"The database {database} is damaged" in said
    assert database.read_bytes() == before


@pytest.mark.slow
def test_a_data_folder_that_cannot_be_written_is_told(stand):
    """To whom it belongs is the operator's to mend."""
    folder = Path("/proc/itgrix") if os.geteuid() == 0 else stand.data_folder  # root may write all but this
    stand.configure(data_folder=str(folder))
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o555)
    code, said = stand.ends("serve")
    assert code == 5
    assert str(folder) in said
    assert "this user" in said
    assert stand.ends("check")[0] == 1


VERBS = [
    ("serve",),
    pytest.param(("outbox", "list"), marks=pytest.mark.slow),
    pytest.param(("backup", "copy.db"), marks=pytest.mark.slow),
]


@pytest.mark.parametrize("verb", VERBS)
def test_a_database_of_a_newer_version_is_told_and_left_alone(stand, verb):
    """Somebody has gone back to an older release."""
    stand.configure()
    with Database(stand.data_folder) as database, database.write() as connection:
        connection.execute(text("UPDATE meta SET value = 99 WHERE name = 'schema'"))
    before = (stand.data_folder / "itgrix.db").read_bytes()
    code, said = stand.ends(*verb)
    assert code == 5
    assert "was written by a newer Itgrix (schema 99; this one knows" in said
    assert (stand.data_folder / "itgrix.db").read_bytes() == before


@pytest.mark.slow
def test_an_older_database_is_brought_up_to_date_by_whatever_verb_comes_first(stand):
    """What waits in it still does."""
    stand.configure()
    with Database(stand.data_folder) as database:
        SqliteEngine(database).put([Job("lab/1/CallEnded", "lab/1", "CallEnded", b"{}", 0.0)])
    older = sqlite3.connect(stand.data_folder / "itgrix.db")
    older.executescript(
        "ALTER TABLE job RENAME COLUMN ended_at TO died_at; DROP INDEX job_state;"
        "CREATE INDEX job_state ON job (state); ALTER TABLE turn DROP COLUMN at; DROP TABLE trouble;"
        "UPDATE meta SET value = 2 WHERE name = 'schema'"
    )
    older.close()
    code, said = stand.ends("outbox", "list")
    assert code == 0
    assert "lab/1/CallEnded" in said


@pytest.mark.slow
def test_a_database_that_another_program_holds_is_told(stand):
    """After ten seconds, with what to do."""
    stand.configure()
    Database(stand.data_folder).close()
    other = sqlite3.connect(stand.data_folder / "itgrix.db")
    other.execute("BEGIN EXCLUSIVE")
    code, said = stand.ends("outbox", "drop", "--yes", "--reason", "x", "none")
    assert code == 1  # readers need not wait, and there is nothing to write
    code, said = stand.ends("serve")
    other.close()
    assert code == 5
    assert "is held by another program for too long" in said


@pytest.fixture
def small_disk(stand):
    """The data folder on a disk of 3 MB; `fill()` takes all that is left, `clear()` gives it back."""
    stand.data_folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(stand.data_folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may make a small disk: the full disk was NOT tried here")
    ballast = stand.data_folder / "ballast"

    def fill():
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    yield SimpleNamespace(fill=fill, clear=ballast.unlink)
    stand.close()
    subprocess.run(["umount", str(stand.data_folder)], check=True)


@pytest.mark.slow
def test_on_a_full_disk_serve_does_not_start_and_says_so(stand, small_disk):
    """With room it does."""
    stand.configure()
    small_disk.fill()
    code, said = stand.ends("serve")
    assert code == 5
    assert "the disk is full. Make room" in said
    small_disk.clear()
    stand.serve().says("itgrix serves")


@pytest.mark.slow
def test_a_disk_that_fills_up_costs_no_call(stand, undisturbed, small_disk):
    """It is told once, nobody dies, and with room again each call is filed once and whole."""
    expected = undisturbed(TWO)
    portal, pbx = stand.portal(), stand.pbx(TWO)
    stand.configure(pbx.port, portal.webhook)
    stand.record(TWO)
    serve = stand.serve()
    stand.until(lambda: len(portal.entries()) >= 2, "the first requests")
    small_disk.fill()
    serve.says("the disk is full")
    time.sleep(3)
    assert serve.process.poll() is None
    assert serve.log.count("the disk is full") < 10
    small_disk.clear()
    stand.is_told(expected, portal)


# ---- recordings ---------------------------------------------------------------------------------------
@pytest.mark.slow
def test_what_is_no_recording_is_told(stand):
    """A text, a torn file, a folder without any, nothing."""
    text, torn, empty = stand.folder / "text.ami", stand.folder / "torn.ami.gz", stand.folder / "empty"
    empty.mkdir()
    text.write_text("a letter")
    torn.write_bytes(ANSWERED.read_bytes()[:2000])
    for path, sentence in {
        text: "not a recorded AMI connection",
        torn: "the gzip file is torn or damaged",
        empty: "there is no recorded log below this folder",
        stand.folder / "none.ami": "there is no such file",
    }.items():
        code, said = stand.ends("replay", str(path), is_configured=False)
        assert code == 6
        assert f"{path}: {sentence}" in said


def test_the_effective_configuration_hides_its_secrets(stand):
    """Even though it was read."""
    config = stand.configure()
    code, said = stand.ends("config")
    assert code == 0
    assert config["asterisk"]["lab"]["secret"] not in said
    assert "sandboxcode" not in said
    assert yaml.safe_load(said)["data_folder"] == str(stand.data_folder)
