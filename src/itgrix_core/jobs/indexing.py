"""Copies an account's clients into the index of numbers and keeps the copy fresh, in spare quota.

First everything, page by page; from the start also what has changed, once a minute and soon after an event of
the CRM says so. All requests are a backlog's: they leave the live calls their part. Whatever goes wrong is
told once and tried again, and the index goes on answering with what it has. Once a week the copying begins
anew, beside its use: it finds what was deleted while nobody listened.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.crm.bitrix24.listing import Listing
from itgrix_core.crm.notice import Notice
from itgrix_core.crm.urgency import backlog
from itgrix_core.directory.numbers import IndexFigures, NumberIndex, Progress
from itgrix_core.errors import CrmError, DataFolderError
from itgrix_core.filing.routing import Employee
from itgrix_core.outbox.engine import Attempt, Done, Result
from itgrix_hooks.values import EntityKind

REBUILD_SECONDS = 7 * 86_400.0
SOON_SECONDS = 3.0
"""So long after an event the changes are asked for: an import tells of thousands."""
FAILED_SECONDS = 60.0
STAFF_SECONDS = 60.0
DAYS_SECONDS = 300.0
"""How often employees and their working days are read: of these each costs the portal a third of a second."""
CHANGED_PAGES = 3

_log = structlog.get_logger(__name__)


class Indexing:
    """One account's.

    Args:
        account: the entry of `crm`.
        source: the CRM's lists.
        index: where the copy lies.
        kinds: what is copied.
        poll_seconds: how often changes are asked for.
        is_asking_days: whether the employees' working days matter.
        now: Unix seconds.

    Attributes:
        figures: what the index holds of this account, at most `poll_seconds` old; `None` at first.
    """

    def __init__(
        self,
        account: str,
        source: Listing,
        index: NumberIndex,
        kinds: Sequence[EntityKind],
        poll_seconds: float,
        *,
        is_asking_days: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._account = account
        self._source = source
        self._index = index
        self._kinds = kinds
        self._poll_seconds = poll_seconds
        self._is_asking_days = is_asking_days
        self._now = now
        self._woken = threading.Event()
        self._is_hurried = False
        self._polled_at = self._staff_at = self._days_at = 0.0
        self._days: dict[int, str] = {}
        self.figures: IndexFigures | None = None
        self._complaints: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; `wake` ends its pause."""
        while not stop.is_set():
            self._woken.wait(self.step())
            self._woken.clear()

    def wake(self) -> None:
        """Look what is due."""
        self._woken.set()

    def consume(self, notice: Notice, _attempt: Attempt) -> Result:
        """An event of the CRM about one of these kinds; of a change it tells no more than that it was."""
        kind = next((kind for kind in self._kinds if notice.event.startswith(f"ONCRM{kind.upper()}")), None)
        if kind and notice.event.endswith("DELETE") and notice.subject.isdigit():
            try:
                self._index.forget(self._account, kind, int(notice.subject))
            except DataFolderError as error:
                self._complain("kept fresh", str(error))
        elif kind:
            self._is_hurried = True
            self.wake()
        return Done()

    def step(self) -> float:
        """What is due now; the seconds until there is more to do."""
        try:
            with backlog():
                pause = self._step()
        except CrmUnavailable as error:
            if error.why != "quota":  # waiting for its turn is what a backlog does
                self._complain("kept fresh", str(error))
            return max(1.0, error.seconds)
        except (CrmError, DataFolderError) as error:
            self._complain("kept fresh", str(error))
            return FAILED_SECONDS
        self._complain("kept fresh", "")
        return pause

    def _step(self) -> float:
        now = self._now()
        if now - self._staff_at >= STAFF_SECONDS:
            self._keep_staff()
            self._staff_at = now
        if self._is_hurried:
            self._is_hurried = False
            self._polled_at = min(self._polled_at, now - self._poll_seconds + SOON_SECONDS)
        if now - self._polled_at >= self._poll_seconds:
            for kind in self._kinds:
                self._follow(kind, now)
            self._polled_at = now
            self._count()
        for kind in self._kinds:
            progress = self._index.progress(self._account, kind)
            if not progress.is_building and now - progress.built_at > REBUILD_SECONDS:
                progress = progress.again()
            if progress.is_building:
                self._copy(kind, progress)
                return 0.0
        return max(0.0, min(self._polled_at + self._poll_seconds, self._staff_at + STAFF_SECONDS) - now)

    def _keep_staff(self) -> None:
        users = self._source.staff()
        if self._is_asking_days and self._now() - self._days_at >= DAYS_SECONDS:
            self._ask_days([user.id for user in users if user.extension])
            self._days_at = self._now()
        self._index.keep_staff(self._account, [Employee(user, self._days.get(user.id, "")) for user in users])

    def _ask_days(self, users: Sequence[int]) -> None:
        """Their working days; what was known stays where nothing is told."""
        try:
            self._days |= self._source.working_days(users)
        except CrmError as error:
            self._complain("told of working days", str(error))
        else:
            self._complain("told of working days", "")

    def _follow(self, kind: EntityKind, now: float) -> None:
        """What has changed since the last look, up to the last change of which the portal knew before it."""
        progress = self._index.progress(self._account, kind)
        if not progress.since:
            newest = self._source.newest(kind)
        else:
            page = self._source.page(kind, 0, progress.since, CHANGED_PAGES)
            newest = page.newest
            while True:
                self._index.put(self._account, kind, page.listed, page.gone, progress)
                if page.is_last:
                    break
                page = self._source.page(kind, page.last_id, progress.since, CHANGED_PAGES)
        known = replace(progress, since=newest or progress.since, checked_at=now)
        self._index.put(self._account, kind, [], [], known)

    def _copy(self, kind: EntityKind, progress: Progress) -> None:
        """One stretch of all there is."""
        page = self._source.page(kind, progress.after_id)
        further = replace(progress, after_id=page.last_id)
        self._index.put(self._account, kind, page.listed, page.gone, further)
        if page.is_last:
            done = replace(further, is_whole=True, is_building=False, built_at=self._now())
            self._index.finish(self._account, kind, done)
            self._count()
            known = self.figures.numbers if self.figures else 0
            _log.info(f"crm {self._account}: every {kind} is in the index of numbers; {known} by now")

    def _count(self) -> None:
        self.figures = self._index.figures(self._account, self._kinds)

    def _complain(self, about: str, text: str) -> None:
        """Log what is wrong when that changes, and that it is over."""
        was = self._complaints.pop(about, "")
        if text:
            self._complaints[about] = text
        if text and text != was:
            _log.warning(f"crm {self._account}: the index of numbers is not {about}: {text}")
        elif was and not text:
            _log.info(f"crm {self._account}: the index of numbers is {about} again")
