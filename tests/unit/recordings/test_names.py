"""Under which names a call's recording is looked for."""

import pytest

from itgrix_core.recordings.folder import FolderSource
from itgrix_core.recordings.names import names_of
from itgrix_core.recordings.source import SourceError
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_hooks.values import PhoneNumber, Recording

CALL = make_call(client_number=PhoneNumber("+79161234567"), linkedid="1700000000.1")
SAID = Recording("/var/spool/asterisk/monitor/2026/11/26/in-1700000000.1.wav", "1700000000.1", BEGAN)


@pytest.fixture
def place(record, tmp_path):
    """A folder with recordings, as a source."""
    folder = tmp_path / "monitor"
    folder.mkdir()
    source = FolderSource(folder)
    source.put = lambda name, seconds=1: record(name, seconds, folder)
    return source


def found(source, *names):
    """The name that was found."""
    seen = source.look(names)
    return seen and seen.place.rpartition("/")[2]


def test_what_asterisk_said_comes_first():
    """Below the folder, then by its bare name."""
    names = names_of(SAID, CALL, ["{name}.wav"])
    assert names[0] == "2026/11/26/in-1700000000.1.wav"
    assert names[2] == "in-1700000000.1.wav"


def test_a_file_that_was_made_mp3_on_the_pbx_is_found(place):
    """By a script behind MixMonitor, which then removes the WAV."""
    (place.put("2026/11/26/x.wav").parent / "in-1700000000.1.mp3").write_bytes(bytes(100))
    assert found(place, *names_of(SAID, CALL)) == "in-1700000000.1.mp3"


def test_the_unique_id_in_a_name_is_enough(place):
    """In the day's folder; and .1 is not .12."""
    day = CALL.local(BEGAN).strftime("%Y/%m/%d")
    place.put(f"{day}/q-700-1700000000.12.wav")
    assert found(place, *names_of(SAID, CALL)) is None
    place.put(f"{day}/q-700-1700000000.1.wav")
    assert found(place, *names_of(SAID, CALL)) == "q-700-1700000000.1.wav"


@pytest.mark.parametrize(
    "pattern",
    ["{year}/{month}/*{linkedid}*", "{year}/{month}/call-{number}-{uniqueid}.wav", "*/call-*{uniqueid}.wav"],
)
def test_a_pattern_finds_what_nobody_has_named(place, pattern):
    """With the call's own values; only the last part may stand for several."""
    month = CALL.started_local.strftime("%Y/%m")
    place.put(f"{month}/call-79161234567-1700000000.12.wav")
    place.put(f"{month}/call-79161234567-1700000000.1.wav")
    wanted = None if pattern.startswith("*/") else "call-79161234567-1700000000.1.wav"
    assert found(place, *names_of(None, CALL, [pattern])) == wanted


def test_a_pattern_whose_value_is_missing_is_left_out(place):
    """It would find the calls of others."""
    place.put("a-1.wav")
    anonymous = make_call(client_number=None)
    assert names_of(None, anonymous, ["*-{number}*"]) == []


def test_values_lead_nowhere_and_stand_for_themselves(place):
    """They come from callers."""
    place.put("secret.wav")
    evil = make_call(linkedid="../*", did="*[a-z]/..")
    assert found(place, *names_of(None, evil, ["{linkedid}.wav", "{did}.wav", "sub/{linkedid}"])) is None


def test_of_several_files_that_of_most_bytes_is_taken_and_others_are_none(place):
    """Bare headers and texts lie beside it."""
    place.put("a-1700000000.1.wav", 0)
    place.put("b-1700000000.1.wav", 2)
    (place.put("c-1700000000.1.wav", 1).parent / "d-1700000000.1.txt").write_bytes(bytes(90_000))
    assert found(place, "*1700000000.1*") == "b-1700000000.1.wav"


@pytest.mark.parametrize("name", ["../secret.wav", "a/../../secret.wav", "..", "", "/", "a\0.wav", "a\n.wav"])
def test_no_name_leads_out_of_the_folder(place, tmp_path, name):
    """Nor breaks anything."""
    (tmp_path / "secret.wav").write_bytes(bytes(2000))
    assert place.look([name]) is None


def test_a_folder_that_cannot_be_read_is_said_with_its_setting(tmp_path):
    """`itgrix check` shows it."""
    with pytest.raises(SourceError, match=r"nowhere cannot be read .* correct recordings\.folder"):
        FolderSource(tmp_path / "nowhere").probe()
