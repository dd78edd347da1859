"""MariaDB and PostgreSQL for tests: fetched when they are missing, run on loopback out of a folder that goes.

Nothing of the machine changes: packages that are not installed are unpacked into a cache folder
(`ITGRIX_DATABASES_ROOT`, else ~/.cache/itgrix-databases; for root below /var/cache, as servers run as
nobody). Each server has its data in a temporary folder.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

CACHE = Path.home() / ".cache" if os.getuid() else Path("/var/cache")
ROOT = Path(os.environ.get("ITGRIX_DATABASES_ROOT", CACHE / "itgrix-databases"))
PACKAGES = ("mariadb-server-core", "mariadb-client-core", "postgresql")
START_SECONDS = 60.0
PASSWORD = "itgrix-lab-secret"
LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib/x86_64-linux-gnu")


class NoServerError(Exception):
    """It cannot be had here; the text says why."""


def binary(pattern: str) -> Path:
    """A program of a server, of the machine or of the cache, which is filled when it is in neither."""
    for _ in range(2):
        for root in (Path("/"), ROOT):
            found = sorted(root.glob(pattern))
            if found:
                return found[-1]
        _fetch()
    raise NoServerError(f"{pattern} is in none of the packages {', '.join(PACKAGES)}")


def _fetch() -> None:
    """Fetch and unpack what apt offers; needs no root."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise NoServerError("it is not installed, and there is no apt-get to fetch it")
    archives = ROOT / "archives"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    options = ("-y", "-qq", "--no-install-recommends", "--download-only", "-o", "Debug::NoLocking=1")
    where = ("-o", f"Dir::Cache::archives={archives}")
    if _run("apt-get", *options, *where, "install", *PACKAGES).returncode:
        _run("apt-get", "-qq", "update")
        fetched = _run("apt-get", *options, *where, "install", *PACKAGES)
        if fetched.returncode:
            raise NoServerError(
                f"it is not installed, and apt offers nothing: {fetched.stderr.strip()[-300:]}"
            )
    for package in archives.glob("*.deb"):
        _run("dpkg-deb", "-x", str(package), str(ROOT))
        package.unlink()


@contextmanager
def mariadb() -> Iterator[str]:
    """A MariaDB with an empty database; yields SQLAlchemy's address of it."""
    server = binary("usr/sbin/mariadbd")
    installer = binary("usr/bin/mariadb-install-db")
    with _folder() as folder:
        data, port = folder / "data", _free_port()
        basedir = server.parents[1]
        common = ("--no-defaults", f"--basedir={basedir}", f"--datadir={data}")
        made = _run(str(installer), *common, "--auth-root-authentication-method=normal", folder=folder)
        if made.returncode:
            raise NoServerError(f"mariadb-install-db: {(made.stdout + made.stderr)[-500:]}")
        where = (f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/sock")
        small = ("--innodb-buffer-pool-size=16M", "--skip-log-bin", f"--pid-file={folder}/pid")
        with _running((str(server), *common, *where, *small), folder):
            root = f"mysql+pymysql://root:@127.0.0.1:{port}"
            _wait(lambda: _execute(f"{root}/mysql", "SELECT 1"))
            _execute(f"{root}/mysql", "CREATE DATABASE asteriskcdrdb CHARACTER SET utf8mb4")
            _execute(f"{root}/mysql", f"CREATE USER reader@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
            _execute(f"{root}/mysql", "GRANT ALL ON asteriskcdrdb.* TO reader@'127.0.0.1'")
            yield f"mysql+pymysql://reader:{PASSWORD}@127.0.0.1:{port}/asteriskcdrdb?charset=utf8mb4"


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL with an empty database; yields SQLAlchemy's address of it."""
    initdb = binary("usr/lib/postgresql/*/bin/initdb")
    with _folder() as folder:
        data, port = folder / "data", _free_port()
        secret = folder / "secret"
        secret.write_text(PASSWORD, encoding="ascii")
        secret.chmod(0o644)
        options = ("-U", "reader", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
        made = _run(str(initdb), "-D", str(data), *options, f"--pwfile={secret}", folder=folder)
        if made.returncode:
            raise NoServerError(f"initdb: {(made.stdout + made.stderr)[-500:]}")
        server = (str(initdb.with_name("postgres")), "-D", str(data), "-p", str(port), "-k", str(folder))
        with _running((*server, "-h", "127.0.0.1", "-F"), folder):
            url = f"postgresql+psycopg://reader:{PASSWORD}@127.0.0.1:{port}/postgres"
            _wait(lambda: _execute(url, "SELECT 1"))
            yield url


# ---- processes --------------------------------------------------------------------------------------------
def _run(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run to the end; with a folder as its owner, as no database runs as root."""
    prefix = _as_nobody() if folder else ()
    return subprocess.run(
        (*prefix, *command), cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )


@contextmanager
def _running(command: tuple[str, ...], folder: Path) -> Iterator[None]:
    log = (folder / "log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        (*_as_nobody(), *command), cwd=folder, env=_environment(), stdout=log, stderr=log
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _as_nobody() -> tuple[str, ...]:
    if os.getuid():
        return ()
    return ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")


def _environment() -> dict[str, str]:
    libraries = ":".join(str(ROOT / each) for each in LIBRARIES if (ROOT / each).is_dir())
    path = f"{ROOT}/usr/bin:{ROOT}/usr/sbin:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "LD_LIBRARY_PATH": libraries, "HOME": tempfile.gettempdir()}


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the servers' user may write; it goes with its content."""
    folder = Path(tempfile.mkdtemp(prefix="itgrix-db-"))
    try:
        if not os.getuid():
            shutil.chown(folder, "nobody", "nogroup")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def _execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))


def _wait(attempt: Callable[[], None]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            return attempt()
        except sa.exc.DBAPIError as error:
            if time.monotonic() > until:
                raise NoServerError(f"it did not start in {START_SECONDS:.0f} s: {error}") from None
            time.sleep(0.2)
