"""The tables of proofs in the docs name tests that exist."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("page_name", "at_least"), [("sandbox.md", 30), ("bitrix24-functions.md", 25)])
def test_every_proof_of_a_table_is_a_test(page_name, at_least):
    """By the test's name or its file's."""
    page = (HOUSE / "docs" / page_name).read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+(?:\.py)?)`", page))
    files = list((HOUSE / "tests").rglob("test_*.py"))
    names = {path.name for path in files}
    whole = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert len(named) > at_least
    assert [one for one in sorted(named) if one not in names and f"def {one}(" not in whole] == []
