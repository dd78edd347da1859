"""Debian packages in folders of their own: fetched by apt and unpacked, not installed.

The machine stays as it was, and no root is needed: a program then has its folder for its root, by chroot for
root and in a user namespace for anybody else.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/perl", "usr/share/doc-base")


class RigError(Exception):
    """The rig cannot do what was asked; the message is a sentence that says why and what helps."""


def root_folder() -> Path:
    """Where the rig keeps its Asterisks: ITGRIX_ASTERISK_ROOT, else `itgrix-asterisk` in the user's cache."""
    if own := os.environ.get("ITGRIX_ASTERISK_ROOT"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "itgrix-asterisk"


def fetch(suite: str, work: Path, package: str = "asterisk") -> list[Path]:
    """A package and all that it needs, from the mirror that this machine's apt uses."""
    for folder in ("lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    source = work / "etc/sources.list"
    source.write_text(f"deb [signed-by={KEYRING}] {_mirror()} {suite} main\n")
    settings = {
        "Dir::Etc": work / "etc",
        "Dir::Etc::sourcelist": source,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Acquire::Check-Valid-Until": "false",  # a mirror may be a snapshot of an older day
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "APT::Install-Recommends": "false",
        "APT::Update::Error-Mode": "any",
        "APT::Sandbox::User": run(["id", "-un"]).strip(),
    }
    apt = [
        "apt-get",
        "-qq",
        *(part for name, value in settings.items() for part in ("-o", f"{name}={value}")),
    ]
    run([*apt, "update"])
    run([*apt, "-y", "--download-only", "install", package])
    return sorted((work / "cache/archives").glob("*.deb"))


def _mirror() -> str:
    """The Debian mirror of this machine's apt."""
    listed = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"])
    for address in listed.splitlines():
        if address.rstrip("/").endswith("/debian"):
            return address
    raise RigError("This machine's apt knows no Debian mirror. Add one to /etc/apt/sources.list.")


def unpack(packages: list[Path], tree: Path) -> None:
    """Unpacks packages into a folder, without what nobody reads there."""
    left_out = [f"--exclude=./{folder}" for folder in LEFT_OUT]
    untar = ["tar", "-x", "-C", str(tree), "--no-same-owner", "--keep-directory-symlink", *left_out]
    for package in packages:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as reader:
            done = subprocess.run(untar, stdin=reader.stdout, capture_output=True, text=True, check=False)
        if done.returncode or reader.returncode:
            raise RigError(f"{package.name} cannot be unpacked: {done.stderr.strip()}. Is the disk full?")


def complete(tree: Path) -> None:
    """What packages' own scripts do, so that the folder can be a root: merged /usr, devices."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if (tree / "usr" / name).is_dir() and not (tree / name).exists():
            (tree / name).symlink_to(f"usr/{name}")
    for name in ("tmp", "dev", "etc"):
        (tree / name).mkdir(exist_ok=True)
    if os.geteuid() == 0:
        for name, minor in (("null", "3"), ("random", "8"), ("urandom", "9")):
            run(["mknod", "-m", "666", str(tree / "dev" / name), "c", "1", minor])


def inside(tree: Path) -> list[str]:
    """What goes before a command to run it with the tree for its root."""
    if os.geteuid() == 0:
        return ["chroot", str(tree)]
    script = 'mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
    return ["unshare", "-rm", "sh", "-c", script, str(tree)]


def run(command: list[str]) -> str:
    """What the command prints; raises RigError with what it complained about."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise RigError(f"`{command[0]}` is not on this machine; the rig needs it.") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise RigError(f"`{' '.join(command[:2])} … {command[-1]}` failed: {' '.join(said[-3:])}")
    return done.stdout
