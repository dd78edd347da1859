"""Rounds of trouble: the service is killed anywhere while portal and line misbehave; the ledger is the judge.

A replay of real calls is served over as many lives of the service as it has rounds. In each the weather
turns, and after a while by dice the service is killed as `kill -9` does. At the end all is calm, and what the
portal holds must be what a run holds that nobody has disturbed.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import requests
from stand import Portal, Stand, Story, run_undisturbed
from weather import weather

from itgrix_core.sandbox.bitrix.auditing import disorder

ROUNDS_PER_REPLAY = 10
LONGEST_LIFE_SECONDS = 3.0
PATIENCE_SECONDS = 240.0
PATIENT = {"ringing_seconds": 60, "other_seconds": 60, "recording_seconds": 60}
"""A hook that waits too long for a portal is left out of its call; here that would hide what is lost."""
NOWHERE = "http://127.0.0.1:1/bitrix24/portal/callback"
"""Where the portal sends the browser back to; nobody follows it."""
CLIENT_ID, CLIENT_SECRET = "local.sandbox.1", "sandboxsecret"


@dataclass
class Audit:
    """What the portal's ledgers say after some replays.

    Attributes:
        rounds: lives of the service that were ended by `kill -9`.
        calls: that were to be filed.
        lost, twice, disordered, other: a sentence for each, with the seed of its replay.
    """

    rounds: int = 0
    calls: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not (self.lost or self.twice or self.disordered or self.other)

    def __str__(self) -> str:
        figures = f"{len(self.lost)} lost, {len(self.twice)} twice, {len(self.disordered)} out of order"
        told = [*self.lost, *self.twice, *self.disordered, *self.other]
        return "\n".join(
            [*told, f"{self.rounds} rounds, {self.calls} calls: {figures}, {len(self.other)} other"]
        )

    def add(self, seed: int, expected: Story, portal: Portal) -> None:
        """Compare what a portal holds with what it should."""
        story, name = portal.story(), f"seed {seed}"
        self.calls += len(expected.calls)
        for key, wanted in expected.calls.items():
            found = story.calls.get(key)
            if found is None or not found["finishes"]:
                self.lost.append(f"{name}: {key} is not filed")
            elif (
                found["registered"] > 1 or len(found["finishes"]) > 1 or found["records"] > wanted["records"]
            ):
                self.twice.append(f"{name}: {key} is {found} instead of {wanted}")
        self.disordered += [f"{name}: {each}" for each in disorder(portal.entries())]
        known = self.lost + self.twice
        if not known:
            self.other += [f"{name}: {each}" for each in expected.differences(story)]
            self.other += [f"{name}: {each}" for each in portal.problems()]


def replay(seed: int, rounds: int, expected: Story, folder: Path, audit: Audit) -> None:
    """One replay.

    Args:
        rounds: how often the service is killed.
        seed: of the dice; an odd one reaches the portal by an application whose tokens expire. (Were a
            refresh token dead once used, one whose answer was lost would need the administrator.)
        expected: of a run that nobody disturbed.
        folder: empty; holds the processes' logs afterwards.
        audit: told what was found.
    """
    dice, stand = random.Random(seed), Stand(folder)
    try:
        portal, pbx = stand.portal("--handler", NOWHERE, "--refresh", "lax"), stand.pbx()
        config = stand.configure(pbx.port, portal.webhook, hooks__limits=PATIENT)
        stand.record()
        if seed % 2:
            _connect(stand, portal, config)
        for _ in range(rounds):
            _live_and_die(stand, portal, pbx.cut, dice, has_tokens=bool(seed % 2))
            audit.rounds += 1
        portal.calm()
        stand.serve()
        pbx.says("all served", PATIENCE_SECONDS)
        _settle(stand, portal, expected)
        audit.add(seed, expected, portal)
    finally:
        stand.close()


def _live_and_die(
    stand: Stand, portal: Portal, cut: Callable[[], None], dice: random.Random, *, has_tokens: bool
) -> None:
    """One life of the service, in a weather of its own."""
    portal.calm()
    for rule in weather(dice):
        portal.fail(**rule)
    if has_tokens and dice.random() < 0.5:
        portal.does("expire_tokens")
    served, wanted = len(portal.entries()), dice.randint(1, 15)
    serve, begun = stand.serve(), time.monotonic()
    stand.until(
        lambda: len(portal.entries()) >= served + wanted or time.monotonic() > begun + LONGEST_LIFE_SECONDS,
        "requests, or a while",
    )
    if dice.random() < 0.3:
        cut()
    time.sleep(dice.uniform(0.0, 0.3))
    serve.kill()


def _settle(stand: Stand, portal: Portal, expected: Story) -> None:
    """Wait until the portal tells the expected story, or nothing more will come."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if stand.is_drained() and not expected.differences(portal.story()):
            return
        time.sleep(0.2)


def _connect(stand: Stand, portal: Portal, config: dict[str, Any]) -> None:
    """Reach the portal by its application from now on."""
    url = portal.url.rstrip("/")
    application = {"portal": url, "oauth_server": url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    config["crm"]["portal"] |= {"webhook": "", "application": application}
    stand.rewrite(config)
    asked = {"client_id": CLIENT_ID, "state": "chaos"}
    answer = requests.get(f"{portal.url}oauth/authorize/", asked, allow_redirects=False, timeout=10)
    code, said = stand.ends("connect", "bitrix24", "--code", answer.headers["Location"])
    assert "is connected" in said or "connected to" in said, (code, said)


@click.command()
@click.option("--rounds", default=20, show_default=True, help="How often the service is killed.")
@click.option("--seed", default=1, show_default=True, help="Of the first replay; the next ones count on.")
def main(rounds: int, seed: int) -> None:
    """Kill the service under chaos so often, and print what the portal's ledger says last."""
    audit, left = Audit(), rounds
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        expected = _undisturbed(folder / "undisturbed")
        while left > 0:
            now = min(left, ROUNDS_PER_REPLAY)
            place = folder / str(seed)
            place.mkdir()
            replay(seed, now, expected, place, audit)
            left, seed = left - now, seed + 1
            click.echo(f"{audit.rounds} of {rounds} rounds, {audit.calls} calls", err=True)
    click.echo(str(audit))
    sys.exit(not audit.is_clean)


def _undisturbed(folder: Path, recordings: Sequence[Path] = ()) -> Story:
    folder.mkdir()
    return run_undisturbed(Stand(folder), tuple(recordings))


if __name__ == "__main__":
    main()
