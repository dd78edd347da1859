"""The product as its user has it: `itgrix` as a process, beside a portal and a PBX that are processes, too.

A test gets a `stand`, starts what it needs, breaks it, and waits for what it expects in the portal's ledger
(over HTTP) or in the log; no test waits for a time. `Story` is what a run has done to the CRM, as data, so
that a disturbed run can be compared with an undisturbed one.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import wave
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml
from sqlalchemy import select

from itgrix_core.app.demo import HOOKS, LINES, MISSED_TURN, PBX_TIMEZONE, demo_seed
from itgrix_core.app.replay import ended_calls, tell
from itgrix_core.calls.topology import Topology
from itgrix_core.jobs.recording import RECORDING_READY
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.outbox.tables import IS_OPEN, job
from itgrix_core.sandbox.bitrix.auditing import audit
from itgrix_core.sandbox.bitrix.ledger import Entry, from_json
from itgrix_core.sandbox.recordings import bundled, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PATIENCE = 60.0
"""Seconds after which what is waited for will not come any more; nothing waits for their passing."""
PACE = 5.0
"""Times faster than real. A recording's name is asked for during the call; much faster, and it is over."""
BUNDLED = tuple(bundled())
SECRET = "op3ns3sam3"


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """The condition's value as soon as it is true; fails with `what` (text or function) when it never is."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.02)
    return value


class Running:
    """A process whose output is kept; ended at the latest when its test is over."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        name: str,
        variables: Mapping[str, str] = MappingProxyType({}),
        **options: Any,
    ) -> None:
        self.output_file = folder / f"{name}.out"
        self.log_file = folder / f"{name}.err"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ITGRIX_")}
        environment |= {"PYTHONFAULTHANDLER": "1", **variables}
        with self.output_file.open("wb") as out, self.log_file.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments], stdout=out, stderr=err, env=environment, **options
            )

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        return self.output_file.read_text(encoding="utf-8", errors="replace")

    @property
    def log(self) -> str:
        """All that it has logged so far (stderr)."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def says(self, text: str, seconds: float = PATIENCE) -> str:
        """Waits until its output or log holds this text; returns the line with it."""

        def heard() -> str:
            is_over = self.process.poll() is not None
            told = self.output + self.log
            assert text in told or not is_over, told
            return next((line for line in told.splitlines() if text in line), "")

        return until(heard, f"{text!r} in the output", seconds)

    def kill(self) -> None:
        """Kills it as `kill -9` does; returns when it is dead."""
        self.process.kill()
        self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self.process.send_signal(number)

    def ends(self, seconds: float = PATIENCE) -> int:
        """Waits for its end; the exit code."""
        return self.process.wait(seconds)


class Portal(Running):
    """The sandbox's Bitrix24 as a process."""

    def __init__(self, folder: Path, *options: str, seed: Path | None = None) -> None:
        self.ledger_file = folder / "ledger.jsonl"
        arguments = ["itgrix_core.sandbox.bitrix", "--ledger", str(self.ledger_file), "--no-limits", *options]
        super().__init__([*arguments, *(["--seed", str(seed)] if seed else [])], folder, "portal")
        self.url = self.says("url http").split()[1]
        self.webhook = self.says("webhook http").split()[1]
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, what: str, **query: Any) -> Any:
        """JSON of `/sandbox/<what>`."""
        return self._session.get(f"{self.url}sandbox/{what}", params=query, timeout=10).json()

    def entries(self, method: str | None = None) -> list[Entry]:
        """Its ledger."""
        return from_json(self.get("ledger", **({"method": method} if method else {})))

    def fail(self, **rule: Any) -> None:
        """Adds a fault (`itgrix_core.sandbox.bitrix.faults.Fault`)."""
        self._session.post(f"{self.url}sandbox/faults", json=rule, timeout=10).raise_for_status()

    def calm(self) -> None:
        """Forgets all faults."""
        self._session.delete(f"{self.url}sandbox/faults", timeout=10).raise_for_status()

    def does(self, deed: str, **arguments: Any) -> None:
        """Something that a person in front of it could do (`itgrix_core.sandbox.bitrix.deeds`)."""
        url = f"{self.url}sandbox/do/{deed}"
        self._session.post(url, json=arguments, timeout=10).raise_for_status()

    def story(self) -> Story:
        """What was done to it."""
        return story_of(self.entries(), self.get("state"))

    def problems(self) -> list[str]:
        """What the audit of its ledger finds wrong."""
        return self.get("audit")["problems"]

    def close(self) -> None:
        """Ends it and our connection to it."""
        self._session.close()
        self.kill()


class Pbx(Running):
    """The replayed PBX as a process."""

    def __init__(
        self, folder: Path, recordings: Sequence[Path], pace: float, overlap: int, settle: float = 1.0
    ) -> None:
        arguments = ["itgrix_core.sandbox.pbx", "--secret", SECRET, "--settle", str(settle)]
        arguments += ["--pace", str(pace), "--overlap", str(overlap), *map(str, recordings)]
        super().__init__(arguments, folder, "pbx")
        self.port = int(self.says("listening on").rpartition(":")[2])

    def cut(self) -> None:
        """Breaks the line in the middle of an event."""
        self.signal(signal.SIGUSR1)

    def restart(self) -> None:
        """Restarts as Asterisk does."""
        self.signal(signal.SIGUSR2)


@dataclass
class Story:
    """What a run has done to the CRM, without what may differ after a crash (cards, order, the portal's ids).

    Attributes:
        calls: by EXTERNAL_CALL_ID, what came of it.
        turns: on how many missed calls each user was put.
        open_calls: registered and not finished.
        counts: what there is in the portal, by kind.
    """

    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    turns: Counter[str] = field(default_factory=Counter)
    open_calls: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def differences(self, other: Story) -> list[str]:
        """A line for each thing in which the other one differs."""
        told = [
            f"{key}: {self.calls.get(key)} != {other.calls.get(key)}"
            for key in sorted({*self.calls, *other.calls})
            if self.calls.get(key) != other.calls.get(key)
        ]
        return told + [
            f"{name}: {getattr(self, name)} != {getattr(other, name)}"
            for name in ("turns", "open_calls", "counts")
            if getattr(self, name) != getattr(other, name)
        ]


def story_of(entries: Sequence[Entry], state: dict[str, Any]) -> Story:
    """The story that a ledger and the portal's state tell."""
    story = Story(open_calls=len(state["active_calls"]))
    story.counts = {kind: len(state[kind]) for kind in ("activities", "leads", "contacts", "finished_calls")}
    described: dict[str, list[str]] = {}
    for entry in entries:
        if entry.method == "crm.activity.update" and entry.is_executed:
            text = str(entry.params.get("fields", {}).get("DESCRIPTION"))
            described.setdefault(str(entry.params["id"]), []).append(text)
    for name, call in audit(entries).items():
        finishes = [params for params, _ in call.finishes]
        is_missed = [str(params["STATUS_CODE"]) == "304" for params in finishes]
        activities = {str(result.get("CRM_ACTIVITY_ID")) for _, result in call.finishes}
        story.turns.update(str(p["USER_ID"]) for p, missed in zip(finishes, is_missed, strict=True) if missed)
        story.calls[name] = {
            "registered": len(call.call_ids),
            "finishes": [
                (None if missed else str(p["USER_ID"]), str(p["DURATION"]), str(p["STATUS_CODE"]))
                for p, missed in zip(finishes, is_missed, strict=True)
            ],
            "descriptions": sorted({text for each in activities for text in described.get(each, [])}),
            "records": call.records,
        }
    return story


class Stand:
    """A folder with a configuration, and the processes that were started for a test.

    Attributes:
        variables: of the environment of every verb that is started from now on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config_file = folder / "itgrix.yaml"
        self.data_folder = folder / "data"
        self.variables: dict[str, str] = {}
        self._running: list[Running] = []
        self._serves = 0

    until = staticmethod(until)

    def portal(self, *options: str) -> Portal:
        """Starts the portal with the demo's employees and clients."""
        seed = self.folder / "seed.json"
        seed.write_text(json.dumps(dataclasses.asdict(demo_seed())), encoding="utf-8")
        portal = Portal(self.folder, *options, seed=seed)
        self._running.append(portal)
        return portal

    def pbx(
        self, recordings: Sequence[Path] = (), pace: float = PACE, overlap: int = 5, settle: float = 1.0
    ) -> Pbx:
        """Starts the PBX; it serves as soon as somebody logs in."""
        pbx = Pbx(self.folder, recordings or BUNDLED, pace, overlap, settle)
        self._running.append(pbx)
        return pbx

    def itgrix(self, *arguments: str, is_configured: bool = True, **options: Any) -> Running:
        """Starts a verb."""
        self._serves += 1
        config = ["-c", str(self.config_file)] if is_configured else []
        name = f"{arguments[0].strip('-')}-{self._serves}"
        command = ["itgrix_core.app.cli", *config, *arguments]
        running = Running(command, self.folder, name, self.variables, **options)
        self._running.append(running)
        return running

    def ends(self, *arguments: str, **options: Any) -> tuple[int, str]:
        """Runs a verb to its end: exit code, and all that it said. Whatever it said, it was no traceback."""
        running = self.itgrix(*arguments, **options)
        code = running.ends()
        said = running.output + running.log
        assert "Traceback" not in said, said
        return code, said

    def serve(self) -> Running:
        """Starts `itgrix serve`."""
        return self.itgrix("serve")

    def configure(
        self, pbx_port: int = 1, webhook: str = "http://127.0.0.1:1/rest/1/sandboxcode/", **changes: Any
    ) -> dict[str, Any]:
        """Writes the demo's configuration with `changes` (dotted paths, `__` for the dot); returns it."""
        config: dict[str, Any] = {
            "data_folder": str(self.data_folder),
            "state_folder": str(self.folder / "state"),
            "asterisk": {
                "lab": {
                    "port": pbx_port,
                    "secret": SECRET,
                    "timezone": PBX_TIMEZONE,
                    "recordings": str(self.folder / "monitor"),
                }
            },
            "crm": {
                "portal": {
                    "webhook": webhook,
                    "lines": {line: line for line in LINES},
                    "timeout_seconds": 3.0,
                    "requests_at_once": 1000,
                    "requests_per_second": 1000.0,
                }
            },
            "hooks": {
                "folder": str(HOOKS),
                "settings": {"02_fair_missed": {"users": list(MISSED_TURN)}},
            },
        }
        (self.folder / "monitor").mkdir(exist_ok=True)
        for path, value in changes.items():
            *above, last = path.split("__")
            section = config
            for name in above:
                section = section[name]
            section[last] = value
        self.rewrite(config)
        return config

    def rewrite(self, config: dict[str, Any]) -> None:
        """Writes a whole configuration."""
        self.config_file.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")

    def record(self, recordings: Sequence[Path] = ()) -> None:
        """Puts the audio of these recorded calls where the configuration says, as if long since written."""
        for path, seconds in audio_of(tuple(recordings) or BUNDLED):
            file = self.folder / "monitor" / path.partition("/monitor/")[2]
            file.parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(file), "wb") as audio:
                audio.setnchannels(1)
                audio.setsampwidth(2)
                audio.setframerate(800)
                audio.writeframes(bytes(2 * int(800 * seconds)))
            os.utime(file, (1, 1))

    def counts(self) -> dict[str, int]:
        """Jobs of the outbox by state."""
        with Database(self.data_folder) as database:
            return SqliteEngine(database).counts()

    def is_drained(self) -> bool:
        """Whether the outbox has nothing left to do."""
        counts = self.counts()
        return counts["waiting"] == counts["running"] == 0

    def is_filed(self) -> bool:
        """Whether nothing is left but what waits for time: ends that may be told better, and recordings."""
        left = select(job.c.kind).where(IS_OPEN, ~job.c.is_provisional).distinct()
        with Database(self.data_folder) as database, database.read() as connection:
            return set(connection.scalars(left)) <= {RECORDING_READY}

    def is_told(self, expected: Story, portal: Portal) -> None:
        """Waits until the portal tells this story and the outbox is empty; what differs is told."""
        deadline = time.monotonic() + PATIENCE
        while told := expected.differences(portal.story()):
            if time.monotonic() > deadline:
                pytest.fail("the story is another one:\n" + "\n".join(told))
            time.sleep(0.1)
        until(self.is_drained, "the outbox to be empty")
        assert not expected.differences(portal.story())
        assert not portal.problems()

    def close(self) -> None:
        """Ends all that runs."""
        for running in reversed(self._running):
            running.close() if isinstance(running, Portal) else running.kill()
        for running in self._running:
            assert "Traceback" not in running.log, running.log
            assert "Fatal Python error" not in running.log, running.log

    def is_done(self, portal: Portal) -> None:
        """Waits until the outbox is empty and no call in the portal is open; the audit is clean then."""
        until(lambda: self.is_drained() and not portal.get("state")["active_calls"], "all calls to be filed")
        assert portal.problems() == []


@cache
def audio_of(recordings: tuple[Path, ...]) -> tuple[tuple[str, float], ...]:
    """Path on the PBX and length in seconds of all that was recorded in answered calls."""
    calls = [call for path in recordings for call in ended_calls(list(tell(load(path), Topology())))]
    return tuple((r.path, call.talk_seconds) for call in calls if call.is_answered for r in call.recordings)


def run_undisturbed(stand: Stand, recordings: tuple[Path, ...] = (), pace: float = PACE) -> Story:
    """The story of a run that nobody disturbs; ends what it has started. `()` are the bundled recordings."""
    try:
        portal, pbx = stand.portal(), stand.pbx(recordings, pace=pace)
        stand.configure(pbx.port, portal.webhook)
        stand.record(recordings)
        stand.serve()
        pbx.says("all served", PATIENCE * PACE / pace)
        stand.is_done(portal)
        story = portal.story()
        cards = [entry for entry in portal.entries() if entry.params.get("SHOW") in {1, "1"}]
    finally:
        stand.close()
    assert all(call["registered"] == len(call["finishes"]) == 1 for call in story.calls.values())
    assert cards, "nobody saw a card"
    return story
