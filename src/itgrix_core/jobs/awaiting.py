"""Looks for a call's audio until it is there and complete, and brings it onto this machine.

Of several files the client's comes first. Another one is taken only where that one holds no sound, or has
not come for a while: forced recording leaves bare headers beside the file with the talk.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from itgrix_core.filing.talks import recordings_of
from itgrix_core.jobs.noting import Notes
from itgrix_core.outbox.engine import Later
from itgrix_core.recordings.cutting import stretch
from itgrix_core.recordings.names import names_of
from itgrix_core.recordings.sound import has_sound, is_open
from itgrix_core.recordings.source import Seen, Source
from itgrix_core.recordings.workshop import Workshop
from itgrix_hooks.values import Call, Recording

QUIET_SECONDS = 1.0
STALE_SECONDS = 60.0
"""A file whose header promises more to come, and that is left alone so long, will not be finished."""

FIRST_SECONDS = 15.0
"""So long the best file is waited for before another one will do."""

NOT_FOUND = "the recording was not found"

_MOST_SEEN = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the recordings of a PBX are, and what is done with them.

    Attributes:
        patterns: names where Asterisk told none, or another one.
        wait_seconds: how long a file that Asterisk has named is waited for.
        mp3_kbps: 0 leaves them what they are, unless a CRM would not take it.
    """

    source: Source
    patterns: tuple[str, ...] = ()
    wait_seconds: float = 3 * 86_400.0
    mp3_kbps: int = 0


@dataclass(frozen=True, slots=True)
class Audio:
    """What was found. `path` is `None` for nothing that can be attached, and `why` says what it is."""

    path: Path | None
    recording: Recording | None
    why: str


class Awaiting:
    """Looks; `places` by the names of PBXes. Safe to share between threads."""

    def __init__(self, places: Mapping[str, Place], workshop: Workshop) -> None:
        self._places = places
        self._workshop = workshop
        self._seen: dict[tuple[str, str], tuple[Seen, float]] = {}

    def find(self, job: str, call: Call, first: Recording | None, age: float, notes: Notes) -> Audio | Later:
        """The audio of a call, or when to look again because it is being written.

        Args:
            job: the job's key, for what is made of the file.
            call: whose.
            first: the recording that is wanted most.
            age: for how long it was looked for (seconds).
            notes: get what was done to the file.

        Raises:
            SourceError: the place cannot be looked at now.
        """
        nothing = Audio(None, first, NOT_FOUND)
        for recording in _wanted(call, first):
            pbx = (recording.pbx if recording else "") or call.pbx
            place = self._places.get(pbx)
            seen = place.source.look(names_of(recording, call, place.patterns)) if place else None
            if place is None or seen is None:
                if age < FIRST_SECONDS:
                    break
                continue
            quiet = self._quiet_seconds(pbx, seen)
            if quiet < QUIET_SECONDS:
                return Later(QUIET_SECONDS, "the recording is still being written")
            path = place.source.bring(seen, self._workshop.bench(job))
            if is_open(path) and quiet < STALE_SECONDS:
                return Later(QUIET_SECONDS * 5, f"{path.name} is still being written, by its header")
            if has_sound(path):
                return self._own(job, call, path, recording, notes)
            nothing = Audio(None, recording, f"{path} holds no sound")
        return nothing

    def _own(self, job: str, call: Call, path: Path, recording: Recording | None, notes: Notes) -> Audio:
        """What of the file is this call's own."""
        if is_open(path):
            path = self._workshop.mended(job, path)
        if recording is None or not recording.talks or call.answered_at is None or call.ended_at is None:
            return Audio(path, recording, "the recording was found and is complete")
        began_at, talks, own = recording.began_at, recording.talks, (call.answered_at, call.ended_at)
        cut, why = self._workshop.cut(job, path, lambda seconds: stretch(seconds, began_at, talks, own))
        notes.because(why)
        return Audio(cut, recording, why)

    def _quiet_seconds(self, pbx: str, seen: Seen) -> float:
        """For how long nobody has written: by the file's own time, or by ours where its clock is ahead."""
        now, key = time.monotonic(), (pbx, seen.place)
        known, since = self._seen.get(key, (seen, now))
        if len(self._seen) > _MOST_SEEN:
            self._seen.clear()
        self._seen[key] = (seen, since if known == seen else now)
        quiet = max(time.time() - seen.changed_at, now - self._seen[key][1])
        if quiet >= STALE_SECONDS:
            self._seen.pop(key, None)
        return quiet


def _wanted(call: Call, first: Recording | None) -> list[Recording | None]:
    """The wanted one, then the others that may stand for it."""
    others = [each for each in recordings_of(call) if each != first]
    return [first, *others]
