"""The manual of the hooks is the specs' own, and the plugins in the pages are plugins."""

import inspect
import re

import pytest

from itgrix_core.config.schema import HookSettings
from itgrix_core.plugins.manager import Plugins
from itgrix_core.plugins.records import Level
from itgrix_hooks import testing
from itgrix_hooks.by_crm import BY_CRM
from itgrix_hooks.manual import manual, signature
from itgrix_hooks.table import HOOKS
from itgrix_hooks.testing import SHAPES
from itgrix_hooks.trace import Outcome


@pytest.fixture
def text(house):
    """docs/hooks.md."""
    return (house / "docs" / "hooks.md").read_text(encoding="utf-8")


def test_the_page_is_the_generated_one(text):
    """`make docs` makes it so."""
    assert text == manual()


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_each_hook_is_there_with_its_exact_signature(text, hook):
    """Every argument with its type, in order, and what it returns."""
    assert f"\n## {hook.name}\n" in text
    assert signature(hook) in text
    spec = inspect.signature(hook.spec)
    shown = " ".join(signature(hook).split()).replace(", )", ")").replace("( ", "(")
    told = ", ".join(f"{name}: {each.annotation}" for name, each in spec.parameters.items())
    assert shown == f"def {hook.name}({told}) -> {spec.return_annotation}"


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_each_hook_tells_its_six_parts_and_its_own_arguments(text, hook):
    """What the docstring tells is on the page."""
    page = text.partition(f"\n## {hook.name}\n")[2].partition("\n## ")[0]
    parts = ["What it decides", "When and where it is asked", "Arguments", "Answer and default"]
    places = [page.find(f"**{part}") for part in [*parts, "What happens when it fails", "Example"]]
    assert -1 not in places
    assert places == sorted(places)
    assert [name for name in hook.arguments[:-4] if f"- `{name}`: " not in page] == []


def test_every_hook_has_a_row_for_each_crm_in_the_same_order():
    """The table hook by CRM lacks none."""
    assert list(BY_CRM) == list(HOOKS)


def test_every_way_to_fare_is_explained(text):
    """The trace's words."""
    assert [outcome for outcome in Outcome if f"\n| {outcome} | " not in text] == []


@pytest.mark.parametrize("name", ["README.md", "docs/quickstart.md"])
def test_a_plugin_in_a_page_is_taken(house, blocks, tmp_path, name):
    """The service would load it."""
    marked = [(i, b) for i, b in blocks((house / name).read_text(encoding="utf-8")) if "file=hooks/" in i]
    for info, body in marked:
        (tmp_path / info.partition("file=hooks/")[2]).write_text(body, encoding="utf-8")
    loaded = Plugins.load(HookSettings(folder=tmp_path)).records
    records = [one for one in loaded if one.level is not Level.BUILT_IN]
    assert [one.status for one in records] == ["enabled"] * len(marked)
    assert marked


def test_every_shape_of_a_made_call_is_told_in_its_own_words(house):
    """What `make_call` offers, in its order."""
    page = (house / "docs" / "testing-hooks.md").read_text(encoding="utf-8")
    rows = "".join(f"| `{name}` | {made.__doc__} |\n" for name, made in SHAPES.items())
    assert rows in page


def test_every_name_of_the_authors_kit_is_told(house):
    """What `itgrix_hooks.testing` offers, and the fixtures."""
    page = (house / "docs" / "testing-hooks.md").read_text(encoding="utf-8")
    fixtures = ["recorded_call", "every_recorded_call", "hook_store", "hook_crm", "ask_hook", "portal_crm"]
    names = set(testing.__all__) - {"BEGAN", "CLIENT", "SHAPES", "Shape", "Moment"} | set(fixtures)
    assert {name for name in names if not re.search(rf"`(\w+\()?{name}\b", page)} == set()
