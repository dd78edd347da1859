"""Who sees the card, who owns the call, what is filed at all: each rule a line."""

from dataclasses import replace

import pytest

from itgrix_core.filing import plan
from itgrix_core.filing.commands import FinishCall, HideCard, RegisterCall, ShowCard
from itgrix_core.filing.plan import Rules, Standing
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


def cards(events, shown=None, users=USERS, rules=RULES):
    """The commands of these events for a call that is not registered, or whose card these users see."""
    standing = Standing() if shown is None else Standing(REGISTERED, shown)
    return plan.cards(events, standing, users, CLIENT, rules)


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
    assert not plan.needs_responsible(make_call("outbound"), RULES)
    assert not plan.needs_responsible(replace(missed, ended_at=None), RULES)


# ---- cards -------------------------------------------------------------------------------------------------
def test_the_first_ring_registers_with_the_card(story):
    """On the employee whose phone rings."""
    (command,) = cards(story().start().ring("101").events)
    assert isinstance(command, RegisterCall)
    assert (command.user_id, command.show_to) == (11, (11,))


def test_a_group_registers_on_the_first_and_shows_to_all(story):
    """One command, however many phones."""
    (command,) = cards(story().ring("999", "102", "101").events)
    assert (command.user_id, command.show_to) == (12, (12, 11))


def test_two_phones_of_one_employee_are_one_card(story):
    """He is one user."""
    (command,) = cards(story().ring("101", "901").events)
    assert command.show_to == (11,)


def test_a_phone_of_nobody_registers_nothing(story):
    """The call is registered late, on its owner."""
    assert cards(story().start().ring("999").events) == ()


def test_a_call_out_registers_on_who_dials(story):
    """And shows him the card."""
    (command,) = cards(story("outbound").start().dial().events)
    assert (command.user_id, command.show_to, command.direction) == (11, (11,), Direction.OUTBOUND)


def test_a_ring_of_a_registered_call_shows(story):
    """To those who do not see it."""
    events = story().ring("101", "102", "103").events
    assert cards(events, (11,)) == (ShowCard(events[0].call.key, (12, 13), events[-1].at + 60),)


def test_an_answer_hides_from_all_others_in_one_command(story):
    """Whoever answered keeps it."""
    told = story().ring("101", "102", "103").answer("102")
    assert cards(told.events[3:], (11, 12, 13)) == (HideCard(told.call.key, (11, 13)),)


def test_an_answer_at_a_phone_of_nobody_hides_from_all(story):
    """Nobody whose card it could be has the call."""
    told = story().ring("101", "999").answer("999")
    assert cards(told.events[2:], (11,)) == (HideCard(told.call.key, (11,)),)


def test_who_declines_loses_the_card(story):
    """The others keep it."""
    told = story().ring("101", "102").stop("101", Result.DECLINED)
    assert cards(told.events[2:], (11, 12)) == (HideCard(told.call.key, (11,)),)


def test_the_second_phone_of_who_answered_takes_no_card_away(story):
    """It stops ringing because he answered at the other one."""
    told = story().ring("101", "901").answer("101").stop("901", Result.ANSWERED_ELSEWHERE)
    assert cards(told.events[2:], (11,)) == ()


def test_who_was_in_a_talk_keeps_the_card(story):
    """The finish takes it from him; a transfer's answer hides it."""
    told = story().ring("101").answer("101").stop("101", Result.ANSWERED)
    assert cards(told.events[2:], (11,)) == ()


def test_a_call_picked_up_by_another_moves_the_card(story):
    """The ringing phone stops, the colleague talks."""
    told = story().ring("101").stop("101", Result.PICKED_UP, picked_up_by="102").ring("102").answer("102")
    assert cards(told.events[1:], (11,)) == (
        HideCard(told.call.key, (11,)),
        ShowCard(told.call.key, (12,), told.at + 60),
    )


def test_a_queues_round_that_begins_anew_is_no_command(story):
    """Rung, stopped, rung again: nothing has changed for anybody."""
    told = story().ring("101").stop("101")
    again = replace(told.events[0], call=told.call, at=told.at + 1)
    assert cards([told.events[1], again], (11,)) == ()


def test_a_call_that_was_rung_and_answered_meanwhile_registers_on_the_first(story):
    """With the card for who talks."""
    (command,) = cards(story().ring("101", "102").answer("102").stop("101").events)
    assert (command.user_id, command.show_to) == (11, (12,))


def test_a_conversation_that_the_call_does_not_have_is_left_alone(story):
    """A log may say anything."""
    (event,) = story().ring("101").events
    assert cards([replace(event, conversation="nobody")]) == ()


# ---- the registration --------------------------------------------------------------------------------------
def test_the_registration_says_what_is_known():
    """Number as filed, line and source by DID, creation by direction."""
    rules = replace(
        RULES,
        lines={"+1 (555) 010-0900": "900"},
        sources={"trunk": "CALL"},
        create_for=frozenset({"inbound"}),
    )
    call = make_call("answered", timezone="Europe/Moscow")
    command = plan.registration(call, 11, PhoneNumber("5550100200"), rules, (11,), BEGAN + 60)
    assert command == RegisterCall(
        call.key, 11, PhoneNumber("5550100200"), Direction.INBOUND, BEGAN, "Europe/Moscow", "900", "CALL",
        True, (11,), BEGAN + 60,
    )  # fmt: skip


def test_a_call_out_creates_nobody_unless_the_settings_say_so():
    """And an unknown DID has no line."""
    command = plan.registration(make_call("outbound"), 11, CLIENT, RULES)
    assert (command.is_creating, command.line, command.source) == (False, "", "")
    rules = replace(RULES, create_for=frozenset({"outbound"}))
    assert plan.registration(make_call("outbound"), 11, CLIENT, rules).is_creating


@pytest.mark.parametrize("key", ["74950000101", "+7 (495) 000-01-01", "8 495 000 01 01", "provider1"])
def test_a_did_is_found_however_it_is_written(key):
    """Or its trunk."""
    call = make_call("answered", did="+74950000101", trunk="provider1")
    assert plan.mapped({"provider2": "no", "74950000102": "no", key: "yes"}, call) == "yes"


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
