"""Asks each of the short examples as the service would, with and without its settings."""

from pathlib import Path

import pytest

from itgrix_hooks import Comment, Conversation, Entity, Filed, Link, OriginateRequest, PhoneNumber, User
from itgrix_hooks.testing import FakeCrm, MemoryStore, ask, load, make_call

HOOKS = load(Path(__file__).with_name("one_of_each.py"))
LEAD = Entity("lead", 9)


def test_dialled_numbers_get_the_prefix():
    """+1 555 010 02 00 → 8 and ten digits; for a search it stays."""
    given = {"number": PhoneNumber("+15550100200"), "settings": {"prefix": "8"}}
    assert ask("process_phone_number", HOOKS, use="dial", **given).answer == PhoneNumber("85550100200")
    assert ask("process_phone_number", HOOKS, use="search", **given).answer == given["number"]


def test_an_extension_of_the_list_is_not_filed():
    """The others are left to the next plugin."""
    given = {"conversation": Conversation("1.1", "199")}
    assert ask("need_registration", HOOKS, settings={"not_filed": ["199"]}, **given).answer is False
    assert ask("need_registration", HOOKS, settings={"not_filed": ["100"]}, **given).is_default


def test_click_to_call_carries_the_line():
    """As a channel variable beside those that are there."""
    request = OriginateRequest(PhoneNumber("1"), user_id=1, line="5550100900")
    given = {"request": request, "params": {"variables": {"A": "1"}}, "settings": {"prefix": ""}}
    answer = ask("process_originate_params", HOOKS, **given).answer
    assert answer == {"variables": {"A": "1", "LINE": "5550100900"}}


def test_recordings_are_given_as_links():
    """Where none was found there is no link."""
    settings = {"links": "https://pbx.example/rec/"}
    asked = ask("process_record_file_path", HOOKS, path="/rec/2025/a.wav", settings=settings)
    assert asked.answer == Link("https://pbx.example/rec/a.wav")
    assert ask("process_record_file_path", HOOKS, path=None, settings=settings).answer is None


def test_who_talked_last_takes_the_new_lead_over():
    """A lead that was there before stays with its responsible."""
    crm = FakeCrm(users={"101": User(5, "Anna", "101")})
    given = {"entity": LEAD, "settings": {"takes_over": True}, "crm": crm}
    asked = ask("get_updated_entity_fields", HOOKS, role="created", **given)
    assert asked.answer == {"ASSIGNED_BY_ID": 5}
    assert asked.actions == (Comment(LEAD, "Taken over by Anna after the call."),)
    assert ask("get_updated_entity_fields", HOOKS, role="bound", **given).is_default


def test_the_task_has_another_title():
    """With the client's number in it."""
    given = {"params": {"TITLE": "Missed"}, "settings": {"task_title": "Call back {number}"}}
    answer = ask("process_task_creation_params", HOOKS, call=make_call("missed"), **given).answer
    assert answer == {"TITLE": "Call back +15550100200"}


def test_a_listed_caller_goes_straight_through():
    """However his number is written."""
    asked = ask("customize_autodistribution", HOOKS, settings={"vip": {"5550100200": "101"}})
    assert asked.answer.extension == "101"


def test_the_last_registered_call_is_remembered():
    """In the plugin's own store."""
    store = MemoryStore()
    asked = ask("post_registration", HOOKS, filed=Filed(call_id="c1"), store=store)
    assert asked.failures == ()
    assert store.get("last") == {"call": make_call().key, "crm": "c1"}


@pytest.mark.parametrize(
    "hook", [name for name in dir(HOOKS) if name.startswith(("process_", "need_", "get_", "customize_"))]
)
def test_without_settings_nothing_changes(hook):
    """So that the file may lie in any folder."""
    asked = ask(hook, HOOKS)
    assert (asked.failures, asked.is_default) == ((), True)
