"""A portal is gone for a day: nothing grows without bound, and every call is filed afterwards as it was.

The day passes by a simulated clock, which the outbox, the quota and the portal share. 500 calls by default;
ITGRIX_OUTAGE_CALLS says how many else.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from delivering import Delivered

from itgrix_core.calls.events import (
    CallEnded,
    CallStarted,
    ConversationAccepted,
    ConversationEnded,
    ConversationRequested,
)
from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.database import Database
from itgrix_core.sandbox.bitrix import Settings, problems, run_portal
from itgrix_hooks.values import Call, Conversation, Direction, Disposition, PhoneNumber, Result

CALLS = int(os.environ.get("ITGRIX_OUTAGE_CALLS", "500"))
BEGAN = 1_790_000_000.0
HOUR_SECONDS, STEPS = 3600.0, 8
BYTES_PER_CALL, MEGABYTES = 20_000, 100


def call(place, began):
    """A call that 101 takes after 5 s, and that lasts as many seconds as its place tells: its events."""
    talk = 10 + place % 50
    begun = Call(
        f"main/{place}.1", "main", f"{place}.1", Direction.INBOUND, began,
        client_number=PhoneNumber(f"+7916{place:07}"), did="74950000001",
    )  # fmt: skip
    phone = Conversation(f"{place}.2", "101", was_rung=True, rang_at=began)
    rung = replace(begun, rang_at=began, conversations=(phone,))
    taken = replace(phone, answered_at=began + 5)
    talking = replace(rung, answered_at=began + 5, conversations=(taken,))
    over = replace(taken, ended_at=began + 5 + talk, result=Result.ANSWERED)
    end = began + 5 + talk
    ended = replace(talking, conversations=(over,), ended_at=end, disposition=Disposition.ANSWERED)
    return [
        CallStarted(begun, began),
        ConversationRequested(rung, began, phone.key),
        ConversationAccepted(talking, began + 5, phone.key),
        ConversationEnded(ended, end, phone.key),
        CallEnded(ended, end),
    ]


def resident_megabytes():
    """Of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.slow
def test_a_day_without_the_portal_costs_little_and_every_call_is_filed_with_its_times(tmp_path, free_port):
    """Memory and disk while it is gone; then each call once, begun when it began, as long as it was."""
    webhook = f"http://127.0.0.1:{free_port}/rest/1/sandboxcode/"
    with Database(tmp_path) as database:
        day, before = Delivered(database, webhook, now=BEGAN), resident_megabytes()
        each = 24 * HOUR_SECONDS / CALLS
        share = CALLS // STEPS
        for step in range(STEPS):
            for place in range(step * share, (step + 1) * share):
                events = call(place, BEGAN + place * each)
                day.engine.put([job_of(event, event.at) for event in events])
            day.pass_by(24 * HOUR_SECONDS / STEPS)
        grown, size = resident_megabytes() - before, sum(f.stat().st_size for f in tmp_path.iterdir())
        assert day.engine.counts()["dead"] == 0
        with run_portal(Settings(limits=None), port=free_port, clock=day.clock) as portal:
            for _ in range(20):
                day.pass_by(HOUR_SECONDS / 12)
                if day.engine.drained():
                    break
            entries = portal.portal.ledger.entries()
        day.adapter.close()
        assert day.engine.counts() | {"done": 0} == dict.fromkeys(day.engine.counts(), 0)
    print(f"{CALLS} calls: {grown:.0f} MB of memory, {size / 1e6:.0f} MB of disk")  # noqa: T201 - shown by -s
    assert grown < MEGABYTES
    assert size < BYTES_PER_CALL * CALLS + 20_000_000
    assert problems(entries) == []
    assert filed(entries) == {
        f"main/{place}.1": (int(BEGAN + place * each), 10 + place % 50) for place in range(share * STEPS)
    }


def filed(entries):
    """When each call began and how long it lasted, as the portal was told."""
    begun, names, told = {}, {}, {}
    for entry in entries:
        if entry.method.endswith("externalCall.register"):
            name = entry.params["EXTERNAL_CALL_ID"]
            answer = entry.answer if entry.batch is not None else entry.answer["result"]
            names[answer["CALL_ID"]] = name
            began = datetime.fromisoformat(entry.params["CALL_START_DATE"])
            begun[name] = int(began.astimezone(UTC).timestamp())
        elif entry.method.endswith("externalCall.finish"):
            name = names[entry.params["CALL_ID"]]
            told[name] = (begun[name], int(entry.params["DURATION"]))
    return told
