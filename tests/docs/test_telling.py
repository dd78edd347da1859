"""Every figure and every field that the service tells is in the operator's book."""

import re
from types import SimpleNamespace

import pytest
import yaml

from itgrix_core.ami.supervisor import LineState
from itgrix_core.app.telling import Sources, Telling
from itgrix_core.config.schema import Settings
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.missed import MissedCalls
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.plugins.manager import Plugins
from itgrix_core.telemetry import status

WORDS = [each for each in vars(status).values() if hasattr(each, "__required_keys__")]


@pytest.fixture
def book(house):
    """docs/operating.md; the figures of a line are in a table without their prefix."""
    text = (house / "docs/operating.md").read_text(encoding="utf-8")
    return text.replace("| `itgrix_ami_` | what |", "")


def test_every_field_of_status_is_described(book):
    """So that whoever adds one writes it down."""
    fields = {field for word in WORDS for field in word.__required_keys__} - {
        "asterisk",
        "crm",
        "plugins",
        "problems",
    }
    assert len(fields) > 40
    assert not {field for field in fields if f"`{field}`" not in book and f"`{field}." not in book}


def test_every_figure_is_described(book, tmp_path):
    """All that a service registers, and all that is read at a scrape."""
    method = SimpleNamespace(operating_seconds=1.0, limit_seconds=1.0, closed_seconds=0.0)
    quota = SimpleNamespace(
        requests_left=1.0, backlog_left=1.0, breaker="closed", why="", methods={"m": method}
    )
    with Database(tmp_path) as database:
        SqliteEngine(database).put([Job("a/1", "a", "CallEnded", b"{}", 1.0)])
        MissedCalls(database).open("bitrix", "916", "call", 1, 1.0)
        sources = Sources(
            lambda: {"main": LineState()}, lambda: {"main": {"odd": 1}}, lambda: database,
            lambda: True, lambda: {"bitrix": quota},
        )  # fmt: skip
        telling = Telling(Settings(), Plugins.load, sources)
        families = list(telling.registry.collect())
    names = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in families
        if family.name.startswith("itgrix_")
    }
    assert len(names) > 30
    written = set(re.findall(r"`(itgrix_\w+)`", book))
    assert not {name for name in names - written if f"`{name.removeprefix('itgrix_ami_')}`" not in book}
    told = {"itgrix_crm_events_total"}  # of the pages
    assert not written - names - told


def test_alarms_name_figures_that_there_are(book):
    """An alarm on a figure that was renamed would never ring."""
    (block,) = [found for found in re.findall(r"```yaml\n(.*?)```", book, re.DOTALL) if "alert:" in found]
    rules = yaml.safe_load(block)
    used = {name for rule in rules for name in re.findall(r"itgrix_\w+", rule["expr"])}
    written = set(re.findall(r"`(itgrix_\w+)`", book)) | {"itgrix_ami_connected"}
    assert len(rules) >= 5
    assert {name.removesuffix("_bucket") for name in used} <= written
