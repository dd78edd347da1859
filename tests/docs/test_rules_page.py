"""docs/rules.md: each example is filed into the sandbox's portal, each mistake is told as the page says."""

import re
from pathlib import Path

import pytest
from delivering import Outcome, delivered, recorded_events

from itgrix_core.config.load import load
from itgrix_core.config.schema_conditions import EFFECTS, RuleSettings
from itgrix_core.config.templates import NAMES
from itgrix_core.errors import ConfigError
from itgrix_core.filing.conditions import HOOK_OF
from itgrix_core.sandbox.bitrix import Seed, default_users, phones

HOUSE = Path(__file__).parents[2]
PAGE = (HOUSE / "docs" / "rules.md").read_text(encoding="utf-8")
RECORDED = HOUSE / "tests" / "recorded" / "ast22"
KNOWN = {"NAME": "Olga", "PHONE": phones("+7 916 111-00-02"), "ASSIGNED_BY_ID": 13}
SEED = Seed(users=default_users(), lines={"74950000001": "Main line"}, contacts=(KNOWN,))
EXAMPLE = re.compile(
    r"```yaml\n(?P<yaml>.*?)^```\n\n"
    r"(?:```python file=(?P<file>\S+)\n(?P<code>.*?)^```\n\n)?"
    r"\| recorded call \| the portal is told \|\n\|---\|---\|\n(?P<rows>(?:\|[^\n]*\n)+)",
    re.MULTILINE | re.DOTALL,
)
ROW = re.compile(r"\| (?P<call>\w+) \| (?:`(?P<method>[\w.]+)`: (?P<field>\w+) = (?P<value>.+)|nothing) \|")
EXAMPLES = list(EXAMPLE.finditer(PAGE))


def configured(folder, found):
    """The settings of an example, as the service would read them."""
    (folder / "itgrix.yaml").write_text(found["yaml"], encoding="utf-8")
    if found["file"]:
        file = folder / found["file"]
        file.parent.mkdir()
        file.write_text(found["code"], encoding="utf-8")
    return load(folder / "itgrix.yaml", {})


def told(folder, settings, recording):
    """What the portal was told of a recorded call."""
    events = recorded_events(RECORDED / f"{recording}.ami.gz")
    (crm,) = settings.crm.values()
    asked = crm.model_dump(exclude_unset=True, exclude={"webhook"})
    with delivered(folder, seed=SEED, crm=asked, hooks=settings.hooks, now=events[0].at) as (at, portal):
        at.file(events)
        at.end()
        return Outcome(portal)


def values(outcome, method, field):
    """A field in every executed request whose method ends like this; our mark's line left out."""
    asked = [each for each in outcome.entries if each.is_executed and each.method.endswith(method)]
    found = [str({**each.params, **each.params.get("fields", {})}.get(field)) for each in asked]
    return [value.partition("\n")[0] for value in found]


@pytest.mark.parametrize("found", EXAMPLES, ids=[str(place) for place in range(len(EXAMPLES))])
def test_an_example_does_what_its_table_says(found, tmp_path):
    """Recorded calls through the service into the sandbox."""
    settings = configured(tmp_path, found)
    rows = [ROW.fullmatch(line) for line in found["rows"].splitlines()]
    assert all(rows)
    for name in dict.fromkeys(row["call"] for row in rows):
        outcome = told(tmp_path / name, settings, name)
        for row in (row for row in rows if row["call"] == name):
            if row["method"]:
                assert values(outcome, row["method"], row["field"]) == [row["value"]], row[0]
            else:
                assert not outcome.of("telephony.externalCall.register"), row[0]


def test_the_page_has_its_examples():
    """The rule above looks at something, and at each effect."""
    assert len(EXAMPLES) >= 9
    shown = "".join(found["yaml"] for found in EXAMPLES)
    assert [effect for effect in EFFECTS if f"{effect}:" not in shown] == []


def test_mistakes_are_told_as_the_page_says(tmp_path):
    """All at once, by their lines."""
    mistakes, said = re.search(
        r"the way out:\n\n```yaml\n(.*?)^```\n\n```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL
    ).groups()
    (tmp_path / "itgrix.yaml").write_text(mistakes, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "itgrix.yaml", {})
    assert [str(each).replace(f"{tmp_path}/", "") for each in raised.value.problems] == said.splitlines()


def test_the_tables_hold_every_condition_every_effect_with_its_hook_and_every_name():
    """And nothing that is none."""
    rows = re.findall(r"^\| (`.*?) \|(?:.* \| `(\w+)` \|)?", PAGE, re.MULTILINE)
    told_of = {name for cell, _ in rows for name in re.findall(r"`\{?(\w+)\}?`", cell)}
    assert set(RuleSettings.model_fields) - {"name"} <= told_of
    assert set(NAMES) <= told_of
    hooks = {name: hook for cell, hook in rows if hook for name in re.findall(r"`(\w+)`", cell)}
    assert hooks == dict(HOOK_OF)
    assert tuple(HOOK_OF) == EFFECTS
