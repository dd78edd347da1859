"""Real servers for tests marked `databases`, one of each for the session; skipped aloud without them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import servers


def pytest_collection_modifyitems(config, items):
    """These tests run only when they are asked for (`-m databases`): servers may have to be fetched."""
    if "databases" in config.getoption("-m", ""):
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs MariaDB and PostgreSQL; run with -m databases"))


def _served(server):
    try:
        with server() as url:
            yield url
    except servers.NoServerError as error:
        pytest.skip(f"{server.__name__}: {error}")


@pytest.fixture(scope="session")
def mariadb():
    """Address of a MariaDB that lives as long as the tests."""
    yield from _served(servers.mariadb)


@pytest.fixture(scope="session")
def postgresql():
    """Address of a PostgreSQL that lives as long as the tests."""
    yield from _served(servers.postgresql)


@pytest.fixture(params=["mariadb", "postgresql"])
def database(request):
    """Each server in turn."""
    return request.getfixturevalue(request.param)
