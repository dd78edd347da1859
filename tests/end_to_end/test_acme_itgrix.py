"""The partner's package as his customer gets it: a wheel, installed beside Itgrix, listed, seen at work."""

import re
import shutil
import sys
import zipfile

import pytest
from newcomer import HOUSE, install, run, typed

PACKAGE = HOUSE / "examples" / "acme_itgrix"
MADE = shutil.ignore_patterns("*.egg-info", "__pycache__", "build", ".pytest_cache")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package, built from a copy of its own folder and of nothing else."""
    place = tmp_path_factory.mktemp("acme")
    shutil.copytree(PACKAGE, place / "source", ignore=MADE)
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check"]
    run(*build, "--no-index", "--no-deps", "--no-build-isolation", "-w", place, place / "source", cwd=place)
    (wheel,) = place.glob("acme_itgrix-*.whl")
    return wheel


@pytest.mark.slow
def test_the_wheel_has_the_hooks_and_their_table(wheel):
    """What is not Python is forgotten easily."""
    with zipfile.ZipFile(wheel) as files:
        names = set(files.namelist())
    assert {f"acme_itgrix/estate_agency.{kind}" for kind in ("py", "yaml")} <= names


@pytest.mark.slow
def test_it_is_listed_and_seen_in_a_replay_once_it_is_installed(fresh, wheel, tmp_path):
    """And not before."""
    forget(fresh)
    said = [typed("itgrix hooks list", tmp_path, fresh), replayed(fresh, tmp_path)]
    assert not any("estate_agency" in each for each in said)
    install(fresh, wheel)
    line = "estate_agency (package, acme-itgrix 1.0.0, acme_itgrix.estate_agency): enabled: "
    assert line + "get_updated_entity_fields" in typed("itgrix hooks list", tmp_path, fresh).splitlines()
    assert "ok acme-itgrix 1.0.0, acme_itgrix.estate_agency: " in typed("itgrix hooks check", tmp_path, fresh)
    told = replayed(fresh, tmp_path)
    assert "hook get_updated_entity_fields: estate_agency: answered" in told
    assert 'create: {"fields": {"TITLE": "Missed call of 79161110002", "STATUS_ID": "NEW"' in told


@pytest.mark.slow
def test_its_own_tests_pass_beside_the_installed_itgrix(fresh, wheel, tmp_path):
    """As its author runs them, from his folder."""
    install(fresh, wheel)
    source = shutil.copytree(PACKAGE, tmp_path / "source", ignore=MADE)
    said = typed("pytest", source, fresh)
    assert int(re.search(r"(\d+) passed", said)[1]) > 40


def forget(fresh):
    """Uninstall the package, should another test have installed it."""
    pip = [sys.executable, "-m", "pip", "--python", fresh, "uninstall", "-q", "-y", "acme-itgrix"]
    run(*pip, cwd=fresh.parent)


def replayed(fresh, folder):
    """What a replay of a missed call tells, with the installed packages and an empty folder of hooks."""
    return typed(f"itgrix replay --hooks {folder} inbound_no_answer", folder, fresh)
