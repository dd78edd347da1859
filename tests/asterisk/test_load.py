"""Many calls a second through a real Asterisk: all understood, and Asterisk never waits for us.

`make load RATE=50 SECONDS=10`; it prints what the calls cost Asterisk and us.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from rigkit.load import CALLER, DID, EXTENSION, TALK_SECONDS, TRUNK, Sipp
from rigkit.packages import RigError
from serving import PBX, Serve, ended, line_of, oddities, settings_of, still_open

from itgrix_core.ami.client import AmiClient
from itgrix_core.sandbox.bitrix import Settings, default_seed, run_portal

pytestmark = [pytest.mark.asterisk, pytest.mark.load]

RATE = int(os.environ.get("ITGRIX_LOAD_RATE") or 50)
SECONDS = int(os.environ.get("ITGRIX_LOAD_SECONDS") or 10)
LONGEST_PING_SECONDS = 2.0
MOST_MEMORY_MB = 300
TICKS = os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def sipp():
    """sipp, installed if it is missing."""
    sipp = Sipp()
    try:
        sipp.install()
    except RigError as reason:
        pytest.skip(f"NO LOAD: sipp is not installed and cannot be fetched. {reason}")
    return sipp


class Pings:
    """A second connection to Asterisk that pings ten times a second while the context lasts.

    Attributes:
        seconds: how long each answer took.
    """

    def __init__(self, asterisk):
        self.seconds = []
        self._client = AmiClient(asterisk.host, asterisk.port, timeout=30)
        self._client.open_session(asterisk.username, asterisk.secret, "off")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stopping.wait(0.1):
            began = time.monotonic()
            self._client.ask({"Action": "Ping"})
            self.seconds.append(time.monotonic() - began)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()
        self._client.disconnect()


def cpu_seconds(pid):
    """Processor time of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def peak_mb(pid):
    """The most memory that a process has had."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) // 1024


@pytest.mark.parametrize("classes", ["", "on"], ids=["class mask", "full rights"])
def test_every_call_is_understood_and_asterisk_never_waits(asterisk, sipp, tmp_path, classes):
    """Each client's call is one answered call; the line stays; pings are answered; memory is bounded.

    And to understand and store the calls costs less than to make them.
    """
    count = RATE * SECONDS
    with run_portal(Settings(limits=None), default_seed()) as portal:
        serve = Serve(tmp_path, settings_of({PBX: line_of(asterisk)}, portal.webhook), classes)
        with serve, Pings(asterisk) as pings:
            pids = asterisk.server.pid, serve.pid
            before = [cpu_seconds(pid) for pid in pids]
            went_well = sipp.call_in(asterisk.server, RATE, SECONDS)
            serve.wait_for(lambda: len(ended(serve.told)) >= count, f"{count} ended calls", 60)
            its, ours = (cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True))
            memory = peak_mb(serve.pid)
    told, slowest = serve.told, max(pings.seconds)
    listening = max(line["cpu"] for line in told if "cpu" in line)
    print(  # noqa: T201 - shown by make load
        f"\n{went_well} of {count} calls, {RATE}/s, {'full rights' if classes else 'class mask'}: "
        f"Asterisk {its:.1f} s of CPU; understanding and storing {listening:.1f} s ({listening / its:.0%}), "
        f"all of itgrix with the filing {ours:.1f} s ({ours / its:.0%}), {memory} MB at most; "
        f"slowest of {len(pings.seconds)} pings {slowest * 1000:.0f} ms"
    )
    calls = ended(told)
    assert went_well == count
    assert sorted(call["external_number"] for call in calls) == sorted(
        f"{CALLER}{number}" for number in range(1, count + 1)
    )
    assert [call for call in calls if not is_understood(call)] == []
    assert (oddities(told), still_open(told)) == ([], set())
    assert (serve.log.count("connected, AMI"), serve.log.count("next try in")) == (1, 0)
    assert slowest < LONGEST_PING_SECONDS
    assert listening < its
    assert memory < MOST_MEMORY_MB


def is_understood(call):
    """Whether it is what each client and the phone have done."""
    facts = ("direction", "did", "trunk", "answered_by", "disposition", "hangup_by")
    legs = [(leg["extension"], leg["result"]) for leg in call["legs"]]
    return (
        [call[fact] for fact in facts] == ["inbound", DID, TRUNK, EXTENSION, "answered", "external"]
        and legs == [(EXTENSION, "answered")]
        and call["talk_s"] == pytest.approx(TALK_SECONDS, abs=0.5)
    )
