"""One call as one file to send to support: everything that `itgrix explain` tells, masked, and it replays.

A zip, so that whoever sends it can look into it first. Asterisk's words are in it as far as they are kept;
where they do not lead to the very call that was filed (it goes on, it crossed two PBXes, it came out of CDR),
the filed events are what replays.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from itgrix_core.app.explaining import Explained
from itgrix_core.app.outward import call_as_json
from itgrix_core.app.overheard import Overheard
from itgrix_core.app.record import redacted
from itgrix_core.app.replay import ended_calls, tell
from itgrix_core.calls.events import CallEvent, Told
from itgrix_core.calls.masking import Masker
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.veiling import Veil
from itgrix_core.errors import RecordingError
from itgrix_core.jobs.codec import event_of
from itgrix_core.jobs.story import Story
from itgrix_core.outbox.engine import Job
from itgrix_core.sandbox.recordings import RecordedLog
from itgrix_core.telemetry.redaction import redact, redact_value

ENDING: Final = ".zip"
LARGEST: Final = 64 * 1024 * 1024
"""A part that says to be larger is not unpacked."""

ABOUT, LOG, TIMES, EVENTS, TEXT, STORY = (
    "about.json", "call.ami", "call.times.jsonl", "events.jsonl", "story.txt", "story.json",
)  # fmt: skip


def veiled(found: Explained, key: bytes | None) -> Explained:
    """The same without names and addresses, numbers masked by a secret key (`None` leaves them).

    Numbers and names are masked alike wherever they stand.
    """
    masker = Masker(found.topology, key)
    excerpt = found.overheard.excerpt
    if excerpt:
        excerpt = replace(excerpt, entries=list(redacted(masker, excerpt.entries)))
    calls = [event.call for event in found.events]
    at = calls[0].started_at if calls else found.story.jobs[0].at
    veil = Veil(masker, {call.client_name for call in calls}, at)
    return Explained(
        story=msgspec.convert(veil.over(redact_value(msgspec.to_builtins(found.story))), Story),
        events=[_event(event.kind, veil.over(msgspec.to_builtins(event))) for event in found.events],
        overheard=Overheard(excerpt, found.overheard.why),
        topology=masker.rules(),
        oddities=[veil.sentence(each) for each in found.oddities],
    )


def write_support(file: Path, found: Explained, lines: Iterable[str], story: Mapping[str, Any]) -> None:
    """Write what was veiled; `lines` and `story` are its text and JSON.

    Raises:
        RecordingError: the file cannot be written.
    """
    parts = {
        ABOUT: json.dumps(_about(found), indent=1, ensure_ascii=False),
        TEXT: "".join(f"{redact(line)}\n" for line in lines),
        STORY: json.dumps(redact_value(story), indent=1, ensure_ascii=False),
        EVENTS: "".join(f"{_line(event)}\n" for event in found.events),
    }
    log = found.overheard.log
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as opened,
            zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for name, text in parts.items():
                packed.writestr(name, text)
            if log:
                packed.writestr(LOG, log.data)
                times = (json.dumps({"offset": offset, "t": at}) for offset, at in log.chunks)
                packed.writestr(TIMES, "".join(f"{line}\n" for line in times))
    except OSError as error:
        raise RecordingError(f"{file}: cannot be written: {error.strerror}. Name another file.") from None


@dataclass(frozen=True, slots=True)
class Sent:
    """What such a file says of its call: what a tracker made of its log, or the events as they were filed."""

    told: Sequence[Told]


def read_support(file: Path) -> Sent:
    """The call in a file.

    Raises:
        RecordingError: it is missing, damaged, or not such a file.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            about = json.loads(_part(packed, ABOUT))
            if about["log_tells_the_call"]:
                log = RecordedLog(about["call"], _part(packed, LOG), _chunks(_part(packed, TIMES)))
                topology = msgspec.convert(about["rules"], Topology)
                return Sent(list(tell(log, topology, about["timezone"], about["pbx"])))
            lines = _part(packed, EVENTS).splitlines()
            return Sent([_event(each["kind"], each["event"]) for each in map(json.loads, lines)])
    except FileNotFoundError:
        raise RecordingError(f"{file}: there is no such file. Give one of `itgrix explain --file`.") from None
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise RecordingError(
            f"{file}: not a file of `itgrix explain --file`, or damaged ({error}). Copy it again."
        ) from None


def _about(found: Explained) -> dict[str, Any]:
    call, log = found.call, found.overheard.log
    rules = {name: each for name, each in msgspec.to_builtins(found.topology).items() if name != "learnt"}
    told: list[Told] = []
    if call and log:
        told = list(tell(log, msgspec.convert(rules, Topology), call.timezone, call.pbx))
    return {
        "itgrix": version("itgrix"),
        "call": found.story.call,
        "pbx": call.pbx if call else "",
        "timezone": call.timezone if call else "UTC",
        "log_tells_the_call": call is not None and call_as_json(call) in map(call_as_json, ended_calls(told)),
        "rules": rules,
    }


def _event(kind: str, data: Any) -> CallEvent:
    return event_of(Job("", "", kind, json.dumps(data).encode(), 0.0))


def _line(event: CallEvent) -> str:
    return json.dumps({"kind": event.kind, "event": msgspec.to_builtins(event)}, ensure_ascii=False)


def _part(packed: zipfile.ZipFile, name: str) -> bytes:
    if packed.getinfo(name).file_size > LARGEST:
        raise ValueError(f"{name} is larger than {LARGEST} bytes")
    return packed.read(name)


def _chunks(lines: bytes) -> tuple[tuple[int, float], ...]:
    entries = map(json.loads, lines.splitlines())
    return tuple((int(each["offset"]), float(each["t"])) for each in entries)
