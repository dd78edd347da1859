"""Answers that get lost between the sandbox portal and the adapter: whatever was executed stays single."""

import pytest

from itgrix_core.crm.adapter import Done, Refused, Unknown
from itgrix_core.filing.commands import (
    AddComment,
    AskToCallBack,
    AttachRecording,
    BindEntity,
    CreateEntity,
    CreateForCall,
    UpdateEntity,
    Write,
)
from itgrix_core.sandbox.bitrix.faults import FaultKind
from itgrix_core.sandbox.bitrix.seed import phones
from itgrix_hooks.values import Entity, Filed, PhoneNumber

REGISTER = "telephony.externalCall.register"
FINISH = "telephony.externalCall.finish"
ATTACH = "telephony.externalCall.attachRecord"


def test_a_lost_registration_is_repeated_and_stays_one(office):
    """The client repeats it at once: the portal answers with the same CALL_ID."""
    office.lose(REGISTER)
    assert isinstance(office.file(office.registration())[0], Done)
    assert office.executed(REGISTER) == 2
    assert len(office.state["active_calls"]) == 1


def test_a_lost_batch_is_repeated_and_stays_one(office):
    """A batch is not repeated blindly, but looked up: young and unfinished, so it may."""
    office.lose("batch")
    assert isinstance(office.settle(office.registration(show_to=(11, 12))), Done)
    assert len(office.state["active_calls"]) == 1
    assert list(office.state["cards"]) == ["11", "12"]


def test_a_registration_lost_for_an_hour_is_found_among_the_finished(office):
    """Repeating it then would file the call twice."""
    step = office.step(office.registration())
    office.send(step)
    office.file(office.end())
    office.clock.at += 3600
    found = office.adapter.look_up(step, Filed())
    assert found.answer["CALL_ID"] == office.filed.call_id


@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.TIMEOUT, FaultKind.HTML])
@pytest.mark.parametrize("is_executed", [True, False])
def test_a_lost_finish_is_finished_once(open_office, kind, is_executed):
    """Whether it was executed is looked up; either way there is one call and its activity is known."""
    office = open_office(timeout_seconds=0.2)
    office.file(office.registration())
    office.lose(FINISH, kind, is_executed=is_executed, seconds=0.4)
    assert isinstance(office.settle(office.end()), Done)
    assert office.executed(FINISH) == 1
    assert (len(office.state["finished_calls"]), len(office.state["activities"])) == (1, 1)
    assert office.filed.activity_id == int(office.state["activities"][0]["ID"])


def test_a_finish_that_was_forgotten_is_settled_without_a_look(office):
    """The second one is not found, the statistics know why."""
    office.file(office.registration())
    step = office.step(office.end())
    (first,) = office.send(step)
    (second,) = office.adapter.perform([step], office.filed, office.clock())
    assert second.answer["CRM_ACTIVITY_ID"] == first.answer["CRM_ACTIVITY_ID"]


@pytest.mark.parametrize("is_executed", [True, False])
def test_a_lost_recording_is_attached_once(office, recording, is_executed):
    """Looked up by the statistics."""
    office.file(office.registration())
    office.file(office.end())
    office.lose(ATTACH, is_executed=is_executed)
    assert isinstance(office.settle(AttachRecording(office.key, recording)), Done)
    assert office.executed(ATTACH) == 1
    assert len(office.state["records"]) == 1
    assert office.filed.recording_id


@pytest.mark.parametrize("is_executed", [True, False])
@pytest.mark.parametrize(
    ("method", "plural", "command"),
    [
        ("crm.lead.add", "leads", CreateEntity("k", "lead", {"TITLE": "x"})),
        ("crm.deal.add", "deals", CreateEntity("k", "deal", {"TITLE": "x"})),
        ("crm.lead.add", "leads", CreateForCall("k", "lead", "x", PhoneNumber("+79160000009"), 11)),
        ("tasks.task.add", "tasks", AskToCallBack("k", "task", 11, "Call", "", 1_795_000_900.0)),
        (
            "crm.activity.todo.add",
            "activities",
            AskToCallBack("k", "todo", 11, "Call", "x", 1_795_000_900.0, entity=Entity("lead", 1001)),
        ),
        (
            "tasks.task.add",
            "tasks",
            Write("k", "tasks.task.add", {"fields": {"TITLE": "x", "RESPONSIBLE_ID": 11}}),
        ),
    ],
)
def test_what_is_added_is_added_once(office, is_executed, method, plural, command):
    """Found again by our mark, or sent again."""
    before = len(office.state[plural])
    office.lose(method, is_executed=is_executed)
    assert isinstance(office.settle(command), Done)
    assert office.executed(method) == 1
    assert len(office.state[plural]) == before + 1


def test_a_comment_that_cannot_be_looked_for_is_not_guessed(office):
    """A portal that lists no comments: neither a second one nor a silent loss, but a dead letter."""
    office.lose("crm.timeline.comment.add")
    unlisted = {"status": 404, "code": "ERROR_METHOD_NOT_FOUND", "text": "Method not found!"}
    office.lose("crm.timeline.comment.list", FaultKind.ANSWER, times=0, **unlisted)
    step = office.step(AddComment(office.key, Entity("lead", 1001), "hello"))
    assert isinstance(office.send(step)[0], Unknown)
    assert isinstance(office.adapter.look_up(step, office.filed), Refused)
    assert len(office.state["comments"]) == 1


@pytest.mark.parametrize("is_executed", [True, False])
def test_a_phone_is_added_once(office, is_executed):
    """An update with a number that has no ID adds it each time."""
    contact = Entity("contact", 3001)
    office.lose("crm.contact.update", is_executed=is_executed)
    office.settle(UpdateEntity(office.key, contact, {"PHONE": phones("+79990000000"), "COMMENTS": "x"}))
    assert office.executed("crm.contact.update") == 1
    values = [row["VALUE"] for row in office.adapter.entity("contact", 3001).fields["PHONE"]]
    assert values.count("+79990000000") == 1


@pytest.mark.parametrize("is_executed", [True, False])
def test_a_binding_is_made_once(office, is_executed):
    """The binding itself shows it; a second one is done, too."""
    office.file(office.registration())
    office.file(office.end())
    bind = BindEntity(office.key, office.filed.activity_id, Entity("company", 4001))
    office.lose("crm.activity.binding.add", is_executed=is_executed)
    assert isinstance(office.settle(bind), Done)
    assert isinstance(office.file(bind)[0], Done)
    assert len(office.state["activities"][0]["BINDINGS"]) == 2
