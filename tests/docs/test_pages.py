"""What the documents point to is there: files, sections, verbs, tests."""

import ast
import re
import subprocess
import sys

import pytest

from itgrix_core.app.cli import main

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
ITGRIX = re.compile(r"(?<![\w/.])(?:\.venv/bin/)?itgrix (?P<verb>[a-z]+)")
MAKE = re.compile(r"(?:^|[`$] ?|\b(?:run|and) )make (?P<verb>[a-z]+)")


def _code(text, blocks):
    """Everything of a page that is typed: fenced blocks of commands, and what stands in backticks."""
    fenced = [body for info, body in blocks(text) if info in {"console", "bash", "ini"}]
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*fenced, *(f"`{found}`" for found in re.findall(r"`([^`\n]+)`", outside))])


def _anchors(path):
    """The names by which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere(page, house):
    """To a file of the repository, and to a heading in it."""
    lost = []
    for found in LINK.finditer(page.read_text(encoding="utf-8")):
        target, _, anchor = found["target"].partition("#")
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path = (page.parent / target).resolve() if target else page
        is_there = path.exists() and path.is_relative_to(house)
        if not is_there or (anchor and anchor not in _anchors(path)):
            lost.append(found["target"])
    assert not lost


def test_a_lost_link_is_found(tmp_path, house):
    """A rule that never fires is no rule."""
    page = tmp_path / "page.md"
    page.write_text("[x](nowhere.md)")
    with pytest.raises(AssertionError, match="nowhere"):
        test_links_lead_somewhere(page, house)


def test_verbs_of_itgrix_are_there(page, blocks):
    """`itgrix VERB` wherever it stands in code."""
    named = {found["verb"] for found in ITGRIX.finditer(_code(page.read_text(encoding="utf-8"), blocks))}
    assert named <= set(main.list_commands(None))


def test_verbs_of_make_are_there(page, house, blocks):
    """`make VERB` wherever it stands in code."""
    verbs = set(re.findall(r"^([a-z]+):", (house / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {found["verb"] for found in MAKE.finditer(_code(page.read_text(encoding="utf-8"), blocks))}
    assert named <= verbs


@pytest.mark.parametrize(("name", "verbs"), [("README.md", 5), ("docs/operating.md", 3)])
def test_the_search_for_verbs_finds_them(house, blocks, name, verbs):
    """The two rules above look at something."""
    code = _code((house / name).read_text(encoding="utf-8"), blocks)
    assert len({found["verb"] for found in ITGRIX.finditer(code)}) >= verbs


def test_recordings_and_files_named_in_commands_are_there(page, house, blocks):
    """`tests/…` in a command is a path of the repository."""
    code = _code(page.read_text(encoding="utf-8"), blocks)
    named = set(re.findall(r"(?:tests|src|examples|config)/[\w./-]+\.(?:py|md|gz|yaml)", code))
    assert {name for name in named if not (house / name).exists()} == set()


def test_tests_named_by_decisions_are_there(page, house):
    """`path::test` is a function of that file."""
    named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", page.read_text(encoding="utf-8"))
    lost = [f"{path}::{name}" for path, name in named if name not in _functions(house / path)]
    assert not lost


def test_every_decision_names_a_test(house):
    """Else nobody would notice that it is no longer true."""
    pages = sorted((house / "docs" / "decisions").glob("0*.md"))
    assert len(pages) >= 8
    assert [path.name for path in pages if "::test_" not in path.read_text(encoding="utf-8")] == []


def _functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_sources_refer_to_facts_and_sections_that_are_there(house):
    """`docs/facts/asterisk.md 15`, `docs/architecture.md §9.5` in comments."""
    lost = []
    for path in [*house.glob("src/**/*.py"), *house.glob("tests/**/*.py"), *house.glob("examples/**/*.py")]:
        text = path.read_text(encoding="utf-8")
        lost += [
            f"{path.name}: {name}" for name in re.findall(r"docs/[\w/-]+\.md", text) if not _is(house, name)
        ]
        for section in re.findall(r"docs/architecture\.md §([\d.]*\d)", text):
            lost += [] if _has_section(house, section) else [f"{path.name}: §{section}"]
        for name, number in re.findall(r"docs/facts/(\w+)\.md (\d+)", text):
            lost += [] if _has_number(house, name, number) else [f"{path.name}: {name} {number}"]
    assert not lost


def _is(house, name):
    return (house / name).exists()


def _has_section(house, section):
    text = (house / "docs" / "architecture.md").read_text(encoding="utf-8")
    whole, _, part = section.partition(".")
    body = re.search(rf"^## {whole}\. .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return body is not None and (not part or re.search(rf"^{part}\. ", body[0], re.MULTILINE) is not None)


def _has_number(house, name, number):
    text = (house / "docs" / "facts" / f"{name}.md").read_text(encoding="utf-8")
    return re.search(rf"^(?:{number}\. |\| {number}[ ,|])", text, re.MULTILINE) is not None


def test_python_files_in_pages_run(page, blocks, tmp_path):
    """A block with `file=NAME` is that whole file; tests among them are run, the others imported."""
    marked = [(info, body) for info, body in blocks(page.read_text(encoding="utf-8")) if "file=" in info]
    files = [tmp_path / info.partition("file=")[2] for info, _ in marked]
    for path, (_, body) in zip(files, marked, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    for path in files:
        is_test = path.name.startswith("test_")
        check = ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)] if is_test else [str(path)]
        run = subprocess.run(
            [sys.executable, *check], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", ["README.md", "docs/quickstart.md", "docs/testing-hooks.md"])
def test_pages_for_authors_have_files_that_run(house, blocks, name):
    """The rule above looks at something."""
    assert any("file=" in info for info, _ in blocks((house / name).read_text(encoding="utf-8")))
