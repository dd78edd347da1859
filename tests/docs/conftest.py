"""The house's documents, and what they hold."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
PAGES = sorted([*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md"), *HOUSE.glob("tests/**/*.md")])


def pytest_generate_tests(metafunc):
    """A test that asks for `page` runs once for each document."""
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", PAGES, ids=[str(path.relative_to(HOUSE)) for path in PAGES])


@pytest.fixture
def house():
    """The repository's folder."""
    return HOUSE


@pytest.fixture
def blocks():
    """Fenced blocks of a text as (what stands behind the fence, content)."""
    fence = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
    return lambda text: [(found["info"].strip(), found["body"]) for found in fence.finditer(text)]
