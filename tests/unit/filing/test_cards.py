"""Who sees the card, and when: each rule a line."""

from __future__ import annotations

from dataclasses import replace

from itgrix_core.filing.cards import cards as commands_of
from itgrix_core.filing.commands import HideCard, RegisterCall, ShowCard
from itgrix_core.filing.rules import CardRules, Rules, Standing
from itgrix_hooks.testing import CLIENT
from itgrix_hooks.values import Direction, Filed, Result, User

USERS = {"101": User(11), "102": User(12), "103": User(13), "901": User(11)}
RULES = Rules(default_user=1)
REGISTERED = Filed(call_id="c1", user_id=11)


def cards(events, shown=None, users=USERS, rules=RULES):
    """The commands of these events for a call that is not registered, or whose card these users see."""
    standing = Standing() if shown is None else Standing(REGISTERED, shown)
    return commands_of(events, standing, users, CLIENT, rules)


# ---- who ---------------------------------------------------------------------------------------------------
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


# ---- when cards come up ------------------------------------------------------------------------------------
def with_cards(*args, **more):
    """Rules with these settings of cards."""
    return replace(RULES, cards=CardRules(*args, **more))


def test_at_answer_the_ring_registers_without_a_card(story):
    """The call is known to the CRM all the same; who answers sees it."""
    rules, told = with_cards("answer"), story().ring("101", "102").answer("102")
    (command,) = cards(told.events[:2], rules=rules)
    assert (command.user_id, command.show_to) == (11, ())
    assert cards(told.events[2:], (), rules=rules) == (ShowCard(told.call.key, (12,), told.at + 60),)


def test_never_means_no_card_for_anybody(story):
    """Neither at the ring nor at the answer."""
    rules, told = with_cards("never"), story().ring("101", "102").answer("102")
    (command,) = cards(told.events, rules=rules)
    assert (command.user_id, command.show_to) == (11, ())


def test_an_employee_has_his_own_moment(story):
    """It comes before everybody's and his queue's."""
    rules, told = (
        with_cards("ring", {12: "never", 13: "answer"}),
        story().ring("101", "102", "103").answer("102"),
    )
    (command,) = cards(told.events[:3], rules=rules)
    assert command.show_to == (11,)
    assert cards(told.events[3:], (11,), rules=rules) == (HideCard(told.call.key, (11,)),)


def test_a_queue_has_its_own_moment(story):
    """Only calls that waited in it."""
    rules = with_cards("ring", {11: "ring"}, {"700": "answer"})
    events = [
        replace(event, call=replace(event.call, queue="700")) for event in story().ring("101", "102").events
    ]
    (command,) = cards(events, rules=rules)
    assert command.show_to == (11,)
    (command,) = cards(story().ring("101", "102").events, rules=rules)
    assert command.show_to == (11, 12)


# ---- queues ------------------------------------------------------------------------------------------------
def test_between_two_rounds_of_a_queue_the_cards_stay(story):
    """The silence and the next ring of the same phones cost no request."""
    told = story().queue().ring("101", "102")
    silence = told.stop("101").stop("102").events[2:]
    again = told.ring("101", "102").events[4:]
    assert cards(silence, (11, 12)) == ()
    assert cards(again, (11, 12)) == ()


def test_a_phone_that_the_queue_passes_over_loses_its_card_with_the_next_ring(story):
    """One after another: hidden and shown in one go."""
    told = story().queue().ring("101").stop("101")
    assert cards(told.events, (11,)) == ()
    hide, show = cards(told.ring("102").events[-1:], (11,))
    assert (hide.users, show.users) == ((11,), (12,))


def test_a_phone_that_declined_a_queue_loses_its_card_at_once(story):
    """He has said that he does not want it."""
    events = story().queue().ring("101").stop("101", Result.DECLINED).events
    (hide,) = cards(events[1:], (11,))
    assert hide.users == (11,)


def test_who_has_talked_keeps_his_card_while_the_next_phone_rings(story):
    """He may be writing; whoever answers takes it from him."""
    told = story().ring("101").answer("101").stop("101", Result.ANSWERED)
    ring = told.ring("102").events[-1:]
    (show,) = cards(ring, (11,))
    assert isinstance(show, ShowCard)
