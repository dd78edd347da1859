"""`itgrix record`: one fixture per call, of a recorded log, of what `serve` keeps, of a live Asterisk."""

import gzip
import json
import os
import signal
import subprocess
import sys

import pytest
import yaml

from itgrix_core.ami.recorder import Recorder
from itgrix_core.app.record import CallRecorder
from itgrix_core.calls.topology import Topology
from itgrix_core.sandbox.pbx import SECRET, run_pbx
from itgrix_core.sandbox.recordings import FOLDER, load
from itgrix_core.sandbox.shelf import Shelf
from itgrix_core.wire.messages import make_message

ANSWERED, MISSED = FOLDER / "inbound_answered.ami.gz", FOLDER / "inbound_no_answer.ami.gz"


def fixtures(folder):
    """The names of the fixtures in a folder."""
    return sorted(path.name for path in folder.glob("*.ami.gz"))


def truth_of(path):
    """The draft beside a fixture."""
    return json.loads(path.with_name(path.name.replace(".ami.gz", ".truth.json")).read_text())


def test_a_log_becomes_a_fixture_per_call(itgrix, tmp_path):
    """Told in a line each; the draft says that nobody has checked it."""
    result = itgrix("record", "--from", str(ANSWERED), "--from", str(MISSED), "--to", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert len(fixtures(tmp_path / "out")) == len(result.stdout.splitlines()) == 2
    (answered,) = (tmp_path / "out").glob("20261122-203052-inbound-*-101.ami.gz")
    truth = truth_of(answered)
    assert (truth["checked"], truth["is_cut"], truth["calls"][0]["disposition"]) == (False, False, "answered")
    assert f"{answered.name}: inbound" in result.stdout
    assert "answered by 101, waited 2.0 s, talked 3.0 s" in result.stdout


def test_numbers_are_masked_unless_they_are_to_be_kept(itgrix, tmp_path):
    """In the events; the file's name is masked in any case."""
    for numbers, is_shown in (("mask", False), ("keep", True)):
        folder = tmp_path / numbers
        assert (
            itgrix("record", "--from", str(ANSWERED), "--to", str(folder), "--numbers", numbers).exit_code
            == 0
        )
        (name,) = fixtures(folder)
        assert (b"79161234567" in gzip.decompress((folder / name).read_bytes())) is is_shown
        assert "79161234567" not in name


def test_what_serve_keeps_is_one_stream(itgrix, tmp_path):
    """Its segments may begin in the middle of a call."""
    kept = Recorder(tmp_path / "recorded", "my pbx", segment_bytes=3000)
    for data, at in load(ANSWERED).chunks_with_times():
        kept.append(data, at)
    kept.close()
    assert len(kept.segments()) > 1
    result = itgrix("record", "--from", str(kept.folder), "--to", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert "answered by 101" in result.stdout
    assert len(fixtures(tmp_path / "out")) == 1


def test_a_folder_of_logs_is_many_streams(itgrix, tmp_path):
    """In the order of their names; one without any is told."""
    logs = tmp_path / "logs"
    logs.mkdir()
    assert "there is no recorded log in it" in itgrix("record", "--from", str(logs)).stderr
    for path in (ANSWERED, MISSED):
        (logs / path.name).write_bytes(path.read_bytes())
    assert itgrix("record", "--from", str(logs), "--to", str(tmp_path / "out")).exit_code == 0
    assert len(fixtures(tmp_path / "out")) == 2


def test_only_so_many_are_kept(itgrix, tmp_path):
    """The newest."""
    arguments = ["record", "--from", str(FOLDER), "--to", str(tmp_path), "--keep-calls", "3"]
    assert itgrix(*arguments).exit_code == 0
    assert len(fixtures(tmp_path)) == 3


def test_an_asterisk_that_is_not_configured_is_told(itgrix):
    """With the nearest that is; of several one has to be named."""
    two = "asterisk: {main: {secret: s3cret-1}, branch: {secret: s3cret-2}}\n"
    assert "choose one by --asterisk: main, branch" in itgrix("record", config=two).stderr
    result = itgrix("record", "--asterisk", "brunch", config=two)
    assert (result.exit_code, "did you mean branch?" in result.stderr) == (2, True)


def test_what_is_open_at_the_end_is_written_as_cut(tmp_path):
    """As far as it was heard."""
    recorder = CallRecorder(Shelf(tmp_path), Topology(), is_masking=True)
    log = load(ANSWERED)
    half = log.data.index(b"Event: BridgeEnter")
    recorder.take(log.data[:half], 1795379452.0)
    assert fixtures(tmp_path) == []
    recorder.close()
    (name,) = fixtures(tmp_path)
    truth = truth_of(tmp_path / name)
    assert (truth["is_cut"], truth["calls"][0]["direction"]) == (True, "inbound")


def test_what_the_pbx_said_of_a_calls_endpoints_and_channels_comes_along(tmp_path):
    """Of these alone, and each list with the number of what is left of it."""
    recorder = CallRecorder(Shelf(tmp_path), Topology(), is_masking=True)
    log = load(ANSWERED)
    banner, _, rest = log.data.partition(b"\r\n")
    said = [
        make_message(
            ("Response", "Success"), ("ActionID", "9"), ("EventList", "start"), ("Message", "Listing")
        ),
        *(
            make_message(("Event", "EndpointList"), ("ActionID", "9"), ("ObjectName", name), ("Auths", "a"))
            for name in ("101", "102", "103", "provider1")
        ),
        make_message(
            ("Event", "EndpointListComplete"),
            ("ActionID", "9"),
            ("EventList", "Complete"),
            ("ListItems", "4"),
        ),
        make_message(("Response", "Error"), ("ActionID", "itgrix-device-101"), ("Message", "not found")),
        make_message(("Response", "Error"), ("ActionID", "itgrix-device-777"), ("Message", "not found")),
    ]
    recorder.take(banner + b"\r\n", 1795379000.0)
    recorder.take(b"".join(message.raw + b"\r\n\r\n" for message in said), 1795379001.0)
    recorder.take(rest, 1795379452.0)
    recorder.close()
    (name,) = fixtures(tmp_path)
    text = load(tmp_path / name).data.decode()
    assert [line for line in text.split("\r\n") if "ObjectName" in line] == [
        "ObjectName: 101",
        "ObjectName: provider1",
    ]
    assert "EventList: Complete\r\nListItems: 2\r\n" in text
    assert ("itgrix-device-101" in text, "itgrix-device-777" in text) == (True, False)


def test_a_live_asterisk_is_recorded_until_ctrl_c(tmp_path):
    """Over a connection of its own; the file names of recordings are asked for."""
    with run_pbx([ANSWERED], secret=SECRET, settle=0.1, pace=20) as pbx:
        config = tmp_path / "itgrix.yaml"
        config.write_text(yaml.safe_dump({"asterisk": {"main": {"port": pbx.port, "secret": SECRET}}}))
        command = [
            sys.executable,
            "-m",
            "itgrix_core.app.cli",
            "-c",
            str(config),
            "record",
            "--to",
            str(tmp_path),
        ]
        environ = {name: value for name, value in os.environ.items() if name != "ITGRIX_CONFIG"}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
        ) as process:
            assert pbx.wait_served(30)
            process.send_signal(signal.SIGINT)
            said, complained = process.communicate(timeout=20)
        assert process.returncode == 0, complained
    assert "answered by 101" in said
    (path,) = tmp_path.glob("*.ami.gz")
    truth = truth_of(path)
    assert (truth["is_cut"], len(truth["recordings"])) == (False, 1)


@pytest.mark.parametrize("numbers", ["mask", "keep"])
def test_a_fixture_is_a_recorded_log_as_it_is(itgrix, tmp_path, numbers):
    """`itgrix replay` reads it, and `itgrix record` gives the same calls again."""
    itgrix("record", "--from", str(ANSWERED), "--to", str(tmp_path / "one"), "--numbers", numbers)
    (first,) = (tmp_path / "one").glob("*.ami.gz")
    said = json.loads(itgrix("replay", "--json", str(first)).stdout)
    assert said["answered_by"] == "101"
    itgrix("record", "--from", str(first), "--to", str(tmp_path / "two"), "--numbers", "keep")
    (again,) = (tmp_path / "two").glob("*.ami.gz")
    told = json.loads(itgrix("replay", "--json", str(again)).stdout)
    assert {**told, "log": ""} == {**said, "log": ""}
