"""The house rules that a machine can watch: where imports go, how long things are, whose machine it is."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
SOURCES = sorted((HOUSE / "src").rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 60

_TEXTS = {".py", ".md", ".cfg", ".toml", ".yaml", ".yml", ".txt", ".sh", ".json", ""}
_NOT_OURS = re.compile(r"\.venv.*|\.git|__pycache__|build|dist|var|\.hypothesis|.*_cache|.*\.egg-info")
_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/[\w.]")


def _our_texts():
    for path in HOUSE.rglob("*"):
        is_ours = not any(map(_NOT_OURS.fullmatch, path.relative_to(HOUSE).parts))
        if is_ours and path.suffix in _TEXTS and path.is_file():
            yield path


def _lengths_of_functions(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(HOUSE)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_imports_go_down_only():
    """The contract in setup.cfg: floors, quiet rooms, and what partners import."""
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 broken" in run.stdout


def test_no_file_is_long():
    """A file is one thing; over 400 lines it is two."""
    long = {
        str(path.relative_to(HOUSE)): count
        for path in SOURCES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long


def test_msgspec_learns_every_class_at_import():
    """Where it learns one in two threads at once, the process crashes; `keeping` loads before it serves."""
    learners = [
        f"{path.relative_to(HOUSE)}:{node.lineno}"
        for path in SOURCES
        if path.name != "keeping.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("json.decode")
        if any(keyword.arg == "type" for keyword in node.keywords)
    ]
    assert not learners, "make a msgspec.json.Decoder when the module is imported"


def test_no_function_is_long():
    """A function over 60 lines cannot be read at one glance."""
    long = [
        (name, length)
        for path in SOURCES
        for name, length in _lengths_of_functions(path)
        if length > LONGEST_FUNCTION
    ]
    assert not long


def test_the_rule_on_lengths_sees_a_long_function(tmp_path, monkeypatch):
    """A rule that never fires is no rule."""
    monkeypatch.setattr(sys.modules[__name__], "HOUSE", tmp_path)
    path = tmp_path / "long.py"
    path.write_text("def long():\n" + "    pass\n" * LONGEST_FUNCTION)
    assert list(_lengths_of_functions(path)) == [("long.py:1 long", LONGEST_FUNCTION + 1)]


@pytest.mark.parametrize("text", ["/home" + "/ann/x", 'open("/root' + '/x")', "/Users" + "/ann"])
def test_a_path_of_a_machine_is_recognised(text):
    """Paths that exist on one machine only."""
    assert _MACHINE.search(text)


def test_the_repository_names_no_path_of_a_machine():
    """What works only where it was written works nowhere else."""
    found = [
        f"{path.relative_to(HOUSE)}:{number}"
        for path in _our_texts()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if _MACHINE.search(line)
    ]
    assert not found
