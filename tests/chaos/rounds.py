"""Rounds of trouble: the service is killed anywhere while portal and line misbehave; the ledger is the judge.

A replay of real calls is served over as many lives of the service as it has rounds. In each the weather
turns, and after a while by dice the service is killed as `kill -9` does. At the end all is calm, and what the
portal holds must be what a run holds that nobody has disturbed. In every third replay the PBX restarts, too,
which ends the calls that it has just then: there each call is once and in order, whatever was still heard.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import requests
from stand import Pbx, Portal, Running, Stand, Story, run_undisturbed
from weather import weather

from itgrix_core.jobs.gathering import LOST_SIGHT_SECONDS
from itgrix_core.sandbox.bitrix.auditing import disorder

ROUNDS_PER_REPLAY = 10
LONGEST_LIFE_SECONDS = 3.0
PACE = 2.5
"""Times faster than real. A call of two seconds must leave a service that has just begun the time to ask how
its recording is called."""
PATIENCE_SECONDS = 240.0
PATIENT = {"ringing_seconds": 60, "other_seconds": 60, "recording_seconds": 60}
"""A hook that waits too long for a portal is left out of its call; here that would hide what is lost."""
JUMPS_SECONDS = (-9 * 86400.0, -7200.0, -90.0, 0.0, 1800.0, 86400.0, 40 * 86400.0)
"""By how much the service's wall clock is off, once somebody has set it."""
CLOCK = Path(__file__).parent / "clock"
CONNECTED = "connected, AMI"
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

    def add(
        self,
        seed: int,
        expected: Story,
        portal: Portal,
        *,
        is_whole: bool = True,
    ) -> None:
        """Compare what a portal holds with what it should.

        Args:
            seed: of its replay.
            expected: what it should hold.
            portal: where to look.
            is_whole: every call was heard to its end, so each must be filed as if nothing had happened.
        """
        story, name = portal.story(), f"seed {seed}"
        self.calls += len(expected.calls)
        lost = unfiled(expected, story, is_whole=is_whole)
        self.lost += [f"{name}: {key} is not filed" for key in lost]
        for key, wanted in expected.calls.items():
            found = story.calls.get(key)
            if found and is_twice(found, wanted):
                self.twice.append(f"{name}: {key} is {found} instead of {wanted}")
        self.disordered += [f"{name}: {each}" for each in disorder(portal.entries())]
        known = self.lost + self.twice
        if not known:
            self.other += [f"{name}: {each}" for each in expected.differences(story) if is_whole]
            self.other += [f"{name}: {each}" for each in portal.problems()]


def unfiled(expected: Story, story: Story, *, is_whole: bool) -> list[str]:
    """The calls that are missing; a call's later talk (a longer key) is not missed unless `is_whole`."""
    wanted = [key for key in expected.calls if is_whole or key.count("/") == 1]
    return [key for key in wanted if not story.calls.get(key, {}).get("finishes")]


def is_twice(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether the portal has something of a call more than once."""
    return found["registered"] > 1 or len(found["finishes"]) > 1 or found["records"] > wanted["records"]


def replay(seed: int, rounds: int, expected: Story, folder: Path, audit: Audit) -> None:
    """One replay.

    Args:
        rounds: how often the service is killed.
        seed: of the dice; an odd one reaches the portal by an application whose tokens expire (were a
            refresh token dead once used, one whose answer was lost would need the administrator); in one
            that three divides the PBX restarts.
        expected: of a run that nobody disturbed.
        folder: empty; holds the processes' logs afterwards.
        audit: told what was found.
    """
    stand = Stand(folder)
    try:
        portal, pbx = stand.portal("--handler", NOWHERE, "--refresh", "lax"), stand.pbx(pace=PACE)
        config = stand.configure(pbx.port, portal.webhook, hooks__limits=PATIENT)
        stand.record()
        if seed % 2:
            _connect(stand, portal, config)
        day = _Day(stand, portal, pbx, random.Random(seed), has_tokens=bool(seed % 2), restarts=seed % 3 == 0)
        for _ in range(rounds):
            day.live_and_die()
            audit.rounds += 1
        portal.calm()
        serve = stand.serve()
        pbx.says("all served", PATIENCE_SECONDS)
        if day.restarts:
            day.let_provisional_ends_ripen(serve)
        _settle(stand, portal, expected, is_whole=not day.restarts)
        audit.add(seed, expected, portal, is_whole=not day.restarts)
    finally:
        stand.close()


class _Clock:
    """The clocks of every service that is started on this stand from now on."""

    def __init__(self, stand: Stand) -> None:
        self._file = stand.folder / "clock"
        self._off = self._passed = 0.0
        self._write()
        stand.variables |= {"PYTHONPATH": str(CLOCK), "CHAOS_CLOCK": str(self._file)}

    def set(self, seconds: float) -> None:
        """Somebody sets the wall clock: it is off by so many seconds."""
        self._off = seconds
        self._write()

    def passes(self, seconds: float) -> None:
        """Time passes, by all clocks."""
        self._passed += seconds
        self._write()

    def _write(self) -> None:
        part = self._file.with_suffix(".part")
        part.write_text(f"{self._off} {self._passed}")
        part.replace(self._file)


@dataclass
class _Day:
    """The lives of a service, each in a weather of its own.

    Attributes:
        has_tokens: the portal is reached by tokens, and they expire.
        restarts: the PBX restarts now and then.
    """

    stand: Stand
    portal: Portal
    pbx: Pbx
    dice: random.Random
    has_tokens: bool
    restarts: bool

    def __post_init__(self) -> None:
        self._clock = _Clock(self.stand)

    def live_and_die(self) -> None:
        """One of them."""
        dice, portal, stand = self.dice, self.portal, self.stand
        portal.calm()
        for rule in weather(dice):
            portal.fail(**rule)
        if self.has_tokens and dice.random() < 0.5:
            portal.does("expire_tokens")
        served, wanted = len(portal.entries()), dice.randint(1, 15)
        serve, begun = stand.serve(), time.monotonic()
        stand.until(
            lambda: (
                len(portal.entries()) >= served + wanted or time.monotonic() > begun + LONGEST_LIFE_SECONDS
            ),
            "requests, or a while",
        )
        self._disturb(serve)
        time.sleep(dice.uniform(0.0, 0.3))
        serve.kill()

    def let_provisional_ends_ripen(self, serve: Running) -> None:
        """Let the time pass in which the ends of calls that were lost sight of wait for a better account.

        All else is filed before: what comes half an hour late is filed otherwise, which is tried elsewhere.
        """
        self.stand.until(self.stand.is_filed, "all to be filed but what waits for time", PATIENCE_SECONDS)
        serve.kill()
        self._clock.passes(2 * LOST_SIGHT_SECONDS)
        self.stand.serve()

    def _disturb(self, serve: Running) -> None:
        """Something that is not the portal's fault."""
        if self.dice.random() < 0.2:
            self._clock.set(self.dice.choice(JUMPS_SECONDS))
        chance = self.dice.random()
        if chance < 0.3:
            self.pbx.cut()
        elif chance < 0.5 and self.restarts:
            self._restart(serve)

    def _restart(self, serve: Running) -> None:
        """Restart the PBX under a service that hears it go: what nobody hears, nobody can file."""
        heard = serve.log.count(CONNECTED)
        if heard:
            self.pbx.restart()
            self.stand.until(lambda: serve.log.count(CONNECTED) > heard, "the line to the PBX")


def _settle(stand: Stand, portal: Portal, expected: Story, *, is_whole: bool) -> None:
    """Wait until the portal tells the expected story, or nothing more will come."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        story = portal.story()
        missing = expected.differences(story) if is_whole else unfiled(expected, story, is_whole=False)
        if not missing and (stand.is_drained() if is_whole else stand.is_filed()):
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
        expected = undisturbed(folder / "undisturbed")
        while left > 0:
            now = min(left, ROUNDS_PER_REPLAY)
            place = folder / str(seed)
            place.mkdir()
            replay(seed, now, expected, place, audit)
            left, seed = left - now, seed + 1
            click.echo(f"{audit.rounds} of {rounds} rounds, {audit.calls} calls", err=True)
    click.echo(str(audit))
    sys.exit(not audit.is_clean)


def undisturbed(folder: Path, recordings: Sequence[Path] = ()) -> Story:
    """What a run holds that nobody disturbs, in a new folder."""
    folder.mkdir()
    return run_undisturbed(Stand(folder), tuple(recordings), PACE)


if __name__ == "__main__":
    main()
