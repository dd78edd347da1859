"""The stand of `tests/shared/stand.py` as a fixture."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

import pytest
from newcomer import new_environment
from stand import Stand, Story, run_undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A `Stand`; whatever it started is ended, and has never shown a traceback."""
    with closing(Stand(tmp_path)) as stand:
        yield stand


@pytest.fixture(scope="module")
def shared_stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A `Stand` for tests that only look at what one run has left."""
    with closing(Stand(tmp_path_factory.mktemp("stand"))) as stand:
        yield stand


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Story]:
    """`undisturbed(recordings)`: the story of a run that nobody disturbs; `()` are the bundled ones."""
    return cache(
        lambda recordings=(): run_undisturbed(Stand(tmp_path_factory.mktemp("undisturbed")), recordings)
    )


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """The Python of a new virtual environment that has this project's wheel, and what it depends on."""
    return new_environment(tmp_path_factory.mktemp("fresh"))
