"""`itgrix check`, the doctor: one line for each thing that must be right before calls can be filed.

Each check is a small function that gives lines and never stops the others; what cannot go on ends the
command with 1. A warning is what the service can live with: it starts, but something is left out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from itgrix_core.ami.actions import Headers
from itgrix_core.ami.client import AmiClient
from itgrix_core.ami.package import check_package
from itgrix_core.ami.rights import Witness, allowed_actions, missing_read_rights, missing_write_rights
from itgrix_core.app.cli.hooks import is_out
from itgrix_core.app.cli.invocation import Invocation, is_for_people
from itgrix_core.app.dialling import dialplan_findings
from itgrix_core.app.from_settings import places_of
from itgrix_core.app.portals import portals_of
from itgrix_core.config.agreement import missing, way_to
from itgrix_core.config.mistakes import dotted
from itgrix_core.config.schema import Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.config.state_folder import state_folder_of
from itgrix_core.errors import AmiError, ConfigError, DataFolderError, ItgrixError
from itgrix_core.history.looking import findings as findings_of
from itgrix_core.outbox.database import Database
from itgrix_core.plugins.manager import Plugins
from itgrix_core.recordings.converting import converter
from itgrix_core.recordings.source import SourceError
from itgrix_core.telemetry.redaction import redact_sentence
from itgrix_core.wire.messages import Message

_BOOT_SECONDS = 3.0
"""Asterisk says FullyBooted right after the login, to whoever may read class `system`."""


class State(Enum):
    """What a check found: (mark for people, word for pipes, colour)."""

    OK = ("✓", "ok", "green")
    WARNING = ("!", "warn", "yellow")
    FAILURE = ("✗", "FAIL", "red")


@dataclass(frozen=True, slots=True)
class Line:
    """One finding: `about` names the thing, `text` says the fact and the way out."""

    state: State
    about: str
    text: str


Lines = Iterator[Line]
Check = Callable[[Settings], Lines]
Dialling = Callable[[Callable[[Headers], Message]], Iterator[tuple[bool, str]]]


@click.command()
@click.pass_obj
def check(invocation: Invocation) -> None:
    """Look for what would keep the service from working; 1 when something would."""
    invocation.start_logs("error")
    failed = False
    for line in findings(invocation):
        show(line)
        failed |= line.state is State.FAILURE
    if failed:
        raise click.exceptions.Exit(1)


def findings(invocation: Invocation) -> Lines:
    """The lines of all checks, in the order in which a start would meet the problems."""
    try:
        settings = invocation.settings()
    except ConfigError as error:
        for problem in error.problems:
            yield Line(State.FAILURE, "config", problem)
        yield Line(State.WARNING, "config", "everything else was not looked at; mend the file first")
        return
    yield Line(State.OK, "config", f"{len(settings.asterisk)} Asterisk, {len(settings.crm)} CRM")
    for one in CHECKS:
        yield from _guarded(one, settings)


def check_credentials(settings: Settings) -> Lines:
    """Credentials that were left empty."""
    for path, sentence in missing(settings):
        yield Line(State.FAILURE, "config", f"{dotted(path)}: {sentence}")


def check_data_folder(settings: Settings) -> Lines:
    """Whether the outbox can be opened, and whether a `serve` has it."""
    folder = settings.data_folder
    if not folder.exists():
        yield _future_folder(folder)
        return
    with Database(folder) as database:
        try:
            database.lock()
        except DataFolderError as error:
            yield Line(State.WARNING, "data folder", str(error))
            return
    yield Line(State.OK, "data folder", f"{folder} can be written and is free")


def check_state_folder(settings: Settings) -> Lines:
    """Whether this machine's services can count a portal's requests together; alone they work as well."""
    folder = state_folder_of(settings)
    parents = (folder, *folder.parents) if folder else ()
    nearest = next((one for one in parents if one.exists()), None)
    if nearest and nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        yield Line(State.OK, "state folder", f"requests to a portal are counted together in {folder}")
        return
    yield Line(
        State.WARNING,
        "state folder",
        f"{folder or 'this user has no home, so it'} cannot be written, and each service counts a portal's "
        "requests alone; set state_folder to one that all services of this machine can write",
    )


def check_ami_package(_: Settings) -> Lines:
    """Whether the package `asterisk` is the one that we mend."""
    yield Line(State.OK, "asterisk-ami", check_package())


def check_recordings(settings: Settings) -> Lines:
    """Whether the recordings can be had, and become what is wanted."""
    for name, place in places_of(settings).items():
        about = f"recordings of {name}"
        try:
            yield Line(State.OK, about, place.source.probe())
        except SourceError as error:
            yield Line(State.FAILURE, about, str(error))
        finally:
            place.source.close()
        if place.mp3_kbps:
            yield _conversion(about)


def check_history(settings: Settings) -> Lines:
    """Whether CEL and CDR can be read; the service does without, but then not after an outage."""
    for name, asterisk in settings.asterisk.items():
        if asterisk.history.is_set:
            for is_fine, sentence in findings_of(asterisk.history, ZoneInfo(asterisk.timezone), time.time()):
                yield Line(State.OK if is_fine else State.WARNING, f"history of {name}", sentence)


def check_ami(settings: Settings) -> Lines:
    """Whether each Asterisk lets us in, and what its manager.conf withholds."""
    for name, asterisk in settings.asterisk.items():
        if asterisk.secret.get_secret_value():  # an empty one is told by check_credentials
            yield from _ami(f"asterisk {name}", asterisk, partial(dialplan_findings, settings, name))


def check_crm(settings: Settings) -> Lines:
    """Whether each portal lets us do what filing needs."""
    for name, portal in portals_of(settings).items():
        if not list(way_to(portal.settings)):  # a missing way is told by check_credentials
            for is_fine, sentence in portal.check():
                yield Line(State.OK if is_fine else State.FAILURE, f"crm {name}", sentence)


def check_hooks(settings: Settings) -> Lines:
    """Each plugin with its status; one that is out keeps nobody from working, an unreadable folder does."""
    plugins = Plugins.load(settings.hooks)
    for record in plugins.records:
        yield Line(State.WARNING if is_out(record) else State.OK, "hooks", str(record))
    for problem in plugins.problems:
        yield Line(State.FAILURE, "hooks", problem)


def _ami(about: str, asterisk: AsteriskSettings, dialling: Dialling) -> Lines:
    client = AmiClient(
        asterisk.host, asterisk.port, timeout=asterisk.connect_timeout_seconds, tls=asterisk.tls
    )
    try:
        client.open_session(asterisk.username, asterisk.secret.get_secret_value(), auth=asterisk.auth)
        allowed = client.ask({"Action": "ListCommands"})
        is_booted = client.booted.wait(min(_BOOT_SECONDS, asterisk.connect_timeout_seconds))
        version, witness = client.ami_version, client.witness
        dialplan = list(dialling(client.ask))
    except AmiError as error:
        yield Line(State.FAILURE, about, str(error))
        return
    finally:
        client.disconnect()
    how = "inside TLS" if asterisk.tls.enabled else "in the clear"
    yield Line(State.OK, about, f"logged in as {asterisk.username} at {client.where} {how}, AMI {version}")
    if may := allowed_actions(allowed):
        yield Line(State.OK, about, f"may send {', '.join(may)}")
    if is_booted:
        yield Line(State.OK, about, f"reads system; {_heard(witness)}")
    for sentence in missing_read_rights(asterisk.username, is_booted, witness):
        yield Line(State.FAILURE, about, sentence)  # without events there are no calls
    for sentence in missing_write_rights(asterisk.username, allowed):
        yield Line(State.WARNING, about, sentence)
    for is_fine, sentence in dialplan:  # calls are filed without it
        yield Line(State.OK if is_fine else State.WARNING, about, sentence)


def _heard(witness: Witness) -> str:
    """Which other classes of events this moment has shown."""
    silent = [name for name in ("call", "agent") if name not in witness.heard]
    heard = "".join(f"reads {name}; " for name in sorted(witness.heard))
    return f"{heard}{' and '.join(silent)} will show with calls" if silent else heard.removesuffix("; ")


def _future_folder(folder: Path) -> Line:
    """A data folder that the first `serve` will make, if it may."""
    parent = next(parent for parent in folder.parents if parent.exists())
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return Line(State.OK, "data folder", f"{folder} will be made by the first `itgrix serve`")
    return Line(
        State.FAILURE,
        "data folder",
        f"{folder} cannot be made because {parent} is not writable; make it, or change data_folder",
    )


def _conversion(about: str) -> Line:
    how = converter()
    if how:
        return Line(State.OK, about, f"made MP3 by {how}")
    return Line(
        State.WARNING, about, "stay what they are, as nothing makes MP3; install itgrix[mp3] or ffmpeg"
    )


def _guarded(one: Check, settings: Settings) -> Lines:
    """The lines of a check; an error of any kind becomes its last line."""
    about = one.__name__.removeprefix("check_").replace("_", " ")
    try:
        yield from one(settings)
    except ItgrixError as error:
        yield Line(State.FAILURE, about, str(error))
    except Exception as error:  # noqa: BLE001 - a doctor who faints helps nobody
        yield Line(State.FAILURE, about, f"could not be looked at: {type(error).__name__}: {error}")


def show(line: Line) -> None:
    """One finding on the terminal: in colour for people, as a word for pipes."""
    mark, word, colour = line.state.value
    text = redact_sentence(f"{line.about}: {line.text}")
    click.echo(f"{click.style(mark, fg=colour)} {text}" if is_for_people() else f"{word:<4} {text}")


CHECKS: list[Check] = [
    check_credentials,
    check_data_folder,
    check_state_folder,
    check_ami_package,
    check_ami,
    check_crm,
    check_recordings,
    check_history,
    check_hooks,
]
