"""`itgrix replay`: what recorded logs, or calls of the service, amount to; if wanted through hooks."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from itgrix_core.app.cli.explain import moment_of, unknown
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.cli.opened import opened
from itgrix_core.app.cli.rehearsed import Group, Rehearsals
from itgrix_core.app.outward import call_as_json
from itgrix_core.app.rehearsal import house_of
from itgrix_core.app.replay import ended_calls, tell, tell_linked
from itgrix_core.app.stored import stored_events
from itgrix_core.app.support import ENDING, read_support
from itgrix_core.calls.events import ConversationEvent, Oddity, Told
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema import HookSettings
from itgrix_core.errors import RecordingError
from itgrix_core.jobs.finding import Finder
from itgrix_core.jobs.wording import summary
from itgrix_core.sandbox.recordings import ENDINGS, RecordedLog, load, logs_in
from itgrix_core.telemetry.redaction import redact_sentence

Link = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be replayed, as it was asked for; times are Unix seconds."""

    words: tuple[str, ...]
    topology: Topology
    links: Sequence[Link]
    since: float | None
    until: float | None


@click.command()
@click.argument("what", metavar="[[PBX=]RECORDING|CALL]…", nargs=-1)
@click.option("--json", "is_json", is_flag=True, help="One JSON object per ended call and line.")
@click.option(
    "--hooks",
    "folder",
    type=click.Path(path_type=Path),
    help="Ask the hooks of this folder too, and show the requests that would be sent.",
)
@click.option(
    "--against",
    "other",
    type=click.Path(path_type=Path),
    help="Show only what --hooks changes against the hooks of this folder; exit code 1 if anything.",
)
@click.option(
    "--record",
    "test",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what --hooks answer as a pytest file.",
)
@click.option("--since", metavar="TIME", help="Calls of the service that began then or later.")
@click.option("--until", metavar="TIME", help="Calls of the service that began then or before.")
@click.option("--max-length", default=5, show_default=True, help="Digits of the longest inside number.")
@click.option("--trunk", "trunks", multiple=True, help="An endpoint that is a trunk.")
@click.option("--internal", "internals", multiple=True, help="An endpoint that is a phone.")
@click.option(
    "--link",
    "links",
    metavar="PBX/ENDPOINT=PBX",
    multiple=True,
    callback=lambda _context, _option, values: [_link(value) for value in values],
    help="A trunk to another PBX whose recording is given by PBX=RECORDING; those are read together.",
)
@click.pass_obj
def replay(
    invocation: Invocation,
    what: tuple[str, ...],
    is_json: bool,
    folder: Path | None,
    other: Path | None,
    test: Path | None,
    since: str | None,
    until: str | None,
    max_length: int,
    trunks: tuple[str, ...],
    internals: tuple[str, ...],
    links: list[Link],
) -> None:
    """Show the events of recorded logs (.ami, .ami.gz, or all below a folder), or of calls of the service.

    A CALL is named as for `itgrix explain`. Nothing is sent. The times of a recorded log are those of the
    times.jsonl beside it.
    """
    invocation.start_logs("error")
    if not (what or since or until):
        raise click.UsageError("Name recordings or calls, or a time: --since, --until.")
    if (other or test) and not folder:
        raise click.UsageError("--against and --record are about --hooks: name its folder.")
    topology = Topology(max_length=max_length, trunks=frozenset(trunks), internal=frozenset(internals))
    times = [moment_of(each) if each else None for each in (since, until)]
    wanted = Wanted(what, topology, links, *times)
    rehearsals = _rehearsals(invocation, folder, other, test)
    faults: list[RecordingError] = []
    for group in _groups(invocation, wanted, faults):
        if is_json:
            for call in ended_calls(group.told):
                click.echo(json.dumps({"log": group.name, **call_as_json(call)}, ensure_ascii=False))
            continue
        lines = rehearsals.show(group) if rehearsals else _events(group.told)
        if (group.name,) != what:
            lines = _headed(f"{group.name}:", lines, is_always=not (other or test))
        _say(lines)
    _say(rehearsals.end() if rehearsals and not is_json else ())
    if faults:
        raise click.exceptions.Exit(faults[0].exit_code)
    if rehearsals and rehearsals.is_different:
        raise click.exceptions.Exit(1)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _headed(heading: str, lines: Iterable[str], *, is_always: bool) -> Iterator[str]:
    """The lines under a heading; without any it is left out unless it is wanted always."""
    if is_always:
        yield heading
    for place, line in enumerate(lines):
        if not (place or is_always):
            yield heading
        yield line


def _rehearsals(
    invocation: Invocation, folder: Path | None, other: Path | None, test: Path | None
) -> Rehearsals | None:
    """Who is asked; with a configuration the hooks get their settings and limits out of it."""
    if folder is None:
        return None
    settings = invocation.settings().hooks if invocation.config_file else HookSettings()
    hooks, against = (settings.model_copy(update={"folder": each}) for each in (folder, other))
    return Rehearsals(hooks, against if other else None, test)


# ---- what is replayed -----------------------------------------------------------------------------------
def _groups(invocation: Invocation, wanted: Wanted, faults: list[RecordingError]) -> Iterator[Group]:
    """Recordings, each by itself, then the calls of the service together."""
    is_linked = bool(wanted.links)
    calls = [word for word in wanted.words if not is_linked and not _is_path(word, invocation)]
    paths = tuple(word for word in wanted.words if word not in calls)
    for path, told in _stories(paths, wanted.topology, wanted.links, faults) if paths else ():
        yield Group(path, told)
    if calls or wanted.since is not None or wanted.until is not None:
        yield _stored(invocation, calls, wanted)


def _is_path(word: str, invocation: Invocation) -> bool:
    """Whether a word means a recording: it is there, or looks like one, or there is no service to ask."""
    return Path(word).exists() or word.endswith((*ENDINGS, ENDING)) or not invocation.has_settings()


def _stored(invocation: Invocation, words: Sequence[str], wanted: Wanted) -> Group:
    """Calls of the service, as it filed them, with its rules."""
    with opened(invocation) as database:
        finder = Finder(database)
        keys = [_key(finder, word) for word in words]
        if wanted.since is not None or wanted.until is not None:
            until = time.time() if wanted.until is None else wanted.until
            keys += finder.between(wanted.since or 0.0, until)
        told = stored_events(database, dict.fromkeys(keys))
    if not told:
        raise click.ClickException(
            "No events of such calls are kept (any more); outbox.keep_story_days says how long they are."
        )
    name = words[0] if len(words) == 1 and len(wanted.words) == 1 else "calls of the service"
    return Group(name, told, house_of(invocation.settings()))


def _key(finder: Finder, word: str) -> str:
    found = finder.find(word)
    if not found:
        raise unknown(finder, word)
    return found[0]


def _stories(
    recordings: tuple[str, ...],
    topology: Topology,
    links: Sequence[Link],
    faults: list[RecordingError],
) -> Iterator[tuple[str, Sequence[Told]]]:
    """What the recordings tell, with their paths: of linked PBXes one story, else one of each log."""
    if not links:
        for place in map(Path, recordings):
            with _noting(faults):
                if place.suffix == ENDING:
                    yield str(place), read_support(place).told
                    continue
            for path, log in _loaded([place], faults):
                yield str(path), list(tell(log, topology))
        return
    paths = dict(recording.split("=", 1) for recording in recordings if "=" in recording)
    unknown = {name for link in links for name in (link[0], link[2])} - set(paths)
    if unknown or len(paths) < len(recordings):
        raise click.UsageError(
            "With --link each recording is given as PBX=RECORDING, and each PBX of a link has one; "
            f"missing: {', '.join(sorted(unknown)) or 'the names'}."
        )
    topologies = {pbx: _with_links(topology, pbx, links) for pbx in paths}
    with _noting(faults):
        logs = {pbx: load(Path(path)) for pbx, path in paths.items()}
        yield " ".join(paths.values()), list(tell_linked(logs, topologies))


def _loaded(places: Iterable[Path], faults: list[RecordingError]) -> Iterator[tuple[Path, RecordedLog]]:
    """Every log of these files and folders; one that cannot be read is said and keeps nobody else away."""
    for place in places:
        with _noting(faults):
            for path in logs_in(place):
                with _noting(faults):
                    yield path, load(path)


@contextmanager
def _noting(faults: list[RecordingError]) -> Iterator[None]:
    try:
        yield
    except RecordingError as error:
        faults.append(error)
        click.echo(redact_sentence(str(error)), err=True)


def _with_links(topology: Topology, pbx: str, links: Sequence[Link]) -> Topology:
    return replace(topology, links={endpoint: other for own, endpoint, other in links if own == pbx})


def _link(text: str) -> tuple[str, str, str]:
    """PBX, endpoint and other PBX of one `--link`."""
    found = re.fullmatch(r"([^/=]+)/([^=]+)=([^=]+)", text)
    if not found:
        raise click.BadParameter(f"'{text}' is not PBX/ENDPOINT=PBX, as main/to-branch=branch is")
    return found[1], found[2], found[3]


# ---- how it is shown ------------------------------------------------------------------------------------
def _events(told: Sequence[Told]) -> Iterator[str]:
    """One line per event: seconds since the first, what happened, to whom."""
    began = next((event.at for event in told), 0.0)
    for event in told:
        yield f"{event.at - began:8.2f}  {_line(event)}"


def _line(event: Told) -> str:
    if isinstance(event, Oddity):
        return f"oddity                 {event.what}: {event.message} {event.why}"
    call = event.call
    if isinstance(event, ConversationEvent):
        conversation = call.conversation(event.conversation)
        who = conversation.extension if conversation else event.conversation
        result = f", {conversation.result}" if conversation and conversation.result else ""
        return f"{event.kind:22} {call.key}  {who}{result}"
    return f"{event.kind:22} {call.key}  {summary(call)}"
