"""The whole life of a call, told by the adapter to the sandbox portal, with answers that get lost on the way.

Two strangers meet here: neither was written from the other, both from Bitrix24's documentation.
"""

import pytest

from itgrix_core.crm.adapter import Blocked, CrmUnavailable, Done, Refused
from itgrix_core.filing.commands import (
    AttachRecording,
    BindEntity,
    HideCard,
    ShowCard,
    UpdateActivity,
)
from itgrix_core.sandbox.bitrix.records import User
from itgrix_core.sandbox.bitrix.seed import Seed, default_seed
from itgrix_core.sandbox.bitrix.settings import CrmMode, Settings
from itgrix_hooks.values import Direction, Disposition, Entity, PhoneNumber

START = 1_795_000_000.0
STRANGER = "+79165550012"
REGISTER = "telephony.externalCall.register"


def test_an_answered_call_leaves_an_activity_with_its_recording(office, recording):
    """Registered with its card, finished, attached, described: four requests."""
    office.file(office.registration())
    assert list(office.state["cards"]) == ["11"]
    office.clock.at += 65
    office.file(office.end())
    office.file(AttachRecording(office.key, recording))
    office.file(UpdateActivity(office.key, office.filed.activity_id, {"SUBJECT": "Waited 5 s"}))
    filed, known = office.filed, office.state
    assert filed.is_finished
    assert filed.entity.kind == "contact"
    assert filed.recording_id
    assert (known["active_calls"], known["cards"]) == ([], {})
    (call,) = known["finished_calls"]
    assert (call["CALL_DURATION"], call["CALL_FAILED_CODE"], call["PORTAL_USER_ID"]) == ("60", "200", "11")
    assert call["EXTERNAL_CALL_ID"] == office.key
    (activity,) = known["activities"]
    assert activity["SUBJECT"] == "Waited 5 s"
    assert len(office.portal.ledger.entries()) == 4


def test_whom_an_activity_is_tied_to_is_read(office):
    """The caller is a contact; a company is added to it."""
    office.file(office.registration())
    office.file(office.end())
    filed = office.filed
    office.file(BindEntity(office.key, filed.activity_id, Entity("company", 4001)))
    tied = [(each.kind, each.id) for each in office.adapter.tied_to(filed.activity_id)]
    assert tied == [(filed.entity.kind, filed.entity.id), ("company", 4001)]


def test_a_missed_call_is_missed(office):
    """DURATION 0 and 304; the activity is known to the adapter."""
    office.file(office.registration())
    office.file(office.end(Disposition.ABANDONED, 0.0))
    (call,) = office.state["finished_calls"]
    assert (call["CALL_DURATION"], call["CALL_FAILED_CODE"], call["CALL_FAILED_REASON"]) == (
        "0",
        "304",
        "abandoned",
    )
    assert len(office.state["missed"]) == 1
    assert office.adapter.activity(office.filed.activity_id).fields["DIRECTION"] == "1"


def test_a_group_of_three_sees_one_card_each_until_one_answers(office):
    """One batch shows, one hide takes away, whoever answers keeps it."""
    office.file(office.registration(show_to=(11, 12, 13)))
    assert list(office.state["cards"]) == ["11", "12", "13"]
    assert office.executed(REGISTER) == 1
    office.file(HideCard(office.key, (11, 13)))
    assert list(office.state["cards"]) == ["12"]
    office.file(office.end(user_id=12))
    assert office.state["cards"] == {}
    office.file(HideCard(office.key, (11, 12, 13)))
    assert office.portal.ledger.entries("batch")[0].status == 200


def test_a_card_for_somebody_else_and_one_more_later(office):
    """Booked on the default user, shown where it rings."""
    office.file(office.registration(user_id=1, show_to=(12,)))
    assert list(office.state["cards"]) == ["12"]
    office.file(ShowCard(office.key, (13,), START + 60))
    assert list(office.state["cards"]) == ["12", "13"]


def test_a_call_filed_too_late_shows_no_card(office):
    """Everything in one perform, CALL_ID taken on the way."""
    registration = office.registration(good_until=START - 60)
    outcomes = office.file(registration, HideCard(office.key, (11,)), office.end())
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Done]
    assert office.portal.ledger.entries(REGISTER)[0].params["SHOW"] == 0
    assert office.filed.is_finished


@pytest.mark.parametrize(
    ("disposition", "code"),
    [(Disposition.BUSY, "486"), (Disposition.ABANDONED, "603-S"), (Disposition.FAILED, "404")],
)
def test_a_call_out_says_why_it_was_not_taken(office, disposition, code):
    """In the portal's codes."""
    office.file(office.registration(STRANGER, Direction.OUTBOUND))
    office.file(office.end(disposition, 0.0, direction=Direction.OUTBOUND))
    (call,) = office.state["finished_calls"]
    assert (call["CALL_FAILED_CODE"], call["CALL_DURATION"], call["CALL_TYPE"]) == (code, "0", "1")


@pytest.mark.parametrize(
    ("mode", "kinds"), [(CrmMode.LEADS, ["lead"]), (CrmMode.SIMPLE, ["contact", "deal"])]
)
def test_a_strangers_call_makes_what_the_portal_makes(open_office, mode, kinds):
    """With leads and without; the finishing user gets them."""
    office = open_office(Settings(crm_mode=mode))
    office.file(office.registration(STRANGER, is_creating=True, source="CALL", line="74950000001"))
    assert sorted(entity.kind for entity in office.filed.created) == kinds
    office.file(office.end(user_id=12))
    made = office.filed.created[0]
    assert office.adapter.entity(made.kind, made.id).responsible_id == 12


def test_a_recording_before_the_finish_is_refused(office, recording):
    """The portal does not know the call yet."""
    office.file(office.registration())
    (outcome,) = office.file(AttachRecording(office.key, recording))
    assert outcome.why == "unknown call"


def test_an_unknown_user_and_an_unusable_number_are_told_apart(office):
    """The first is retried with the default user, the second is not filed."""
    reasons = [
        office.file(office.registration(user_id=999, show_to=show_to))[0].why
        for show_to in ((999,), (11, 12))
    ]
    assert reasons == ["user", "user"]
    (anonymous,) = office.file(office.registration("anonymous"))
    assert isinstance(anonymous, Refused)
    assert anonymous.why == "number"


@pytest.mark.parametrize("code", ["ERROR_CORE", ""])
def test_refusals_are_understood_whatever_their_code(open_office, code):
    """Portals in the field leave it empty."""
    office = open_office(Settings(telephony_code=code))
    assert office.file(office.registration(user_id=999))[0].why == "user"


def test_the_portals_limit_blocks_and_executes_nothing(office):
    """Fifty at once, then two a second; our bucket and theirs agree, so theirs is never overrun."""
    outcomes = [office.file(office.registration())[0] for _ in range(60)]
    blocked = [outcome for outcome in outcomes if isinstance(outcome, Blocked)]
    assert len(blocked) == 10
    assert len(office.portal.ledger.entries()) == 50
    office.clock.at += blocked[0].seconds
    assert isinstance(office.file(office.registration())[0], Done)


def test_employees_and_clients_are_found(open_office):
    """Over pages; of two with one extension the lowest id wins; the dismissed one has no calls."""
    crowd = tuple(User(id=100 + n, name=f"N{n}", extension=str(1000 + n)) for n in range(120))
    start = default_seed()
    twins = (User(300, "Twin", extension="101"),)
    seed = Seed(users=(*start.users, *crowd, *twins), contacts=start.contacts, lines=start.lines)
    office = open_office(seed=seed)
    adapter = office.adapter
    assert adapter.user_of_extension("1119").id == 219
    assert adapter.user_of_extension("101").id == 11
    assert adapter.user_of_extension("107") is None
    assert not adapter.user(17).is_active
    (client,) = adapter.clients_of(PhoneNumber("8 (916) 000-00-01"))
    assert (client.kind, client.responsible_id) == ("contact", 11)
    assert [sentence for is_fine, sentence in adapter.check() if not is_fine] == [
        "Extension 101 belongs to Anna Ivanova (11) and Twin (300): its calls go to 11; leave it to one."
    ]


def test_a_portal_that_wants_an_application_is_recognised(open_office):
    """By check before anything is filed, and by a block that keeps the call."""
    office = open_office(Settings(webhook_may_register=False))
    assert any("applications only" in sentence for is_fine, sentence in office.adapter.check() if not is_fine)
    assert office.state["active_calls"] == []
    (outcome,) = office.file(office.registration())
    assert (type(outcome), outcome.why) == (Blocked, "configuration")


def test_the_probe_of_check_registers_nothing(open_office):
    """Everything fine, nothing filed."""
    office = open_office(lines={"+74950000001": "74950000001"})
    assert [sentence for is_fine, sentence in office.adapter.check() if not is_fine] == []
    assert (office.state["active_calls"], office.state["finished_calls"]) == ([], [])


def test_a_wrong_webhook_blocks_until_it_is_mended(open_office, office):
    """Calls wait, questions say so, check says what to do; the code shows nowhere."""
    wrong = open_office(webhook=office.adapter._client.portal + "/rest/1/wr0ngc0de/")
    (outcome,) = wrong.file(wrong.registration())
    assert (type(outcome), outcome.why) == (Blocked, "credentials")
    with pytest.raises(CrmUnavailable):
        wrong.adapter.user_of_extension("101")
    ((is_fine, sentence),) = wrong.adapter.check()
    assert not is_fine
    assert "wr0ngc0de" not in sentence + outcome.text
