"""Calls as fixtures: one recorded log for each call of a stream, redacted, with a draft of its truth.

The draft is what the tracker understands of the very bytes that are written, so it shows at once that the
fixture replays; it says of itself that nobody has checked it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from itgrix_core.ami.recorder import Recorder
from itgrix_core.app.outward import call_as_json
from itgrix_core.app.replay import PBX, UNTIMED, ended_calls, log_of, tell
from itgrix_core.calls.excerpts import Excerpts
from itgrix_core.calls.masking import Masker
from itgrix_core.calls.parts import Entry, Excerpt
from itgrix_core.calls.questions import ASKED_ABOUT, Action
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.tracker import Tracker
from itgrix_core.errors import RecordingError
from itgrix_core.sandbox.recordings import ENDINGS, RecordedLog, load
from itgrix_core.sandbox.shelf import Shelf
from itgrix_core.wire.frames import BANNER, Framer, name_of
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Call

LONGEST_NAME = 80
NOT_OF_TRUTH = frozenset({"key", "ivr", "lost_sight", "recordings"})
"""Words of `--json` that a truth does not have, or has elsewhere."""

Chunk = tuple[bytes, float]
"""Bytes of a stream and when they were received (Unix seconds)."""


class CallRecorder:
    """Writes the calls of one stream as they end.

    Args:
        shelf: where they are put.
        topology: the numbering rules of the PBX.
        is_masking: whether outside numbers are masked.
        on_written: told the file and the calls in it.
        ask: sends a question to Asterisk, whose answer comes in the stream; nobody is asked if left out.
        key: secret bytes that the masks depend on; made anew if left out, so that no two runs mask alike.
    """

    def __init__(
        self,
        shelf: Shelf,
        topology: Topology,
        *,
        is_masking: bool,
        on_written: Callable[[Path, Sequence[Call]], None] = lambda _path, _calls: None,
        ask: Callable[[Action], None] | None = None,
        key: bytes | None = None,
    ) -> None:
        key = key or secrets.token_bytes(16)
        self._shelf = shelf
        self._masker = Masker(topology, key if is_masking else None)
        self._topology = self._masker.rules()
        self._names = self._masker if is_masking else Masker(topology, key)
        self._on_written = on_written
        self._ask = ask
        self._tracker = Tracker(PBX, topology)
        self._excerpts = Excerpts(self._tracker)
        self._framer = Framer()
        self._ami_version = ""

    def take(self, data: bytes, received_at: float) -> None:
        """The next bytes of the stream. Raises `RecordingError` when a call cannot be written."""
        for block in self._framer.feed(data):
            if block.startswith(BANNER):
                self._ami_version = block[len(BANNER) :].decode("ascii", "replace")
            for excerpt in self._excerpts.feed(block, received_at):
                self._write(excerpt)
            if self._ask and name_of(block) in ASKED_ABOUT:
                question = self._tracker.question_about(Message(block))
                if question:
                    self._ask(question)

    def close(self) -> None:
        """Write what is still open, as cut."""
        for excerpt in self._excerpts.close():
            self._write(excerpt)

    def _write(self, excerpt: Excerpt) -> None:
        log = log_of("", redacted(self._masker, excerpt.entries))
        calls = ended_calls(list(tell(log, self._topology)))
        if calls:
            named = RecordedLog(self._name(calls[0]), log.data, log.chunks)
            self._on_written(self._shelf.put(named, self._truth(calls, excerpt.is_cut)), calls)

    def _name(self, call: Call) -> str:
        """A file's name: when, which way, the parties with their outside numbers masked."""
        at = datetime.fromtimestamp(call.started_at, UTC)
        who = (call.client_number or call.dialled or "", call.answered_by or call.extension or call.did or "")
        words = [call.direction.value, *(self._names_of(str(one)) for one in who)]
        return f"{at:%Y%m%d-%H%M%S}-{'-'.join(filter(None, words))}"[:LONGEST_NAME]

    def _names_of(self, number: str) -> str:
        is_masked_already = self._names is self._masker
        text = number if is_masked_already else self._names.text(number)
        return re.sub(r"[^0-9A-Za-z]", "", text)

    def _truth(self, calls: Sequence[Call], is_cut: bool) -> dict[str, Any]:
        said = [call_as_json(call) for call in calls]
        return {
            "description": "drafted by itgrix record from what the tracker understood: compare, correct",
            "checked": False,
            "is_cut": is_cut,
            "ami_version": self._ami_version,
            "calls": [
                {word: value for word, value in one.items() if word not in NOT_OF_TRUTH} for one in said
            ],
            "recordings": [recording for one in said for recording in one["recordings"]],
        }


def redacted(masker: Masker, entries: Iterable[Entry]) -> Iterator[Entry]:
    """The messages of an excerpt without what is nobody's business."""
    for entry in entries:
        block = entry.block
        if not block.startswith(BANNER):
            block = masker.block(block, entry.received_at) or b""
        if block:
            yield replace(entry, block=block)


def streams_of(path: Path) -> Iterator[Iterable[Chunk]]:
    """The streams of a recorded log, or of a folder of them, each to be cut by a recorder of its own.

    A folder that `itgrix serve` keeps (`<data folder>/recorded/<asterisk>`) is one stream, however many
    segments it has.

    Raises:
        RecordingError: there is nothing that can be read.
    """
    if not path.is_dir():
        yield _chunks(load(path))
        return
    segments = Recorder(path.parent, unquote(path.name))
    if segments.folder == path and segments.segments():
        yield ((recorded.data, recorded.received_at) for recorded in segments.read_from())
        return
    files = sorted(file for file in path.iterdir() if file.name.endswith(ENDINGS))
    if not files:
        raise RecordingError(f"{path}: there is no recorded log in it (.ami or .ami.gz).")
    for file in files:
        yield _chunks(load(file))


def _chunks(log: RecordedLog) -> Iterator[Chunk]:
    at = UNTIMED
    for data, received_at in log.chunks_with_times():
        at = received_at or at
        yield data, at
