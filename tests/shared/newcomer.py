"""What somebody outside of this house has: a new environment with the wheel, and what he types."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
_MADE = shutil.ignore_patterns("*.egg-info", "__pycache__")


def run(*command, cwd, python=sys.executable):
    """What a command says that has to succeed, with nothing in its environment that is ours."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ITGRIX", "PY"))}
    environment["PATH"] = f"{Path(python).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def typed(line, cwd, python=sys.executable):
    """The same for a line that a newcomer types, its program taken from this Python."""
    program, *arguments = line.split()
    modules = {"itgrix": "itgrix_core.app.cli", "pytest": "pytest"}
    return run(python, "-m", modules[program], *arguments, cwd=cwd, python=python)


def new_environment(place):
    """The Python of a new virtual environment that has this project's wheel, and what it depends on."""
    shutil.copytree(HOUSE / "src", place / "house" / "src", ignore=_MADE)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(HOUSE / name, place / "house")
    venv.create(place / "venv", with_pip=False)
    python = place / "venv" / "bin" / "python"
    (site,) = (place / "venv" / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install(python, place / "house")
    return python


def install(python, *what):
    """Install from this machine alone."""
    alone = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "-q",
        *alone,
        *what,
        cwd=Path(python).parent,
    )
