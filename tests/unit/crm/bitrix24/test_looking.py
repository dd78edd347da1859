"""Whether a step whose answer was lost was executed."""

import pytest

from itgrix_core.crm.adapter import Done, Refused, Unknown
from itgrix_core.crm.bitrix24.methods import STATISTICS
from itgrix_core.filing.commands import (
    AddComment,
    AttachRecording,
    BindEntity,
    CreateEntity,
    FinishCall,
    HideCard,
    RegisterCall,
    UpdateEntity,
    Write,
)
from itgrix_hooks.values import Direction, Disposition, Entity, Filed, PhoneNumber

KEY = "main/1700000000.1"
CALL = "externalCall.ab.1"
NOW = 1_700_000_000.0
FILED = Filed(CALL, 5)
LEAD = Entity("lead", 3)


def registration(show_to=(5,), good_until=NOW + 30, user_id=5, started_at=NOW):
    """An inbound call that rings."""
    number = PhoneNumber("+79165550012")
    return RegisterCall(
        KEY, user_id, number, Direction.INBOUND, started_at, show_to=show_to, good_until=good_until
    )


def finish():
    """An answered call's end."""
    return FinishCall(KEY, 5, Direction.INBOUND, Disposition.ANSWERED, 60.0)


def test_a_young_registration_may_be_repeated_without_asking(portal, adapter, step):
    """For thirty minutes the portal answers with the same CALL_ID."""
    assert adapter.look_up(step(registration()), Filed()) is None
    assert portal.requests == []


def test_an_old_registration_is_looked_for_among_the_finished(portal, adapter, step, clock):
    """By EXTERNAL_CALL_ID; not there, repeating does no harm."""
    clock.at += 1801
    portal.says(STATISTICS, [{"CALL_ID": CALL, "CRM_ENTITY_TYPE": "LEAD", "CRM_ENTITY_ID": "3"}], [])
    found = adapter.look_up(step(registration()), Filed())
    assert adapter.filed([("register", {}, found.answer)]).entity == LEAD
    assert adapter.look_up(step(registration()), Filed()) is None
    assert portal.asked(STATISTICS)[0]["FILTER"] == {"EXTERNAL_CALL_ID": KEY}


def test_a_finish_is_looked_for_by_its_call(portal, adapter, step):
    """Found: done. Not found: send it."""
    portal.says(STATISTICS, [{"CALL_ID": CALL, "CRM_ACTIVITY_ID": "9"}], [])
    assert adapter.look_up(step(finish()), FILED).answer["CRM_ACTIVITY_ID"] == 9
    assert adapter.look_up(step(finish()), FILED) is None


def test_a_recording_is_looked_for_by_its_file(portal, adapter, step):
    """One that was there before does not count."""
    attach = step(AttachRecording(KEY, "/a.wav"))
    portal.says(STATISTICS, [{"RECORD_FILE_ID": 9079}])
    assert adapter.look_up(attach, FILED) == Done({"FILE_ID": 9079})
    assert adapter.look_up(attach, Filed(CALL, 5, recording_id=9079)) is None


def test_looking_that_fails_is_told(portal, adapter, step, words):
    """Neither done nor undone: look again later. Closed statistics: repeating a finish does no harm."""
    portal.says(STATISTICS, (502, b""), words.fails("ACCESS_DENIED", status=403))
    assert isinstance(adapter.look_up(step(finish()), FILED), Unknown)
    assert adapter.look_up(step(finish()), FILED) is None


@pytest.mark.parametrize(
    ("command", "listing", "there", "answer"),
    [
        (CreateEntity(KEY, "deal", {"TITLE": "x"}), "crm.deal.list", [{"ID": "77"}], 77),
        (Write(KEY, "crm.lead.add", {"fields": {"TITLE": "x"}}), "crm.lead.list", [{"ID": "7"}], 7),
        (
            Write(KEY, "crm.item.add", {"entityTypeId": 2, "fields": {"title": "x"}}),
            "crm.item.list",
            {"items": [{"id": 8}]},
            {"item": {"id": 8}},
        ),
        (BindEntity(KEY, 9, LEAD), "crm.activity.binding.list", [{"entityTypeId": "1", "entityId": 3}], True),
        (
            UpdateEntity(KEY, LEAD, {"PHONE": [{"VALUE": "+7916", "VALUE_TYPE": "WORK"}]}),
            "crm.lead.get",
            {"ID": "3", "PHONE": [{"ID": "1", "VALUE": "+7916"}]},
            True,
        ),
    ],
)
def test_what_was_added_is_found_again(portal, adapter, step, command, listing, there, answer):
    """Executed: its answer. Not executed: `None`. Not to be asked: told."""
    portal.says(listing, there, [] if isinstance(there, list) else {}, (502, b""))
    assert adapter.look_up(step(command), FILED) == Done(answer)
    assert adapter.look_up(step(command), FILED) is None
    assert isinstance(adapter.look_up(step(command), FILED), Unknown)


def test_a_lead_is_looked_for_by_originator_and_key(portal, adapter, step):
    """Another call's lead does not count."""
    portal.says("crm.lead.list", [])
    adapter.look_up(step(CreateEntity(KEY, "lead", {})), FILED)
    assert portal.asked("crm.lead.list")[0]["filter"] == {
        "ORIGINATOR_ID": "itgrix",
        "ORIGIN_ID": f"{KEY}/create",
    }


def test_comments_and_tasks_are_found_by_the_mark_that_was_sent(portal, adapter, step):
    """The text that went out comes back, among others."""
    comment = step(AddComment(KEY, LEAD, "hello"))
    task = step(Write(KEY, "tasks.task.add", {"fields": {"TITLE": "x", "RESPONSIBLE_ID": 5}}))
    portal.says("crm.timeline.comment.add", 88)
    portal.says("tasks.task.add", {"task": {"id": "9"}})
    adapter.perform([comment, task], FILED, NOW)
    sent = portal.asked("crm.timeline.comment.add")[0]["fields"]["COMMENT"]
    description = portal.asked("tasks.task.add")[0]["fields"]["DESCRIPTION"]
    portal.says("crm.timeline.comment.list", [{"ID": "1", "COMMENT": "hello"}, {"ID": "88", "COMMENT": sent}])
    portal.says(
        "tasks.task.list",
        {"tasks": [{"id": "1", "description": ""}, {"id": "9", "description": description}]},
    )
    assert adapter.look_up(comment, FILED) == Done(88)
    assert adapter.look_up(task, FILED).answer["task"]["id"] == "9"


@pytest.mark.parametrize(
    "command",
    [HideCard(KEY, (5,)), UpdateEntity(KEY, LEAD, {"TITLE": "x"}), Write(KEY, "crm.deal.update", {"id": 1})],
)
def test_what_may_be_repeated_is_repeated(portal, adapter, step, command):
    """Without a question."""
    assert adapter.look_up(step(command), FILED) is None
    assert portal.requests == []


def test_a_write_that_leaves_no_mark_is_never_guessed(adapter, step):
    """Twice would be worse than a dead letter."""
    outcome = adapter.look_up(step(Write(KEY, "im.notify.system.add", {"USER_ID": 5})), FILED)
    assert isinstance(outcome, Refused)
    assert "revive" in outcome.text
