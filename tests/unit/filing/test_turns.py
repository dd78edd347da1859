"""How many waiting events are one turn."""

import pytest

from itgrix_core.filing.turns import turn_of
from itgrix_hooks.values import Disposition, Result


def kinds(events):
    """The turn of these events, by kind."""
    return [event.kind for event in turn_of(events)]


def test_what_moves_the_card_is_one_turn(story):
    """A group's rings and the answer, however many."""
    events = story().start().ring("101", "102").answer("101").stop("102").events
    assert len(turn_of(events)) == 5


def test_a_single_event_is_a_turn(story):
    """Of whatever kind."""
    assert kinds(story().start().events) == ["CallStarted"]
    assert kinds(story().end(Disposition.MISSED).events) == ["CallEnded"]
    assert kinds(story().merge().events) == ["CallMerged"]


def test_an_end_takes_the_ends_of_its_conversations_along(story):
    """Hiding and finishing are one request."""
    events = story().ring("101", "102").stop("101").stop("102").end(Disposition.MISSED).events[2:]
    assert kinds(events) == ["ConversationEnded", "ConversationEnded", "CallEnded"]


def test_a_merging_takes_them_along_too(story):
    """It finishes what was registered."""
    events = story().ring("101").stop("101").merge().events[1:]
    assert kinds(events) == ["ConversationEnded", "CallMerged"]


@pytest.mark.parametrize("before", ["ring", "answer"])
def test_an_end_never_takes_more_than_ends_along(story, before):
    """The registration of a backlog's call is a turn before its end."""
    told = story().ring("101")
    told = told.answer("101") if before == "answer" else told
    events = told.stop("101", Result.ANSWERED).end(Disposition.ANSWERED).events
    assert len(turn_of(events)) == len(events) - 1


def test_ends_without_the_calls_end_are_a_turn(story):
    """A queue goes on."""
    assert kinds(story().ring("101").stop("101").events[1:]) == ["ConversationEnded"]


def test_nothing_behind_the_end_belongs_to_it(story):
    """An end is the last of its turn."""
    events = story().end(Disposition.MISSED).end(Disposition.MISSED).events
    assert len(turn_of(events)) == 1
