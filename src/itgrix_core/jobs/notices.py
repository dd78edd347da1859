"""What CRMs tell us, from the outbox to whoever consumes it.

A notice is a job before the portal has its answer, so that a crash loses none; a repeat meets the same key
and is ignored. Who wants notices registers a consumer of the event; what nobody consumes is logged and done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
import structlog

from itgrix_core.crm.notice import Notice
from itgrix_core.outbox.engine import Attempt, Done, Job, Result

NOTICE = "CrmNotice"
"""The kind of these jobs."""

Consumer = Callable[[Notice, Attempt], Result]
"""Deals with a notice, and says what became of it in the outbox's own words (`Done`, `Later`, `Dead`)."""

INSTALLED, UNINSTALLED = "ONAPPINSTALL", "ONAPPUNINSTALL"

_NOTICE = msgspec.json.Decoder(Notice)
_log = structlog.get_logger(__name__)


def job_of(notice: Notice) -> Job:
    """The notice as a job; in a lane with others on the same subject, else of the same kind."""
    return Job(
        key=f"notice/{notice.key}",
        lane=f"notice/{notice.account}/{notice.subject or notice.event}",
        kind=NOTICE,
        payload=msgspec.json.encode(notice),
        born_at=notice.at,
    )


class NoticeJobs:
    """The outbox's handler of notices.

    Args:
        consumers: by event, in capitals; "ONCRM*" takes all that begin like it and have none of their own.
    """

    def __init__(self, consumers: Mapping[str, Consumer] | None = None) -> None:
        self._consumers = {UNINSTALLED: _removed, **(consumers or {})}

    def __call__(self, jobs: Sequence[Job], attempt: Attempt) -> Result:
        """As `outbox.engine.Handler`: one notice at a time."""
        notice = _NOTICE.decode(jobs[0].payload)
        return self._consumer(notice.event)(notice, attempt)

    def _consumer(self, event: str) -> Consumer:
        if event in self._consumers:
            return self._consumers[event]
        stars = [name for name in self._consumers if name.endswith("*") and event.startswith(name[:-1])]
        return self._consumers[max(stars, key=len)] if stars else _told


def _told(notice: Notice, _attempt: Attempt) -> Result:
    _log.info(f"crm {notice.account} tells {notice.event} {notice.subject}".rstrip())
    return Done()


def _removed(notice: Notice, _attempt: Attempt) -> Result:
    _log.warning(
        f"crm {notice.account}: the application was removed from the portal, calls can no longer be filed. "
        f"Add it again, then run `itgrix connect bitrix24 {notice.account}`."
    )
    return Done()
