"""What the tracker makes of the recordings, as the authors' kit ships it: `python recorded_calls.py FILE`.

A line is one recording: its name, what happened in it, and its moments, as `itgrix_hooks.testing.recorded`
reads them. Recordings of load are left out: two hundred calls of one kind teach nobody anything.
"""

import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import msgspec

from itgrix_core.app.replay import tell, tell_linked
from itgrix_core.calls.events import CallEnded, CallEvent, ConversationEvent, Told
from itgrix_core.calls.topology import Topology
from itgrix_core.jobs.turn import STAGES
from itgrix_core.sandbox.recordings import load
from itgrix_hooks.values import Call

RECORDED = Path(__file__).parents[1] / "recorded"
LINKS = {"main": {"to-branch": "branch"}, "branch": {"to-main": "main"}}
"""The trunks between the two PBXes of the rig."""
REQUIRED = {field.name for field in fields(Call) if field.default is MISSING}
"""What no call lacks, be it empty."""


def packed() -> bytes:
    """The whole file; the same recordings and the same tracker give the same bytes."""
    lines = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in _recordings())
    return gzip.compress(lines.encode(), 9, mtime=0)


def _recordings() -> Iterator[dict[str, Any]]:
    for truth in sorted(RECORDED.glob("*/*.truth.json")):
        name = truth.name.removesuffix(".truth.json")
        if not name.startswith("load_"):
            told = tell(load(truth.with_name(f"{name}.ami.gz")), Topology(), pbx="main")
            yield _recording(f"{truth.parent.name}/{name}", truth, told)
    linked = {pbx: Topology(links=links) for pbx, links in LINKS.items()}
    for truth in sorted(RECORDED.glob("*/*/truth.json")):
        logs = {pbx: load(truth.with_name(f"{pbx}.ami.gz")) for pbx in LINKS}
        told = tell_linked(logs, linked)
        yield _recording(f"{truth.parent.parent.name}/{truth.parent.name}", truth, told)


def _recording(name: str, truth: Path, told: Iterable[Told]) -> dict[str, Any]:
    events = [event for event in told if isinstance(event, CallEvent)]
    last = {event.id: event for event in events if event.kind in STAGES}
    about = json.loads(truth.read_text(encoding="utf-8")).get("description", "")
    return {"name": name, "about": about, "moments": [_moment(event) for event in last.values()]}


def _moment(event: CallEvent) -> tuple[str, str, Any]:
    conversation = event.conversation if isinstance(event, ConversationEvent) else ""
    assert conversation or isinstance(event, CallEnded)
    return STAGES[event.kind], conversation, _without_defaults(msgspec.to_builtins(event.call))


def _without_defaults(value: Any) -> Any:
    """JSON data without what is a field's default anyway: `None`, "", () and `False`."""
    if isinstance(value, dict):
        kept = {name: _without_defaults(inner) for name, inner in value.items()}
        return {
            name: inner
            for name, inner in kept.items()
            if name in REQUIRED or inner not in (None, "", [], False)
        }
    return [_without_defaults(inner) for inner in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(packed())
