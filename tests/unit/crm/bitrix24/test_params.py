import pytest

from itgrix_core.crm.bitrix24.params import method_of, params_of
from itgrix_core.filing.commands import (
    AddComment,
    AttachRecording,
    BindEntity,
    CreateEntity,
    FinishCall,
    HideCard,
    RegisterCall,
    ShowCard,
    UpdateActivity,
    UpdateEntity,
    Write,
)
from itgrix_hooks.values import Direction, Disposition, Entity, PhoneNumber

KEY = "main/1700000000.1"
NUMBER = PhoneNumber("+7 916 555-00-12")


def register(**changes):
    """A registration."""
    return RegisterCall(
        **{
            "call": KEY,
            "user_id": 5,
            "number": NUMBER,
            "direction": Direction.INBOUND,
            "started_at": 1_700_000_000.9,
        }
        | changes
    )


def finish(direction, disposition, talk=0.0, reason=""):
    """The params of a finish."""
    return params_of(FinishCall(KEY, 5, direction, disposition, talk, reason))


def test_a_registration_says_all_that_the_portal_needs_and_never_show():
    """EXTERNAL_CALL_ID and ADD_TO_CHAT always; line and source only when known; SHOW belongs to sending."""
    assert params_of(register(timezone="Asia/Yekaterinburg", show_to=(5, 7))) == {
        "USER_ID": 5,
        "PHONE_NUMBER": "+7 916 555-00-12",
        "TYPE": 2,
        "CALL_START_DATE": "2023-11-15T03:13:20+05:00",
        "CRM_CREATE": 0,
        "ADD_TO_CHAT": 0,
        "EXTERNAL_CALL_ID": KEY,
        "SHOW_TO": [5, 7],
    }


def test_line_source_and_creation_are_passed_on():
    """As the plan decided them."""
    params = params_of(register(line="74950000100", source="CALL", is_creating=True))
    assert (params["LINE_NUMBER"], params["CRM_SOURCE"], params["CRM_CREATE"]) == ("74950000100", "CALL", 1)


@pytest.mark.parametrize(
    ("direction", "code"), [(Direction.INBOUND, 2), (Direction.OUTBOUND, 1), (Direction.INTERNAL, 1)]
)
def test_the_type_is_the_direction(direction, code):
    """1 outgoing, 2 incoming; an inside call is the caller's outgoing one."""
    assert params_of(register(direction=direction))["TYPE"] == code


def test_summer_time_is_told_by_the_offset():
    """The hour that comes twice is not ambiguous."""
    first, second = 1_698_539_400.0, 1_698_543_000.0
    starts = [
        params_of(register(started_at=at, timezone="Europe/Berlin"))["CALL_START_DATE"]
        for at in (first, second)
    ]
    assert starts == ["2023-10-29T02:30:00+02:00", "2023-10-29T02:30:00+01:00"]


@pytest.mark.parametrize(("talk", "duration"), [(61.4, 61), (61.6, 62), (0.2, 1), (0.0, 1)])
def test_an_answered_call_always_has_a_duration(talk, duration):
    """The portal derives the state from DURATION, so it is never 0 for an answered call."""
    params = finish(Direction.INBOUND, Disposition.ANSWERED, talk)
    assert params == {"USER_ID": 5, "ADD_TO_CHAT": 0, "DURATION": duration, "STATUS_CODE": "200"}


@pytest.mark.parametrize("disposition", [each for each in Disposition if each is not Disposition.ANSWERED])
def test_every_unanswered_inbound_call_is_missed(disposition):
    """304 with DURATION 0, even if somebody heard a voice menu for a minute; the reason says which."""
    params = finish(Direction.INBOUND, disposition, 60.0)
    assert (params["DURATION"], params["STATUS_CODE"], params["FAILED_REASON"]) == (
        0,
        "304",
        str(disposition),
    )


@pytest.mark.parametrize(
    ("disposition", "code"),
    [
        (Disposition.ABANDONED, "603-S"),
        (Disposition.MISSED, "603-S"),
        (Disposition.BUSY, "486"),
        (Disposition.DECLINED, "603"),
        (Disposition.NO_ANSWER, "480"),
        (Disposition.FAILED, "404"),
        (Disposition.UNAVAILABLE, "503"),
        (Disposition.AGENT_NO_ANSWER, "603-S"),
        (Disposition.AGENT_DECLINED, "603-S"),
        (Disposition.AGENT_UNAVAILABLE, "603-S"),
    ],
)
@pytest.mark.parametrize("direction", [Direction.OUTBOUND, Direction.INTERNAL])
def test_an_unanswered_outbound_call_says_why(direction, disposition, code):
    """In the portal's codes, DURATION 0."""
    params = finish(direction, disposition)
    assert (params["DURATION"], params["STATUS_CODE"]) == (0, code)


def test_an_unusual_end_is_told_in_words():
    """The reason takes the disposition's place."""
    assert (
        finish(Direction.INBOUND, Disposition.MISSED, reason="lost sight of")["FAILED_REASON"]
        == "lost sight of"
    )
    assert (
        finish(Direction.INBOUND, Disposition.ANSWERED, 5, "lost sight of")["FAILED_REASON"]
        == "lost sight of"
    )


@pytest.mark.parametrize(
    ("command", "method", "params"),
    [
        (ShowCard(KEY, (5, 7)), "telephony.externalCall.show", {"USER_ID": [5, 7]}),
        (HideCard(KEY, (7,)), "telephony.externalCall.hide", {"USER_ID": [7]}),
        (
            AttachRecording(KEY, "/rec/a.WAV"),
            "telephony.externalCall.attachRecord",
            {"FILENAME": "a.WAV", "PATH": "/rec/a.WAV"},
        ),
        (
            AttachRecording(KEY, url="https://rec.example.com/a.mp3"),
            "telephony.externalCall.attachRecord",
            {"RECORD_URL": "https://rec.example.com/a.mp3"},
        ),
        (
            UpdateActivity(KEY, 9, {"SUBJECT": "x"}),
            "crm.activity.update",
            {"id": 9, "fields": {"SUBJECT": "x"}},
        ),
        (
            UpdateEntity(KEY, Entity("deal", 3), {"TITLE": "x"}),
            "crm.deal.update",
            {"id": 3, "fields": {"TITLE": "x"}, "params": {"REGISTER_SONET_EVENT": "N"}},
        ),
        (
            CreateEntity(KEY, "lead", {"TITLE": "x"}),
            "crm.lead.add",
            {"fields": {"TITLE": "x"}, "params": {"REGISTER_SONET_EVENT": "N"}},
        ),
        (
            BindEntity(KEY, 9, Entity("company", 4)),
            "crm.activity.binding.add",
            {"activityId": 9, "entityTypeId": 4, "entityId": 4},
        ),
        (
            AddComment(KEY, Entity("contact", 8), "hello"),
            "crm.timeline.comment.add",
            {"fields": {"ENTITY_ID": 8, "ENTITY_TYPE": "contact", "COMMENT": "hello"}},
        ),
        (Write(KEY, "tasks.task.add", {"fields": {}}), "tasks.task.add", {"fields": {}}),
    ],
)
def test_each_command_has_its_method_and_fields(command, method, params):
    """In the portal's own names."""
    assert method_of(command) == method
    assert params_of(command) == params
