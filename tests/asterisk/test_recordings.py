"""Recordings of real calls in the portal: each is there, can be played, and is as long as the talk."""

from __future__ import annotations

import io
import wave

import pytest
from commanded import serve
from rigkit.scenarios.steps import RECORDED
from sftp_server import sftp_server

pytestmark = pytest.mark.asterisk

ATTACH = "telephony.externalCall.attachRecord"
FINISH = "telephony.externalCall.finish"


@pytest.fixture
def office(asterisk, tmp_path):
    """`office(**settings)`: the service of a company, to be entered."""
    return lambda **settings: serve({"rig": asterisk}, tmp_path, **settings)


def kept(office, count):
    """By user: seconds of each recording that the portal has got, once there are so many."""
    office.until(lambda: len(office.portal.portal.world.files) >= count, f"{count} recordings")
    users = {e.params["CALL_ID"]: int(e.params["USER_ID"]) for e in office.entries(FINISH)}
    with office.portal.portal.lock:
        files = list(office.portal.portal.world.files.values())
    return {users[file.call_id]: seconds_of(file.content) for file in files}


def seconds_of(content):
    """The length of a WAV as a player sees it; it holds as much as its header says."""
    with wave.open(io.BytesIO(content)) as audio:
        frames = audio.getnframes()
        assert len(audio.readframes(frames)) == frames * audio.getsampwidth() * audio.getnchannels()
        return frames / audio.getframerate()


def talks_of(office):
    """By user: seconds of each finished call."""
    return {int(e.params["USER_ID"]): int(e.params["DURATION"]) for e in office.entries(FINISH)}


def test_a_recording_is_uploaded_and_as_long_as_the_talk(office, phones):
    """Of a call that was answered after a while."""
    with office() as started:
        call = phones.inbound_answered(number="79165552001", extension="101", ring=2, talk=4)
        assert kept(started, 1) == {11: pytest.approx(call["talk_s"], abs=1)}


@pytest.mark.parametrize(
    "scenario", ["attended_transfer_refer", "attended_transfer_code", "blind_transfer_refer"]
)
def test_after_a_transfer_each_talk_has_its_own_part_of_the_recording(office, phones, scenario):
    """`per_talk`: cut out of the one file, which Asterisk goes on with."""
    with office(transfers="per_talk") as started:
        call = phones.play(RECORDED[scenario])[0]
        told = kept(started, 2)
        assert told == pytest.approx(talks_of(started), abs=1)
        assert sum(told.values()) == pytest.approx(call["talk_s"], abs=2)


@pytest.mark.parametrize("transfers", ["per_talk", "one_call"])
def test_a_recording_comes_from_another_machine_over_sftp(asterisk, office, phones, transfers):
    """Nothing of it lies in a folder of ours; the transferred call's is parted as well."""
    var = asterisk.server.tree / asterisk.server.var
    with sftp_server(var / "spool/asterisk") as server:
        with office(transfers=transfers, recordings={"sftp": server.settings()}) as started:
            call = phones.play(RECORDED["attended_transfer_refer"])[0]
            told = kept(started, 2 if transfers == "per_talk" else 1)
            assert sum(told.values()) == pytest.approx(call["talk_s"], abs=2)
            assert told == pytest.approx(talks_of(started), abs=1)
        assert "open" in {what for what, _ in server.asked}


def test_as_one_call_it_has_the_whole_recording(office, phones):
    """`one_call`."""
    with office(transfers="one_call") as started:
        call = phones.play(RECORDED["attended_transfer_refer"])[0]
        assert kept(started, 1) == {12: pytest.approx(call["talk_s"], abs=1)}
