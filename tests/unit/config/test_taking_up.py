"""Which settings a running service takes up: every setting of the schema is in one of the two tables."""

from typing import get_args

import pytest

from itgrix_core.config.schema import BitrixSettings, HookSettings, Settings, WebSettings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.config.section import Section
from itgrix_core.config.taking_up import AT_START, TAKEN_UP, entry_of, only_at_start


def paths(section, here=()):
    """Every setting of the schema, however deep; `name` for an entry of a map of sections."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        parts = [part for part in (kind, *get_args(kind)) if isinstance(part, type)]
        inner = next((part for part in parts if issubclass(part, Section)), None)
        is_map = str(kind).startswith("dict") and not here
        if inner is None or str(kind).startswith("list"):
            yield (*here, name)
        else:
            yield from paths(inner, (*here, name, "name") if is_map else (*here, name))


ALL = list(paths(Settings))


@pytest.mark.parametrize("path", ALL, ids=".".join)
def test_every_setting_is_in_one_of_the_tables(path):
    """Who adds a setting says when it counts; none is in both."""
    dotted = ".".join("*" if part == "name" and at == 1 else part for at, part in enumerate(path))
    entries = [name for name in [*TAKEN_UP, *AT_START] if f"{dotted}.".startswith(f"{name}.")]
    assert entries == [entry_of(path)]


def test_the_tables_name_nothing_else():
    """A setting that was renamed leaves no entry behind."""
    assert len(ALL) > 100
    assert {entry_of(path) for path in ALL} == TAKEN_UP | set(AT_START)


def told(running, **changes):
    """What is said of these changes."""
    found = only_at_start(running, running.model_copy(update=changes))
    return {".".join(map(str, path)): sentence for path, sentence in found}


@pytest.fixture
def running():
    """Some settings."""
    return Settings()


def test_a_line_to_asterisk_is_made_at_the_start(running):
    """The place, the reason, the way out."""
    asterisk = {"main": AsteriskSettings(port=5039, recordings="monitor")}
    (place, sentence) = next(iter(told(running, asterisk=asterisk).items()))
    assert place == "asterisk.main.port"
    assert "the line to Asterisk is made of it; restart itgrix, or take the change back" in sentence


def test_rules_and_hooks_are_taken_up(running):
    """And nothing is said of them."""
    crm = {"bitrix": BitrixSettings(default_user=7, missed_owner="last", lines={"1": "2"})}
    assert told(running, crm=crm, hooks=HookSettings(disabled=["x"]), log_level="debug") == {}


def test_an_entry_that_comes_or_goes_is_the_next_starts(running):
    """An Asterisk more is a line more."""
    more = {**running.asterisk, "branch": AsteriskSettings()}
    assert list(told(running, asterisk=more)) == ["asterisk.branch"]
    assert list(told(running, crm={"other": BitrixSettings()})) == ["crm.bitrix", "crm.other"]


def test_all_that_cannot_be_taken_up_is_told_at_once(running):
    """Not one a reload."""
    assert list(told(running, web=WebSettings(port=1), workers=9)) == ["web.port", "workers"]
