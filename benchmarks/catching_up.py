"""An outage is over: thousands of calls wait, and phones ring meanwhile. How late are their cards?

Two services of one machine share the portal, each in a process of its own without an Asterisk; their events
are put into their outboxes as a line to Asterisk would, a ring with the moment that it waits for its
colleagues. The portal is here, with real limits made wider, so that it ends; its ledger tells when a request
came.

`python catching_up.py WEBHOOK STATE_FOLDER NAME BACKLOG LIVE LIMITS` is a service's process; it prints a JSON
line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

WIDER = 50
SERVICES = ("first", "second")
PAUSE_SECONDS = 0.25
PATIENCE_SECONDS = 1800.0


@dataclass(frozen=True)
class CaughtUp:
    """What a run has shown; seconds.

    Attributes:
        late: from each live ring to its request at the portal, in order.
        calls: that were finished in the portal.
        limited: requests that the portal refused for their number.
        seconds: until all was filed.
        requests: that it took.
    """

    late: list[float]
    calls: int
    limited: int
    seconds: float
    requests: int


def catch_up(backlog: int, live: int, wider: int = WIDER) -> CaughtUp:
    """File old calls, and live ones among them.

    Args:
        backlog: how many wait when the portal is back, in both services.
        live: how many ring meanwhile, in both.
        wider: how many times wider than an ordinary plan's the portal's limits are.
    """
    from itgrix_core.sandbox.bitrix import Limits, Settings, problems, run_portal

    limits = Limits(50 * wider, 2 * wider, 480 * wider)
    with run_portal(Settings(limits=limits)) as portal:
        began = time.monotonic()
        told = _serve(portal.webhook, backlog // len(SERVICES), live // len(SERVICES), wider)
        seconds = time.monotonic() - began
        entries = portal.portal.ledger.entries()
    assert problems(entries) == [], problems(entries)[:5]
    came = {
        str(entry.params["EXTERNAL_CALL_ID"]): entry.at
        for entry in reversed(entries)
        if entry.method.endswith("externalCall.register") and entry.is_executed
    }
    finished = sum(e.is_executed and e.method.endswith("externalCall.finish") for e in entries)
    limited = sum(entry.status in (429, 503) for entry in entries)
    outer = sum(entry.batch is None for entry in entries)
    return CaughtUp(sorted(came[key] - at for key, at in told.items()), finished, limited, seconds, outer)


def _serve(webhook: str, backlog: int, live: int, wider: int) -> dict[str, float]:
    """The services' processes; when each live phone rang, by call."""
    told: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        numbers = (str(backlog), str(live), str(wider))
        for process in [_start(folder, service, (webhook, name, service, *numbers)) for service in SERVICES]:
            process.wait()
        for service in SERVICES:
            if not (said := (folder / f"{service}.out").read_text().strip()):
                raise RuntimeError((folder / f"{service}.err").read_text()[-2000:])
            told |= json.loads(said.splitlines()[-1])
    return told


def _start(folder: Path, service: str, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """One of them; what it says goes to files, as nobody reads a pipe meanwhile."""
    with (folder / f"{service}.out").open("wb") as out, (folder / f"{service}.err").open("wb") as err:
        return subprocess.Popen(
            [sys.executable, __file__, *arguments],
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
            cwd=folder,
            stdout=out,
            stderr=err,
        )


def call(pbx: str, place: str, began: float) -> list[Any]:
    """The events of a call that 101 answers after a while: its ring, its answer, its end."""
    from itgrix_core.calls.events import (
        CallEnded,
        CallStarted,
        ConversationAccepted,
        ConversationEnded,
        ConversationRequested,
    )
    from itgrix_hooks.values import Call, Conversation, Direction, Disposition, PhoneNumber, Result

    number = PhoneNumber(f"+7916{abs(hash((pbx, place))) % 10**7:07}")
    begun = Call(
        f"{pbx}/{place}", pbx, place, Direction.INBOUND, began, client_number=number, did="74950000001"
    )
    phone = Conversation(f"{place}.2", "101", was_rung=True, rang_at=began)
    rung = replace(begun, rang_at=began, conversations=(phone,))
    taken = replace(phone, answered_at=began + 5)
    talking = replace(rung, answered_at=began + 5, conversations=(taken,))
    over = replace(taken, ended_at=began + 35, result=Result.ANSWERED)
    ended = replace(talking, conversations=(over,), ended_at=began + 35, disposition=Disposition.ANSWERED)
    return [
        CallStarted(begun, began),
        ConversationRequested(rung, began, phone.key),
        ConversationAccepted(talking, began + 5, phone.key),
        ConversationEnded(ended, began + 35, phone.key),
        CallEnded(ended, began + 35),
    ]


def main(webhook: str, state_folder: str, pbx: str, backlog: int, live: int, wider: int) -> dict[str, float]:
    """File old calls and ring phones meanwhile."""
    from pydantic import SecretStr

    from itgrix_core.app.service import Service
    from itgrix_core.config.schema import BitrixSettings, Settings
    from itgrix_core.config.schema_asterisk import AsteriskSettings
    from itgrix_core.jobs.codec import job_of
    from itgrix_core.jobs.gathering import RING_SECONDS

    crm = BitrixSettings(
        webhook=SecretStr(webhook),
        requests_at_once=50 * wider,
        requests_per_second=2.0 * wider,
        operating_seconds=480.0 * wider,
    )
    settings = Settings(
        data_folder=Path(pbx),
        state_folder=Path(state_folder),
        asterisk={pbx: AsteriskSettings(port=1)},
        crm={"bitrix": crm},
    )
    rang = {}
    with Service(settings) as service:
        hours_ago = time.time() - 6 * 3600
        for place in range(backlog):
            events = call(pbx, f"{place}.1", hours_ago + place)
            service.engine.put([job_of(event, event.at) for event in events])
        for place in range(live):
            now = time.time()
            started, ring, *rest = call(pbx, f"live{place}.1", now)
            delayed = job_of(ring, now, delay_seconds=RING_SECONDS)
            service.engine.put([job_of(started, now), delayed])
            rang[started.call.key] = now
            time.sleep(PAUSE_SECONDS)
            service.engine.put([job_of(event, now) for event in rest])
        assert service.engine.wait_until_drained(PATIENCE_SECONDS), service.engine.counts()
        assert service.engine.counts()["dead"] == 0, list(service.engine.dead())[:3]
    return rang


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:4], *map(int, sys.argv[4:]))))
