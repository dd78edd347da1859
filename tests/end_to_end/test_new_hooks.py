"""From an empty folder to a plugin that is tested and seen at work, outside of this house."""

import re

import pytest
from newcomer import HOUSE, install, run, typed

EFFECT = "101 talked for 3 s."
"""What the templates write into the call that is replayed."""


def told_commands(said):
    """The commands that `new` prints."""
    return re.findall(r"^    (.*)$", said, re.MULTILINE)


def test_a_new_file_passes_its_tests_and_shows_in_a_replay(tmp_path):
    """All the commands that are printed lead on, in the order in which they are printed."""
    commands = told_commands(typed("itgrix hooks new greeting", tmp_path))
    assert [command.split()[0] for command in commands] == ["pytest", "itgrix", "itgrix"]
    tests, checked, replayed = [typed(command, tmp_path) for command in commands]
    assert "2 passed" in tests
    assert checked.startswith("ok hooks/greeting.py: ")
    assert "greeting" in replayed
    assert EFFECT in replayed


def test_the_tests_of_a_new_file_can_fail(tmp_path):
    """A test that passes whatever the hook does would teach nothing."""
    typed("itgrix hooks new greeting", tmp_path)
    file = tmp_path / "hooks" / "greeting.py"
    file.write_text(file.read_text().replace("talked for", "spoke for"))
    with pytest.raises(AssertionError, match="1 failed, 1 passed"):
        typed("pytest hooks", tmp_path)


@pytest.mark.slow
def test_a_new_package_is_installed_found_and_passes_its_tests(fresh, tmp_path):
    """Beside an Itgrix that is installed as its wheel."""
    commands = told_commands(typed("itgrix hooks new acme-hooks --package", tmp_path, fresh))
    assert commands == ["cd acme-hooks", "pip install -e '.[test]'", "pytest", "itgrix hooks check"]
    package = tmp_path / "acme-hooks"
    install(fresh, "-e", package)
    assert "3 passed" in typed("pytest", package, fresh)
    assert "ok acme-hooks 0.1.0, acme_hooks: get_updated_activity_fields" in typed(
        "itgrix hooks check", package, fresh
    )
    replayed = typed(f"itgrix replay --hooks {tmp_path} inbound_answered", tmp_path, fresh)
    assert "acme_hooks" in replayed
    assert EFFECT in replayed


@pytest.mark.slow
def test_the_wheel_brings_all_that_a_newcomer_needs(fresh, tmp_path):
    """Templates and recordings; nothing is read from this house."""
    said = typed("itgrix hooks new greeting", tmp_path, fresh)
    assert "2 passed" in typed("pytest", tmp_path, fresh)
    replayed = typed(told_commands(said)[-1], tmp_path, fresh)
    assert "greeting" in replayed
    assert EFFECT in replayed
    where = run(fresh, "-c", "import itgrix_core; print(itgrix_core.__file__)", cwd=tmp_path)
    assert str(HOUSE) not in where
