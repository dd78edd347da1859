"""Asks the example as the service would."""

from pathlib import Path

from itgrix_hooks.testing import ask, load, make_call

HOOK = load(Path(__file__).with_name("01_waiting_time.py"))


def described(call, **arguments):
    """The description that is written for a call."""
    return ask("get_updated_activity_fields", HOOK, call=call, **arguments).answer["DESCRIPTION"]


def test_an_answered_call_tells_both_times():
    """12 s until the answer, a minute of talk."""
    assert described(make_call("answered")) == "Waited 12 s, talked 1 min 0 s."


def test_a_missed_call_tells_the_whole_waiting():
    """Nobody talked."""
    assert described(make_call("missed")) == "Waited 25 s, talked 0 s."


def test_the_wording_is_a_setting():
    """In any language."""
    text = described(make_call("answered"), settings={"template": "Ожидание {wait}"})
    assert text == "Ожидание 12 s"


def test_another_plugins_description_stays():
    """Ours goes below it."""
    assert described(make_call("answered"), fields={"DESCRIPTION": "VIP"}).startswith("VIP\nWaited")


def test_a_wrong_template_is_named_and_spoils_nothing():
    """The operator reads which key is unknown."""
    asked = ask("get_updated_activity_fields", HOOK, settings={"template": "{waiting}"})
    assert asked.answer == {}
    assert "KeyError: 'waiting'" in asked.failures[0].reason
