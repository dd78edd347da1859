"""The doctor: one line per finding, and 1 when the service could not work."""

import pytest

from itgrix_core.app.cli import check
from itgrix_core.outbox.database import Database
from itgrix_core.sandbox.bitrix.server import run_portal
from itgrix_core.sandbox.pbx import USERNAME, run_pbx

SECRET = "op3ns3sam3"


def lines_about(result, about):
    """The findings on one thing, without it."""
    return [line.replace(f"{about}: ", "", 1) for line in result.stdout.splitlines() if f" {about}: " in line]


@pytest.fixture(scope="module")
def portal():
    """A Bitrix24 that runs here."""
    with run_portal() as running:
        yield running


@pytest.fixture(scope="module")
def pbx():
    """An Asterisk that runs here and has nothing to tell."""
    with run_pbx([], secret=SECRET) as running:
        yield running


def test_every_mistake_of_the_configuration_is_a_line(itgrix):
    """And nothing else is looked at."""
    result = itgrix("check", config="worker: 1\nlog_level: loud\n")
    assert result.exit_code == 1
    assert [line[:12] for line in result.stdout.splitlines()] == [
        "FAIL config:",
        "FAIL config:",
        "warn config:",
    ]


def test_empty_credentials_are_named(itgrix):
    """Instead of trying them."""
    result = itgrix("check", config="workers: 1\n")
    assert result.exit_code == 1
    told = lines_about(result, "config")
    assert told[1].startswith("FAIL asterisk.main.secret: is empty; write the secret of [itgrix]")
    assert told[2].startswith("FAIL crm.bitrix.application: is empty; `itgrix connect bitrix24` leads")


def test_a_data_folder_that_is_not_there_is_not_made(itgrix, tmp_path):
    """A doctor leaves no traces."""
    result = itgrix("check", config="workers: 1\n")
    (told,) = lines_about(result, "data folder")
    assert told.startswith("ok   ")
    assert not (tmp_path / "var").exists()


def test_a_state_folder_that_cannot_be_had_is_a_warning(itgrix, tmp_path):
    """The service then counts alone; that the usual one can be used is told as well."""
    (told,) = lines_about(itgrix("check", config="workers: 1\n"), "state folder")
    assert told.startswith("ok   ")
    (tmp_path / "taken").touch()
    (told,) = lines_about(itgrix("check", config="state_folder: taken/state\n"), "state folder")
    assert told.startswith("warn ")
    assert "set state_folder" in told


def test_a_data_folder_under_a_file_is_told(itgrix, tmp_path):
    """It can never be made."""
    (tmp_path / "taken").touch()
    (told,) = lines_about(itgrix("check", config="data_folder: taken/var\n"), "data folder")
    assert told.startswith("FAIL ")
    assert "change data_folder" in told


def test_a_data_folder_in_use_is_told_with_its_holder(itgrix, tmp_path):
    """A service that runs is worth knowing of, and no failure."""
    with Database(tmp_path / "var") as database:
        database.lock()
        (told,) = lines_about(itgrix("check", config="workers: 1\n"), "data folder")
    assert told.startswith("warn ")
    assert "itgrix serve" in told
    (told,) = lines_about(itgrix("check", config="workers: 1\n"), "data folder")
    assert told.startswith("ok   ")


def test_a_damaged_data_folder_is_told(itgrix, tmp_path):
    """With the words of the outbox."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "itgrix.db").write_bytes(b"this is not a database" * 100)
    (told,) = lines_about(itgrix("check", config="workers: 1\n"), "data folder")
    assert told.startswith("FAIL ")


def test_a_portal_and_an_asterisk_that_let_us_in_are_told_so(itgrix, portal, pbx):
    """All that the service needs."""
    config = (
        f"asterisk: {{main: {{port: {pbx.port}, username: {USERNAME}, secret: {SECRET}}}}}\n"
        f"crm: {{bitrix: {{webhook: '{portal.webhook}'}}}}\n"
    )
    result = itgrix("check", config=config)
    assert lines_about(result, "asterisk main")[0].startswith(f"ok   logged in as {USERNAME}")
    assert lines_about(result, "crm bitrix")[0].startswith("ok   The portal answers")
    assert lines_about(result, "asterisk-ami") == ["ok   0.1.7"]
    assert portal.webhook.rstrip("/").rsplit("/", 1)[1] not in result.output
    assert "FAIL" not in result.output
    assert result.exit_code == 0


def test_a_wrong_secret_and_a_wrong_webhook_are_told(itgrix, portal, pbx):
    """One does not hide the other, and neither is repeated."""
    wrong = portal.url + "rest/1/wr0ngc0de/"
    config = f"asterisk: {{main: {{port: {pbx.port}, secret: wr0ngs3cret}}}}\n"
    config += f"crm: {{bitrix: {{webhook: '{wrong}'}}}}\n"
    result = itgrix("check", config=config)
    assert result.exit_code == 1
    assert lines_about(result, "asterisk main")[0].startswith("FAIL ")
    assert lines_about(result, "crm bitrix")[0].startswith("FAIL ")
    assert "wr0ng" not in result.output


def test_folders_that_cannot_be_read_are_told_by_their_setting(itgrix):
    """Recordings and hooks."""
    result = itgrix("check", config="asterisk: {main: {recordings: nowhere}}\nhooks: {folder: nowhere}\n")
    (told,) = lines_about(result, "recordings of main")
    assert told.startswith("FAIL ")
    assert "correct asterisk.main.recordings" in told
    assert any(line.startswith("FAIL ") for line in lines_about(result, "hooks"))


def test_a_plugin_that_is_out_is_a_warning(itgrix, tmp_path):
    """The service starts without it."""
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "broken.py").write_text("1 +\n")
    told = lines_about(itgrix("check", config="hooks: {folder: hooks}\n"), "hooks")
    assert [line[:4] for line in told if "broken" in line] == ["warn"]


def test_a_check_that_breaks_does_not_stop_the_others(itgrix, monkeypatch):
    """Its own line says what happened."""

    def check_nothing(_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(check, "CHECKS", [check_nothing, *check.CHECKS])
    result = itgrix("check", config="workers: 1\n")
    assert lines_about(result, "nothing") == ["FAIL could not be looked at: ZeroDivisionError: oops"]
    assert lines_about(result, "data folder")


def test_cdr_and_cel_are_looked_at_where_they_are_set(itgrix, tmp_path):
    """The service does without them: what is wrong is a warning."""
    file = tmp_path / "cel.csv"
    file.write_text("eventtype,eventtime,channame,uniqueid,linkedid,appdata,extra\n")
    history = f"history: {{cel: {{file: '{file}'}}, cdr: {{file: '{tmp_path}/none'}}}}"
    told = lines_about(itgrix("check", config=f"asterisk: {{main: {{{history}}}}}\n"), "history of main")
    assert [line.split(" ")[0] for line in told] == ["warn", "warn"]
    assert "Switch CEL on" in told[0]
    assert "cannot be read" in told[1]


def test_without_a_history_nothing_is_said_of_it(itgrix):
    """Nobody has to have one."""
    assert lines_about(itgrix("check", config="workers: 1\n"), "history of main") == []


def test_what_the_login_may_do_and_hear_is_told(itgrix, pbx):
    """The rest of what is heard shows with the first calls."""
    config = f"asterisk: {{main: {{port: {pbx.port}, username: {USERNAME}, secret: {SECRET}}}}}\n"
    told = lines_about(itgrix("check", config=config), "asterisk main")
    assert told[0].startswith("ok   logged in as itgrix at 127.0.0.1")
    assert "in the clear" in told[0]
    assert told[1].startswith("ok   may send CoreShowChannels, Status, Getvar, Originate, DBGet")
    assert told[2] == "ok   reads system; call and agent will show with calls"


def test_recordings_elsewhere_are_tried(itgrix):
    """A host whose key is not known is told with the way out, and MP3 with what makes it."""
    sftp = "{sftp: {host: 127.0.0.1, port: 1}, mp3: true}"
    result = itgrix("check", config=f"asterisk: {{main: {{recordings: {sftp}}}}}\n")
    told = lines_about(result, "recordings of main")
    assert told[0].startswith("FAIL sftp://itgrix@127.0.0.1:1/var/spool/asterisk/monitor")
    assert "see asterisk.main.recordings.sftp" in told[0]
    assert told[1] == "ok   made MP3 by lameenc"


def test_recordings_have_one_place(itgrix):
    """Which of two would it be?"""
    two = "{folder: a, http: {url: 'http://x/'}}"
    result = itgrix("check", config=f"asterisk: {{main: {{recordings: {two}}}}}\n")
    assert "recordings: names several places; leave one of: folder, http" in result.output
