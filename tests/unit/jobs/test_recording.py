"""The audio of a finished call: found, waited for, given up; and whatever the hooks say."""

import os
import time
from dataclasses import replace

import msgspec
import pytest

from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.jobs.closing import client_recording
from itgrix_core.jobs.recording import RECORDING_READY, TRIES, RecordingWanted
from itgrix_core.outbox.engine import Dead, Done, Job, Later, Trouble
from itgrix_hooks import CANCEL, Link
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_hooks.values import Recording

CALL = make_call()
SPOOL = "/var/spool/asterisk/monitor/"


@pytest.fixture
def monitor(office, tmp_path):
    """The folder in which this machine finds the recordings of the PBX."""
    folder = tmp_path / "monitor"
    folder.mkdir()
    office.recordings = {"main": folder}
    return folder


@pytest.fixture
def sound(monitor):
    """Write a recording of so many bytes, last changed so many seconds ago."""

    def write(name, size=2000, age=60.0):
        path = monitor / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
        os.utime(path, (time.time() - age,) * 2)
        return path

    return write


def jobs(path=SPOOL + "2026/11/in.wav"):
    """The job for a file by its path on the PBX; for no file with `None`."""
    recording = Recording(path, CALL.linkedid, BEGAN) if path else None
    payload = msgspec.json.encode(RecordingWanted(CALL, recording))
    lane = f"{CALL.key}/recording"
    return [Job(f"{lane}/{RECORDING_READY}", lane, RECORDING_READY, payload, BEGAN)]


@pytest.mark.parametrize("below", ["2026/11/in.wav", "in.wav"], ids=["same place", "by its name"])
def test_a_quiet_file_is_attached(office, sound, below):
    """Once, however often the job comes."""
    path = sound(below)
    assert office.record(jobs()) == Done()
    assert office.reopen().record(jobs()) == Done()
    assert [(params["PATH"], params["FILENAME"]) for params in office.crm.of("attach")] == [
        (str(path), "in.wav")
    ]


def test_a_file_that_grows_is_waited_for(office, sound):
    """Nobody is asked yet, however many looks it takes."""
    asked = []
    office.hooks(process_record_file_path=lambda path: asked.append(path) or None)
    sound("in.wav", age=0.0)
    for attempt in (1, TRIES + 1):
        assert office.record(jobs(), attempt) == Later(1.0, "the recording is still being written")
    assert asked == []


@pytest.mark.parametrize("size", [0, 44])
def test_a_file_without_sound_is_none(office, sound, size):
    """A header is written before the first word is spoken."""
    sound("in.wav", size)
    result = office.record(jobs())
    assert isinstance(result, Later)
    assert "no sound" in result.reason
    assert office.crm.sent == []


def test_a_missing_file_is_looked_for_after_growing_pauses_and_then_given_up(office, monitor):
    """With a reason; the call stays filed."""
    results = [office.record(jobs(), attempt) for attempt in range(1, TRIES + 1)]
    assert [result.seconds for result in results[:-1]] == [15.0 * 2**n for n in range(TRIES - 1)]
    assert results[-1] == Done()
    (why,) = office.looker.of("skipped")
    assert "not found" in why
    assert office.crm.sent == []


def test_a_file_that_comes_late_is_attached(office, sound, monitor):
    """The share was away."""
    assert isinstance(office.record(jobs()), Later)
    sound("in.wav")
    assert office.record(jobs(), 2) == Done()
    assert office.crm.kinds == ["attach"]


def test_a_pbx_without_a_folder_here_has_nothing_to_look_for(office):
    """Another node has the files."""
    assert office.record(jobs()) == Done()
    assert office.looker.of("skipped") == []


def test_a_hook_may_know_a_link(office):
    """Also when no file is named at all."""
    office.hooks(process_record_file_path=lambda path: Link("https://files.example.com/1.mp3"))
    assert office.record(jobs(None)) == Done()
    assert office.crm.of("attach") == [{"RECORD_URL": "https://files.example.com/1.mp3"}]


@pytest.mark.parametrize("address", ["https://files.example.com/1.mp3", "http://files.example.com/1.mp3"])
def test_an_address_as_text_is_a_link_too(office, address):
    """As the spec says."""
    office.hooks(process_record_file_path=lambda path: address)
    office.record(jobs())
    assert office.crm.of("attach") == [{"RECORD_URL": address}]


def test_a_file_may_be_called_like_an_address(office, tmp_path):
    """A path is a path."""
    file = tmp_path / "httpd.wav"
    file.write_bytes(bytes(2000))
    office.hooks(process_record_file_path=lambda path: str(file))
    office.record(jobs())
    assert office.crm.of("attach")[0]["PATH"] == str(file)


def test_a_hooks_own_file_is_attached(office, tmp_path, sound):
    """Converted, say; the hook gets the path that was found."""
    seen, better = [], tmp_path / "better.mp3"
    better.write_bytes(bytes(2000))

    def process_record_file_path(path, recording):
        seen.append((path, recording.path))
        return better

    office.hooks(process_record_file_path=process_record_file_path)
    found = sound("in.wav")
    office.record(jobs())
    assert seen == [(str(found), SPOOL + "2026/11/in.wav")]
    assert office.crm.of("attach")[0]["FILENAME"] == "better.mp3"


def test_cancel_attaches_nothing_for_good(office, sound):
    """The decision is kept."""
    sound("in.wav")
    office.hooks(process_record_file_path=lambda path: CANCEL)
    assert office.record(jobs()) == Done()
    assert office.record(jobs()) == Done()
    assert office.crm.sent == []
    assert len([asked for asked in office.looker.of("asked") if asked.is_cancelled]) == 1


@pytest.mark.parametrize(
    "path",
    [
        SPOOL + "../secret.wav",
        SPOOL + "2026/../../secret.wav",
        SPOOL + "..",
        SPOOL,
        "..",
        SPOOL + "{outside}/secret.wav",
        SPOOL + "link.wav",
    ],
)
def test_no_name_leads_out_of_the_folder(office, tmp_path, monitor, path):
    """What Asterisk says comes from its dialplan, and that from callers."""
    (tmp_path / "secret.wav").write_bytes(bytes(2000))
    (monitor / "link.wav").symlink_to(tmp_path / "secret.wav")
    result = office.record(jobs(path.format(outside=tmp_path)))
    assert isinstance(result, Later)
    assert result.reason == "the recording was not found"


def test_a_name_that_no_file_can_have_is_a_dead_letter(office, monitor):
    """With its reason."""
    assert isinstance(office.record(jobs(SPOOL + "a\0b.wav")), Dead)


def test_a_damaged_job_is_a_dead_letter(office):
    """It will never be readable."""
    (job,) = jobs()
    assert isinstance(office.record([Job(job.key, job.lane, job.kind, b"{", BEGAN)]), Dead)


def test_a_portal_that_is_away_gets_the_file_later(office, sound, outcomes):
    """The hook is not asked again."""
    asked = []
    office.hooks(process_record_file_path=lambda path: asked.append(path) or None)
    sound("in.wav")
    office.crm.says("attach", outcomes.blocked)
    assert office.record(jobs()) == Later(30.0, "the portal is down", Trouble.AWAY)
    assert office.record(jobs(), 2) == Done()
    assert len(asked) == 1


def test_a_hook_that_asks_an_absent_crm_is_asked_again(office, sound):
    """What it would have said is not known."""
    sound("in.wav")
    office.crm.broken = CrmUnavailable(9.0, "away")

    def process_record_file_path(path, crm):
        from itgrix_hooks.answers import RetryLater

        raise RetryLater(9.0, "later")

    office.hooks(process_record_file_path=process_record_file_path)
    by_whom = "asked for by plugin 'guest' in hook 'process_record_file_path'"
    assert office.record(jobs()) == Later(9.0, f"later, {by_whom}")


def test_of_several_files_the_clients_is_taken():
    """That of the channel that began the call; else the first."""
    first, client = Recording("a", "2.0", BEGAN), Recording("b", CALL.linkedid, BEGAN)
    assert client_recording(replace(CALL, recordings=(first, client))) is client
    assert client_recording(replace(CALL, recordings=(first,))) is first
    assert client_recording(replace(CALL, recordings=())) is None


def test_of_two_pbxes_files_that_of_the_calls_own_pbx_is_the_clients():
    """Uniqueids repeat from PBX to PBX."""
    there = Recording("a", f"branch/{CALL.linkedid}", BEGAN, "branch")
    here = Recording("b", f"main/{CALL.linkedid}", BEGAN, "main")
    assert client_recording(replace(CALL, recordings=(there, here))) is here


def test_a_file_of_a_linked_pbx_is_looked_for_in_that_ones_folder(office, sound, monitor, tmp_path):
    """There is one of the same name in the call's own."""
    sound("in.wav")
    there = tmp_path / "branch"
    there.mkdir()
    file = there / "in.wav"
    file.write_bytes(b"x" * 1000)
    os.utime(file, (time.time() - 60,) * 2)
    office.recordings["branch"] = there
    asked = []
    office.hooks(process_record_file_path=lambda path: asked.append(path) or None)
    payload = RecordingWanted(CALL, Recording(SPOOL + "in.wav", "branch/1.1", BEGAN, "branch"))
    (job,) = jobs()
    assert office.record([replace(job, payload=msgspec.json.encode(payload))]) == Done()
    assert asked == [str(file)]


def test_a_recording_waits_for_live_calls(office, sound):
    """Nobody waits for it, however young it is."""
    sound("in.wav")
    assert office.record(jobs()) == Done()
    assert office.crm.live == [False]
