"""The table of docs/sandbox.md names tests that exist."""

import re
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]


def test_every_proof_of_the_sandbox_s_table_is_a_test():
    """By the test's name or its file's."""
    page = (HOUSE / "docs" / "sandbox.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+(?:\.py)?)`", page))
    files = list((HOUSE / "tests").rglob("test_*.py"))
    names = {path.name for path in files}
    whole = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert len(named) > 30
    assert [one for one in sorted(named) if one not in names and f"def {one}(" not in whole] == []
