"""The audio of a finished call: found, waited for, given up; and whatever the hooks say."""

import os
import time
import wave
from dataclasses import replace
from pathlib import Path
from threading import Event, Semaphore, Thread

import msgspec
import pytest

from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.filing.talks import recordings_of
from itgrix_core.jobs.awaiting import Place
from itgrix_core.jobs.recording import RECORDING_READY, TRIES, RecordingJobs, RecordingWanted
from itgrix_core.outbox.engine import Attempt, Dead, Done, Job, Later, Trouble
from itgrix_core.recordings.folder import FolderSource
from itgrix_core.recordings.links import LinkError
from itgrix_core.recordings.sound import wave_of
from itgrix_core.recordings.source import SourceError
from itgrix_hooks import CANCEL, Link
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_hooks.values import Recording

CALL = make_call()
DAY = 86_400.0
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
        sound("in.wav", size=attempt * 1000, age=0.0)
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
    pauses = []
    while isinstance(result := office.record(jobs(), len(pauses) + 1), Later):
        pauses.append(result.seconds)
        office.now += result.seconds
    assert pauses[:6] == [15.0, 15.0, 30.0, 60.0, 120.0, 240.0]
    assert set(pauses[10:]) == {3600.0}
    assert sum(pauses) == pytest.approx(3 * DAY, abs=3600)
    assert result == Done()
    (why,) = office.looker.of("skipped")
    assert "not found" in why
    assert office.crm.sent == []


def test_what_nobody_has_named_is_not_waited_for_that_long(office, monitor):
    """By a pattern alone, most calls without a recording would wait for days."""
    office.recordings = {"main": Place(FolderSource(monitor), ("*{linkedid}*",))}
    looks = 0
    while isinstance(result := office.record(jobs(None), looks + 1), Later):
        looks, office.now = looks + 1, office.now + result.seconds
    assert office.now - BEGAN <= DAY / 24


def test_after_a_long_outage_everything_is_looked_for_more_than_once(office, monitor):
    """The share may come back last."""
    office.now += 10 * DAY
    results = [type(office.record(jobs(), look)) for look in range(1, TRIES + 1)]
    assert results == [Later] * (TRIES - 1) + [Done]


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


def test_a_name_that_no_file_can_have_is_not_found(office, monitor):
    """And breaks nothing."""
    assert office.record(jobs(SPOOL + "a\0b.wav")) == Later(15.0, "the recording was not found")


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
    assert recordings_of(replace(CALL, recordings=(first, client)))[0] is client
    assert recordings_of(replace(CALL, recordings=(first,))) == [first]
    assert recordings_of(replace(CALL, recordings=())) == []


def test_of_two_pbxes_files_that_of_the_calls_own_pbx_is_the_clients():
    """Uniqueids repeat from PBX to PBX."""
    there = Recording("a", f"branch/{CALL.linkedid}", BEGAN, "branch")
    here = Recording("b", f"main/{CALL.linkedid}", BEGAN, "main")
    assert recordings_of(replace(CALL, recordings=(there, here)))[0] is here


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


# ---- what is made of it ----------------------------------------------------------------------------------
@pytest.fixture
def wav(monitor):
    """Write a real WAV of so many seconds, old enough."""

    def write(name, seconds):
        path = monitor / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as audio:
            audio.setnchannels(1)
            audio.setsampwidth(2)
            audio.setframerate(8000)
            audio.writeframes(bytes(round(seconds * 16000)))
        os.utime(path, (time.time() - 600,) * 2)
        return path

    return write


def wanting(call, recording):
    """The job of that call and file."""
    (job,) = jobs()
    return [replace(job, payload=msgspec.json.encode(RecordingWanted(call, recording)))]


def attached(office):
    """The file of the only attachment, which has to be there when it is sent."""
    seen = []
    perform = office.crm.perform

    def look(steps, filed, now):
        seen.extend((step.params["PATH"], wave_of(Path(step.params["PATH"]))) for step in steps)
        return perform(steps, filed, now)

    office.crm.perform = look
    return seen


def test_of_a_file_with_several_talks_this_ones_is_cut_out(office, wav):
    """It is gone from this machine when it is attached; the PBX's file stays as it was."""
    talks = ((BEGAN + 5, BEGAN + 10), (BEGAN + 12, BEGAN + 32))
    call = replace(CALL, part_of="main/1", answered_at=talks[1][0], ended_at=talks[1][1])
    found, seen = wav("in.wav", 25), attached(office)
    assert (
        office.record(wanting(call, Recording(SPOOL + "in.wav", CALL.linkedid, BEGAN, "", talks))) == Done()
    )
    ((path, header),) = seen
    assert header.seconds == 20
    assert not Path(path).exists()
    assert wave_of(found).seconds == 25
    assert "seconds 5.0 to 25.0 of in.wav are this talk" in because(office)


def because(office):
    """What the decision says of itself."""
    return str(office.effects.decision(f"{CALL.key}/recording/{RECORDING_READY}/attach"))


def test_a_file_that_does_not_hold_the_talk_is_not_attached_to_it(office, wav):
    """It would be somebody else's."""
    talks = ((BEGAN + 5, BEGAN + 10), (BEGAN + 12, BEGAN + 32))
    call = replace(CALL, part_of="main/1", answered_at=talks[1][0], ended_at=talks[1][1])
    wav("in.wav", 5)
    result = office.record(wanting(call, Recording(SPOOL + "in.wav", CALL.linkedid, BEGAN, "", talks)))
    assert isinstance(result, Later)
    assert "does not hold this talk" in result.reason


def test_where_the_clients_file_does_not_hold_the_talk_an_employees_own_is_taken(office, wav):
    """The dialplan stopped the one and began the other."""
    talks = ((BEGAN + 5, BEGAN + 10), (BEGAN + 12, BEGAN + 32))
    shared = Recording(SPOOL + "in.wav", CALL.linkedid, BEGAN, "", talks)
    own = Recording(SPOOL + "x.wav", CALL.talks[0].key, BEGAN)
    call = replace(CALL, answered_at=talks[1][0], ended_at=talks[1][1], recordings=(shared, own))
    wav("in.wav", 5)
    wav("x.wav", 20)
    assert office.record(wanting(call, shared)) == Done()
    assert office.crm.of("attach")[0]["FILENAME"] == "x.wav"


def test_where_the_clients_file_has_no_sound_an_employees_own_is_taken(office, wav):
    """Forced recording: bare headers beside the file with the talk."""
    talk = CALL.talks[0]
    client, own = (
        Recording(SPOOL + "in.wav", CALL.linkedid, BEGAN),
        Recording(SPOOL + "x.wav", talk.key, BEGAN),
    )
    call = replace(CALL, recordings=(client, own))
    wav("in.wav", 0)
    wav("x.wav", 3)
    assert office.record(wanting(call, client)) == Done()
    assert office.crm.of("attach")[0]["FILENAME"] == "x.wav"


def test_another_file_waits_a_while_for_the_clients(office, wav):
    """That one may only be late."""
    talk = CALL.talks[0]
    client, own = (
        Recording(SPOOL + "in.wav", CALL.linkedid, BEGAN),
        Recording(SPOOL + "x.wav", talk.key, BEGAN),
    )
    call = replace(CALL, recordings=(client, own))
    wav("x.wav", 3)
    assert isinstance(office.record(wanting(call, client)), Later)
    office.now += 15
    assert office.record(wanting(call, client), 2) == Done()
    assert office.crm.of("attach")[0]["FILENAME"] == "x.wav"


def test_a_header_that_promises_more_is_waited_for_and_mended_in_the_end(office, wav):
    """Asterisk has it open; or it has died, and nobody will finish it."""
    path, seen = wav("in.wav", 2), attached(office)
    path.write_bytes(path.read_bytes() + bytes(16000))
    os.utime(path, (time.time() - 5,) * 2)
    result = office.record(jobs(SPOOL + "in.wav"))
    assert isinstance(result, Later)
    assert "still being written" in result.reason
    os.utime(path, (time.time() - 600,) * 2)
    assert office.record(jobs(SPOOL + "in.wav"), 2) == Done()
    ((_, header),) = seen
    assert (header.seconds, header.is_open) == (3, False)


def test_a_file_of_a_clock_that_is_ahead_is_complete_when_it_stays_the_same(office, sound, monkeypatch):
    """A share's machine may have another time."""
    sound("in.wav", age=-3600.0)
    assert isinstance(office.record(jobs()), Later)
    steady = time.monotonic
    monkeypatch.setattr("itgrix_core.jobs.awaiting.time.monotonic", lambda: steady() + 5)
    assert office.record(jobs(), 2) == Done()


def test_by_setting_it_becomes_an_mp3(office, wav, monitor):
    """Under its own name; the file that was found stays."""
    pytest.importorskip("lameenc")
    office.recordings = {"main": Place(FolderSource(monitor), mp3_kbps=16)}
    found = wav("in.wav", 4)
    assert office.record(jobs(SPOOL + "in.wav")) == Done()
    (params,) = office.crm.of("attach")
    assert (params["FILENAME"], found.exists(), Path(params["PATH"]).exists()) == ("in.mp3", True, False)


def test_what_cannot_be_converted_stays_as_it_is(office, sound, monitor, monkeypatch, tmp_path):
    """No ffmpeg here, and no WAV that could be read."""
    monkeypatch.setenv("PATH", str(tmp_path))
    office.recordings = {"main": Place(FolderSource(monitor), mp3_kbps=16)}
    sound("in.wav")
    assert office.record(jobs(SPOOL + "in.wav")) == Done()
    assert office.crm.of("attach")[0]["FILENAME"] == "in.wav"
    assert "install itgrix[mp3], or ffmpeg" in because(office)


def test_a_made_file_stays_until_the_portal_has_it(office, wav, monitor, outcomes):
    """A portal may be away for days, and the service be started anew."""
    pytest.importorskip("lameenc")
    office.recordings = {"main": Place(FolderSource(monitor), mp3_kbps=16)}
    wav("in.wav", 4)
    office.crm.says("attach", outcomes.blocked)
    assert isinstance(office.record(jobs(SPOOL + "in.wav")), Later)
    path = Path(office.crm.of("attach")[0]["PATH"])
    assert path.exists()
    assert office.reopen().record(jobs(SPOOL + "in.wav"), 2) == Done()
    assert not path.exists()


def test_recordings_have_a_part_of_the_workers_only(office, sound):
    """The others are told when to come back, each a little later, and nobody is asked meanwhile."""
    sound("in.wav")
    inside, go_on, results = Event(), Event(), []

    def process_record_file_path(path):
        inside.set()
        assert go_on.wait(30)

    office.hooks(process_record_file_path=process_record_file_path)
    places = {"main": Place(FolderSource(office.recordings["main"]))}
    handler = RecordingJobs(
        office.accounts, office.wired(), office.effects, places, office.workshop, lambda _: BEGAN, at_once=1
    )
    worker = Thread(target=lambda: results.append(handler(jobs(), Attempt(1, BEGAN))))
    worker.start()
    assert inside.wait(30)
    turned_away = [handler(jobs(), Attempt(1, BEGAN)) for _ in range(50)]
    go_on.set()
    worker.join()
    assert results == [Done()]
    assert {each.trouble for each in turned_away} == {Trouble.BUSY}
    pauses = [each.seconds for each in turned_away]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 40
    assert handler(jobs(), Attempt(2, BEGAN)) == Done()


class AwaySource:
    """A place that cannot be looked at."""

    def look(self, names):
        """Never."""
        raise SourceError("sftp://pbx: refuses us; see asterisk.main.recordings.sftp.username")


def test_a_place_that_is_away_is_asked_again_as_long_as_the_portal_would_be(office):
    """Its sentence is the job's reason, so that `explain` and `outbox list` tell it; no hook is asked."""
    asked = []
    office.hooks(process_record_file_path=lambda path: asked.append(path) or None)
    office.recordings = {"main": Place(AwaySource())}
    office.now += 4 * DAY
    result = office.record(jobs(), 100)
    assert result == Later(
        0.0, "sftp://pbx: refuses us; see asterisk.main.recordings.sftp.username", Trouble.AWAY
    )
    assert asked == []


def linking(office, trouble=None, **place):
    """The handler of a place that gives links, and what was linked; none can be made in `trouble`."""
    linked = []

    def link(call, path):
        if trouble:
            raise trouble
        linked.append((call, Path(path).name, Path(path).exists()))
        return f"https://pbx.example.com/recording/token/{Path(path).name}"

    places = {"main": Place(FolderSource(office.recordings["main"]), is_link=True, **place)}
    handler = RecordingJobs(
        office.accounts, office.wired(), office.effects, places, office.workshop, lambda _: BEGAN, link=link
    )
    return handler, linked


def test_by_setting_the_crm_gets_a_link(office, wav):
    """To the file that was found, or to what was made of it."""
    wav("in.wav", 4)
    handler, linked = linking(office)
    assert handler(jobs(SPOOL + "in.wav"), Attempt(1, BEGAN)) == Done()
    assert linked == [(CALL.key, "in.wav", True)]
    assert office.crm.of("attach") == [{"RECORD_URL": "https://pbx.example.com/recording/token/in.wav"}]


def test_a_link_may_be_to_an_mp3_that_was_made(office, wav):
    """AmoCRM's player wants both."""
    pytest.importorskip("lameenc")
    wav("in.wav", 4)
    handler, linked = linking(office, mp3_kbps=16)
    assert handler(jobs(SPOOL + "in.wav"), Attempt(1, BEGAN)) == Done()
    assert linked == [(CALL.key, "in.mp3", True)]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (LinkError("links.key is empty"), "links.key is empty"),
        (
            OSError(28, "No space left on device", "links.key"),
            "links.key: No space left on device; mend the disk or its rights",
        ),
    ],
)
def test_a_link_that_cannot_be_made_waits_with_a_sentence(office, wav, trouble, told):
    """For days, as for a file that is away."""
    wav("in.wav", 4)
    handler, _ = linking(office, trouble)
    assert handler(jobs(SPOOL + "in.wav"), Attempt(1, BEGAN)) == Later(0.0, told, Trouble.AWAY)
    assert office.crm.of("attach") == []


def test_a_hooks_own_address_is_given_as_it_is(office, wav):
    """It has the last word."""
    wav("in.wav", 4)
    office.hooks(process_record_file_path=lambda path: "https://files.example.com/1.mp3")
    handler, linked = linking(office)
    handler(jobs(SPOOL + "in.wav"), Attempt(1, BEGAN))
    assert linked == []
    assert office.crm.of("attach") == [{"RECORD_URL": "https://files.example.com/1.mp3"}]


def test_a_backlog_of_long_uploads_leaves_workers_for_live_calls(office, sound):
    """After an outage: fifty wait, two are stuck under way, and a call that rings is filed all the same."""
    sound("in.wav")
    stuck, go_on, filed, stop = Semaphore(0), Event(), Event(), Event()
    perform = office.crm.perform

    def upload(steps, filed, now):
        stuck.release()
        assert go_on.wait(60)
        return perform(steps, filed, now)

    office.crm.perform = upload
    places = {"main": Place(FolderSource(office.recordings["main"]))}
    recordings = RecordingJobs(
        office.accounts, office.wired(), office.effects, places, office.workshop, lambda _: BEGAN, at_once=2
    )

    def handle(jobs, attempt):
        if jobs[0].kind == RECORDING_READY:
            return recordings(jobs, attempt)
        filed.set()
        return Done()

    (job,) = jobs()
    lanes = [f"call{number}/recording" for number in range(50)]
    office.engine.put([replace(job, key=f"{lane}/x", lane=lane) for lane in lanes])
    engine = Thread(target=office.engine.run, args=(handle, stop), kwargs={"workers": 4})
    engine.start()
    try:
        assert stuck.acquire(timeout=60)
        assert stuck.acquire(timeout=60)
        office.engine.put([Job("live", "live", "ConversationRequested", b"", time.time())])
        assert filed.wait(60)
        assert not go_on.is_set()
    finally:
        go_on.set()
        is_drained = office.engine.wait_until_drained(120)
        stop.set()
        office.engine.wake()
        engine.join()
    assert is_drained
    assert len(office.crm.of("attach")) == 50
