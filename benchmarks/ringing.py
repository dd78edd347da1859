"""A phone rings: when does the portal know, and when have the colleagues' cards gone?

The portal is as slow as the samples of its documentation; a hook looks at each caller's companies first (the
holding of `examples/hooks`). The service runs in a process of its own, and its events are put into its outbox
as a line to Asterisk would.

`python ringing.py WEBHOOK FOLDER CALLS SEARCH` is the service's process; it prints a JSON line.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

HOOK = Path(__file__).parents[1] / "examples" / "hooks" / "03_holding.py"
CLIENTS = "+7916100{:04}"
"""Each caller is another one: a client that was just looked up is remembered."""
GROUP = ("101", "102", "103")
PACE_SECONDS = 1.0
ANSWER_SECONDS = 6.0
TALK_SECONDS = 3.0
WIDER = 50
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Rung:
    """Seconds, in order.

    Attributes:
        registered: from the ring to the portal's answer, of calls to one phone.
        gone: from the answer to when the others' cards have gone, of calls to three.
    """

    registered: list[float]
    gone: list[float]


def ring(calls: int, search: str) -> Rung:
    """So many calls, by turns to one phone and to three; clients by the portal or a copy (`search`)."""
    from itgrix_core.sandbox.bitrix import Limits, Seed, Settings, phones, problems, run_portal
    from itgrix_core.sandbox.bitrix.seed import default_users

    users = default_users()
    companies = tuple(
        {"TITLE": f"{place} at {user.id}", "PHONE": phones(CLIENTS.format(place)), "ASSIGNED_BY_ID": user.id}
        for place in range(calls)
        for user in users[1:3]
    )
    limits = Limits(50 * WIDER, 2 * WIDER, 480 * WIDER)
    seed = Seed(users=users, companies=companies)
    with run_portal(Settings(limits=limits, latency_seconds=None), seed) as portal:
        told = _serve(portal.webhook, calls, search)
        entries = [entry for entry in portal.portal.ledger.entries() if entry.is_executed]
    assert problems(entries) == [], problems(entries)[:5]
    ids: dict[str, str] = {}
    registered, gone = [], []
    for entry in entries:
        if entry.method.endswith("externalCall.register"):
            name = str(entry.params["EXTERNAL_CALL_ID"])
            ids[_result(entry)["CALL_ID"]] = name
            assert entry.params.get("CRM_ENTITY_TYPE") == "COMPANY", entry
            if len(told[name]["phones"]) == 1:
                registered.append(entry.at - told[name]["rang"])
        elif entry.method.endswith("externalCall.hide"):
            facts = told[ids[str(entry.params["CALL_ID"])]]
            gone.append(entry.at - facts["answered"])
    return Rung(sorted(registered), sorted(gone))


def _result(entry: Any) -> dict[str, Any]:
    answer: dict[str, Any] = entry.answer if entry.batch is not None else entry.answer["result"]
    return answer


def _serve(webhook: str, calls: int, search: str) -> dict[str, dict[str, Any]]:
    """The service's process; of each call its phones, and when they rang and one was picked up."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [sys.executable, __file__, webhook, folder, str(calls), search],
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode:
        raise RuntimeError(run.stderr[-2000:])
    told: dict[str, dict[str, Any]] = json.loads(run.stdout.strip().splitlines()[-1])
    return told


class Told:
    """A call that comes from outside, and what is told of it as it goes on."""

    def __init__(self, place: int, extensions: tuple[str, ...], at: float) -> None:
        from itgrix_hooks.values import Call, Conversation, Direction, PhoneNumber

        linkedid = f"{place}.1"
        self.call = Call(
            f"main/{linkedid}",
            "main",
            linkedid,
            Direction.INBOUND,
            at,
            client_number=PhoneNumber(CLIENTS.format(place)),
            did="74950000001",
            rang_at=at,
            conversations=tuple(
                Conversation(f"{place}.{number}", extension, was_rung=True, rang_at=at)
                for number, extension in enumerate(extensions, 2)
            ),
        )

    def rings(self, at: float) -> list[Any]:
        """The call has begun, and its phones ring."""
        from itgrix_core.calls.events import CallStarted, ConversationRequested

        rung = [ConversationRequested(self.call, at, each.key) for each in self.call.conversations]
        return [CallStarted(replace(self.call, conversations=(), rang_at=None), at), *rung]

    def is_taken(self, at: float) -> list[Any]:
        """The last phone is picked up, the others fall silent before that is told."""
        from itgrix_core.calls.events import ConversationAccepted, ConversationEnded
        from itgrix_hooks.values import Result

        *others, last = self.call.conversations
        silent = [replace(each, ended_at=at, result=Result.ANSWERED_ELSEWHERE) for each in others]
        self.call = replace(self.call, answered_at=at, conversations=(*silent, replace(last, answered_at=at)))
        ended = [ConversationEnded(self.call, at, each.key) for each in silent]
        return [*ended, ConversationAccepted(self.call, at, last.key)]

    def ends(self, at: float) -> list[Any]:
        """The talk is over."""
        from itgrix_core.calls.events import CallEnded, ConversationEnded
        from itgrix_hooks.values import Disposition, Result

        *others, last = self.call.conversations
        over = replace(last, ended_at=at, result=Result.ANSWERED)
        self.call = replace(
            self.call, ended_at=at, conversations=(*others, over), disposition=Disposition.ANSWERED
        )
        return [ConversationEnded(self.call, at, last.key), CallEnded(self.call, at)]


def _wait_for_copy(folder: Path) -> None:
    from itgrix_core.crm.bitrix24.listing import KINDS
    from itgrix_core.directory.numbers import NumberIndex

    until = time.monotonic() + PATIENCE_SECONDS
    with closing(NumberIndex(folder)) as index:
        while not index.figures("bitrix", KINDS).is_whole:
            if time.monotonic() > until:
                raise TimeoutError("the clients' numbers are still not copied")
            time.sleep(0.1)


def main(webhook: str, folder: Path, calls: int, search: str) -> dict[str, dict[str, Any]]:
    """Ring, answer and hang up."""
    from pydantic import SecretStr

    from itgrix_core.app.service import Service
    from itgrix_core.config.schema import BitrixSettings, HookSettings, Settings
    from itgrix_core.config.schema_asterisk import AsteriskSettings
    from itgrix_core.jobs.codec import job_of
    from itgrix_core.jobs.gathering import Gathering

    hooks = folder / "hooks"
    hooks.mkdir()
    shutil.copy(HOOK, hooks)
    crm = BitrixSettings(
        webhook=SecretStr(webhook),
        requests_at_once=50 * WIDER,
        requests_per_second=2.0 * WIDER,
        operating_seconds=480.0 * WIDER,
        search=search,
    )
    settings = Settings(
        data_folder=folder / "data",
        state_folder=folder / "state",
        asterisk={"main": AsteriskSettings(port=1)},
        crm={"bitrix": crm},
        hooks=HookSettings(folder=hooks),
    )
    facts: dict[str, dict[str, Any]] = {}
    with Service(settings) as service:
        if search == "copy":
            _wait_for_copy(folder / "data")
        gathering = Gathering()
        agenda: list[tuple[float, Told, str]] = []
        begin = time.time() + 1.0
        for place in range(calls):
            extensions = GROUP if place % 2 else GROUP[:1]
            rings_at = begin + place * PACE_SECONDS
            told = Told(place, extensions, rings_at)
            facts[told.call.key] = {"phones": extensions}
            agenda += [
                (rings_at, told, "rings"),
                (rings_at + ANSWER_SECONDS, told, "is_taken"),
                (rings_at + ANSWER_SECONDS + TALK_SECONDS, told, "ends"),
            ]
        for at, told, word in sorted(agenda, key=lambda each: each[0]):
            time.sleep(max(0.0, at - time.time()))
            now = time.time()
            facts[told.call.key] |= {"rings": {"rang": now}, "is_taken": {"answered": now}}.get(word, {})
            events = getattr(told, word)(now)
            service.engine.put(
                [job_of(event, now, delay_seconds=gathering.delay(event, now)) for event in events]
            )
        assert service.engine.wait_until_drained(PATIENCE_SECONDS), service.engine.counts()
    return facts


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])))
