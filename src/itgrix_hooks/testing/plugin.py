"""The pytest plugin: fixtures for hooks, there in every project in whose environment Itgrix is installed.

`recorded_call`        the function: the call of a real Asterisk by its recording's name
`every_recorded_call`  the test runs once for each call that was recorded with one Asterisk, of every kind
`hook_store`           a `MemoryStore`
`hook_crm`             a `FakeCrm`
`ask_hook`             `ask` with these two, so that what one asking keeps or writes the next one finds

`portal_crm`, a Bitrix24 in memory, is beside them (`itgrix_core.app.pytest_portal`). Nothing of the kit is
imported before a test asks for it: who tests something else pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from itgrix_hooks.testing import FakeCrm, MemoryStore
    from itgrix_hooks.trace import Asked
    from itgrix_hooks.values import Call

# ruff: noqa: PLC0415 - see above


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`every_recorded_call` as an argument: once for each, with the recording's name in the test's id."""
    if "every_recorded_call" not in metafunc.fixturenames:
        return
    from itgrix_hooks.testing.recorded import FIRST_FOLDER, recorded_calls, recorded_names

    names = [name for name in recorded_names() if name.startswith(f"{FIRST_FOLDER}/")]
    calls = [pytest.param(call, id=name.partition("/")[2]) for name in names for call in recorded_calls(name)]
    metafunc.parametrize("every_recorded_call", calls)


@pytest.fixture
def recorded_call() -> Callable[[str], Call]:
    """`itgrix_hooks.testing.recorded_call`."""
    from itgrix_hooks.testing.recorded import recorded_call as by_name

    return by_name


@pytest.fixture
def hook_store() -> MemoryStore:
    """A plugin's `store`, empty."""
    from itgrix_hooks.testing.fakes import MemoryStore

    return MemoryStore()


@pytest.fixture
def hook_crm() -> FakeCrm:
    """A `crm` that knows nobody yet; fill `answers`, `users` and `clients`."""
    from itgrix_hooks.testing.fakes import FakeCrm

    return FakeCrm()


@pytest.fixture
def ask_hook(hook_store: MemoryStore, hook_crm: FakeCrm) -> Callable[..., Asked]:
    """`ask(hook, plugin, **arguments)` with `hook_store`, as the call's own, and `hook_crm`."""
    from itgrix_hooks.testing.shapes import make_call
    from itgrix_hooks.testing.trying import ask

    def asking(hook: str, plugin: Any, **arguments: Any) -> Asked:
        store = hook_store.of(arguments.get("call") or make_call())
        return ask(hook, plugin, **{"store": store, "crm": hook_crm, **arguments})

    return asking
