"""Many calls at once: sipp, fetched into a folder of its own as Asterisk is."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from rigkit.packages import complete, fetch, inside, root_folder, run, unpack
from rigkit.server import SIP_PORT, SUITES

if TYPE_CHECKING:
    from rigkit.server import Asterisk

SCENARIOS = Path(__file__).parents[1] / "sipp"
FOLDER = "rig"
DID, EXTENSION, TRUNK, CALLER = "74950002001", "201", "provload", "791600"
"""What the calls of `Sipp.call_in` dial, who answers, how they come, and how their numbers begin."""
PHONE_PORT, CLIENT_PORT = 5180, 5170
TALK_SECONDS = 1.0


class Sipp:
    """sipp in a folder that it sees as /."""

    def __init__(self) -> None:
        self.tree = root_folder() / "sipp"

    def install(self) -> None:
        """Fetches and unpacks it unless it is there.

        Raises:
            RigError: a tool is missing, or the mirror cannot be reached or does not have it.
        """
        if (self.tree / ".ready").exists():
            return
        work = root_folder() / "apt-sipp"
        for folder in (work, self.tree):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        unpack(fetch(SUITES["22"], work, "sip-tester"), self.tree)
        complete(self.tree)
        shutil.rmtree(work)
        run(["test", "-x", str(self.tree / "usr/bin/sipp")])
        (self.tree / ".ready").touch()

    def call_in(self, asterisk: Asterisk, rate: int, seconds: int) -> int:
        """So many clients a second call in for so many seconds; each is answered and talks for a second.

        Returns:
            How many calls went as they should, by what the clients saw.
        """
        folder = self.tree / FOLDER
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(SCENARIOS, folder)
        longest = str(seconds + 40)
        phone = self._start(asterisk, "phone_answers", PHONE_PORT, "-timeout", longest)
        try:
            target = f"{asterisk.address}:{SIP_PORT}"
            words = ["-s", DID, "-key", "trunk", TRUNK, "-key", "caller", CALLER, "-timeout", longest]
            words += ["-d", str(int(TALK_SECONDS * 1000)), "-r", str(rate), "-m", str(rate * seconds)]
            words += ["-trace_stat", "-stf", f"/{FOLDER}/clients.csv", target]
            self._start(asterisk, "client_calls", CLIENT_PORT, *words).wait(seconds + 60)
        finally:
            phone.terminate()
            phone.wait(10)
        with (folder / "clients.csv").open() as file:
            return int(list(csv.DictReader(file, delimiter=";"))[-1]["SuccessfulCall(C)"])

    def _start(self, asterisk: Asterisk, scenario: str, port: int, *words: str) -> subprocess.Popen[bytes]:
        place = ["-i", asterisk.address, "-p", str(port), "-mp", str(4 * port), "-nostdin"]
        sipp = ["/usr/bin/sipp", "-sf", f"/{FOLDER}/{scenario}.xml", *place, *words]
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([*inside(self.tree), *sipp], **silent)
