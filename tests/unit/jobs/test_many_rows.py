"""A hundred thousand rows: told how far it is, and in the memory of a handful of calls."""

import tracemalloc
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema import HistorySettings, HistoryTable
from itgrix_core.history.reading import open_history
from itgrix_core.jobs.backfill import Backfill
from itgrix_core.outbox.spool import Spool
from itgrix_core.wire.rows import LocalTimes

pytestmark = pytest.mark.slow

RECORDED = Path(__file__).parents[2] / "recorded" / "ast22"
UTC = ZoneInfo("UTC")
CALLS = 5900
"""Of 17 rows each: 100 300 rows of CEL."""
AT_ONCE = 50
BEGAN, EVERY_SECONDS = 1795379452.0, 4.0
CEILING_BYTES = 24 * 1024 * 1024
"""What it may take beyond what was there before; a call's rows are some 20 kB."""


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A recorded call, made many times, fifty at once: its CEL and CDR."""
    folder = tmp_path_factory.mktemp("many")
    for log in ("cel", "cdr"):
        lines = (RECORDED / f"inbound_answered.{log}.csv").read_text(encoding="utf-8").splitlines()
        with (folder / f"{log}.csv").open("w", encoding="utf-8") as file:
            for crowd in range(0, CALLS, AT_ONCE):
                texts = [_again(lines, number, crowd // AT_ONCE) for number in range(crowd, crowd + AT_ONCE)]
                for row in zip(*texts, strict=True):
                    file.write("\n".join(row) + "\n")
    return HistorySettings(**{log: HistoryTable(file=folder / f"{log}.csv") for log in ("cel", "cdr")})


def _again(lines, number, crowd):
    """The same call with channels, bridge and times of its own."""
    times, shift = LocalTimes(UTC), EVERY_SECONDS * 5 * crowd
    text = "\n".join(lines).replace("1795379452.", f"9{number:07}.").replace("35f6307c", f"{number:08}")
    text = text.replace("-00000002", f"-{2 * number:08x}").replace("-00000003", f"-{2 * number + 1:08x}")
    for second in range(20):
        old = times.text(BEGAN + second)
        text = text.replace(old, f"@{second}@")
    for second in range(20):
        text = text.replace(f"@{second}@", times.text(BEGAN + second + shift))
    return text.split("\n")


def test_a_hundred_thousand_rows_take_no_more_memory_than_the_calls_that_are_on(many, database):
    """All are filed, the second time none, and never are more than a crowd held."""
    tracemalloc.start()
    first, held = _gone_through(many, database)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (first.read, first.filed, first.known) == (CALLS, CALLS, 0)
    assert held <= AT_ONCE
    assert peak < CEILING_BYTES
    again, _ = _gone_through(many, database)
    assert (again.read, again.filed, again.known) == (CALLS, 0, CALLS)


def _gone_through(many, database):
    """The tally, and how many calls were held at most."""
    history, held = open_history(many, UTC), 0
    work = Backfill("lab", Topology(), "UTC", Spool(database, lambda _lanes: None))
    for _ in work.file(history.of_period(BEGAN - 60, BEGAN + 10 * CALLS)):
        held = max(held, history.held)
    assert history.rows_read >= 100_000
    return work.tally, held
