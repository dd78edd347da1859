"""Mends what listening could not see, from CDR and CEL: in a thread of its own, never in the way of a call.

Two things are mended. A call that was lost sight of has a provisional end, which waits in its lane: its true
end replaces that. And the gap of an outage (the line was cut, the service was down) is gone through once it
is over. A gap is remembered in the data folder until it was, so that a restart does not forget it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Protocol

import structlog

from itgrix_core.errors import DataFolderError, HistoryError
from itgrix_core.history.reading import PastCalls
from itgrix_core.jobs.backfill import Backfill, Tally
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.store import PluginStore
from itgrix_core.wire.frames import BANNER

POLL_SECONDS = 10.0
"""How often it is seen whether there is something to mend."""
LOOK_AGAIN_SECONDS = (0.0, 30.0, 120.0, 240.0, 480.0)
"""Pauses between the looks for a lost call: CEL may be written late, and its lane waits 15 min."""
SETTLING_SECONDS = 20.0
"""How long a gap waits after it, until the channel list has told what still lives."""
GAP_SECONDS = 1.0
"""A shorter silence before a new connection is none."""
EDGE_SECONDS = 60.0
"""So much more on either side of a gap: two clocks need not agree."""
TROUBLE_SECONDS = 60.0
LONGEST_TROUBLE_SECONDS = 3600.0
"""A history that cannot be read is tried again after one minute, two, four … at most an hour."""

_log = structlog.get_logger(__name__)


class Past(Protocol):
    """What `itgrix_core.history.reading.History` can do."""

    def of_period(self, since: float, until: float) -> Iterator[PastCalls]:
        """Calls of a period."""

    def of_linkedids(self, linkedids: Collection[str]) -> Iterator[PastCalls]:
        """Calls by Linkedid."""

    def close(self) -> None:
        """Let go of files and connections."""


class Repairs:
    """What is to be mended for one Asterisk, and when.

    Args:
        pbx: its name.
        history: its CDR and CEL.
        backfill: gives a fresh one, which files.
        spool: knows whose end is provisional.
        memory: keeps the gap over a restart.
        shed: how many events were left out so far because listening was behind; calls may be among them.
        wall: Unix seconds.
    """

    def __init__(
        self,
        pbx: str,
        history: Past,
        backfill: Callable[[], Backfill],
        spool: Spool,
        memory: PluginStore,
        *,
        shed: Callable[[], int] = lambda: 0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._pbx = pbx
        self._history = history
        self._backfill = backfill
        self._spool = spool
        self._memory = memory
        self._shed = shed
        self._wall = wall
        self._known_shed = 0
        self._looked_at = wall()
        self._gaps: deque[tuple[float, float]] = deque()
        self._gap_at = wall() + SETTLING_SECONDS
        self._trouble_seconds = TROUBLE_SECONDS
        self._looks: dict[str, tuple[int, float]] = {}

    def gap(self, since: float, until: float) -> None:
        """Nobody listened between these moments (Unix seconds); for the listening thread, at once done."""
        self._gaps.append((since, until))

    def run(self, stop: threading.Event) -> None:
        """Mend what comes up until `stop`; blocks."""
        while not stop.wait(POLL_SECONDS):
            try:
                self.mend(stop)
            except DataFolderError as error:
                _log.error(f"{error} Outages are gone through later.", asterisk=self._pbx)
            except Exception:  # noqa: BLE001 - an error of ours costs a look, not all later ones
                self._gap_at = self._wall() + LONGEST_TROUBLE_SECONDS
                _log.exception("Looking into CDR and CEL failed.", asterisk=self._pbx)
        self._history.close()

    def mend(self, stop: threading.Event) -> None:
        """Mend what is due now.

        Raises:
            DataFolderError: the outbox cannot be used; nothing is forgotten.
        """
        self._notice_shed()
        self._remember()
        try:
            self._look_up(self._lost())
            if self._wall() >= self._gap_at:
                self._fill()
        except HistoryError as error:
            if stop.is_set():
                return
            self._gap_at = self._wall() + self._trouble_seconds
            _log.warning(
                f"what was missed cannot be looked up yet, again in {self._trouble_seconds:.0f} s: {error}",
                asterisk=self._pbx,
            )
            self._trouble_seconds = min(2 * self._trouble_seconds, LONGEST_TROUBLE_SECONDS)

    # ---- lost calls --------------------------------------------------------------------------------------
    def _lost(self) -> list[str]:
        """Linkedids of the calls with a provisional end that are due for another look."""
        now, waiting = self._wall(), self._spool.provisional(self._pbx)
        self._looks = {key: self._looks.get(key, (0, now)) for key in waiting}
        due = [
            key for key, (looks, at) in self._looks.items() if at <= now and looks < len(LOOK_AGAIN_SECONDS)
        ]
        for key in due:
            looks = self._looks[key][0] + 1
            self._looks[key] = (looks, now + LOOK_AGAIN_SECONDS[min(looks, len(LOOK_AGAIN_SECONDS) - 1)])
        return [key.removeprefix(f"{self._pbx}/") for key in due]

    def _look_up(self, linkedids: list[str]) -> None:
        backfill = self._backfill()
        for past in backfill.file(self._history.of_linkedids(linkedids)):
            _log.debug("a lost call was found in CDR and CEL", call=past.call.key)
        if backfill.tally.corrected:
            _log.info(f"the true end of {backfill.tally.corrected} lost calls was found", asterisk=self._pbx)

    def _notice_shed(self) -> None:
        """Events that were left out are an outage of some seconds; a new connection counts anew."""
        now, shed = self._wall(), self._shed()
        if shed > self._known_shed:
            self.gap(self._looked_at, now)
        self._known_shed, self._looked_at = shed, now

    # ---- gaps --------------------------------------------------------------------------------------------
    @property
    def _gap_name(self) -> str:
        return f"gap/{self._pbx}"

    def _remember(self) -> None:
        """Keep new gaps, as one with the one that is kept, and let the channel list come first."""
        while self._gaps:
            since, until = self._gaps[0]
            first, last = self._memory.get(self._gap_name) or (since, until)
            self._memory.set(self._gap_name, [min(first, since), max(last, until)])
            self._gaps.popleft()
            self._gap_at = self._wall() + SETTLING_SECONDS

    def _fill(self) -> None:
        gap = self._memory.get(self._gap_name)
        if not gap:
            return
        since, until = gap
        backfill = self._backfill()
        for past in backfill.file(self._history.of_period(since - EDGE_SECONDS, until + EDGE_SECONDS)):
            _log.debug("a call of an outage was found", call=past.call.key)
        self._memory.delete(self._gap_name)
        self._trouble_seconds = TROUBLE_SECONDS
        _log.info(_sentence(backfill.tally, since, until), asterisk=self._pbx)


class Heard:
    """Stands before listening and notices when nobody did: a new connection long after the last word.

    Args:
        on_chunk: listening.
        on_gap: told since when and until when (Unix seconds).
        last_at: when the last word of an earlier run came; `None` if there was none.
    """

    def __init__(
        self,
        on_chunk: Callable[[bytes, float], None],
        on_gap: Callable[[float, float], None],
        last_at: float | None,
    ) -> None:
        self._on_chunk = on_chunk
        self._on_gap = on_gap
        self._last_at = last_at

    def __call__(self, data: bytes, received_at: float) -> None:
        """A chunk, handed on."""
        if data.startswith(BANNER) and self._last_at and received_at - self._last_at > GAP_SECONDS:
            self._on_gap(self._last_at, received_at)
        self._last_at = received_at
        self._on_chunk(data, received_at)


def last_word_at(folder: Path) -> float | None:
    """When the newest recorded log in a folder was last written (Unix seconds); `None` if there is none."""
    return max((path.stat().st_mtime for path in folder.glob("*.ami")), default=None)


def _sentence(tally: Tally, since: float, until: float) -> str:
    return (
        f"an outage of {until - since:.0f} s was gone through in CDR and CEL: {tally.read} calls read, "
        f"{tally.filed} filed, {tally.corrected} corrected, {tally.known} known"
    )
