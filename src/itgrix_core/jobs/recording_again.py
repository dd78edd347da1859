"""A call's recording sent for once more, after the comparison with the CRM has found it missing."""

from __future__ import annotations

import msgspec

from itgrix_core.filing.talks import recordings_of
from itgrix_core.jobs.recording import RECORDING_READY, RecordingWanted
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.past import PastJob, PastJobs
from itgrix_hooks.values import Call


def recording_jobs(jobs: PastJobs, call: str) -> list[PastJob]:
    """The jobs of a call's (by its key) recording, oldest first; its parts have lanes of their own."""
    lane = _lane(call)
    return [each for each in jobs.below(lane, RECORDING_READY) if each.lane == lane]


def recording_again(before: list[PastJob], call: Call, mark: str, now: float) -> Job:
    """A new job with what the former one was told; `mark` tells one time from the next."""
    lane, files = _lane(call.key), recordings_of(call)
    payload = next((each.payload for each in before if each.payload), b"")
    payload = payload or msgspec.json.encode(RecordingWanted(call, files[0] if files else None))
    return Job(f"{lane}/{RECORDING_READY}/{mark}", lane, RECORDING_READY, payload, now)


def _lane(call: str) -> str:
    return f"{call}/recording"
