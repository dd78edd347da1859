"""What the running service keeps in order in its own house: old rows go, jumps of the clock are made good.

When somebody sets the clock by hours, all open jobs are moved along; until then the outbox's own goes on as
it was (`EvenClock`). The jump shows beside a clock that nobody sets, by a note of both over a restart of the
service, too. Over one of the machine only the way back shows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from itgrix_core.config.schema_rules import OutboxSettings
from itgrix_core.errors import DataFolderError
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.even_clock import JUMP_SECONDS, EvenClock
from itgrix_core.outbox.lane_engine import LaneEngine
from itgrix_core.outbox.retention import DAY_SECONDS, Keep, Retention, note, noted

LOOK_SECONDS = 10.0
"""How often the two clocks are compared."""

NEWEST_SECONDS = 3600.0
"""What ended so shortly before a jump is moved along: a clock wrong at the start is put right soon."""

SWEEP_SECONDS = 3600.0
SEEN_SECONDS = 300.0

SEEN, STEADY, BOOT = "seen_at", "seen_steady", "seen_boot"
"""Names of the notes of both clocks, and of the machine's start from which the second counts."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_log = structlog.get_logger(__name__)


def boot_number() -> int:
    """Another one after each start of the machine; 0 where the system has none."""
    try:
        return int(BOOT_ID.read_text(encoding="ascii").replace("-", "")[:12], 16)
    except (OSError, ValueError):
        return 0


class Tidying:
    """One thread, between `start` and `stop`.

    Args:
        clock: by which `engine` goes.
        boot: of which start of the machine its steady part is; 0: unknown.
    """

    def __init__(
        self,
        database: Database,
        engine: LaneEngine,
        settings: OutboxSettings,
        clock: EvenClock,
        *,
        boot: int | None = None,
    ) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock
        self._wall, self._steady = clock.wall, clock.steady
        self._boot = boot_number() if boot is None else boot
        days = (settings.keep_days, settings.keep_dead_days, settings.keep_story_days)
        keep = Keep(*(each * DAY_SECONDS for each in days))
        self._retention = Retention(database, keep, clock.wall)
        self._began_at = clock.wall()
        self._swept_at = self._seen_at = float("-inf")
        self._thread: threading.Thread | None = None

    def make_good(self) -> None:
        """Move what waits along if the clock has jumped since the last run; before anything is stored."""
        with self._database.read() as connection:
            seen_at, steady, boot = (noted(connection, name) for name in (SEEN, STEADY, BOOT))
        if seen_at is not None:
            jump = self._wall() - seen_at
            if steady is not None and self._boot and boot == self._boot:
                jump -= self._steady() - steady
            else:
                jump = min(jump, 0.0)
            if abs(jump) > JUMP_SECONDS:
                self._shift(jump)
                return
        self._note()

    def start(self, stopping: threading.Event) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, args=(stopping,), name="tidying", daemon=True)
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Wait for the thread, at most so long; `stopping` is set by then."""
        self._clock.jumped.set()
        if self._thread:
            self._thread.join(seconds)

    def look(self, rest: Callable[[float], bool] = lambda _: False) -> None:
        """Do what its time has come for; `rest` as for `Retention.sweep`."""
        jump = self._clock.jump()
        if jump:
            before = self._wall() - jump
            self._retention.move(max(self._began_at, before - NEWEST_SECONDS), before, jump)
            self._began_at += jump
            self._follow(jump)
        now = self._steady()
        if now - self._seen_at >= SEEN_SECONDS:
            self._note()
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            gone = self._retention.sweep(rest)
            if gone:
                _log.info(f"{gone} finished jobs of old calls were forgotten (outbox.keep_days)")

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            if self._clock.jumped.wait(LOOK_SECONDS):
                self._clock.jumped.clear()
            try:
                self.look(stopping.wait)
            except DataFolderError as error:
                _log.error(f"{error} Old rows stay for now; it is tried again.")
                stopping.wait(LOOK_SECONDS)

    def _follow(self, jump: float) -> None:
        """Move what waits while the outbox's clock is still, or already, behind it: nothing comes early."""
        if jump < 0:
            self._clock.follow(jump)
        self._shift(jump)
        if jump > 0:
            self._clock.follow(jump)

    def _note(self) -> None:
        """Write down what both clocks show."""
        with self._database.write(is_durable=False) as connection:
            for name, value in self._notes().items():
                note(connection, name, value)

    def _notes(self) -> dict[str, int]:
        self._seen_at = self._steady()
        return {SEEN: int(self._wall()), STEADY: int(self._seen_at), BOOT: self._boot}

    def _shift(self, jump: float) -> None:
        """One commit with the note of both clocks: a crash moves nothing twice."""
        _log.warning(f"the clock has jumped by {jump:+.0f} s; what waits is moved along")
        self._engine.shift(jump, self._wall() - jump / 2, self._notes())
