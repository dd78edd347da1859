"""Attaches a finished call's audio, from a lane of its own.

The file may be minutes late, on a share that is away, or a header without a second of sound. So it is waited
for until it has been quiet for a while, looked for again after growing pauses, and given up with a reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import CrmUnavailable, Step
from itgrix_core.errors import CrmError
from itgrix_core.filing.commands import AttachRecording
from itgrix_core.jobs.accounts import Accounts
from itgrix_core.jobs.codec import decode_decision
from itgrix_core.jobs.noting import Notes
from itgrix_core.jobs.questions import Questions, Tools
from itgrix_core.jobs.troubles import later_of
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt, Dead, Done, Job, Later, Result
from itgrix_hooks.answers import Link, RetryLater
from itgrix_hooks.values import Call, Recording

RECORDING_READY = "RecordingReady"
HEADER_BYTES = 44
"""A WAV file of this size holds no sound (docs/facts/asterisk.md 42)."""
QUIET_SECONDS = 1.0
WEB = ("http://", "https://")
TRIES = 8
"""Looked for after 15, 30, 60 … seconds, about half an hour in all."""


@dataclass(frozen=True, slots=True)
class RecordingWanted:
    """The job's payload: the ended call, and what Asterisk said of its file."""

    call: Call
    recording: Recording | None

    @property
    def pbx(self) -> str:
        """On whose disk the file lies: of linked PBXes that of the channel that was recorded."""
        return (self.recording.pbx if self.recording else "") or self.call.pbx


_WANTED = msgspec.json.Decoder(RecordingWanted)


def wanted_of(job: Job) -> RecordingWanted:
    """The payload of a recording's job; `ValueError` if it is not what this version stores."""
    return _WANTED.decode(job.payload)


class RecordingJobs:
    """The engine's handler for recording lanes.

    Args:
        folders: where this machine finds the recordings of a PBX, by its name; absent if it cannot.
        clock: the stream's time of a PBX.
    """

    def __init__(
        self,
        accounts: Accounts,
        tools: Tools,
        effects: Effects,
        folders: Mapping[str, Path],
        clock: Callable[[str], float],
    ) -> None:
        self._accounts = accounts
        self._tools = tools
        self._effects = effects
        self._folders = folders
        self._clock = clock

    def __call__(self, jobs: Sequence[Job], attempt: Attempt) -> Result:
        """Attach the recording of one call."""
        job = jobs[0]
        try:
            wanted = wanted_of(job)
            with urgency.backlog():
                return self._attach(job, wanted, attempt) or Done()
        except (RetryLater, CrmUnavailable) as error:
            return later_of(error)
        except (ValueError, CrmError) as error:
            return Dead(str(error))

    def _attach(self, job: Job, wanted: RecordingWanted, attempt: Attempt) -> Result | None:
        key = f"{job.key}/attach"
        call, account = wanted.call, self._accounts.of(wanted.call)
        row = self._effects.decision(key)
        if row is None:
            decided = self._decide(job, wanted, attempt)
            if isinstance(decided, Later):
                return decided
            row = self._effects.decide(key, decided)
        _, steps = decode_decision(row)
        return self._tools.performer.perform(call, account, steps, self._clock(call.pbx)) if steps else None

    def _decide(self, job: Job, wanted: RecordingWanted, attempt: Attempt) -> bytes | Later:
        """The decision what to attach, by the file that was found and the hooks; or when to look again."""
        call = wanted.call
        found = self._find(wanted)
        if found is not None and time.time() - found.stat().st_mtime < QUIET_SECONDS:
            return Later(QUIET_SECONDS, "the recording is still being written")
        account = self._accounts.of(call)
        questions = Questions(self._tools, account, call, job.key, self._clock(call.pbx))
        asked = questions.ask(
            "process_record_file_path",
            path=str(found) if found else None,
            recording=wanted.recording,
            call=call,
        )
        if asked.is_cancelled:
            questions.notes.because("no recording is attached: a hook cancelled it")
            return questions.notes.saved_with(1, [])
        steps = self._steps(job, wanted, asked.answer, attempt, questions.notes)
        return steps if isinstance(steps, Later) else questions.notes.saved_with(1, steps)

    def _steps(
        self, job: Job, wanted: RecordingWanted, answer: str | Link | None, attempt: Attempt, notes: Notes
    ) -> list[Step] | Later:
        call = wanted.call
        if answer is None:
            if wanted.pbx not in self._folders:
                notes.because(f"no recording is attached: no folder of recordings is set for {wanted.pbx}")
                return []
            return self._again(call, attempt, "the recording was not found", notes)
        url = answer.url if isinstance(answer, Link) else answer if answer.startswith(WEB) else ""
        if not url and not _has_sound(Path(str(answer))):
            return self._again(call, attempt, f"{answer} holds no sound or cannot be read", notes)
        why = "a hook names this address" if url else "the recording was found and is complete"
        command = AttachRecording(call.key, path="" if url else str(answer), url=url, why=why)
        account = self._accounts.of(call)
        params = account.adapter.params_of(command, self._tools.performer.filed(call.key, account))
        return [Step(f"{job.key}/attach", command, params)]

    def _again(self, call: Call, attempt: Attempt, why: str, notes: Notes) -> list[Step] | Later:
        if attempt.number < TRIES:
            return Later(15.0 * 2 ** (attempt.number - 1), why)
        why = f"{why}, after {TRIES} looks; it is filed without"
        self._tools.watcher.skipped(call, why)
        notes.because(why)
        return []

    def _find(self, wanted: RecordingWanted) -> Path | None:
        """The file on this machine: under the same path below the recording folder, or by its name."""
        folder = self._folders.get(wanted.pbx)
        if folder is None or wanted.recording is None:
            return None
        below = wanted.recording.path.partition("/monitor/")[2] or PurePosixPath(wanted.recording.path).name
        for candidate in (folder / below, folder / PurePosixPath(below).name):
            inside = candidate.resolve().is_relative_to(folder.resolve())
            if inside and candidate.is_file():
                return candidate
        return None


def _has_sound(path: Path) -> bool:
    try:
        return path.stat().st_size > HEADER_BYTES
    except OSError:
        return False
