"""The authors' kit as an author has it: Itgrix from its wheel, a package of his own, pytest and mypy.

The environment is new and nothing of the repository is on its path; what Itgrix needs is taken from the
environment that runs this test, so that nothing is fetched.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = """\
[build-system]
requires = ["setuptools>=64"]
build-backend = "setuptools.build_meta"

[project]
name = "acme-rules"
version = "1"

[project.entry-points."itgrix.hooks"]
acme_rules = "acme_rules"

[tool.setuptools]
py-modules = ["acme_rules"]
"""
RULES = '''\
"""A missed call is booked on the owner of its line; who took a call over is told in its activity."""

from itgrix_hooks import ActivityFields, Call, Crm, FinalParams, Settings, hookimpl


@hookimpl
def process_final_params(params: FinalParams, call: Call, settings: Settings) -> FinalParams | None:
    owner = settings.get("owners", {}).get(call.did)
    if owner is None or not call.is_missed:
        return None
    return {**params, "USER_ID": owner}


@hookimpl
def get_updated_activity_fields(call: Call, crm: Crm) -> ActivityFields | None:
    user = crm.user_of_extension(call.last_agent or "")
    if user is None or not call.transfers:
        return None
    return {"DESCRIPTION": f"Taken over by {user.name}."}
'''
TESTS = """\
from collections.abc import Callable

import acme_rules
import pytest

from itgrix_core.app.portal_crm import PortalCrm
from itgrix_hooks import Call
from itgrix_hooks.testing import Shape, ask, assert_changed, assert_failed, assert_untouched, make_call
from itgrix_hooks.trace import Asked

OWNERS = {"owners": {"74950000101": 7}}


def test_a_recorded_missed_call_is_booked_on_its_lines_owner(recorded_call: Callable[[str], Call]) -> None:
    call = recorded_call("inbound_no_answer")
    params = {"USER_ID": 1, "STATUS_CODE": "304"}
    asked = ask("process_final_params", acme_rules, call=call, params=params, settings=OWNERS)
    assert_changed(asked, USER_ID=7)


@pytest.mark.parametrize("shape", ["answered", "outbound", "click_to_call"])
def test_others_stay(shape: Shape) -> None:
    assert_untouched(ask("process_final_params", acme_rules, call=make_call(shape), settings=OWNERS))


def test_a_wrong_setting_is_told(ask_hook: Callable[..., Asked]) -> None:
    assert_failed(ask_hook("process_final_params", acme_rules, settings={"owners": [7]}), "AttributeError")


def test_who_took_over_is_read_from_the_portal(portal_crm: PortalCrm) -> None:
    portal_crm.add_user(5, "102", "Olga")
    call = make_call("attended_transfer")
    asked = ask("get_updated_activity_fields", acme_rules, call=call, crm=portal_crm)
    assert_changed(asked, DESCRIPTION="Taken over by Olga.")


def test_no_recorded_call_breaks_it(every_recorded_call: Call, ask_hook: Callable[..., Asked]) -> None:
    asked = ask_hook("process_final_params", acme_rules, call=every_recorded_call, settings=OWNERS)
    assert not asked.failures
"""
SLIPS = """\
from itgrix_hooks import Call, FinalParams, hookimpl


@hookimpl
def process_final_params(params: FinalParams, call: Call) -> FinalParams | None:
    if call.is_mised:
        return {**params, "USER_ID": "seven"}
    return {**params, "STATUS": "304"}
"""


def run(*command, cwd):
    """What a command says; it has to end well."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    ran = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of a new environment in which the wheel of Itgrix is installed."""
    folder = tmp_path_factory.mktemp("kit")
    source = folder / "source"
    kept = ("src", "examples", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
    source.mkdir()
    for name in kept:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source, cwd=folder)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv/bin/python"
    ours = sysconfig.get_paths()["purelib"]
    theirs = run(
        python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=folder
    ).strip()
    # a folder on the path, not a site folder: our own editable installation in it is not followed
    Path(theirs, "needed.pth").write_text(ours + "\n", encoding="utf-8")
    (wheel,) = folder.glob("itgrix-*.whl")
    run(*pip, "--python", python, "install", "--no-deps", "--force-reinstall", wheel, cwd=folder)
    return python


@pytest.fixture(scope="module")
def package(python, tmp_path_factory):
    """The author's package, installed there, with its tests beside it."""
    folder = tmp_path_factory.mktemp("acme")
    for name, text in (
        ("pyproject.toml", PYPROJECT),
        ("acme_rules.py", RULES),
        ("test_acme_rules.py", TESTS),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(*pip, "install", "--no-deps", "--no-build-isolation", folder, cwd=folder)
    return folder


@pytest.mark.slow
def test_it_is_the_wheel_that_is_used(python, package):
    """Not the repository."""
    where = run(python, "-c", "import itgrix_hooks.testing as t; print(t.__file__)", cwd=package)
    assert where.startswith(str(python.parents[1]))


@pytest.mark.slow
def test_an_authors_tests_pass_with_fixtures_that_nobody_imported(python, package):
    """Recorded calls lie in the wheel; each of them was tried."""
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=package)
    assert int(re.search(r"(\d+) passed", said)[1]) > 100


@pytest.mark.slow
def test_the_service_finds_the_package(python, package):
    """By its entry point."""
    listing = (
        "from itgrix_core.plugins.manager import Plugins as P; print(*[r.name for r in P.load().records])"
    )
    assert "acme_rules" in run(python, "-c", listing, cwd=package).split()


@pytest.mark.slow
def test_mypy_in_strict_mode_has_nothing_to_say(python, package):
    """Of the rules and of their tests."""
    run(python, "-m", "mypy", "--strict", "acme_rules.py", "test_acme_rules.py", cwd=package)


@pytest.mark.slow
def test_mypy_knows_the_calls_words_and_the_crms_fields(python, package):
    """A misspelt attribute, a field of the wrong type and a field that there is not."""
    (package / "slips.py").write_text(SLIPS, encoding="utf-8")
    command = [str(python), "-m", "mypy", "--strict", "slips.py"]
    ran = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
    told = [line for line in ran.stdout.splitlines() if ": error: " in line]
    assert [int(line.split(":")[1]) for line in told] == [6, 7, 8]
    assert '"is_missed"' in told[0]
    assert all('expected "FinalParams | None"' in line for line in told[1:])
