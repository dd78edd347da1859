"""What is filed at all, and who owns the call: each rule a line."""

from dataclasses import replace

import pytest

from itgrix_core.filing import plan
from itgrix_core.filing.commands import FinishCall, HideCard, RegisterCall
from itgrix_core.filing.rules import Rules, Standing
from itgrix_hooks.testing import BEGAN, CLIENT, make_call
from itgrix_hooks.values import (
    Conversation,
    Direction,
    Disposition,
    Filed,
    Owner,
    PhoneNumber,
    Result,
    User,
)

USERS = {"101": User(11), "102": User(12), "103": User(13), "901": User(11)}
RULES = Rules(default_user=1)
REGISTERED = Filed(call_id="c1", user_id=11)
BOSS = User(17, "Boss")


def phone(extension, answered=None, result=Result.NO_ANSWER, **more):
    """A phone that rang and is done with."""
    facts = {"was_rung": True, "rang_at": BEGAN + 1, "ended_at": BEGAN + 20} | more
    return Conversation(f"c{extension}", extension, answered_at=answered, result=result, **facts)


# ---- what is filed at all ----------------------------------------------------------------------------------
def test_calls_with_clients_are_filed():
    """Both ways."""
    assert plan.unfiled(make_call("answered"), RULES) == ""
    assert plan.unfiled(make_call("outbound"), RULES) == ""


def test_internal_calls_are_filed_only_if_the_settings_say_so():
    """Then with the number that was dialled: they have no client."""
    call = make_call("internal")
    assert plan.unfiled(call, RULES) == "a call between employees"
    assert plan.unfiled(call, replace(RULES, is_filing_internal=True)) == ""
    assert str(plan.other_number(call)) == "102"
    assert str(plan.other_number(replace(call, dialled=None))) == "102"


@pytest.mark.parametrize("number", [None, PhoneNumber(""), PhoneNumber("anonymous")])
def test_a_caller_without_a_number_is_not_filed(number):
    """A CRM can do nothing with him."""
    assert plan.unfiled(make_call("missed", client_number=number), RULES) == "a caller without a number"


# ---- who owns a call ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("shape", "changes", "owner"),
    [
        ("outbound", {}, Owner(11, "caller")),
        ("outbound", {"extension": "999"}, Owner(1, "default")),
        ("outbound", {"extension": None}, Owner(1, "default")),
        ("internal", {}, Owner(11, "caller")),
        ("answered", {}, Owner(11, "talked last")),
        ("missed", {}, Owner(11, "rang last")),
        ("missed", {"conversations": ()}, Owner(1, "default")),
        ("missed", {"conversations": (phone("101"), phone("102"))}, Owner(12, "rang last")),
        ("missed", {"conversations": (phone("101"), phone("999"))}, Owner(11, "rang last")),
        ("missed", {"conversations": (phone("998"), phone("999"))}, Owner(1, "default")),
    ],
)
def test_the_owner_of_a_call(shape, changes, owner):
    """Without a client's responsible."""
    assert plan.owner_of(make_call(shape, **changes), USERS, None, RULES) == owner


def test_an_answered_call_belongs_to_who_talked_last():
    """After a transfer the second; an extension of nobody does not count."""
    talked = [phone("101", BEGAN + 5, Result.ANSWERED), phone("102", BEGAN + 30, Result.ANSWERED)]
    nobody = phone("999", BEGAN + 60, Result.ANSWERED)
    call = make_call("answered", conversations=(*talked, nobody, phone("103")))
    assert plan.owner_of(call, USERS, BOSS, RULES) == Owner(12, "talked last")
    only_nobody = replace(call, conversations=(nobody, phone("103")))
    assert plan.owner_of(only_nobody, USERS, BOSS, RULES) == Owner(1, "default")


@pytest.mark.parametrize(
    ("rule", "seconds", "responsible", "owner"),
    [
        ("last", 0, None, Owner(13, "talked last")),
        ("first", 0, None, Owner(11, "talked first")),
        ("longest", 0, None, Owner(12, "talked longest")),
        ("responsible", 0, User(11), Owner(11, "responsible")),
        ("responsible", 0, BOSS, Owner(13, "talked last")),
        ("responsible", 0, None, Owner(13, "talked last")),
        ("last", 10, None, Owner(12, "talked last")),
        ("first", 10, None, Owner(12, "talked first")),
        ("last", 99, None, Owner(13, "talked last")),
    ],
)
def test_an_answered_call_goes_by_the_setting(rule, seconds, responsible, owner):
    """101 talked for 5 s, 102 for 20 s, 103 for 2 s; too short a talk counts only if all were."""
    talks = [("101", 5, 10), ("102", 10, 30), ("103", 30, 32)]
    phones = [phone(ext, BEGAN + start, Result.ANSWERED, ended_at=BEGAN + end) for ext, start, end in talks]
    call = make_call("answered", conversations=tuple(phones))
    rules = replace(RULES, answered_owner=rule, owner_talk_seconds=seconds)
    assert plan.owner_of(call, USERS, responsible, rules) == owner


@pytest.mark.parametrize(
    ("rule", "responsible", "owner"),
    [
        ("responsible", BOSS, Owner(17, "responsible")),
        ("responsible", None, Owner(11, "rang last")),
        ("last", BOSS, Owner(11, "rang last")),
        ("default", BOSS, Owner(1, "default")),
    ],
)
def test_a_missed_call_goes_by_the_setting(rule, responsible, owner):
    """Each falls back on the next."""
    rules = replace(RULES, missed_owner=rule)
    assert plan.owner_of(make_call("missed"), USERS, responsible, rules) == owner


def test_the_responsible_is_asked_for_only_where_the_rule_wants_him():
    """It may cost a request."""
    missed = make_call("missed")
    assert plan.needs_responsible(missed, RULES)
    assert not plan.needs_responsible(missed, replace(RULES, missed_owner="last"))
    assert not plan.needs_responsible(make_call("answered"), RULES)
    assert plan.needs_responsible(make_call("answered"), replace(RULES, answered_owner="responsible"))
    assert not plan.needs_responsible(make_call("outbound"), RULES)
    assert not plan.needs_responsible(replace(missed, ended_at=None), RULES)


# ---- the registration --------------------------------------------------------------------------------------
def test_the_registration_says_what_is_known():
    """Number as filed, line and source by DID; what is created is decided elsewhere."""
    rules = replace(
        RULES,
        lines={"+1 (555) 010-0900": "900"},
        sources={"trunk": "CALL"},
    )
    call = make_call("answered", timezone="Europe/Moscow")
    command = plan.registration(call, 11, PhoneNumber("5550100200"), rules, (11,), BEGAN + 60)
    assert command == RegisterCall(
        call.key, 11, PhoneNumber("5550100200"), Direction.INBOUND, BEGAN, "Europe/Moscow", "900", "CALL",
        False, (11,), BEGAN + 60,
    )  # fmt: skip


def test_an_unknown_did_has_no_line():
    """And no source."""
    command = plan.registration(make_call("outbound"), 11, CLIENT, RULES)
    assert (command.line, command.source) == ("", "")


@pytest.mark.parametrize(
    ("talker", "rung", "is_redirected"),
    [("trunk", "trunk", True), (None, "trunk", False), ("trunk", None, True), (None, None, False)],
    ids=["mobile", "taken in the office", "taken on the way", "office"],
)
def test_a_call_that_a_mobile_took_was_redirected(talker, rung, is_redirected):
    """TYPE 3: whoever talked counts, else all who rang."""
    phones = (phone("103", trunk=rung), phone("101", BEGAN + 5, Result.ANSWERED, trunk=talker))
    assert plan.is_redirected(make_call("answered", conversations=phones)) == is_redirected
    assert plan.is_redirected(make_call("missed", conversations=(phones[0],))) == bool(rung)
    assert not plan.is_redirected(make_call("outbound", conversations=phones))


@pytest.mark.parametrize("key", ["74950000101", "+7 (495) 000-01-01", "8 495 000 01 01", "provider1"])
def test_a_did_is_found_however_it_is_written(key):
    """Or its trunk; also as one of several spellings."""
    call = make_call("answered", did="+74950000101", trunk="provider1")
    assert plan.mapped({"provider2": "no", "74950000102": "no", key: "yes"}, call) == "yes"
    assert plan.mapped({"74950000102": "no", f"0000000, {key}": "yes"}, call) == "yes"


def test_what_is_not_in_the_table_has_no_entry():
    """A trunk's name with a digit in it is no number, and no DID is no key."""
    call = make_call("outbound", did=None, trunk="provider1")
    assert plan.mapped({"provider2": "no", "": "no", "74950000101": "no"}, call) == ""


# ---- the end -----------------------------------------------------------------------------------------------
def closed(call, shown=(11, 12), owner=11):
    """The hide and the finish of a call."""
    *hides, finish = plan.closing(call, Owner(owner, "test"), Standing(REGISTERED, shown))
    assert isinstance(finish, FinishCall)
    return [hide.users for hide in hides], finish


def test_an_answered_call_is_finished_with_its_talk():
    """The owner's card goes by the finish, the others' by a hide."""
    hidden, finish = closed(make_call("answered"))
    assert hidden == [(12,)]
    assert (finish.user_id, finish.disposition, finish.talk_seconds, finish.reason) == (
        11, Disposition.ANSWERED, 60.0, "",
    )  # fmt: skip


@pytest.mark.parametrize("disposition", [Disposition.MISSED, Disposition.ABANDONED, Disposition.BUSY])
def test_a_missed_call_has_no_talk_and_its_reason(disposition):
    """However it was missed."""
    _, finish = closed(make_call("missed", disposition=disposition))
    assert (finish.disposition, finish.talk_seconds, finish.reason) == (disposition, 0.0, str(disposition))


def test_a_call_of_which_we_lost_sight_says_so():
    """It ended somehow."""
    _, finish = closed(make_call("answered", lost_sight="the channel list lacks it"))
    assert finish.reason == "the channel list lacks it"


def test_an_outgoing_call_is_finished_as_one():
    """The CRM has other codes for it."""
    call = make_call("outbound", answered_at=None, disposition=Disposition.BUSY)
    _, finish = closed(call)
    assert (finish.direction, finish.disposition, finish.talk_seconds) == (
        Direction.OUTBOUND, Disposition.BUSY, 0.0,
    )  # fmt: skip


def test_nobody_else_sees_the_card_then_nothing_is_hidden():
    """A request less."""
    assert closed(make_call("answered"), shown=(11,))[0] == []
    assert closed(make_call("answered"), shown=())[0] == []


@pytest.mark.parametrize(
    ("shape", "disposition"), [("answered", Disposition.ANSWERED), ("missed", Disposition.MISSED)]
)
def test_a_call_without_a_disposition_is_finished_by_whether_people_talked(shape, disposition):
    """It was merged, or is not wanted any more."""
    _, finish = closed(make_call(shape, disposition=None))
    assert (finish.disposition, finish.reason) == (disposition, "")


def test_all_cards_can_be_taken_away():
    """Where the finish is cancelled."""
    call = make_call("missed")
    assert plan.hide_all(call, Standing(REGISTERED, (11, 12))) == (HideCard(call.key, (11, 12)),)
    assert plan.hide_all(call, Standing(REGISTERED)) == ()


def test_every_extension_is_asked_for_once(story):
    """Phones and the caller."""
    told = story("outbound").dial().ring("102", "101")
    assert plan.extensions_in(told.events) == ("101", "102")


def test_a_call_is_registered_once_the_crm_has_named_it():
    """Its id is the proof."""
    assert Standing(REGISTERED).is_registered
    assert not Standing(Filed(user_id=11)).is_registered
