"""Every block of code in the documents is checked in some way; one of which nothing is checked fails."""

import click
import pytest
from page_blocks import CHECKS, HOUSE, console, dialplan, parsed

from itgrix_core.errors import ConfigError


@pytest.fixture(autouse=True)
def _at_home(monkeypatch):
    """Paths in commands are the repository's."""
    monkeypatch.chdir(HOUSE)


def test_every_block_is_checked(page, blocks, tmp_path):
    """By its kind: run, loaded, parsed or compared."""
    name = str(page.relative_to(HOUSE))
    found = blocks(page.read_text(encoding="utf-8"))
    for place, (info, body) in enumerate(found):
        kind = info.split(" ")[0]
        assert kind in CHECKS, f"{name}: nobody checks blocks of {kind}"
        folder = tmp_path / str(place)
        folder.mkdir()
        assert CHECKS[kind](name, info, body, folder), f"{name}: nothing is checked of a block of {kind}"


def test_every_fence_is_closed(page):
    """What stands behind an open one would be seen by no test."""
    fences = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("```")]
    assert len(fences) % 2 == 0
    assert [line for line in fences[1::2] if line != "```"] == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("console", "$ itgrix replay --hoks x\n"),
        ("console", "$ itgrix config --example --more\n"),
        ("console", "$ itgrix hooks begin x\n"),
        ("console", "$ no_such_program\n"),
        ("console", "$ make nothing\n"),
        ("console", "$ itgrix replay tests/recorded/ast22/inbound_answered.ami.gz\n  something else\n"),
        ("yaml", "crm: {bitrix: {missed_onwer: last}}\n"),
        ("python", "from itgrix_hooks import hookimpl\n@hookimpl\ndef proces_final_params(params): ...\n"),
        ("python", "def test_wrong():\n    assert False\n"),
        ("ini", "[itgrix]\nread = everything\n"),
        ("asterisk", "exten = s,1,NoOp(\n"),
        ("{toctree}", "nowhere\n"),
    ],
)
def test_a_wrong_block_is_found(kind, body, tmp_path):
    """Rules that never fire are none."""
    with pytest.raises((AssertionError, click.ClickException, ConfigError)):
        CHECKS[kind]("page.md", kind, body, tmp_path)


def test_a_text_is_allowed_on_named_pages_only(tmp_path):
    """Elsewhere it counts as unchecked."""
    assert CHECKS["text"]("README.md", "text", "…", tmp_path)
    assert not CHECKS["text"]("CHANGELOG.md", "text", "…", tmp_path)


def test_right_ones_pass(tmp_path):
    """Commands with their options, a dialplan."""
    parsed(["outbox", "list", "--dead"])
    assert console("page.md", "console", "$ itgrix config --example > itgrix.yaml\n", tmp_path)
    assert dialplan("", "", "[a]\nexten => s,1,NoOp()\n same => n(x),Return()\n", tmp_path)
