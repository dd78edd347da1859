"""The manual to browse, and its pages in Russian."""

import subprocess
import sys

import pytest
import yaml

from itgrix_core.config.schema import Settings
from itgrix_hooks.manual import signature
from itgrix_hooks.table import HOOKS


@pytest.fixture
def guide(house):
    """docs/ru/hooks.md."""
    return (house / "docs" / "ru" / "hooks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_the_russian_guide_has_each_hook_with_its_exact_signature(guide, hook):
    """A row of the table and a section, in which the signature, the moment and the answer stand."""
    (row,) = [line for line in guide.splitlines() if line.startswith(f"| [`{hook.name}`](#{hook.name}) |")]
    assert f"| {'да' if hook.is_cancellable else 'нет'} |" in row
    section = guide.partition(f"\n### {hook.name}\n")[2].partition("\n##")[0]
    assert f"```python\n{signature(hook)}\n```" in section
    assert "**Когда спрашивается.**" in section
    assert "**Что вернуть.**" in section
    assert ("`CANCEL` — " in section) == hook.is_cancellable


def test_the_russian_guide_has_no_other_hooks(guide):
    """In the order in which a call meets them."""
    named = [line.removeprefix("### ") for line in guide.splitlines() if line.startswith("### ")]
    assert named == list(HOOKS)


def test_the_russian_quickstart_types_what_the_english_one_types(house, blocks):
    """Whoever changes one changes the other; the Russian one also tells of the reload."""

    def typed(name):
        found = blocks((house / name).read_text(encoding="utf-8"))
        lines = [line for info, body in found if info == "console" for line in body.splitlines()]
        return [line.replace(".venv/bin/", "") for line in lines]

    english, russian = typed("docs/quickstart.md"), typed("docs/ru/quickstart.md")
    assert len(english) > 6
    assert [line for line in english if line not in russian] == []


def test_the_quickstarts_configure_the_same_settings(house, blocks):
    """Names of settings, not their values."""

    def named(name):
        found = blocks((house / name).read_text(encoding="utf-8"))
        return {key for info, body in found if info == "yaml" for key in yaml.safe_load(body)}

    assert named("docs/quickstart.md") == named("docs/ru/quickstart.md")
    assert named("docs/quickstart.md") <= set(Settings.model_fields)


def test_every_page_of_the_folder_is_in_the_manual(house):
    """Sphinx would say so, too, but not in the quick tests."""
    index = (house / "docs" / "index.md").read_text(encoding="utf-8")
    pages = [path.relative_to(house / "docs").with_suffix("") for path in house.glob("docs/**/*.md")]
    listed = index.splitlines()
    assert [
        str(page) for page in pages if str(page) not in listed and not str(page).startswith("decisions/0")
    ] == ["index"]


def test_every_example_has_a_test(house):
    """A file whose name begins with test_ asks for it by its name."""
    files = [path for path in house.glob("examples/**/*.py") if path.name != "conftest.py"]
    tests = [path.read_text(encoding="utf-8") for path in files if path.name.startswith("test_")]
    plugins = [path for path in files if not path.name.startswith(("test_", "_"))]
    assert len(plugins) > 10
    assert [path.name for path in plugins if not any(path.stem in text for text in tests)] == []


@pytest.mark.slow
def test_the_manual_is_made_without_a_warning(house, tmp_path):
    """Every link in it leads somewhere, every page is in its contents; and it needs no network."""
    command = ["-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", "docs"]
    made = subprocess.run(
        [sys.executable, *command, "-d", str(tmp_path / "trees"), ".", str(tmp_path / "site")],
        cwd=house, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    page = (tmp_path / "site" / "docs" / "ru" / "hooks.html").read_text(encoding="utf-8")
    assert "process_final_params" in page
    for one in (tmp_path / "site").glob("**/*.html"):
        assert '<script src="http' not in one.read_text(encoding="utf-8")
