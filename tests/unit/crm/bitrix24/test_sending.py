"""What leaves for the portal, and what its answers mean for the steps."""

import base64

import pytest

from itgrix_core.crm.adapter import Blocked, Done, Refused, Unknown
from itgrix_core.crm.bitrix24.methods import ATTACH, FINISH, HIDE, REGISTER, SHOW, STATISTICS
from itgrix_core.filing.commands import (
    AddComment,
    AskToCallBack,
    AttachRecording,
    BindEntity,
    CreateEntity,
    CreateForCall,
    FinishCall,
    HideCard,
    Notify,
    RegisterCall,
    ShowCard,
    UpdateEntity,
    Write,
)
from itgrix_hooks.values import Direction, Disposition, Entity, Filed, PhoneNumber

KEY = "main/1700000000.1"
CALL = "externalCall.ab.1"
NOW = 1_700_000_000.0
REGISTERED = {"CALL_ID": CALL, "CRM_ENTITY_TYPE": "", "CRM_ENTITY_ID": None, "CRM_CREATED_ENTITIES": []}
NOT_FOUND = "Call is not found (call should be registered prior to finishing"
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


def batched(register=REGISTERED, show=True, errors=()):
    """A batch's answer; empty maps come as lists."""
    results = {"register": register, "show": show}
    return {
        "result": {k: v for k, v in results.items() if v is not None} or [],
        "result_error": dict(errors) or [],
    }


def test_a_phone_of_the_booked_user_rings_one_request(portal, perform):
    """SHOW=1 shows the card to USER_ID; SHOW_TO itself is never sent."""
    portal.says(REGISTER, REGISTERED)
    assert perform(registration()) == [Done(REGISTERED)]
    sent = portal.asked(REGISTER)[0]
    assert (sent["SHOW"], sent["USER_ID"], sent["EXTERNAL_CALL_ID"]) == (1, 5, KEY)
    assert "SHOW_TO" not in sent


def test_several_phones_ring_one_batch(portal, perform):
    """Register hidden, then show to all, CALL_ID taken from the first command."""
    portal.says("batch", batched())
    assert perform(registration((5, 7))) == [Done(REGISTERED)]
    batch = portal.asked("batch")[0]
    assert batch["halt"] == 1
    assert list(batch["cmd"]) == ["register", "show"]
    assert "&SHOW=0" in batch["cmd"]["register"]
    assert "PHONE_NUMBER=%2B79165550012&" in batch["cmd"]["register"]
    assert batch["cmd"]["show"] == f"{SHOW}?CALL_ID=$result[register][CALL_ID]&USER_ID[0]=5&USER_ID[1]=7"
    assert portal.methods == ["batch"]


def test_a_card_for_another_than_the_booked_user_is_a_batch_too(portal, perform):
    """SHOW=1 would show it to USER_ID."""
    portal.says("batch", batched())
    perform(registration((7,)))
    assert portal.asked("batch")[0]["cmd"]["show"].endswith("&USER_ID[0]=7")


@pytest.mark.parametrize(
    ("show_to", "good_until"),
    [((), None), ((5,), NOW - 1), ((5, 7), NOW - 0.1)],
    ids=["nobody", "late", "late group"],
)
def test_nobody_sees_a_stale_card(portal, perform, show_to, good_until):
    """The registration itself never spoils."""
    portal.says(REGISTER, REGISTERED)
    assert perform(registration(show_to, good_until)) == [Done(REGISTERED)]
    assert portal.asked(REGISTER)[0]["SHOW"] == 0
    assert portal.methods == [REGISTER.casefold()]


def test_a_hook_chooses_whose_card(portal, perform):
    """SHOW_TO of the params counts, not the command's; a SHOW of a hook does not."""
    portal.says(REGISTER, REGISTERED)
    perform(registration((5, 7)), SHOW_TO=["5"], SHOW=0)
    assert portal.asked(REGISTER)[0]["SHOW"] == 1


@pytest.mark.parametrize(
    ("show_to", "shown"), [(5, 1), ("5", 1), ((5,), 1), (None, 0), ("x", 0), ({}, 0), ([None, "5"], 1)]
)
def test_whatever_a_hook_left_as_show_to_files_the_call(portal, perform, show_to, shown):
    """A single number is a list of one, nonsense is nobody."""
    portal.says(REGISTER, REGISTERED)
    assert perform(registration(), SHOW_TO=show_to) == [Done(REGISTERED)]
    assert portal.asked(REGISTER)[0]["SHOW"] == shown


@pytest.mark.parametrize("show", [False, None])
def test_a_batch_that_could_not_show_is_followed_by_a_show(portal, perform, show):
    """An unresolved CALL_ID makes `false`, a stopped batch nothing."""
    portal.says("batch", batched(show=show))
    portal.says(SHOW, True)
    assert perform(registration((5, 7))) == [Done(REGISTERED)]
    assert portal.asked(SHOW) == [{"CALL_ID": CALL, "USER_ID": [5, 7]}]


def test_a_card_that_cannot_be_shown_does_not_undo_the_registration(portal, perform, words):
    """The call is filed."""
    portal.says("batch", batched(show=False))
    portal.says(SHOW, words.fails("INTERNAL_SERVER_ERROR", status=500))
    assert perform(registration((5, 7))) == [Done(REGISTERED)]


def test_a_portal_without_batch_gets_two_requests(portal, perform, words):
    """Refused as a whole: nothing was executed."""
    portal.says("batch", words.fails("ERROR_BATCH_METHOD_NOT_ALLOWED", status=405))
    portal.says(REGISTER, REGISTERED)
    portal.says(SHOW, True)
    assert perform(registration((5, 7))) == [Done(REGISTERED)]
    assert portal.asked(REGISTER)[0]["SHOW"] == 0


@pytest.mark.parametrize("show_to", [(5,), (5, 7)])
def test_an_unknown_user_is_told_as_such(portal, perform, words, show_to):
    """Delivery registers once more with the default user; alone or in a batch."""
    refusal = {"error": "", "error_description": "User is not found or is not active"}
    portal.says(REGISTER, (400, refusal))
    portal.says("batch", batched(None, None, {"register": refusal}))
    (outcome,) = perform(registration(show_to))
    assert isinstance(outcome, Refused)
    assert outcome.why == "user"


@pytest.mark.parametrize("answer", [{}, {"CALL_ID": ""}, [], None, True])
def test_a_registration_without_call_id_is_unknown(portal, perform, answer):
    """It may have been executed, and repeating is safe."""
    portal.says(REGISTER, answer)
    assert isinstance(perform(registration())[0], Unknown)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("Lead creation is disabled for local users", "it is a phone in the profile of one of the portal's"),
        ("no room", "the portal could not create anything for this call: no room"),
        ("", ""),
    ],
)
def test_why_nothing_was_created_is_said_plainly(portal, perform, error, told):
    """The call is registered all the same."""
    portal.says(REGISTER, {**REGISTERED, "LEAD_CREATION_ERROR": error})
    (outcome,) = perform(registration())
    assert told in outcome.note
    assert bool(outcome.note) == bool(told)


def test_a_deal_takes_the_contact_that_was_created_before_it(portal, perform):
    """Its id is no decision; without one there is no deal."""
    number = PhoneNumber("+79165550012")
    contact, deal = (CreateForCall(KEY, kind, "x", number, 5) for kind in ("contact", "deal"))
    portal.says("crm.contact.add", 31)
    portal.says("crm.deal.add", 32)
    assert perform(contact, deal, filed=Filed()) == [Done(31), Done(32)]
    assert portal.asked("crm.deal.add")[0]["fields"]["CONTACT_ID"] == 31
    assert "CREATED" not in portal.asked("crm.deal.add")[0]
    assert isinstance(perform(deal, filed=Filed())[0], Refused)
    perform(deal, filed=Filed(created=(Entity("contact", 33),)))
    assert portal.asked("crm.deal.add")[1]["fields"]["CONTACT_ID"] == 33


def test_a_notice_carries_a_tag_so_that_its_repetition_takes_its_place(portal, perform):
    """A webhook needs a CLIENT_ID for that."""
    portal.says("im.notify.personal.add", 5)
    perform(Notify(KEY, 5, "late"))
    (sent,) = portal.asked("im.notify.personal.add")
    assert sent["TAG"].startswith("[itgrix:")
    assert sent["CLIENT_ID"] == "itgrix"


def test_later_steps_take_call_id_from_the_registration_before_them(portal, perform):
    """A call that is filed late goes out in one perform."""
    portal.says(REGISTER, REGISTERED)
    portal.says(HIDE, False)
    portal.says(FINISH, {"CRM_ACTIVITY_ID": 9})
    outcomes = perform(registration(()), HideCard(KEY, (7,)), finish(), filed=Filed())
    assert outcomes == [Done(REGISTERED), Done(answer=False), Done({"CRM_ACTIVITY_ID": 9})]
    assert portal.asked(HIDE) == [{"USER_ID": ["7"], "CALL_ID": CALL}]
    assert portal.asked(FINISH)[0] == {
        "USER_ID": "5", "ADD_TO_CHAT": "0", "DURATION": "60", "STATUS_CODE": "200", "CALL_ID": CALL,
    }  # fmt: skip
    assert portal.methods == [each.casefold() for each in (REGISTER, "batch", HIDE, FINISH)]


def test_what_the_next_step_needs_nothing_of_goes_out_as_one_request(portal, perform):
    """A batch that stops at the first error; its keys are words, by numbers PHP would answer a list."""
    portal.says(HIDE, True)
    portal.says("tasks.task.add", {"task": {"id": "9"}})
    portal.says(FINISH, {"CRM_ACTIVITY_ID": 9})
    task = AskToCallBack(KEY, "task", 5, "Call back", "text", NOW, "UTC")
    outcomes = perform(HideCard(KEY, (7,)), finish(), task)
    assert outcomes == [Done(answer=True), Done({"CRM_ACTIVITY_ID": 9}), Done({"task": {"id": "9"}})]
    (batch,) = portal.asked("batch")
    assert batch["halt"] == 1
    assert list(batch["cmd"]) == ["c0", "c1", "c2"]


def test_what_a_query_cannot_say_goes_out_by_itself(portal, perform):
    """An empty list, a null, and what would mean an earlier answer."""
    portal.says("crm.lead.update", True)
    for value in ([], None, "see $result[c0]"):
        perform(UpdateEntity(KEY, LEAD, {"UF_X": value}), UpdateEntity(KEY, LEAD, {"UF_X": value}))
    assert portal.methods == ["crm.lead.update"] * 6


def test_a_portal_without_batch_gets_them_one_by_one(portal, perform, words):
    """In their order."""
    portal.says("batch", words.fails("INSUFFICIENT_SCOPE", "no"))
    portal.says(HIDE, True)
    portal.says(FINISH, {"CRM_ACTIVITY_ID": 9})
    assert perform(HideCard(KEY, (7,)), finish()) == [Done(answer=True), Done({"CRM_ACTIVITY_ID": 9})]
    assert portal.methods == [each.casefold() for each in ("batch", HIDE, FINISH)]


@pytest.mark.parametrize("answer", [{"result": [], "result_error": []}, [], "what?"])
def test_a_batch_that_says_nothing_of_a_step_leaves_it_to_be_looked_up(portal, perform, answer):
    """What came behind it waits."""
    portal.says("batch", answer)
    hidden, finished = perform(HideCard(KEY, (7,)), finish())
    assert isinstance(hidden, Unknown)
    assert finished.why == "waiting"


def test_of_a_batch_whose_answer_was_lost_nothing_is_known(portal, perform, words):
    """Each step is to be looked up."""
    portal.says("batch", words.cut)
    assert all(isinstance(each, Unknown) for each in perform(HideCard(KEY, (7,)), finish()))


def test_a_finish_in_a_batch_that_was_done_before_is_settled_by_the_statistics(portal, perform, words):
    """As one by itself."""
    portal.says(HIDE, False)
    portal.says(FINISH, words.fails("", "Call is not found"))
    portal.says(STATISTICS, [{"ID": "1", "CALL_ID": CALL, "CRM_ACTIVITY_ID": "9"}])
    _, finished = perform(HideCard(KEY, (7,)), finish())
    assert finished.answer["CRM_ACTIVITY_ID"] == 9


def test_what_follows_a_failure_waits(portal, perform, words):
    """Order inside a call is kept: nothing after the failed step is sent."""
    portal.says(HIDE, True)
    portal.says(FINISH, words.fails("OPERATION_TIME_LIMIT", "Method is blocked", 429))
    hidden, blocked, waiting, last = perform(
        HideCard(KEY, (7,)), finish(), HideCard(KEY, (5,)), HideCard(KEY, (6,))
    )
    assert isinstance(hidden, Done)
    assert (blocked.why, waiting.why, last.why, waiting.seconds) == ("quota", "waiting", "waiting", 0.0)
    assert portal.methods == [each.casefold() for each in ("batch", HIDE, FINISH)]


@pytest.mark.parametrize(
    "command", [finish(), ShowCard(KEY, (5,)), HideCard(KEY, (5,)), AttachRecording(KEY, "/x.wav")]
)
def test_a_call_that_was_never_registered_has_nothing_to_finish(portal, perform, command):
    """No request leaves."""
    (outcome,) = perform(command, filed=Filed())
    assert outcome.why == "unknown call"
    assert portal.requests == []


def test_a_stale_show_and_an_empty_hide_cost_nothing(portal, perform):
    """They count as done."""
    assert perform(ShowCard(KEY, (5,), NOW - 1), HideCard(KEY, ())) == [
        Done(answer=False),
        Done(answer=False),
    ]
    assert portal.requests == []


def test_a_second_finish_is_settled_by_the_statistics(portal, perform, words):
    """Not found, but finished: done, with the activity, all numbers from text."""
    portal.says(FINISH, words.fails("", NOT_FOUND))
    portal.says(
        STATISTICS,
        [{"CALL_ID": CALL, "CRM_ACTIVITY_ID": "7943", "CALL_DURATION": "60", "PORTAL_USER_ID": "5"}],
    )
    (outcome,) = perform(finish())
    assert (outcome.answer["CRM_ACTIVITY_ID"], outcome.answer["CALL_DURATION"]) == (7943, 60)
    assert portal.asked(STATISTICS)[0]["FILTER"] == {"CALL_ID": CALL}


def test_a_call_that_neither_waits_nor_was_finished_is_unknown_to_the_portal(portal, perform, words):
    """The refusal stands."""
    portal.says(FINISH, words.fails("", NOT_FOUND))
    portal.says(STATISTICS, [])
    assert perform(finish())[0].why == "unknown call"


def test_closed_statistics_leave_the_refusal_as_proof(portal, perform, words):
    """The call was active once and is no more."""
    portal.says(FINISH, words.fails("", NOT_FOUND))
    portal.says(STATISTICS, words.fails("ACCESS_DENIED", "Access denied!", 403))
    assert perform(finish()) == [Done({"CALL_ID": CALL})]


def test_statistics_that_cannot_be_asked_now_leave_the_finish_open(portal, perform, words):
    """Asked again later."""
    portal.says(FINISH, words.fails("", NOT_FOUND))
    portal.says(STATISTICS, words.fails("QUERY_LIMIT_EXCEEDED", status=503))
    assert isinstance(perform(finish())[0], Blocked)


def test_a_recording_is_sent_in_base64(portal, perform, tmp_path):
    """Under its own name with a small ending; the path stays here."""
    file = tmp_path / "out-101.WAV"
    file.write_bytes(b"RIFF" + b"\0" * 96)
    portal.says(ATTACH, {"FILE_ID": 9079})
    assert perform(AttachRecording(KEY, str(file))) == [Done({"FILE_ID": 9079})]
    (sent,) = portal.asked(ATTACH)
    content = base64.b64encode(file.read_bytes()).decode()
    assert sent == {"CALL_ID": CALL, "FILENAME": "out-101.wav", "FILE_CONTENT": content}


def test_a_link_is_sent_as_a_link(portal, perform):
    """The portal fetches it."""
    portal.says(ATTACH, {"FILE_ID": 1})
    perform(AttachRecording(KEY, url="https://rec.example.com/a.mp3"))
    assert portal.asked(ATTACH) == [{"RECORD_URL": "https://rec.example.com/a.mp3", "CALL_ID": CALL}]


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.wav", b"\0" * 44, "no sound"),
        ("a.wav", b"", "no sound"),
        ("a.gsm", b"\0" * 99, "convert"),
        ("b.wav", None, "read"),
        ("nul\0.wav", None, "not a file name"),
    ],
)
def test_a_recording_that_is_none_is_refused_before_it_is_sent(
    portal, perform, tmp_path, name, content, text
):
    """A header alone is 44 bytes."""
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    (outcome,) = perform(AttachRecording(KEY, str(file)))
    assert outcome.why == "params"
    assert text in outcome.text
    assert portal.requests == []


def test_what_is_added_carries_our_mark(portal, perform):
    """ORIGIN_ID is the effect's key; a comment and a task end in a short mark; the saved params do not."""
    portal.says("crm.lead.add", 77)
    portal.says("crm.timeline.comment.add", 88)
    portal.says("tasks.task.add", {"task": {"id": "9"}})
    outcomes = perform(
        CreateEntity(KEY, "lead", {"TITLE": "x"}),
        AddComment(KEY, LEAD, "hello"),
        Write(KEY, "tasks.task.add", {"fields": {"TITLE": "call back"}}),
    )
    assert outcomes == [Done(77), Done(88), Done({"task": {"id": "9"}})]
    lead = portal.asked("crm.lead.add")[0]["fields"]
    assert lead == {"TITLE": "x", "ORIGINATOR_ID": "itgrix", "ORIGIN_ID": f"{KEY}/create"}
    assert portal.asked("crm.timeline.comment.add")[0]["fields"]["COMMENT"].startswith("hello\n[itgrix:")
    assert portal.asked("tasks.task.add")[0]["fields"]["DESCRIPTION"].startswith("[itgrix:")


def test_a_binding_that_is_there_already_is_done(portal, perform, words):
    """The portal refuses it; only when it really is there."""
    portal.says("crm.activity.binding.add", words.fails("", "Binding already exists"))
    portal.says(
        "crm.activity.binding.list",
        [{"entityTypeId": 1, "entityId": 3}],
        [{"entityTypeId": 2, "entityId": 3}],
    )
    assert perform(BindEntity(KEY, 9, LEAD)) == [Done(answer=True)]
    assert isinstance(perform(BindEntity(KEY, 9, LEAD))[0], Refused)
