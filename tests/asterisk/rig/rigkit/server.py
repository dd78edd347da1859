"""A real Asterisk in a folder of its own, on a loopback address of its own.

The packages are fetched by apt into folders of the rig and unpacked, not installed: the machine stays as it
was, and neither root nor an installed Asterisk is needed. Asterisk then has that folder for its root,
by chroot for root and in a user namespace for anybody else. The address is not 127.0.0.1, so that an Asterisk
which this machine may have is not in the way; each version has one of its own, so that all may run at once.
A second one of a version, the branch, shares the folder's programs and has an address, a configuration and a
/var of its own; a trunk leads from each to the other.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from rigkit.packages import RigError, complete, fetch, inside, root_folder, run, unpack

SUITES = {"22": "sid", "16": "bullseye"}
ADDRESS = os.environ.get("ITGRIX_ASTERISK_ADDRESS") or "127.0.0.22"
AMI_PORT = 5038
SIP_PORT = 5060
CHAN_SIP_PORT = 5070
ETC = Path(__file__).parents[1] / "etc"
CONF = "etc/itgrix-rig"
SITES = ("main", "branch")
FOLDERS = (
    "var/lib/asterisk/keys",
    "var/run/asterisk",
    "var/log/asterisk/cdr-csv",
    "var/log/asterisk/cel-custom",
    "var/spool/asterisk/monitor",
    "var/spool/asterisk/tmp",
    "var/spool/asterisk/outgoing",
    "usr/share/asterisk/rig-moh",
)


@dataclass(frozen=True)
class Asterisk:
    """One Asterisk of the rig.

    Args:
        version: "22" or "16", a key of `SUITES`.
        site: "main" or "branch".
    """

    version: str = "22"
    site: str = "main"

    def __post_init__(self) -> None:
        if self.site not in SITES:
            raise RigError(f"There is no site {self.site} in the rig; it has {' and '.join(SITES)}.")
        if self.version not in SUITES:
            raise RigError(f"There is no Asterisk {self.version} in the rig; it has {' and '.join(SUITES)}.")

    @property
    def address(self) -> str:
        """Where it listens, and where its phones are: the rig's address, for 16 the next one.

        The branch has the same place of the next network.
        """
        first, second, third, place = ADDRESS.split(".")
        network = int(third) + SITES.index(self.site)
        return f"{first}.{second}.{network}.{int(place) + list(SUITES).index(self.version)}"

    @property
    def tree(self) -> Path:
        """The folder that this Asterisk sees as /."""
        return root_folder() / self.version

    @property
    def var(self) -> str:
        """Its /var, as it sees it, without the leading slash."""
        return "var" if self.site == SITES[0] else f"var/{self.site}"

    @property
    def conf(self) -> str:
        """The folder of its configuration, likewise."""
        return CONF if self.site == SITES[0] else f"{CONF}-{self.site}"

    @property
    def installed(self) -> bool:
        """Whether it has been unpacked completely."""
        return (self.tree / ".ready").exists()

    # ---- verbs ----
    def install(self) -> str:
        """Fetches and unpacks it unless it is there; returns its version.

        Raises:
            RigError: a tool is missing, or the mirror cannot be reached or has no such suite.
        """
        if not self.installed:
            work = root_folder() / f"apt-{self.version}"
            for folder in (work, self.tree):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
            unpack(fetch(SUITES[self.version], work), self.tree)
            self._finish_tree()
            shutil.rmtree(work)
            run([*inside(self.tree), "/usr/sbin/asterisk", "-V"])
            (self.tree / ".ready").touch()
        return run([*inside(self.tree), "/usr/sbin/asterisk", "-V"]).strip()

    def start(self, timeout: float = 40) -> None:
        """Starts it with the configuration of `etc/` and waits until it has booted; nothing if it runs.

        Raises:
            RigError: it is not installed, its port is taken, or it does not come up; with the end of its log.
        """
        if self.running():
            return
        if not self.installed:
            raise RigError(f"Asterisk {self.version} is not installed; run `rig install {self.version}`.")
        if _listens(self.address):
            raise RigError(
                f"{self.address}:{AMI_PORT} is taken already. Stop what listens there (`rig stop`)."
            )
        self._write_configuration()
        # the shell lets go of it, so that it outlives whoever started it and is nobody's zombie
        detach = 'log=$1; shift; setsid "$@" >"$log" 2>&1 </dev/null &'
        asterisk = [*inside(self.tree), "/usr/sbin/asterisk", "-f", "-C", f"/{self.conf}/asterisk.conf"]
        run(["sh", "-c", detach, "sh", str(self.tree / self.var / "log/asterisk/stdout"), *asterisk])
        self.wait_until_booted(timeout)

    def wait_until_booted(self, timeout: float = 40) -> None:
        """Waits until it runs and has booted, as after a start or its own restart.

        Raises:
            RigError: it does not come up; with the end of its log.
        """
        end = time.monotonic() + timeout
        while not (self.running() and _listens(self.address) and self._booted()):
            if time.monotonic() > end:
                raise RigError(
                    f"Asterisk {self.version} did not come up in {timeout:.0f} s:\n{self._log_end()}"
                )
            time.sleep(0.1)

    def stop(self, timeout: float = 10) -> None:
        """Stops it, by force if it does not obey; nothing if it does not run."""
        pid = self.pid
        if pid is None:
            return
        self.cli("core stop now")
        end = time.monotonic() + timeout
        while _is_asterisk(pid):  # its pid file goes long before it does
            if time.monotonic() > end + timeout:
                raise RigError(f"Asterisk {self.version} (process {pid}) survives even kill -9.")
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def running(self) -> bool:
        """Whether this very Asterisk is alive."""
        return self.pid is not None

    def cli(self, command: str) -> str:
        """What Asterisk prints for a command of its console (`core show channels`)."""
        console = [*inside(self.tree), "/usr/sbin/asterisk", "-C", f"/{self.conf}/asterisk.conf"]
        asking = [*console, "-rx", command]
        return subprocess.run(asking, capture_output=True, text=True, errors="replace", check=False).stdout

    # ---- how ----
    @property
    def pid(self) -> int | None:
        """Its process; `None` when it does not run."""
        try:
            pid = int((self.tree / self.var / "run/asterisk/asterisk.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if _is_asterisk(pid) else None

    def _booted(self) -> bool:
        return "fully booted" in self.cli("core waitfullybooted")

    def _log_end(self) -> str:
        logs = [self.tree / self.var / "log/asterisk" / name for name in ("messages", "stdout")]
        lines = [
            line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()
        ]
        return "\n".join(lines[-20:])

    def _finish_tree(self) -> None:
        """What the packages' own scripts would have done, and where the sounds are."""
        complete(self.tree)
        sounds = self.tree / "usr/share/asterisk/sounds/en"
        sounds.unlink(missing_ok=True)
        sounds.symlink_to("en_US_f_Allison")
        (self.tree / "etc/hosts").write_text(f"{self.address} localhost\n")

    def _write_configuration(self) -> None:
        """The files of `etc/`, with the address, the folder of modules and the phone farm written in."""
        modules = next(self.tree.glob("usr/lib/**/asterisk/modules/chan_pjsip.so")).parent
        peer = SITES[1 - SITES.index(self.site)]
        words = {
            "@MODDIR@": f"/{modules.relative_to(self.tree)}",
            "@ADDRESS@": self.address,
            "@CONF@": f"/{self.conf}",
            "@VAR@": f"/{self.var}",
            "@PEER@": peer,
            "@PEER_ADDRESS@": Asterisk(self.version, peer).address,
            "@FARM@": "\n".join(FARM_PHONE.format(number=number) for number in range(121, 151)),
        }
        conf = self.tree / self.conf
        shutil.rmtree(conf, ignore_errors=True)
        for folder in (conf, *(self.tree / name.replace("var", self.var, 1) for name in FOLDERS)):
            folder.mkdir(parents=True, exist_ok=True)
        for source in ETC.glob("*.conf"):
            text = source.read_text()
            for word, value in words.items():
                text = text.replace(word, value)
            (conf / source.name).write_text(text)
        music = self.tree / "usr/share/asterisk/sounds/en_US_f_Allison/vm-intro.gsm"
        shutil.copy(music, self.tree / "usr/share/asterisk/rig-moh")
        for name in ("pid", "ctl"):
            (self.tree / self.var / f"run/asterisk/asterisk.{name}").unlink(missing_ok=True)


FARM_PHONE = """[{number}](phone)
aors = {number}
callerid = Phone {number} <{number}>
[{number}](phone-aor)"""


def _listens(address: str) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, AMI_PORT)) == 0


def _is_asterisk(pid: int) -> bool:
    """Whether this process is an Asterisk that lives."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return "(asterisk)" in stat and ") Z " not in stat
