"""Whatever is missing, doubled or damaged in CEL: no exception, and what was started is ended."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.calls.events import CallEnded, CallMerged, CallStarted
from itgrix_core.calls.retelling import retell
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema_asterisk import HistorySettings, HistoryTable
from itgrix_core.history.reading import open_history
from itgrix_core.wire.clusters import Clusters

NONSENSE = ("", "1795379452.4", "Local/@;1", "PJSIP/101-00000002", "N/A", "\r\nEvent: Hangup", "\udcff", "🙂")
TEXTS = ("uniqueid", "linkedid", "channel", "exten", "caller_number", "app", "appdata", "peer")


@pytest.fixture
def past(each_recording):
    """The clusters of a recording."""
    cel, cdr = (
        Path(str(each_recording.path).removesuffix(".ami.gz") + f".{log}.csv") for log in ("cel", "cdr")
    )
    if not cel.is_file():
        pytest.skip("it has no CEL")
    settings = HistorySettings(cel=HistoryTable(file=cel), cdr=HistoryTable(file=cdr))
    return list(open_history(settings, ZoneInfo("UTC")).of_period(0.0, 4e9))


def told(rows, cdrs):
    """The events; every start has met its end."""
    events = retell("lab", rows, cdrs, Topology(), "UTC")
    started = sorted(e.call.key for e in events if isinstance(e, CallStarted))
    ended = sorted(e.call.key for e in events if isinstance(e, CallEnded | CallMerged))
    assert started == ended
    return events


def test_any_row_may_be_missing_or_doubled(past):
    """A table has lost a row, a database was restored twice."""
    dice = random.Random(1)
    for each in past:
        for place in dice.sample(range(len(each.rows)), min(6, len(each.rows))):
            told(each.rows[:place] + each.rows[place + 1 :], each.cdrs)
            told(each.rows[: place + 1] + each.rows[place:], each.cdrs)
            told(each.rows[place:], each.cdrs)
            told(each.rows[:place] or each.rows, [])


def test_any_column_may_hold_nonsense(past):
    """In a row or two; also where a transfer names its channels."""
    dice = random.Random(2)
    for each in past:
        for _ in range(6):
            rows = list(each.rows)
            for _ in range(2):
                place = dice.randrange(len(rows))
                broken = {dice.choice(TEXTS): dice.choice(NONSENSE)}
                extra = {name: dice.choice((*NONSENSE, 7, None, [])) for name in rows[place].extra or ()}
                rows[place] = replace(rows[place], extra=dice.choice((extra, None)), **broken)
            told(rows, each.cdrs)


def test_rows_in_any_order_give_clusters_that_hold_each_row_once(past):
    """Nothing is lost or told twice on the way into clusters."""
    rows = [row for each in past for row in each.rows]
    random.Random(3).shuffle(rows)
    clusters = Clusters()
    found = [cluster for row in rows for cluster in clusters.add(row)] + clusters.rest()
    held = [row for cluster in found for row in cluster.in_order()]
    assert len(held) == len({id(row) for row in held}) <= len(rows)
    assert len(clusters) == 0
