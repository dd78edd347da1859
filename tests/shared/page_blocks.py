"""What can be checked of a block of code in a page, by what stands behind its fence.

Each check raises when something is wrong and otherwise says what it has checked; "" is nothing.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml

from itgrix_core.app.cli import main
from itgrix_core.config.load import load
from itgrix_core.errors import ConfigError
from itgrix_core.plugins.manager import Plugins
from itgrix_core.sandbox.bitrix import seed
from itgrix_hooks.manual import signature
from itgrix_hooks.table import HOOKS
from itgrix_hooks.testing import ask, make_call
from itgrix_hooks.testing import load as load_plugin

if TYPE_CHECKING:
    from collections.abc import Callable

HOUSE = Path(__file__).parents[2]
EXAMPLES = [
    path.read_text(encoding="utf-8")
    for path in HOUSE.glob("examples/**/*")
    if path.suffix in {".py", ".yaml"} and path.is_file()
]
SETTINGS = {"users": [7, 8]}
"""Of the plugins in pages, as they are told there."""
SIGNATURES = {signature(hook) for hook in HOOKS.values()}
OF_THE_SYSTEM = {"pip", "pip3", "python3", "pytest", "export", "asterisk", "systemctl"}
"""Commands that are not ours."""
LISTED = {
    "README.md": "the demo's output, shortened",
    "docs/architecture.md": "drawings",
    "docs/rules.md": "compared by test_rules_page.py",
}
"""Pages with blocks of text, of which nothing is checked here."""

_EXTENSION = re.compile(
    r"(?:exten => [^,]+,(?:\d+|n|hint)(?:\(\w+\))?| same => n(?:\(\w+\))?),\w+(?:\(.*\))?\s*(?:;.*)?"
)
_RIGHTS = {"system", "call", "agent", "user", "config", "command", "reporting", "originate"}


def python(page: str, info: str, body: str, folder: Path) -> str:
    """A signature of a spec, a part of an example, a plugin, or code that runs."""
    if body.strip() in SIGNATURES:
        return "a spec's signature"
    if any(body.strip() in text for text in EXAMPLES):
        return "of an example, which has its test"
    if "def test_" not in body and "@hookimpl" in body:
        (folder / "block.py").write_text(body, encoding="utf-8")
        return plugin(folder / "block.py")
    if "file=" in info:
        return "run by test_pages.py"
    file = folder / "test_block.py"
    file.write_text(body, encoding="utf-8")
    run("pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(file))
    return "a test"


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, as it sets up logs; one that fails is a failure."""
    command = [sys.executable, "-m", module, *arguments]
    ran = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran


def plugin(file: Path) -> str:
    """The service takes it, and none of its hooks fails with a call."""
    (record,) = [one for one in Plugins.load(file=file).records if one.origin == str(file)]
    assert record.status == "enabled", record
    for hook in record.hooks:
        for shape in ("answered", "missed"):
            asked = ask(hook, load_plugin(file), call=make_call(shape), settings=SETTINGS)
            assert not asked.failures, asked.failures
    return "a plugin"


def configuration(page: str, _info: str, body: str, folder: Path) -> str:
    """Settings that load, or mistakes that are told; alarms; a sandbox's start data."""
    if any(body.strip() in text for text in EXAMPLES):
        return "of an example, which has its test"
    told = yaml.safe_load(body)
    if isinstance(told, list):
        assert all(each.keys() & {"alert", "record"} and "expr" in each for each in told)
        return "alarms"
    file = folder / "itgrix.yaml"
    file.write_text(body.replace("/etc/itgrix/", f"{folder}/"), encoding="utf-8")
    if page == "docs/sandbox.md":
        assert seed.read(file)
        return "start data"
    for name in re.findall(r"\{file: (?:/etc/itgrix/)?([\w.-]+)\}", body):
        (folder / name).write_text("something", encoding="utf-8")
    environ = dict.fromkeys(re.findall(r"\{env: (\w+)\}", body), "something")
    if page == "docs/rules.md" and "{nmber}" in body:
        with pytest.raises(ConfigError):
            load(file, environ)
        return "mistakes"
    assert load(file, environ)
    return "settings"


def console(page: str, _info: str, body: str, folder: Path) -> str:
    """Each command is there with its options; what needs nothing is run, and says what the page says."""
    typed = list(re.finditer(r"^\$ (?P<command>.*)\n(?P<said>(?:(?!\$ ).*\n)*)", body, re.MULTILINE))
    assert typed, f"{page}: no line begins with '$ '"
    for each in typed:
        words = shlex.split(re.sub(r"\$\([^)]*\)", "today", each["command"].partition(" > ")[0]))
        command(words)
        if words[0] == "itgrix" and is_free(words[1:]):
            ran = run("itgrix_core.app.cli", *words[1:])
            assert not each["said"] or ran.stdout.rstrip() == each["said"].rstrip()
    return "commands"


def command(words: list[str]) -> None:
    """Raise unless this can be typed."""
    name = words[0].removeprefix(".venv/bin/").removeprefix("/opt/itgrix/bin/")
    if name == "make":
        verbs = re.findall(r"^([a-z]+):", (HOUSE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert words[1] in verbs, words
    elif name == "itgrix":
        parsed(words[1:])
    else:
        assert name in OF_THE_SYSTEM or (HOUSE / name).exists(), f"nobody knows the command {name}"


def parsed(words: list[str]) -> None:
    """Raise what click raises at words that it does not understand; nothing is done."""
    group: click.Command = main
    context = click.Context(main, info_name="itgrix")
    while isinstance(group, click.Group):
        _, rest, _ = group.make_parser(context).parse_args(list(words))
        if not rest and group.invoke_without_command:
            return
        _, found, words = group.resolve_command(context, rest)
        assert found is not None
        group, context = found, click.Context(found, parent=context, info_name=found.name)
    group.make_context(group.name, list(words), parent=context.parent)


def is_free(words: list[str]) -> bool:
    """Whether a command needs no service, no folder and no network, and ends by itself."""
    return words == ["config", "--example"] or (
        words[0] == "replay"
        and words[-1].startswith("tests/recorded/")
        and ("--hooks" not in words or "examples/hooks" in words)
    )


def ini(page: str, info: str, body: str, folder: Path) -> str:
    """A dialplan, a unit of systemd whose commands are there, or sections of manager.conf."""
    if "exten =>" in body:
        return dialplan(page, info, body, folder)
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(body)
    for section in parser.values():
        for right in ("read", "write"):
            assert set(section.get(right, "system").split(",")) <= _RIGHTS
        if "ExecStart" in section:
            command(shlex.split(section["ExecStart"]))
    return "sections"


def dialplan(_page: str, _info: str, body: str, _folder: Path) -> str:
    """Each line is a context, an extension with an application, or a comment."""
    for line in filter(str.strip, body.splitlines()):
        is_good = _EXTENSION.fullmatch(line) or re.fullmatch(r"\[[\w-]+\]|\s*;.*", line)
        assert is_good, line
        assert line.count("(") == line.count(")"), line
    return "dialplan"


def drawing(page: str, _info: str, body: str, _folder: Path) -> str:
    """The architecture's state machines."""
    assert page == "docs/architecture.md"
    assert body.startswith("stateDiagram-v2\n")
    return "compared by test_diagrams.py"


def contents(page: str, _info: str, body: str, _folder: Path) -> str:
    """Pages of the manual that are there."""
    named = [line for line in body.splitlines() if line.strip() and not line.startswith(":")]
    named = [re.sub(r".*<(.*)>", r"\1", line) for line in named]
    parent = (HOUSE / page).parent
    lost = [name for name in named if not list(parent.glob(f"{name}.md"))]
    assert named
    assert not lost
    return "contents"


def text(page: str, _info: str, _body: str, _folder: Path) -> str:
    """Nothing, where that is allowed."""
    return LISTED.get(page, "")


CHECKS: dict[str, Callable[[str, str, str, Path], str]] = {
    "": text,
    "asterisk": dialplan,
    "console": console,
    "ini": ini,
    "mermaid": drawing,
    "python": python,
    "text": text,
    "yaml": configuration,
    "{toctree}": contents,
}
"""By the first word behind the fence."""
