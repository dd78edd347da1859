"""A database in a folder of its own."""

import pytest

from itgrix_core.outbox.database import Database


@pytest.fixture
def database(tmp_path):
    """An open database in an empty folder."""
    with Database(tmp_path / "var") as opened:
        yield opened
