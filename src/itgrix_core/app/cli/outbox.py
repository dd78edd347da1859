"""`itgrix outbox`: what waits to be filed and why, what was put aside; look, try again, drop.

All of it in short transactions on the data folder's database, so that `itgrix serve` may run meanwhile; it
hears of a change within ten seconds.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import click

from itgrix_core.app.cli.columns import aligned, span
from itgrix_core.app.cli.explain import explain
from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.cli.opened import opened
from itgrix_core.jobs.narrating import decided, moment, standing
from itgrix_core.jobs.patient import kind_of
from itgrix_core.jobs.reviving import revive
from itgrix_core.jobs.story import Archive, call_of
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import Desk, Kept, Listed
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.folder import is_served
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.outbox.tables import ASIDE, JobState
from itgrix_core.telemetry.redaction import redact, redact_value

UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0}
REASON_WIDTH = 100
"""A reason is cut off beyond that in a list."""


@dataclass(frozen=True, slots=True)
class Office:
    """The opened outbox, and what the verbs need of it."""

    database: Database
    now: float

    @property
    def desk(self) -> Desk:
        """Where operators look."""
        return Desk(self.database)

    def known(self, word: str) -> list[Kept]:
        """The jobs that are meant, at least one."""
        found = self.desk.find(word)
        if found:
            return found
        nearest = " or ".join(self.desk.nearest(word))
        hint = f" Did you mean {nearest}?" if nearest else " `itgrix outbox list` shows what waits."
        raise click.ClickException(f"The outbox knows no job and no call '{word}'.{hint}")


@contextmanager
def office_of(invocation: Invocation) -> Iterator[Office]:
    """The opened outbox, as it is now."""
    with opened(invocation) as database:
        yield Office(database, time.time())


@click.group()
def outbox() -> None:
    """What waits to be filed and why; what was put aside: look, try again, drop."""


@outbox.command("list")
@click.option("--dead", "is_dead", is_flag=True, help="Only what was put aside.")
@click.option("--lane", default="", help="Only this call (its key), with all that belongs to it.")
@click.option("--older", default="0m", metavar="AGE", help="Only what is older: 90m, 12h, 3d.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many.")
@click.option("--json", "is_json", is_flag=True, help="A line of JSON each.")
@click.pass_obj
def list_(invocation: Invocation, is_dead: bool, lane: str, older: str, limit: int, is_json: bool) -> None:
    """What waits or was put aside: a line for each call that is held up, and for each dead letter."""
    with office_of(invocation) as office:
        before = office.now - _seconds(older) if _seconds(older) else float("inf")
        waiting = Listed([], 0) if is_dead else office.desk.open_lanes(before, lane, limit)
        dead = office.desk.dead(before, lane, limit)
        jobs = [*waiting.jobs, *dead.jobs]
        if is_json:
            _say_json(_facts(job) for job in jobs)
        else:
            _say(_table(jobs, office.now))
        for count, what in ((waiting.rest, "lanes that wait"), (dead.rest, "dead letters")):
            if count:
                click.echo(f"… and {count} more {what} (--limit, --lane, --older)", err=is_json)


@outbox.command()
@click.argument("key")
@click.option("--json", "is_json", is_flag=True, help="All of it, as one line of JSON for each job.")
@click.pass_obj
def show(invocation: Invocation, key: str, is_json: bool) -> None:
    """One job (or all of a call) with what was decided for it, sent and answered."""
    with office_of(invocation) as office:
        for job in office.known(key):
            if is_json:
                _say_json([_facts(job) | _journal(office, job)])
            else:
                _say(_shown(office, job))


@outbox.command()
@click.argument("keys", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Everything that was put aside.")
@click.pass_obj
def retry(invocation: Invocation, keys: Sequence[str], is_all: bool) -> None:
    """Try again what was put aside or dropped, by job or by call; what the CRM refused is asked anew."""
    if bool(keys) == is_all:
        raise click.UsageError("Name jobs or calls, or say --all.")
    with office_of(invocation) as office:
        wanted = _dead(office) if is_all else _with_their_lanes(office, keys)
        if not wanted:
            click.echo("Nothing of that was put aside.")
            return
        count = revive(office.database, SqliteEngine(office.database), wanted)
        is_running = is_served(office.database.folder)
        when = "within ten seconds" if is_running else "when `itgrix serve` runs"
        click.echo(f"{count} will be tried again {when}.")


@outbox.command()
@click.argument("keys", nargs=-1, required=True)
@click.option("--reason", prompt="Why? It stays readable", help="Why; stays readable.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def drop(invocation: Invocation, keys: Sequence[str], reason: str, yes: bool) -> None:
    """Give up a job, or all that is left of a call; the reason stays readable, and `retry` takes it back."""
    with office_of(invocation) as office:
        done = (JobState.DONE, JobState.DROPPED)
        wanted = [job for key in keys for job in office.known(key) if job.state not in done]
        if not wanted:
            click.echo("Nothing of that waits or was put aside.")
            return
        for name, count in Counter(job.kind for job in wanted).items():
            kind = kind_of(name)
            click.echo(f"{count} of {name}, {kind.what}: {kind.without}.")
        if not yes:
            click.confirm("Drop it?", abort=True)
        is_running = is_served(office.database.folder)
        keys = [job.key for job in wanted]
        dropped = office.desk.drop(keys, redact(reason), office.now, is_served=is_running)
        click.echo(f"{len(dropped)} dropped.")
        for key in sorted(set(keys) - set(dropped)):
            click.echo(f"{key} is in hand at this moment: try again.")


outbox.add_command(explain)


def _seconds(age: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhd])", age)
    if found is None:
        raise click.UsageError(f"'{age}' is no age. Write 90m, 12h or 3d.")
    return float(found[1]) * UNITS[found[2]]


def _dead(office: Office) -> list[Kept]:
    return list(office.desk.dead(float("inf"), "", -1).jobs)


def _with_their_lanes(office: Office, keys: Sequence[str]) -> list[Kept]:
    """What of these was put aside, with the dead of their lanes: a call's jobs need each other."""
    named = [job for key in keys for job in office.known(key) if job.state in ASIDE]
    lanes = {job.lane for job in named}
    beside = [job for lane in lanes for job in office.desk.find(lane) if job.lane == lane]
    dead = [job for job in beside if job.state is JobState.DEAD]
    return list({job.key: job for job in [*named, *dead]}.values())


def _table(jobs: Sequence[Kept], now: float) -> list[str]:
    if not jobs:
        return ["Nothing waits, nothing was put aside."]
    head = ("state", "key", "kind", "age", "tries", "behind", "next try", "reason")
    return aligned([head, *(_cells(job, now) for job in jobs)])


def _cells(job: Kept, now: float) -> tuple[str, ...]:
    is_open = job.state is JobState.WAITING
    at = f"in {span(job.not_before - now)}" if job.not_before > now else "now"
    state = "blocked" if is_open and job.failures else str(job.state)
    reason = job.reason if len(job.reason) <= REASON_WIDTH else f"{job.reason[:REASON_WIDTH]}…"
    tries, behind = str(job.attempts), str(job.behind or "")
    age = span(now - job.born_at)
    return (state, job.key, job.kind, age, tries, behind, at if is_open else "", " ".join(reason.split()))


def _shown(office: Office, job: Kept) -> list[str]:
    happening = Archive(office.database, office.now).happening(job)
    lines = [
        f"{job.key} ({job.kind}, lane {job.lane})",
        f"  of {moment(job.born_at)}, tries: {job.attempts}",
        f"  {standing(happening, office.now)}",
    ]
    return lines + [f"  {line}" for line in decided(happening)]


def _facts(job: Kept) -> dict[str, Any]:
    facts = asdict(job)
    facts["payload"] = json.loads(job.payload) if job.payload else None
    return facts


def _journal(office: Office, job: Kept) -> dict[str, Any]:
    """What was decided for a job, and all that its call has sent."""
    decided = office.desk.decisions(job.key)
    effects = Effects(office.database).of_call(call_of(job))
    return {
        "decisions": {phase: json.loads(steps) for phase, steps in decided.items()},
        "effects": [asdict(effect) for effect in effects],
    }


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(redact(line))


def _say_json(facts: Iterable[dict[str, Any]]) -> None:
    for each in facts:
        click.echo(json.dumps(redact_value(each), ensure_ascii=False))
