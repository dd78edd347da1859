"""One list of a configuration file is changed; every other character stays."""

import pytest
import yaml

from itgrix_core.config.editing import with_disabled

BLOCK = """\
# ours
hooks:
  folder: hooks   # beside this file
  disabled:
    - old         # until spring
    - fair
  order: ["x"]
"""


def disabled(text):
    """What a reader finds in it."""
    return yaml.safe_load(text)["hooks"]["disabled"] or []


def test_a_line_per_name_gets_one_line_more():
    """Comments beside the others stay."""
    assert with_disabled(BLOCK, ["old", "fair", "new"]) == BLOCK.replace("- fair\n", "- fair\n    - new\n")


@pytest.mark.parametrize("left", [["old"], ["fair"], []])
def test_a_line_per_name_goes_with_its_line(left):
    """And with the comment that speaks of it."""
    text = with_disabled(BLOCK, left)
    gone = [
        line for line in BLOCK.splitlines() if line.split("#")[0].strip(" -") in {"old", "fair"} - {*left}
    ]
    assert disabled(text) == left
    assert text.splitlines() == [line for line in BLOCK.splitlines() if line not in gone]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet",
        "workers: 4",
        "workers: 4\nhooks:\n",
        "hooks:   # later\nworkers: 4\n",
        "hooks: null\n",
        "hooks: {}\n",
        "hooks: {folder: hooks}  # here\n",
        "hooks:\n  # first\n  folder: hooks\n",
        "hooks:\n    disabled:\n    folder: hooks\n",
        "hooks:\n  disabled: []   # nobody\n  folder: hooks\n",
        "hooks:\n  disabled: [a,\n    b]\n",
        "hooks:\n  disabled: ~\n",
        "{workers: 4, hooks: {disabled: [a]}}\n",
        "{}",
        "workers: 4\r\nhooks:\r\n  folder: hooks\r\n",
        "hooks:\r\n  disabled:\r\n  - a\r\n  - b # x\r\n",
        "hooks:\n  disabled:\n  - 'a'",
    ],
)
@pytest.mark.parametrize("names", [["fair"], ["a", "02_fair", "no"], []])
def test_every_plain_way_of_writing_is_understood(text, names):
    """The list is what was wanted, all else is what it was, comments and line ends included."""
    new = with_disabled(text, names)
    data, was = yaml.safe_load(new), yaml.safe_load(text) or {}
    assert (data["hooks"].pop("disabled") or []) == names
    assert {key: value for key, value in data.items() if value} == {
        key: {name: each for name, each in value.items() if name != "disabled"} if key == "hooks" else value
        for key, value in was.items()
        if value and (key != "hooks" or value.keys() - {"disabled"})
    }
    assert new.count("#") == text.count("#") - ("# x" in text and "b" not in names)
    assert ("\r\n" in text) == ("\r\n" in new)
    assert not ("\r\n" in new and "\n" in new.replace("\r\n", ""))


def test_what_holds_no_settings_is_refused():
    """Nothing is written into a list."""
    with pytest.raises(ValueError, match="no settings"):
        with_disabled("- a\n- b\n", ["fair"])
