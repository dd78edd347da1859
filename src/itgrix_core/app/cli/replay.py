"""`itgrix replay RECORDING`: what a recorded log amounts to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from itgrix_core.app.cli.hooks import is_out
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.outward import call_as_json
from itgrix_core.app.replay import Rehearsed, ended_calls, rehearse, tell, tell_linked
from itgrix_core.calls.events import ConversationEvent, Oddity, Told
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema import HookSettings
from itgrix_core.errors import ConfigError, RecordingError
from itgrix_core.jobs.wording import summary
from itgrix_core.plugins.manager import Plugins
from itgrix_core.sandbox.recordings import RecordedLog, load, logs_in
from itgrix_core.telemetry.redaction import redact_sentence


@click.command()
@click.argument("recordings", metavar="[PBX=]RECORDING…", nargs=-1, required=True)
@click.option("--json", "is_json", is_flag=True, help="One JSON object per ended call and line.")
@click.option(
    "--hooks",
    "folder",
    type=click.Path(path_type=Path),
    help="Ask the hooks of this folder too, and show the requests that would be sent.",
)
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
    recordings: tuple[str, ...],
    is_json: bool,
    folder: Path | None,
    max_length: int,
    trunks: tuple[str, ...],
    internals: tuple[str, ...],
    links: list[tuple[str, str, str]],
) -> None:
    """Show the events of recorded logs: .ami, .ami.gz, or all below a folder. Nothing is sent.

    The times are those of the times.jsonl beside a log.
    """
    invocation.start_logs("error")
    hooks = _named(HookSettings(folder=folder)) if folder else None
    topology = Topology(max_length=max_length, trunks=frozenset(trunks), internal=frozenset(internals))
    faults: list[RecordingError] = []
    for path, told in _stories(recordings, topology, links, faults):
        if is_json:
            for call in ended_calls(told):
                click.echo(json.dumps({"log": path, **call_as_json(call)}, ensure_ascii=False))
            continue
        if (path,) != recordings:
            click.echo(f"{path}:")
        if hooks is not None:
            _show_requests(told, hooks)
        else:
            _show_events(told)
    if faults:
        raise click.exceptions.Exit(faults[0].exit_code)


def _stories(
    recordings: tuple[str, ...],
    topology: Topology,
    links: list[tuple[str, str, str]],
    faults: list[RecordingError],
) -> Iterator[tuple[str, list[Told]]]:
    """What the recordings tell, with their paths: of linked PBXes one story, else one of each log."""
    if not links:
        for path, log in _loaded(map(Path, recordings), faults):
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


def _with_links(topology: Topology, pbx: str, links: list[tuple[str, str, str]]) -> Topology:
    return replace(topology, links={endpoint: other for own, endpoint, other in links if own == pbx})


def _link(text: str) -> tuple[str, str, str]:
    """PBX, endpoint and other PBX of one `--link`."""
    found = re.fullmatch(r"([^/=]+)/([^=]+)=([^=]+)", text)
    if not found:
        raise click.BadParameter(f"'{text}' is not PBX/ENDPOINT=PBX, as main/to-branch=branch is")
    return found[1], found[2], found[3]


def _named(hooks: HookSettings) -> HookSettings:
    """The same, after who is out was named; `ConfigError` when the folder cannot be read."""
    plugins = Plugins.load(hooks)
    if plugins.problems:
        raise ConfigError(list(plugins.problems))
    for record in filter(is_out, plugins.records):
        click.echo(redact_sentence(str(record)), err=True)
    return hooks


def _show_events(told: Sequence[Told]) -> None:
    """One line per event: seconds since the first, what happened, to whom."""
    began = next((event.at for event in told), 0.0)
    for event in told:
        click.echo(f"{event.at - began:8.2f}  {_line(event)}")


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


def _show_requests(told: Sequence[Told], hooks: HookSettings) -> None:
    """Per turn: who was asked and what he changed, the requests, and what is not filed and why."""
    for turn in rehearse(told, hooks):
        if turn.asked or turn.steps or turn.skipped:
            click.echo(f"{turn.event}  {turn.call.key}  {summary(turn.call)}")
            _show_turn(turn)


def _show_turn(turn: Rehearsed) -> None:
    for asked in turn.asked:
        for entry in asked.trace:
            click.echo(f"    hook {asked.hook}: {entry}")
    for step in turn.steps:
        params = json.dumps(step.params, ensure_ascii=False, default=str)
        click.echo(f"    {step.command.kind}: {params}")
    for why in turn.skipped:
        click.echo(f"    not filed: {why}")
