"""`itgrix explain`: the whole story of one call, from Asterisk's first word to the CRM's last answer."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.app.cli.opened import opened
from itgrix_core.app.explaining import Explained, explained
from itgrix_core.app.outward import call_as_json
from itgrix_core.app.support import ENDING, veiled, write_support
from itgrix_core.jobs.finding import Finder
from itgrix_core.jobs.narrating import narrated
from itgrix_core.jobs.wording import summary
from itgrix_core.telemetry.redaction import redact, redact_value

OTHERS = 5
"""So many other calls of a number are named."""


@click.command()
@click.argument("call")
@click.option("--at", metavar="TIME", help="Of a number's calls the one nearest to it: 2026-11-22T20:30.")
@click.option("--json", "is_json", is_flag=True, help="All of it as JSON.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it into a .zip to send to support, masked; `itgrix replay` reads it.",
)
@click.option(
    "--numbers",
    type=click.Choice(["mask", "keep"]),
    default="mask",
    show_default=True,
    help="Whether outside numbers are masked in --file (inside ones never are; names always go).",
)
@click.pass_obj
def explain(
    invocation: Invocation, call: str, at: str | None, is_json: bool, file: Path | None, numbers: str
) -> None:
    """The story of a call: what Asterisk said, what was decided and why, asked, sent, answered, what waits.

    CALL is its key or Linkedid, the CRM's id of it, or a number that took part.
    """
    with opened(invocation) as database:
        key = _chosen(Finder(database), call, moment_of(at) if at else None)
        found = explained(database, invocation.settings(), key, time.time())
    if file:
        if file.suffix != ENDING:
            raise click.UsageError(f"--file writes a {ENDING}: name it so.")
        masked = veiled(found, secrets.token_bytes(16) if numbers == "mask" else None)
        write_support(file, masked, _lines(masked), _as_json(masked))
        click.echo(f"{file}: look it through before you send it")
        return
    if is_json:
        click.echo(json.dumps(redact_value(_as_json(found)), ensure_ascii=False))
        return
    for line in _lines(found):
        click.echo(redact(line))


def moment_of(text: str) -> float:
    """A time as people write it, in this machine's time zone if it names none, in Unix seconds."""
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        raise click.UsageError(f"'{text}' is no time. Write 2026-11-22 or 2026-11-22T20:30.") from None


def _chosen(finder: Finder, word: str, at: float | None) -> str:
    """The key of the call that is meant; the others of its number are named on stderr."""
    found = finder.find(word, at)
    if not found:
        raise unknown(finder, word)
    if len(found) > 1:
        others = ", ".join(found[1 : OTHERS + 1])
        more = f" and {len(found) - 1 - OTHERS} more" if len(found) > OTHERS + 1 else ""
        click.echo(f"{word} has {len(found)} calls; others than this one: {others}{more} (--at)", err=True)
    return found[0]


def unknown(finder: Finder, word: str) -> click.ClickException:
    """What to say of a call that nobody knows."""
    nearest = " or ".join(finder.nearest(word))
    hint = f" Did you mean {nearest}?" if nearest else " `itgrix outbox list` shows what waits."
    return click.ClickException(f"The outbox knows no job and no call '{word}'.{hint}")


def _lines(found: Explained) -> Iterator[str]:
    yield f"{found.story.call}: {summary(found.call)}" if found.call else found.story.call
    yield from _overheard(found)
    yield "What was understood, decided and sent:"
    yield from narrated(found.story)


def _overheard(found: Explained) -> Iterator[str]:
    if found.overheard.excerpt is None:
        yield f"What Asterisk said: {found.overheard.why}."
        return
    said = list(found.overheard.lines())
    count = len(found.overheard.excerpt.entries)
    yield f"What Asterisk said ({len(said)} of {count} messages; the others say nothing of the call's way):"
    for line in said:
        yield f"{line.after_seconds:8.2f}  {line.words}"
    for oddity in found.oddities:
        yield f"{'odd':>8}  {oddity}"


def _as_json(found: Explained) -> dict[str, Any]:
    return {
        "call": call_as_json(found.call) if found.call else None,
        "asterisk": [asdict(line) for line in found.overheard.lines()],
        "asterisk_missing": found.overheard.why or None,
        "oddities": found.oddities,
        "story": msgspec.to_builtins(found.story),
    }
