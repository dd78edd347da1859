"""However many calls there are and have been, the next one costs the same; `make bench` has large numbers."""

from __future__ import annotations

import pytest

import burst
import growth
from itgrix_core.wire.frames import join_blocks
from streams import Stream, busy


@pytest.fixture(scope="module")
def few_and_many():
    """What a call costs among 20 and among 200."""
    return growth.crowd(20), growth.crowd(200)


def test_a_live_call_takes_the_same_memory_among_few_and_among_many(few_and_many):
    """In the tracker and as a saved row."""
    few, many = few_and_many
    assert abs(many.state_bytes / few.state_bytes - 1) < 0.1
    assert abs(many.row_bytes / few.row_bytes - 1) < 0.05


def test_a_message_takes_as_many_steps_among_few_calls_as_among_many(few_and_many):
    """Nothing on a message's way looks at other calls than its own."""
    few, many = few_and_many
    assert few.steps == many.steps


def test_a_caller_who_waits_for_long_costs_with_the_rings_not_with_their_square():
    """An event tells of all rings before it: twice the rounds take twice the steps a round, no more."""
    few, many = growth.steps_of_the_last_round(30), growth.steps_of_the_last_round(60)
    assert many < 2.2 * few


def test_nothing_stays_in_the_tracker_of_calls_that_are_over():
    """A day in small, with channel lists: what lives is kept (a recording may hold four calls), no more."""
    for tracker, over, _ in growth.day(300, concurrent=10, listed_every=200):
        assert growth.held(tracker)["calls"] <= 4 * 10
        last, ended = growth.held(tracker), over
    assert (ended, set(last.values())) == (300, {0})


def test_nothing_stays_in_the_listening_of_calls_that_are_over(tmp_path):
    """Neither waiting rings nor rows nor jobs, when all is stored."""
    kept = [kept for _, kept in growth.stored_day(tmp_path, 60, together=20)]
    assert len(kept) == 3
    assert {count for each in kept for count in each.values()} == {0}


def test_a_consumer_that_is_stuck_costs_no_more_memory_than_its_backlog_and_the_list_puts_it_right():
    """It takes nothing until all was sent: what had no room was shed and counted, and is then repaired."""
    stream = Stream.of(busy(4000))
    limit = len(stream.data) // 40
    done = burst.drain(stream, pause_seconds=burst.STUCK, limit=limit)
    assert done.shed > 1000
    assert (done.wrong > 0, done.wrong_after_list) == (True, 0)


def test_the_streams_of_the_benchmarks_are_the_same_in_every_run():
    """Two runs on two machines measure the same work."""
    one, other = busy(500, concurrent=3), busy(500, concurrent=3)
    assert join_blocks(one) == join_blocks(other)
