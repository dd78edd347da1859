"""Attaches a finished call's audio, from a lane of its own.

The file may be minutes late, on a share that is away for days, or a header without a second of sound. So it
is looked for again after growing pauses, and given up with a reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import CrmUnavailable, Step
from itgrix_core.errors import CrmError
from itgrix_core.filing.commands import AttachRecording
from itgrix_core.jobs.accounts import Accounts
from itgrix_core.jobs.awaiting import FIRST_SECONDS, NOT_FOUND, Audio, Awaiting, Place
from itgrix_core.jobs.codec import decode_decision
from itgrix_core.jobs.counting import WITHOUT_RECORDING
from itgrix_core.jobs.noting import Notes
from itgrix_core.jobs.questions import Questions, Tools
from itgrix_core.jobs.troubles import later_of
from itgrix_core.jobs.turnstile import Turnstile
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt, Dead, Done, Job, Later, Result, Trouble
from itgrix_core.recordings.converting import ConversionError
from itgrix_core.recordings.links import LinkError
from itgrix_core.recordings.sound import has_sound
from itgrix_core.recordings.source import SourceError
from itgrix_core.recordings.workshop import MP3, UPLOADED, Workshop
from itgrix_hooks.answers import Link, RetryLater
from itgrix_hooks.values import Call, Recording

RECORDING_READY = "RecordingReady"
WEB = ("http://", "https://")
TRIES = 8
"""So often it is looked for at least."""

LONGEST_SECONDS = 3600.0
GUESSED_SECONDS = 1800.0
"""So long a file is waited for that nobody has named, or that is complete and holds no sound."""

USUAL_KBPS = 32
"""Of what has to become MP3 because no CRM takes it as it is."""


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
        places: where the recordings of a PBX are, by its name; absent if nothing is set.
        workshop: where files are brought, cut and converted.
        clock: the stream's time of a PBX.
        at_once: how many recordings are worked on at a time.
        link: the address of a call's (by its key) file, where some places give links.
    """

    def __init__(
        self,
        accounts: Accounts,
        tools: Tools,
        effects: Effects,
        places: Mapping[str, Place],
        workshop: Workshop,
        clock: Callable[[str], float],
        at_once: int = 2,
        link: Callable[[str, Path], str] | None = None,
    ) -> None:
        self._accounts = accounts
        self._tools = tools
        self._effects = effects
        self._places = places
        self._workshop = workshop
        self._awaiting = Awaiting(places, workshop)
        self._clock = clock
        self._turnstile = Turnstile(at_once)
        self._link = link

    def __call__(self, jobs: Sequence[Job], attempt: Attempt) -> Result:
        """Attach the recording of one call."""
        seconds = self._turnstile.enter()
        if seconds:
            return Later(seconds, "other recordings are before it", Trouble.BUSY)
        began = time.monotonic()
        try:
            result = self._result(jobs[0], attempt)
        finally:
            self._turnstile.leave(time.monotonic() - began)
        if not isinstance(result, Later):
            self._workshop.clear(jobs[0].key)
        return result

    def _result(self, job: Job, attempt: Attempt) -> Result:
        try:
            wanted = wanted_of(job)
            with urgency.backlog():
                return self._attach(job, wanted, attempt) or Done()
        except (RetryLater, CrmUnavailable) as error:
            return later_of(error)
        except (SourceError, LinkError) as error:
            return Later(0.0, str(error), Trouble.AWAY)
        except OSError as error:
            return Later(
                0.0, f"{error.filename}: {error.strerror}; mend the disk or its rights", Trouble.AWAY
            )
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
        call, age = wanted.call, max(0.0, attempt.now - job.born_at)
        account = self._accounts.of(call)
        questions = Questions(self._tools, account, call, job.key, self._clock(call.pbx))
        audio = self._awaiting.find(job.key, call, wanted.recording, age, questions.notes)
        if isinstance(audio, Later):
            return audio
        asked = questions.ask(
            "process_record_file_path",
            path=str(audio.path) if audio.path else None,
            recording=audio.recording,
            call=call,
        )
        if asked.is_cancelled:
            questions.notes.because("no recording is attached: a hook cancelled it")
            return questions.notes.saved_with(1, [])
        steps = self._steps(job, wanted, audio, asked.answer, attempt, questions.notes)
        return steps if isinstance(steps, Later) else questions.notes.saved_with(1, steps)

    def _steps(
        self,
        job: Job,
        wanted: RecordingWanted,
        audio: Audio,
        answer: str | Link | None,
        attempt: Attempt,
        notes: Notes,
    ) -> list[Step] | Later:
        call, place = wanted.call, self._places.get(wanted.pbx)
        if answer is None:
            if place is None:
                notes.because(f"no recording is attached: no place of recordings is set for {wanted.pbx}")
                return []
            is_named = wanted.recording is not None and audio.why == NOT_FOUND
            seconds = place.wait_seconds if is_named else GUESSED_SECONDS
            return self._again(job, call, attempt, audio.why, seconds, notes)
        url = answer.url if isinstance(answer, Link) else answer if answer.startswith(WEB) else ""
        path, why = str(answer), "a hook names this address" if url else "a hook names this file"
        if not url:
            why = audio.why if path == str(audio.path) else why
            if not has_sound(Path(path)):
                silent = f"{answer} holds no sound or cannot be read"
                return self._again(job, call, attempt, silent, GUESSED_SECONDS, notes)
            path = self._shaped(job, Path(path), place, notes)
            url = self._given(call, path, place)
        command = AttachRecording(call.key, path="" if url else path, url=url, why=why)
        account = self._accounts.of(call)
        params = account.adapter.params_of(command, self._tools.performer.filed(call.key, account))
        return [Step(f"{job.key}/attach", command, params)]

    def _given(self, call: Call, path: str, place: Place | None) -> str:
        """The link that the CRM gets by setting; "" for the file itself."""
        is_link = place is not None and place.is_link and Path(path).suffix.casefold() in UPLOADED
        return self._link(call.key, Path(path)) if self._link is not None and is_link else ""

    def _shaped(self, job: Job, path: Path, place: Place | None, notes: Notes) -> str:
        """The file as the CRM is to get it; as it is where nothing can convert it, which is noted."""
        kbps, ending = place.mp3_kbps if place else 0, path.suffix.casefold()
        if ending == MP3 or (ending in UPLOADED and not kbps):
            return str(path)
        try:
            return str(self._workshop.converted(job.key, path, kbps or USUAL_KBPS))
        except (ConversionError, OSError) as error:
            notes.because(str(error))
            return str(path)

    def _again(
        self, job: Job, call: Call, attempt: Attempt, why: str, seconds: float, notes: Notes
    ) -> list[Step] | Later:
        age = max(0.0, attempt.now - job.born_at)
        if attempt.number < TRIES or age < seconds:
            return Later(min(LONGEST_SECONDS, max(FIRST_SECONDS, age)), why)
        why = f"{why}, after {attempt.number} looks in {age / 3600:.1f} hours; {WITHOUT_RECORDING}"
        self._tools.watcher.skipped(call, why)
        notes.because(why)
        return []
