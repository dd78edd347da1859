"""`kill -9` at any moment loses nothing that was committed, and keeps the order of each lane."""
# ruff: noqa: D103 - the names of the tests are their sentences

import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteEngine

CHILD = Path(__file__).with_name("killed_child.py")
TOTAL = 360
LANES = 12
KILLS = 3


def start(folder):
    return subprocess.Popen([sys.executable, str(CHILD), str(folder), str(TOTAL)])


def size(file):
    return file.stat().st_size if file.exists() else 0


def kill_at_work(folder, chance):
    """Start the child, wait until it does something, let it go on for a moment, kill it."""
    before = size(folder / "committed")
    child = start(folder)
    deadline = time.monotonic() + 10.0
    while size(folder / "committed") == before and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(chance.uniform(0.0, 0.15))
    child.kill()
    return child.wait()


def lines(file):
    return file.read_text().splitlines()


def test_every_committed_job_is_handled_and_in_the_order_of_its_lane(tmp_path):
    chance = random.Random(20)
    endings = [kill_at_work(tmp_path, chance) for _ in range(KILLS)]
    assert endings == [-9] * KILLS, "the child was to be killed while it works"
    assert start(tmp_path).wait(30.0) == 0

    expected = {f"call{number % LANES}/{number // LANES}" for number in range(TOTAL)}
    assert set(lines(tmp_path / "committed")) <= expected
    assert set(lines(tmp_path / "done")) == expected

    last = defaultdict(lambda: -1)
    for line in lines(tmp_path / "done"):
        lane, number = line.split("/")
        # Two jobs at a time are answered for; both come again when the answer was lost.
        assert last[lane] - 1 <= int(number) <= last[lane] + 1, f"{line} is out of order"
        last[lane] = int(number)

    with Database(tmp_path / "var") as database:
        counts = SqliteEngine(database).counts()
        assert counts == {"waiting": 0, "running": 0, "dead": 0, "dropped": 0, "done": TOTAL}
        spool = Spool(database, lambda _: None)
        assert spool.position("main") == str(TOTAL)
        assert spool.calls("main") == {
            f"call{lane}": str(TOTAL - LANES + lane).encode() for lane in range(LANES)
        }
