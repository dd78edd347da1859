"""A data folder as a service leaves it that has heard recorded logs and filed the calls, without a portal."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

from itgrix_core.ami.recorder import Recorder
from itgrix_core.app.replay import UNTIMED
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.tracker import Tracker
from itgrix_core.config.schema import HookSettings
from itgrix_core.crm.bitrix24.answers import filed_of
from itgrix_core.crm.bitrix24.params import params_of
from itgrix_core.crm.dry_run import DryRun
from itgrix_core.filing.rules import Rules
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.clock import StreamClock
from itgrix_core.jobs.delivery import Delivery
from itgrix_core.jobs.listening import Listening
from itgrix_core.jobs.performing import Performer
from itgrix_core.jobs.questions import Tools
from itgrix_core.jobs.watching import LogWatcher
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.plugins.manager import Plugins
from itgrix_core.sandbox.recordings import load
from itgrix_core.wire.frames import Framer, join_blocks
from itgrix_hooks.testing import FakePbx

if TYPE_CHECKING:
    from pathlib import Path

PBX = "main"


def file_recording(
    folder: Path,
    recording: Path,
    *,
    hooks: HookSettings | None = None,
    topology: Topology | None = None,
    rules: Rules | None = None,
) -> None:
    """Hear a recorded log as the Asterisk `main` says it, and file its calls into a dry CRM."""
    with Database(folder) as database:
        engine, watcher = SqliteEngine(database), LogWatcher()
        _hear(folder, recording, Spool(database, engine.wake), watcher, topology or Topology())
        effects, account = Effects(database), Account("dry", DryRun(params_of, filed_of), rules or Rules())
        pbxes = {PBX: FakePbx(PBX)}
        tools = Tools(Plugins.load(hooks), Performer(effects, watcher), database, watcher, pbxes)
        accounts = Accounts({"dry": account}, {PBX: "dry"}, {})
        _run(engine, Delivery(accounts, tools, effects, engine, lambda _pbx: 0.0))


def _hear(folder: Path, recording: Path, spool: Spool, watcher: LogWatcher, topology: Topology) -> None:
    recorder = Recorder(folder / "recorded", PBX)
    tracker = Tracker(PBX, topology, "UTC")
    listening = Listening(PBX, tracker, recorder, spool, StreamClock(), watcher, lambda _action: None)
    framer, at = Framer(), UNTIMED
    for data, received_at in load(recording).chunks_with_times():
        at = received_at or at
        blocks = framer.feed(data)
        if blocks:
            listening.on_chunk(join_blocks(blocks), at)
    recorder.close()


def _run(engine: SqliteEngine, delivery: Delivery) -> None:
    """File what is due; recordings are not wanted here, and an end that waits for a better account waits."""
    stop = Event()
    worker = Thread(target=engine.run, args=(delivery, stop), kwargs={"workers": 1})
    worker.start()
    is_idle = engine.wait_until_idle(60.0)
    stop.set()
    engine.wake()
    worker.join(30.0)
    assert is_idle
