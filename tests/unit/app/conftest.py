"""The command line with a configuration file of its own."""

import logging
import socket
import threading

import pytest
import structlog
from click.testing import CliRunner

from itgrix_core.app.cli import main
from itgrix_core.telemetry.logs import OTHER_LIBRARIES
from itgrix_core.telemetry.redaction import forget_secrets


@pytest.fixture(autouse=True)
def _as_before():
    """What a run sets up for its process is put back."""
    root, hook = logging.getLogger(), threading.excepthook
    handlers = list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("", *OTHER_LIBRARIES)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    threading.excepthook = hook
    structlog.reset_defaults()
    forget_secrets()


@pytest.fixture
def free_port():
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def itgrix(tmp_path):
    """`itgrix("check", config="…")`: the result of this command in this process."""

    def run(*arguments, config=None, env=None):
        if config is not None:
            file = tmp_path / "itgrix.yaml"
            file.write_text(config)
            arguments = ("-c", str(file), *arguments)
        return CliRunner().invoke(main, arguments, env={"ITGRIX_CONFIG": None, **(env or {})})

    return run
