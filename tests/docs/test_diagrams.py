"""The pictures in the architecture are those of the tables that the tracker goes by."""

import pytest

from itgrix_core.calls.table import CALLS, LEGS


def drawn(table):
    """A table of transitions as a mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {next(iter(table))}"]
    for state, row in table.items():
        lines += [f"    {state} --> {after}: {_label(by, told)}" for by, (after, told) in row.items()]
    lines += [f"    {state} --> [*]" for state, row in table.items() if not row]
    return "\n".join(lines) + "\n"


def _label(trigger, told):
    return f"{trigger} / {', '.join(told)}" if told else str(trigger)


@pytest.mark.parametrize("table", [LEGS, CALLS], ids=["legs", "calls"])
def test_the_architecture_shows_the_table(house, blocks, table):
    """Edit the page, not this test: the expected block is what the assertion prints."""
    text = (house / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert drawn(table) in [body for info, body in blocks(text) if info == "mermaid"]


def test_a_changed_table_gives_another_picture():
    """The picture holds states, triggers and events."""
    picture = drawn({"a": {"goes": ("b", ("Gone",)), "stays": ("a", ())}, "b": {}})
    assert picture.splitlines()[1:] == [
        "    [*] --> a",
        "    a --> b: goes / Gone",
        "    a --> a: stays",
        "    b --> [*]",
    ]
