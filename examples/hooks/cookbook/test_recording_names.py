"""Asks the example about recorded calls."""

from dataclasses import replace
from pathlib import Path

from itgrix_hooks.testing import ask, assert_answer, assert_failed, assert_untouched, load, recorded_call

HOOK = load(Path(__file__).with_name("recording_names.py"))
CALL = replace(recorded_call("inbound_answered"), timezone="Europe/Moscow")


def found(call=CALL, **settings):
    """Where the audio of a call is."""
    recording = next(iter(call.recordings), None)
    return ask(
        "process_record_file_path", HOOK, call=call, recording=recording, path="/a.wav", settings=settings
    )


def test_a_pattern_names_day_and_call():
    """By the PBX's clock: half past eight in London is half past eleven there."""
    assert_answer(
        found(pattern="/records/{day:%Y-%m-%d}/{linkedid}.mp3"), "/records/2026-11-22/1795379452.4.mp3"
    )


def test_a_pattern_takes_over_what_asterisk_says():
    """Only the ending is another one."""
    name = Path(CALL.recordings[0].path).stem
    assert_answer(found(pattern="/records/{stem}.mp3"), f"/records/{name}.mp3")


def test_what_cannot_be_named_is_told_and_what_is_not_set_stays():
    """A word that there is not; and no pattern."""
    assert_failed(found(pattern="/{nmae}"), "KeyError: 'nmae'")
    assert_untouched(found())
