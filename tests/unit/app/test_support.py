"""`itgrix explain --file`: one call as a file for support, masked, that replays to the same call."""

import json
import stat
import zipfile
from dataclasses import replace

import pytest
from filed import file_recording

from itgrix_core.app.explaining import explained
from itgrix_core.app.outward import call_as_json
from itgrix_core.app.support import ABOUT, EVENTS, LOG, read_support, veiled, write_support
from itgrix_core.calls.events import CallEnded, CallMerged
from itgrix_core.calls.masking import Masker
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.veiling import Veil
from itgrix_core.config.load import load as load_settings
from itgrix_core.config.schema import HookSettings
from itgrix_core.jobs.finding import Finder
from itgrix_core.outbox.database import Database
from itgrix_core.sandbox.recordings import FOLDER

CONFIG = "data_folder: var\n"
KEY, NUMBER = "main/1795379465.12", "79161110002"
KEYED = b"0123456789abcdef"

TELLING = """
from itgrix_hooks import hookimpl

@hookimpl
def process_final_params(params, call):
    name = call.client_name or "nobody"
    note = {"TITLE": f"Call of {name} from {call.client_number}", "PHONE": str(call.client_number)}
    return {**params, **note, "access_token": "t0k3n-of-a-portal", "KIND": "CALL"}

@hookimpl
def need_registration(call):
    raise LookupError(f"nobody knows {call.client_number}")
"""


@pytest.fixture
def filed(tmp_path):
    """`filed(name)`: a service has filed this recording; the settings."""

    def file(path, hooks=None):
        file_recording(tmp_path / "var", path, hooks=hooks)
        config = tmp_path / "itgrix.yaml"
        config.write_text(CONFIG)
        return load_settings(config, {})

    return file


@pytest.fixture
def telling(filed, tmp_path):
    """The settings of a service whose hooks write much about a client; its call is `KEY`."""
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "telling.py").write_text(TELLING)
    return filed(FOLDER / "inbound_no_answer.ami.gz", HookSettings(folder=tmp_path / "hooks"))


def ended(told, key):
    """The call as it was in the end."""
    return [event.call for event in told if isinstance(event, CallEnded) and event.call.key == key][-1]


def test_the_file_shows_nobody_and_no_secret_and_replays(itgrix, telling, tmp_path):
    """In none of its parts, packed or not; mode 0600."""
    file = tmp_path / "call.zip"
    assert "look it through" in itgrix("explain", KEY, "--file", str(file), config=CONFIG).stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name).decode("utf-8", "surrogateescape") for name in packed.namelist()}
    assert len(parts) == 6
    for name, text in parts.items():
        assert NUMBER not in text, name
        assert NUMBER[1:] not in text, name
        assert "t0k3n" not in text, name
    again = itgrix("replay", "--json", str(file)).stdout
    (call,) = map(json.loads, again.splitlines())
    assert (call["key"], call["disposition"], call["wait_s"]) == (KEY, "missed", pytest.approx(4.0, abs=0.1))
    assert (len(call["external_number"]), call["extension"]) == (len(NUMBER), None)


def test_a_number_is_the_same_wherever_it_stands(telling, tmp_path):
    """In Asterisk's words, in requests, in what hooks said; texts have stand-ins, words stay."""
    with Database(tmp_path / "var") as database:
        found = veiled(explained(database, telling, KEY, 0.0), KEYED)
    number = str(found.call.client_number)
    assert number != NUMBER
    assert any(number in line.words for line in found.overheard.lines())
    decided = [each for job in found.story.jobs for each in job.decided]
    requests = {each.kind: each for one in decided for each in one.requests}
    finish = requests["finish"]
    assert finish.params["PHONE"] == number
    assert finish.params["TITLE"].startswith("text ")
    assert finish.params["KIND"] == "CALL"
    reasons = [answer.reason for one in decided for asked in one.asked for answer in asked.answers]
    assert any(f"nobody knows {number}" in reason for reason in reasons)


def test_numbers_may_be_kept_names_never(telling, itgrix, tmp_path):
    """As `itgrix record` has it."""
    file = tmp_path / "call.zip"
    itgrix("explain", KEY, "--file", str(file), "--numbers", "keep", config=CONFIG)
    assert str(ended(read_support(file).told, KEY).client_number) == NUMBER


def test_a_call_without_its_log_replays_from_the_events_that_were_filed(telling, itgrix, tmp_path):
    """So does one that came out of CDR, or went over two PBXes."""
    for segment in (tmp_path / "var" / "recorded").rglob("*.ami"):
        segment.unlink()
    file = tmp_path / "call.zip"
    itgrix("explain", KEY, "--file", str(file), config=CONFIG)
    with zipfile.ZipFile(file) as packed:
        assert LOG not in packed.namelist()
    assert ended(read_support(file).told, KEY).wait_seconds == pytest.approx(4.0, abs=0.1)


def test_a_veiled_call_goes_through_hooks_like_the_open_one(telling, itgrix, tmp_path):
    """So support sees what the hooks of the customer do."""
    file = tmp_path / "call.zip"
    itgrix("explain", KEY, "--file", str(file), config=CONFIG)
    said = itgrix("replay", "--hooks", str(tmp_path / "hooks"), str(file)).stdout
    assert "hook need_registration: telling: failed" in said
    assert "+KIND=" in said


def test_the_file_of_every_recorded_call_replays_to_the_same_call(filed, each_bundled, tmp_path):
    """From Asterisk's own words, told without an oddity, with every word that `--json` has."""
    settings = filed(each_bundled)
    with Database(tmp_path / "var") as database:
        keys = Finder(database).between(0.0, 2e9)
        assert keys
        for key in keys:
            found = explained(database, settings, key, 0.0)
            assert found.oddities == []
            masked = veiled(found, KEYED)
            file = tmp_path / "call.zip"
            write_support(file, masked, [], {})
            told = read_support(file).told
            if isinstance(found.events[-1], CallMerged):  # Asterisk's words are the other call's
                assert told == masked.events
                continue
            with zipfile.ZipFile(file) as packed:
                assert json.loads(packed.read(ABOUT))["log_tells_the_call"], key
                assert len(packed.read(EVENTS).splitlines()) == len(found.events)
            assert call_as_json(ended(told, key)) == call_as_json(masked.call)


@pytest.fixture(params=sorted(FOLDER.glob("*.ami.gz")), ids=lambda path: path.name.removesuffix(".ami.gz"))
def each_bundled(request):
    """Each recording that comes with the program."""
    return request.param


def test_a_name_inside_a_sentence_has_its_stand_in():
    """A recording's date stays, and so do moments and ids."""
    veil = Veil(Masker(Topology(), KEYED), {"Иван Петров"}, 1_795_379_465.0)
    said = veil.sentence("Иван Петров called, 1795379465.12 on 2026-11-22 20:31:05")
    assert said == "Имя 1 called, 1795379465.12 on 2026-11-22 20:31:05"
    params = {"A": "Иван Петров", "B": "a b", "C": "a b", "D": "c d", "E": "2026-11-22T20:31:05Z"}
    foreign = veil.over({"params": params})
    assert foreign["params"] == {
        "A": "Имя 1",
        "B": "text 1 of 3 characters",
        "C": "text 1 of 3 characters",
        "D": "text 2 of 3 characters",
        "E": "2026-11-22T20:31:05Z",
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "there is no such file"),
        (b"PK nonsense", "not a file of `itgrix explain --file`, or damaged"),
        ({}, "not a file of `itgrix explain --file`"),
        ({ABOUT: "[]"}, "not a file of `itgrix explain --file`"),
        ({ABOUT: '{"log_tells_the_call": true}'}, "not a file of `itgrix explain --file`"),
        ({ABOUT: '{"log_tells_the_call": false}', EVENTS: '{"kind": "x", "event": 1}'}, "not a file"),
    ],
)
def test_a_file_that_is_none_is_a_sentence(itgrix, tmp_path, text, why):
    """No traceback, and the code of an unreadable recording."""
    file = tmp_path / "call.zip"
    if isinstance(text, bytes):
        file.write_bytes(text)
    elif text is not None:
        with zipfile.ZipFile(file, "w") as packed:
            for name, part in text.items():
                packed.writestr(name, part)
    result = itgrix("replay", str(file))
    assert result.exit_code == 6, result.output
    assert why in result.stderr


def test_only_a_zip_is_written(itgrix, telling, tmp_path):
    """A name that nobody would unpack is refused; a folder that is not there is a sentence."""
    assert "name it so" in itgrix("explain", KEY, "--file", "call.txt", config=CONFIG).stderr
    lost = itgrix("explain", KEY, "--file", str(tmp_path / "no" / "call.zip"), config=CONFIG)
    assert (lost.exit_code, "cannot be written" in lost.stderr) == (6, True)


def test_a_live_call_is_told_as_far_as_it_went(telling, tmp_path):
    """It replays from its events: its log would end it."""
    with Database(tmp_path / "var") as database:
        found = explained(database, telling, KEY, 0.0)
    live = replace(found, events=found.events[:2])
    file = tmp_path / "live.zip"
    write_support(file, veiled(live, KEYED), [], {})
    assert [event.kind for event in read_support(file).told] == ["CallStarted", "ConversationRequested"]
