"""Which answers are answers, and what the author is told of the others."""

import datetime as dt
from pathlib import Path

import pytest

from itgrix_hooks import Bind, Comment, Create, Entity, Link, PhoneNumber, RouteAnswer, Update
from itgrix_hooks.accept import NonsenseError
from itgrix_hooks.table import HOOKS

LEAD = Entity("lead", 9)


def accepted(hook, answer, before=None):
    """What is kept of an answer."""
    return HOOKS[hook].accept(answer, before)


@pytest.mark.parametrize("answer", ["+1 555", PhoneNumber("+1 555")])
def test_a_number_may_be_text(answer):
    """It becomes a `PhoneNumber`."""
    assert accepted("process_phone_number", answer).value == PhoneNumber("+1 555")


@pytest.mark.parametrize("answer", ["/rec/a.wav", Path("/rec/a.wav")])
def test_a_path_may_be_a_path(answer):
    """It becomes text, which JSON can hold."""
    assert accepted("process_record_file_path", answer).value == "/rec/a.wav"


def test_params_take_the_place_of_the_former():
    """A key that is not answered is gone."""
    assert accepted("process_final_params", {"COST": 2.5}, {"USER_ID": 1}).value == {"COST": 2.5}


def test_fields_are_laid_over_the_former():
    """A key that is not answered stays."""
    value = accepted("get_updated_activity_fields", {"SUBJECT": "a"}, {"DESCRIPTION": "b"}).value
    assert value == {"DESCRIPTION": "b", "SUBJECT": "a"}


def test_numbers_as_text_become_numbers_where_the_field_is_one():
    """The CRM's own answers look like this."""
    assert accepted("process_final_params", {"USER_ID": "7"}, {}).value == {"USER_ID": 7}


def test_unknown_fields_are_sent_as_they_are():
    """A portal has fields of its own."""
    assert accepted("process_final_params", {"UF_1": ["a", None]}, {}).value == {"UF_1": ["a", None]}


def test_a_field_taken_over_unchanged_is_not_the_authors_fault():
    """Whatever type the service gave it."""
    before = {"DURATION": "long", "USER_ID": 1}
    assert accepted("process_final_params", {**before, "USER_ID": 2}, before).value["USER_ID"] == 2


def test_what_is_kept_is_a_copy():
    """So that the author's dict may change afterwards."""
    answer = {"UF_1": [1]}
    kept = accepted("process_final_params", answer, {}).value
    answer["UF_1"].append(2)
    assert kept == {"UF_1": [1]}


def test_fields_and_actions_may_be_mixed():
    """Fields are merged, actions stay in their order."""
    actions = [Create("deal", {"TITLE": "x"}), Update(LEAD, {"TITLE": "y"}), Bind(LEAD), Comment(LEAD, "z")]
    kept = accepted("get_updated_entity_fields", [{"NAME": "a"}, *actions, {"NAME": "b"}], {"TITLE": "t"})
    assert (kept.value, kept.actions) == ({"TITLE": "t", "NAME": "b"}, tuple(actions))


NONSENSE = [
    ("process_phone_number", 7, "int 7; a PhoneNumber or its text was expected"),
    ("need_registration", 1, "int 1; True or False was expected"),
    ("need_registration", "no", "str 'no'; True or False"),
    ("process_final_params", [("USER_ID", 1)], "list [('USER_ID', 1)]; a dict was expected"),
    ("process_final_params", {"USER_ID": "nobody"}, "USER_ID='nobody': Expected `int`"),
    ("process_final_params", {1: 2}, "fields with the key int 1; keys are text"),
    ("process_final_params", {"UF_1": {"at": dt.date(2025, 1, 1)}}, "UF_1.at as date"),
    ("process_final_params", {"COST": float("nan")}, "COST=nan; a finite number"),
    ("process_registration_params", {"SHOW_TO": [1, "x"]}, "SHOW_TO=[1, 'x']: Expected `int`"),
    ("process_originate_params", {"variables": {"A": 1}}, "variables={'A': 1}: Expected `str`"),
    ("process_record_file_path", "", "str ''; a path, an address or a Link"),
    ("process_record_file_path", b"/a", "bytes b'/a'; a path"),
    ("process_record_file_path", Link("file:///a"), "an http or https address"),
    ("get_updated_activity_fields", "text", "str 'text'; a dict was expected"),
    ("get_updated_entity_fields", ["text"], "str 'text'; fields, an action or a list of such"),
    ("get_updated_entity_fields", Create("task", {}), "Create of 'task'; one of lead"),
    ("get_updated_entity_fields", Update("lead", {}), "Update of str 'lead'; an Entity"),
    ("get_updated_entity_fields", Update(LEAD, {"A": object}), "answered A as <class 'object'>"),
    ("get_updated_entity_fields", Comment(LEAD, ""), "Comment with str ''"),
    ("customize_autodistribution", "101", "str '101'; a RouteAnswer"),
    ("customize_autodistribution", RouteAnswer(101), "a RouteAnswer with an extension as text"),
    ("post_registration", True, "bool True; this hook expects no answer"),
]


@pytest.mark.parametrize(("hook", "answer", "sentence"), NONSENSE)
def test_nonsense_is_told_with_what_came_and_what_was_expected(hook, answer, sentence):
    """One sentence for the author."""
    with pytest.raises(NonsenseError) as caught:
        accepted(hook, answer, {})
    assert sentence in str(caught.value)
