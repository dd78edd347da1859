"""Which job repairs a difference; each state of affairs has one, so that nothing is repaired twice."""

from __future__ import annotations

from dataclasses import dataclass

from itgrix_core.crm.books import Books
from itgrix_core.filing.sheet import Fault, Finding
from itgrix_core.jobs.filed_calls import Known
from itgrix_core.jobs.mending import Mend, job_of_mend
from itgrix_core.jobs.recording_again import recording_again, recording_jobs
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.past import PastJob, PastJobs
from itgrix_core.outbox.tables import JobState
from itgrix_hooks.values import Call

_FORGOTTEN = "What it was is kept no more (outbox.keep_story_days): it has to be done by hand."
_LONG_AGO = (
    "It is older than what the outbox remembers (outbox.keep_days): it may have been filed and deleted."
)
_BY_CRM = "The CRM had registered it by itself (a click), so that it cannot be registered again: by hand."


@dataclass(frozen=True, slots=True)
class Cure:
    """What repairs a finding: a new job, one that was put aside, or neither with the reason.

    For a call of which only the history tells all three are empty: it is filed as a past call. `is_asked`:
    another job is at it already.
    """

    job: Job | None = None
    aside: PastJob | None = None
    why_not: str = ""
    is_asked: bool = False


class Remedies:
    """Of one outbox."""

    def __init__(self, jobs: PastJobs) -> None:
        self._jobs = jobs

    def of(self, finding: Finding, known: Known, books: Books, now: float) -> Cure:
        """The cure of a finding that is worth one; `now` in Unix seconds."""
        if known.past is not None:
            return Cure(why_not=_LONG_AGO if known.is_forgotten else "")
        if finding.fault is Fault.ABSENT and known.end and known.end.state is JobState.DEAD:
            return Cure(aside=known.end)
        if known.call is None or finding.call is None:
            return Cure(why_not=_FORGOTTEN)
        if finding.fault is Fault.RECORDING:
            return self._recording(finding, known.call, now)
        if finding.fault is Fault.ABSENT:
            return _absent(finding, known, known.call, books, now)
        return _of_activity(finding, known.call, now)

    def earlier(self, cure: Cure) -> PastJob | None:
        """The same cure as it was asked for before."""
        return self._jobs.job(cure.job.key) if cure.job else None

    def _recording(self, finding: Finding, call: Call, now: float) -> Cure:
        """The existing job for recordings, once more; or the one that was put aside."""
        before = recording_jobs(self._jobs, call.key)
        if before and before[-1].state is JobState.DEAD:
            return Cure(aside=before[-1])
        mark = str(finding.entry.row_id if finding.entry else 0)
        is_asked = any(each.is_open for each in before)
        return Cure(recording_again(before, call, mark, now), is_asked=is_asked)


def _absent(finding: Finding, known: Known, call: Call, books: Books, now: float) -> Cure:
    expected = finding.call
    if expected is None or expected.lost:
        return Cure(why_not=f"See `itgrix explain {call.key}`: it was refused; mend that first.")
    again = books.again(known.told, expected)
    if again is None:
        return Cure(why_not=_BY_CRM)
    register, finish = again
    mend = Mend(call, Fault.ABSENT, register=register, finish=finish, has_recording=expected.has_recording)
    return Cure(job_of_mend(mend, expected.call_id, now))


def _of_activity(finding: Finding, call: Call, now: float) -> Cure:
    expected, entry = finding.call, finding.entry
    if expected is None or entry is None:
        return Cure(why_not=_FORGOTTEN)
    if finding.fault is Fault.PERSON:
        mend = Mend(
            call,
            Fault.PERSON,
            activity_id=entry.activity_id,
            right_user=expected.user_id,
            wrong_user=entry.user_id,
        )
        return Cure(job_of_mend(mend, f"{entry.row_id}-{entry.user_id}", now))
    wrong = entry.entity
    mend = Mend(call, Fault.ENTITY, activity_id=entry.activity_id, right=expected.entity, wrong=wrong)
    named = f"{wrong.kind}-{wrong.id}" if wrong else "nothing"
    return Cure(job_of_mend(mend, f"{entry.row_id}-{named}", now))
