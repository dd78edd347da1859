"""A real Asterisk and its phones for tests marked `asterisk`; both are told what to do by plain calls.

The rig lies in a folder beside this file and is no part of any package: it is found by its path.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "rig"))

from rigkit import scenarios
from rigkit.pair import Pair
from rigkit.recorder import record
from rigkit.server import AMI_PORT, Asterisk, RigError
from rigkit.stage import Stage
from rigkit.tap import SECRET


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """These tests run only when they are asked for (`-m asterisk`): it may have to be fetched.

    Those that drive Asterisk 16 get the mark `asterisk16`, so that it may be driven beside 22.
    """
    here = Path(__file__).parent
    is_wanted = "asterisk" in config.getoption("-m", "")
    for item in (item for item in items if here in item.path.parents):
        if hasattr(item, "callspec") and item.callspec.params.get("version") == "16":
            item.add_marker(pytest.mark.asterisk16)
        if not is_wanted:
            item.add_marker(pytest.mark.skip(reason="needs a real Asterisk; run it with -m asterisk"))


class RunningAsterisk:
    """Where an Asterisk of this session is reached.

    Attributes:
        host, port, username, secret: its AMI; that user may do everything.
        server: the rig's own handle (`cli`, `stop`, `start`).
    """

    def __init__(self, server: Asterisk) -> None:
        self.server = server
        self.host = server.address
        self.port = AMI_PORT
        self.username = "itgrix"
        self.secret = SECRET


class Phones:
    """Phones, devices and providers of `Stage`: registered, and gone again after each `play`."""

    def __init__(self, server: Asterisk) -> None:
        self._server = server

    def play(self, scenario, **words):
        """Plays a scenario of `rigkit.scenarios` to its end; returns what truly happened, call by call."""

        async def on_stage():
            async with Stage(self._server) as stage:
                await asyncio.wait_for(scenario(stage, **words), 120)
                return stage.calls

        return asyncio.run(on_stage())

    def perform(self, name, folder):
        """Plays a scenario of `RECORDED` and leaves its recording in the folder; returns its truth.json."""
        folder.mkdir(parents=True, exist_ok=True)
        return asyncio.run(record(self._server, name, folder))

    def inbound_answered(self, **words):
        """A call from outside that an extension answers (`number`, `extension`, `ring`, `talk` seconds)."""
        return self.play(scenarios.inbound_answered, **words)[0]

    def inbound_missed(self, **words):
        """A call from outside that nobody answers (`number`, `extension`, `ring` seconds)."""
        return self.play(scenarios.inbound_missed, **words)[0]

    def outbound_answered(self, **words):
        """A call to a mobile that it answers (`number`, `extension`, `ring`, `talk` seconds)."""
        return self.play(scenarios.outbound_answered, **words)[0]


@contextmanager
def _running(server) -> Iterator[RunningAsterisk]:
    """It runs: installed if it is missing, stopped at the end if it was started here."""
    was_running = server.running()
    try:
        server.install()
    except RigError as reason:
        pytest.skip(f"NO REAL ASTERISK: it is not installed and cannot be fetched. {reason}")
    server.start()
    try:
        yield RunningAsterisk(server)
    finally:
        if not was_running:
            server.stop()


@pytest.fixture(scope="session")
def asterisk_of():
    """`asterisk_of(version)`: a running Asterisk of this version, the same for the whole session."""
    with ExitStack() as stack:
        yield cache(lambda version: stack.enter_context(_running(Asterisk(version))))


@pytest.fixture(scope="session")
def asterisk(asterisk_of):
    """A running Asterisk 22."""
    return asterisk_of("22")


@pytest.fixture(scope="session")
def phones_of(asterisk_of):
    """`phones_of(version)`: the phones of that Asterisk."""
    return lambda version: Phones(asterisk_of(version).server)


@pytest.fixture(scope="session")
def branch(asterisk):
    """A second one beside it, with a trunk between the two."""
    with _running(Asterisk(site="branch")) as started:
        yield started


@pytest.fixture
def play_pair(asterisk, branch):
    """Plays a scenario of two Asterisks to its end; returns what truly happened, call by call."""

    def play(scenario):
        async def on_stages():
            async with Pair(asterisk.server, branch.server) as pair:
                await asyncio.wait_for(scenario(pair), 120)
                return pair.calls

        return asyncio.run(on_stages())

    return play


@pytest.fixture
def phones(asterisk):
    """The phones of Asterisk 22, each test with fresh ones."""
    return Phones(asterisk.server)
