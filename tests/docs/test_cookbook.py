"""The cookbook shows the files that run as tests, and has an entry for each documented case."""

import ast
import subprocess
import sys

import pytest
import yaml
from cookbook_page import CASES, EXAMPLES, hooks_of, page

from itgrix_core.config.schema import HookSettings, Settings
from itgrix_core.plugins.manager import Plugins

WRITTEN = [case for case in CASES if case.file]


@pytest.fixture
def text(house):
    """docs/cookbook.md."""
    return (house / "docs" / "cookbook.md").read_text(encoding="utf-8")


def test_the_page_is_the_generated_one(text):
    """`make docs` makes it so."""
    assert text == page()


def test_all_fifteen_documented_cases_are_there():
    """Thirteen as hooks, two that need none."""
    assert len(CASES) == 15
    assert [number for number, case in enumerate(CASES, 1) if not case.file] == [6, 14]


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: case.title)
def test_a_case_is_typed_and_tested(case):
    """Every hook has types for all that it takes and gives, and its test asks it by name."""
    tree = ast.parse(case.path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert all(each.returns and all(a.annotation for a in each.args.args) for each in functions)
    test = case.test.read_text(encoding="utf-8")
    hooks = hooks_of(case.path)
    assert hooks
    assert [hook for hook in hooks if f'"{hook}"' not in test] == []


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: case.title)
def test_a_case_is_tried_on_recorded_calls_unless_it_is_of_clicks(case):
    """Those of the customers are written on made ones as well."""
    test = case.test.read_text(encoding="utf-8")
    if not case.file.startswith("hooks/0") and hooks_of(case.path) != ["process_originate_params"]:
        assert "recorded_call(" in test or "recorded_moments(" in test


def test_the_service_takes_every_file_as_a_plugin(tmp_path):
    """Copied into one folder, as a reader would."""
    for case in WRITTEN:
        for path in filter(None, [case.path, case.table]):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    records = [one for one in Plugins.load(HookSettings(folder=tmp_path)).records if one.name != "defaults"]
    taken = [one for one in records if (tmp_path / f"{one.name}.py").exists()]
    assert [one.status for one in taken] == ["enabled"] * len(WRITTEN)


def test_what_needs_no_hook_is_configuration_that_loads(text, blocks):
    """The YAML of the page, as a part of one."""
    found = [yaml.safe_load(body) for info, body in blocks(text) if info == "yaml"]
    assert found
    for part in found:
        part["crm"]["portal"]["webhook"] = "https://portal.example/rest/1/code/"
        settings = Settings(asterisk={"main": {"secret": "x"}}, **part)
        assert settings.crm["portal"].missed_owner == "turn"


@pytest.mark.slow
def test_every_file_passes_mypy_in_strict_mode():
    """One by one, as their authors would."""
    for path in sorted([*EXAMPLES.glob("hooks/**/*.py"), *EXAMPLES.glob("*/src/**/*.py")]):
        if not path.name.startswith("test_"):
            command = [sys.executable, "-m", "mypy", "--strict", "--scripts-are-modules", str(path)]
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stdout
