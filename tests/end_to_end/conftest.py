"""The stand of `tests/shared/stand.py` as a fixture."""

from __future__ import annotations

import socket
from functools import cache
from typing import TYPE_CHECKING

import pytest
from stand import Stand, Story, run_undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A `Stand`; whatever it started is ended, and has never shown a traceback."""
    stand = Stand(tmp_path)
    try:
        yield stand
    finally:
        stand.close()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Story]:
    """`undisturbed(recordings)`: the story of a run that nobody disturbs; `()` are the bundled ones."""
    return cache(
        lambda recordings=(): run_undisturbed(Stand(tmp_path_factory.mktemp("undisturbed")), recordings)
    )


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
