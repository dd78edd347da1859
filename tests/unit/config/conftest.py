"""A configuration file from a text, and what `load` says to it."""

import textwrap

import pytest

from itgrix_core.config.load import load
from itgrix_core.errors import ConfigError


@pytest.fixture
def loaded(tmp_path):
    """`loaded(text, **environ)`: the settings of a file `itgrix.yaml` with this text."""

    def make(text, **environ):
        file = tmp_path / "itgrix.yaml"
        file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return load(file, environ)

    return make


@pytest.fixture
def mistakes(loaded, tmp_path):
    """`mistakes(text, **environ)`: the mistakes of such a file, its folder cut off."""

    def make(text, **environ):
        with pytest.raises(ConfigError) as caught:
            loaded(text, **environ)
        return [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return make
