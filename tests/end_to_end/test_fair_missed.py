"""The second customer's case: a thousand missed calls among seven people, fairly, whatever dies meanwhile.

Four processes share the store and are killed with `kill -9` at dice's will; each is started again with what
it had not answered. A call whose process died after the turn was taken is asked for a second time.
"""

import random
import subprocess
import sys
import time
from itertools import pairwise

import fair_taker
import pytest
from fair_taker import NAME, USERS, owner_of
from sqlalchemy import select

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.tables import turn

CALLS, PROCESSES, KILLS = 1000, 4, 24
PATIENCE_SECONDS = 300.0


class Taker:
    """One of the processes, over its deaths."""

    def __init__(self, folder, place, numbers):
        self._folder, self._numbers = folder, numbers
        self._file = folder / f"answers-{place}.txt"
        self._file.touch()
        self.start()

    def start(self):
        """Begins, or goes on with what is not answered yet."""
        known = {number for number, _ in self.answers()}
        left = [number for number in self._numbers if number not in known]
        command = [sys.executable, fair_taker.__file__, self._folder / "data", self._file, *left]
        self.process = subprocess.Popen(list(map(str, command)))

    def answers(self):
        """(call, user) of each answer so far."""
        return [tuple(line.split()) for line in self._file.read_text(encoding="utf-8").splitlines()]

    def kill(self):
        """`kill -9`; whether it was still at work."""
        self.process.kill()
        return self.process.wait() != 0


def answered(takers):
    """How many answers there are in all."""
    return sum(len(taker.answers()) for taker in takers)


def kill_at_random(takers, dice):
    """Wait for so many answers, kill somebody who is at work, start him again; how many were killed."""
    killed = 0
    for wanted in sorted(dice.sample(range(1, CALLS - 50), KILLS)):
        until = time.monotonic() + PATIENCE_SECONDS
        while answered(takers) < wanted:
            assert time.monotonic() < until, f"only {answered(takers)} of {wanted} answers"
            time.sleep(dice.uniform(0.0, 0.005))
        victim = dice.choice(takers)
        killed += victim.kill()
        victim.start()
    return killed


def taken(folder):
    """(call, user) of each turn, in the order in which they were taken."""
    wanted = select(turn.c.call, turn.c.member).where(turn.c.plugin == NAME).order_by(turn.c.ordinal)
    with Database(folder) as database, database.read() as connection:
        return [(call.removeprefix("main/"), member) for call, member in connection.execute(wanted)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_missed_calls_are_shared_fairly_by_processes_that_are_killed(tmp_path, seed):
    """Everybody has his turn, nobody two in a row, nobody more than one ahead, at no moment."""
    dice = random.Random(seed)
    Database(tmp_path / "data").close()
    numbers = list(map(str, range(CALLS)))
    dice.shuffle(numbers)
    takers = [Taker(tmp_path, place, numbers[place::PROCESSES]) for place in range(PROCESSES)]
    try:
        killed = kill_at_random(takers, dice)
        assert [taker.process.wait(PATIENCE_SECONDS) for taker in takers] == [0] * PROCESSES
    finally:
        for taker in takers:
            taker.kill()
    assert killed > KILLS // 2, "too few were killed at work to say anything"
    turns = taken(tmp_path / "data")
    assert sorted(call for call, _ in turns) == sorted(numbers)
    assert_fair([member for _, member in turns])
    told = [answer for taker in takers for answer in taker.answers()]
    assert dict(told) == dict(turns)
    with Database(tmp_path / "data") as database:
        assert all(owner_of(database, call) == int(member) for call, member in dice.sample(turns, 50))


def assert_fair(members):
    """After every call the most and the fewest differ by one at most, and no two neighbours are alike."""
    count = dict.fromkeys(map(str, USERS), 0)
    for member in members:
        count[member] += 1
        assert max(count.values()) - min(count.values()) <= 1
    assert all(before != after for before, after in pairwise(members))


def test_an_unfair_order_is_noticed():
    """A rule that never fires is no rule."""
    with pytest.raises(AssertionError):
        assert_fair(["7", "7"])
    with pytest.raises(AssertionError):
        assert_fair(["7", "8", "7"])
