"""Steps of one call on their way to the scripted portal."""

import pytest

from itgrix_core.crm.adapter import Step
from itgrix_hooks.values import Filed

KEY = "main/1700000000.1"
CALL = "externalCall.ab.1"
NOW = 1_700_000_000.0
FILED = Filed(CALL, 5)


@pytest.fixture
def step(adapter):
    """A command as a step, with params that a hook may have changed."""

    def make(command, **changes):
        return Step(f"{KEY}/{command.kind}", command, adapter.params_of(command, Filed()) | changes)

    return make


@pytest.fixture
def perform(adapter, step):
    """Perform commands, give their outcomes."""

    def run(*commands, filed=FILED, now=NOW, **changes):
        return adapter.perform([step(each, **changes) for each in commands], filed, now)

    return run
